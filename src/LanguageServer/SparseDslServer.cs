using SparseDsl.Dsl.Symbols;
using SparseDsl.LanguageServer.Analysis;
using SparseDsl.LanguageServer.Documents;
using SparseDsl.LanguageServer.Features;
using SparseDsl.LanguageServer.Protocol;
using StreamJsonRpc;

namespace SparseDsl.LanguageServer;

/// <summary>
/// The methods of the protocol. Calls begin in the order of their messages, so that a request sees every change before it; what takes time then goes on beside
/// later messages.
/// </summary>
internal sealed class SparseDslServer : IDisposable
{
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(200);

    private readonly Workspace workspace = new();
    private readonly AnalysisCache cache;
    private readonly DiagnosticsPublisher diagnostics;
    private readonly CostSource? costs;
    private readonly Action stop;
    private ServerState state = ServerState.New;

    private enum ServerState
    {
        New,
        Running,
        ShutDown,
    }

    /// <summary>A server.</summary>
    /// <param name="check">More checks of models, or null.</param>
    /// <param name="costs">What models cost with their weights, or null.</param>
    /// <param name="notify">Sends a notification.</param>
    /// <param name="log">Where failures go.</param>
    /// <param name="stop">Ends the connection.</param>
    public SparseDslServer(ModelCheck? check, CostSource? costs, Func<string, object, Task> notify, TextWriter log, Action stop)
    {
        this.costs = costs;
        this.stop = stop;
        cache = new AnalysisCache(workspace, new Analyzer(workspace, check));
        diagnostics = new DiagnosticsPublisher(workspace, cache, message => notify("textDocument/publishDiagnostics", message), log, Quiet);
    }

    /// <summary>Whether the client ended the session as the protocol says.</summary>
    public bool IsShutDown => state == ServerState.ShutDown;

    /// <inheritdoc/>
    public void Dispose() => diagnostics.Dispose();

    // ----------------------------------------------------------------------------------------------------------- lifecycle

    /// <summary>The first request.</summary>
    [JsonRpcMethod("initialize", UseSingleObjectParameterDeserialization = true)]
    public InitializeResult Initialize(InitializeParams parameters)
    {
        _ = parameters;
        if (state != ServerState.New)
        {
            throw Refused("the server is initialized already", -32600);
        }

        state = ServerState.Running;
        var version = typeof(SparseDslServer).Assembly.GetName().Version!.ToString(3);
        return new InitializeResult(new ServerCapabilities(), new ServerInfo("sparsedsl", version));
    }

    /// <summary>The client is ready.</summary>
    [JsonRpcMethod("initialized")]
    public void Initialized()
    {
        // Nothing waits for it.
    }

    /// <summary>The last request.</summary>
    [JsonRpcMethod("shutdown")]
    public object? Shutdown()
    {
        Demand();
        state = ServerState.ShutDown;
        return null;
    }

    /// <summary>The last notification.</summary>
    [JsonRpcMethod("exit")]
    public void Exit() => stop();

    // ----------------------------------------------------------------------------------------------------------- documents

    /// <summary>A document was opened.</summary>
    [JsonRpcMethod("textDocument/didOpen", UseSingleObjectParameterDeserialization = true)]
    public void DidOpen(DidOpenParams parameters)
    {
        Demand();
        diagnostics.Changed(workspace.Open(parameters.TextDocument).Source.Path, atOnce: true);
    }

    /// <summary>A document was changed.</summary>
    [JsonRpcMethod("textDocument/didChange", UseSingleObjectParameterDeserialization = true)]
    public void DidChange(DidChangeParams parameters)
    {
        Demand();
        if (workspace.Change(parameters) is { } document)
        {
            diagnostics.Changed(document.Source.Path);
        }
    }

    /// <summary>A document was saved: files that import it may have changed on disk too.</summary>
    [JsonRpcMethod("textDocument/didSave", UseSingleObjectParameterDeserialization = true)]
    public void DidSave(DocumentParams parameters)
    {
        Demand();
        diagnostics.Changed(DocumentUri.ToPath(parameters.TextDocument.Uri), atOnce: true);
    }

    /// <summary>A document was closed.</summary>
    [JsonRpcMethod("textDocument/didClose", UseSingleObjectParameterDeserialization = true)]
    public void DidClose(DocumentParams parameters)
    {
        Demand();
        if (workspace.TryGet(parameters.TextDocument.Uri, out var document))
        {
            workspace.Close(document.Uri);
            diagnostics.Closed(document);
        }
    }

    /// <summary>Files changed on disk.</summary>
    [JsonRpcMethod("workspace/didChangeWatchedFiles", UseSingleObjectParameterDeserialization = true)]
    public void DidChangeWatchedFiles(DidChangeWatchedFilesParams parameters)
    {
        Demand();
        foreach (var change in parameters.Changes)
        {
            diagnostics.Changed(DocumentUri.ToPath(change.Uri));
        }
    }

    // ------------------------------------------------------------------------------------------------------------ features

    /// <summary>What is known about a name.</summary>
    [JsonRpcMethod("textDocument/hover", UseSingleObjectParameterDeserialization = true)]
    public Task<HoverAnswer?> HoverAsync(PositionParams parameters, CancellationToken cancellation) =>
        At(parameters, (analysis, offset) => Hover.At(analysis, new WeightedCosts(analysis, costs), offset), cancellation);

    /// <summary>Where a name is declared.</summary>
    [JsonRpcMethod("textDocument/definition", UseSingleObjectParameterDeserialization = true)]
    public Task<Location?> DefinitionAsync(PositionParams parameters, CancellationToken cancellation) =>
        At(parameters, (analysis, offset) => analysis.Symbols.At(offset) is { } use ? workspace.LocationOf(use.Symbol.Place) : null, cancellation);

    /// <summary>What can be written at a place.</summary>
    [JsonRpcMethod("textDocument/completion", UseSingleObjectParameterDeserialization = true)]
    public async Task<CompletionList?> CompletionAsync(PositionParams parameters, CancellationToken cancellation)
    {
        var fallback = workspace.TryGet(parameters.TextDocument.Uri, out var document) ? cache.LastParsed(document) : null;
        return await At(parameters, (analysis, offset) => Completion.At(analysis, fallback, offset), cancellation).ConfigureAwait(false);
    }

    /// <summary>The outline of a document.</summary>
    [JsonRpcMethod("textDocument/documentSymbol", UseSingleObjectParameterDeserialization = true)]
    public async Task<IReadOnlyList<DocumentSymbol>> DocumentSymbolAsync(DocumentParams parameters, CancellationToken cancellation)
    {
        var analysis = await cache.Of(Document(parameters.TextDocument.Uri), cancellation).ConfigureAwait(false);
        return Outline.Of(analysis.Source, analysis.Syntax);
    }

    /// <summary>Edits that make a document canonical.</summary>
    [JsonRpcMethod("textDocument/formatting", UseSingleObjectParameterDeserialization = true)]
    public Task<IReadOnlyList<TextEdit>> FormattingAsync(DocumentParams parameters, CancellationToken cancellation)
    {
        var source = Document(parameters.TextDocument.Uri).Source;
        return DeepStack.Run(() => Formatting.Of(source), cancellation);
    }

    private async Task<T> At<T>(PositionParams parameters, Func<ProgramAnalysis, int, T> answer, CancellationToken cancellation)
    {
        // Before the first await, so that the request is about the text its client had.
        var document = Document(parameters.TextDocument.Uri);
        var offset = TextPositions.OffsetOf(document.Source.Text, parameters.Position);
        var analysis = await cache.Of(document, cancellation).ConfigureAwait(false);
        return await DeepStack.Run(() => answer(analysis, offset), cancellation).ConfigureAwait(false);
    }

    private OpenDocument Document(string uri)
    {
        Demand();
        return workspace.TryGet(uri, out var document) ? document : throw Refused($"'{uri}' is not open", -32602);
    }

    private void Demand()
    {
        if (state != ServerState.Running)
        {
            throw state == ServerState.New ? Refused("the server is not initialized", -32002) : Refused("the server is shut down", -32600);
        }
    }

    private static LocalRpcException Refused(string message, int code) => new(message) { ErrorCode = code };
}
