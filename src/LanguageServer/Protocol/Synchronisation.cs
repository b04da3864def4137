namespace SparseDsl.LanguageServer.Protocol;

/// <summary>A document was opened.</summary>
internal sealed record DidOpenParams(TextDocumentItem TextDocument);

/// <summary>A document was changed.</summary>
internal sealed record DidChangeParams(VersionedTextDocumentIdentifier TextDocument, IReadOnlyList<ContentChange> ContentChanges);

/// <summary>One change: of a range, or of the whole text when there is none.</summary>
internal sealed record ContentChange(string Text, Range? Range = null);

/// <summary>Files changed on disk.</summary>
internal sealed record DidChangeWatchedFilesParams(IReadOnlyList<FileEvent> Changes);

/// <summary>One file that was made, changed or deleted.</summary>
internal sealed record FileEvent(string Uri, int Type);

/// <summary>All diagnostics of a document.</summary>
internal sealed record PublishDiagnosticsParams(string Uri, int? Version, IReadOnlyList<ProtocolDiagnostic> Diagnostics);

/// <summary>One mistake.</summary>
/// <param name="Range">Where.</param>
/// <param name="Severity">1 error, 2 warning, 3 information.</param>
/// <param name="Code">The id, <c>SDnnnn</c>.</param>
/// <param name="Source">Always <c>sparsedsl</c>.</param>
/// <param name="Message">The sentence, and the hint on a line of its own.</param>
/// <param name="RelatedInformation">Notes with places of their own; null for none.</param>
internal sealed record ProtocolDiagnostic(
    Range Range, int Severity, string Code, string Source, string Message, IReadOnlyList<RelatedInformation>? RelatedInformation);

/// <summary>A note.</summary>
internal sealed record RelatedInformation(Location Location, string Message);
