namespace SparseDsl.LanguageServer.Protocol;

/// <summary>What the client says about itself; only what is used.</summary>
internal sealed record InitializeParams(int? ProcessId = null, string? RootUri = null, IReadOnlyList<WorkspaceFolder>? WorkspaceFolders = null);

/// <summary>A folder the client has open.</summary>
internal sealed record WorkspaceFolder(string Uri, string? Name = null);

/// <summary>The answer to <c>initialize</c>.</summary>
internal sealed record InitializeResult(ServerCapabilities Capabilities, ServerInfo ServerInfo);

/// <summary>Who answers.</summary>
internal sealed record ServerInfo(string Name, string Version);

/// <summary>What this server can do.</summary>
internal sealed record ServerCapabilities
{
    /// <summary>Columns count UTF-16 code units, as strings of .NET do.</summary>
    public string PositionEncoding { get; init; } = "utf-16";

    /// <summary>How documents are kept the same on both sides.</summary>
    public TextDocumentSyncOptions TextDocumentSync { get; init; } = new();

    /// <summary>Hover.</summary>
    public bool HoverProvider { get; init; } = true;

    /// <summary>Go to definition.</summary>
    public bool DefinitionProvider { get; init; } = true;

    /// <summary>Completion.</summary>
    public CompletionOptions CompletionProvider { get; init; } = new();

    /// <summary>Outline.</summary>
    public bool DocumentSymbolProvider { get; init; } = true;

    /// <summary>Formatting of whole documents.</summary>
    public bool DocumentFormattingProvider { get; init; } = true;
}

/// <summary>How documents are kept the same on both sides.</summary>
internal sealed record TextDocumentSyncOptions
{
    /// <summary>Opening and closing is told.</summary>
    public bool OpenClose { get; init; } = true;

    /// <summary>2: changes are told as edits; a client may still send whole texts.</summary>
    public int Change { get; init; } = 2;

    /// <summary>Saving is told, without the text.</summary>
    public bool Save { get; init; } = true;
}

/// <summary>When completion begins by itself.</summary>
internal sealed record CompletionOptions
{
    /// <summary>Characters that ask for it.</summary>
    public IReadOnlyList<string> TriggerCharacters { get; init; } = ["@", ".", "(", ","];
}
