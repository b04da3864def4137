// The part of the Language Server Protocol 3.17 that this server speaks. Names are the protocol's, in C# spelling; JSON is camelCase.
namespace SparseDsl.LanguageServer.Protocol;

/// <summary>A place in a document: zero-based line, and zero-based column in UTF-16 code units.</summary>
internal readonly record struct Position(int Line, int Character);

/// <summary>A part of a document, its end excluded.</summary>
internal readonly record struct Range(Position Start, Position End);

/// <summary>A part of a named document.</summary>
internal sealed record Location(string Uri, Range Range);

/// <summary>A document by name.</summary>
internal sealed record TextDocumentIdentifier(string Uri);

/// <summary>A document by name and version.</summary>
internal sealed record VersionedTextDocumentIdentifier(string Uri, int? Version = null);

/// <summary>A document as it is when it is opened.</summary>
internal sealed record TextDocumentItem(string Uri, int Version, string Text, string? LanguageId = null);

/// <summary>A request about a document.</summary>
internal sealed record DocumentParams(TextDocumentIdentifier TextDocument);

/// <summary>A request about a place in a document.</summary>
internal sealed record PositionParams(TextDocumentIdentifier TextDocument, Position Position);

/// <summary>Text with Markdown or without.</summary>
internal sealed record MarkupContent(string Kind, string Value)
{
    /// <summary>Markdown.</summary>
    public static MarkupContent Markdown(string value) => new("markdown", value);
}

/// <summary>A replacement.</summary>
internal sealed record TextEdit(Range Range, string NewText);
