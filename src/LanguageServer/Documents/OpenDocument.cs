using SparseDsl.Dsl;

namespace SparseDsl.LanguageServer.Documents;

/// <summary>A document the client has open, as it is at one version.</summary>
/// <param name="Uri">The name, exactly as the client spells it.</param>
/// <param name="Version">The client's number of the text.</param>
/// <param name="Source">The text; its path is the full path of the file.</param>
internal sealed record OpenDocument(string Uri, int Version, SourceText Source);
