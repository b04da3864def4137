using System.Collections.Concurrent;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.LanguageServer.Documents;
using SparseDsl.LanguageServer.Protocol;

namespace SparseDsl.LanguageServer.Analysis;

/// <summary>Sends the mistakes of open documents, a moment after the last change. A file that is imported and not open shows what its importers found in it.</summary>
/// <param name="workspace">The texts.</param>
/// <param name="cache">Their analyses.</param>
/// <param name="publish">Sends the diagnostics of one document.</param>
/// <param name="log">Where failures go.</param>
/// <param name="delay">How long nothing must change.</param>
internal sealed class DiagnosticsPublisher(
    Workspace workspace, AnalysisCache cache, Func<PublishDiagnosticsParams, Task> publish, TextWriter log, TimeSpan delay) : IDisposable
{
    private readonly ConcurrentDictionary<string, CancellationTokenSource> pending = new(StringComparer.Ordinal);

    // What was found in files that are not open, by the document that imports them. Guarded by the gate, which also keeps messages in order.
    private readonly Dictionary<string, IReadOnlyList<Diagnostic>> found = new(StringComparer.Ordinal);
    private readonly HashSet<string> shown = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim gate = new(1);

    /// <summary>Analyses a document and all that import it when nothing changes for a moment.</summary>
    public void Changed(string path, bool atOnce = false)
    {
        Schedule(path, atOnce ? TimeSpan.Zero : delay);
        foreach (var importer in cache.ImportersOf(path))
        {
            Schedule(importer, atOnce ? TimeSpan.Zero : delay);
        }
    }

    /// <summary>A document was closed: its mistakes disappear, unless an open one imports it.</summary>
    public void Closed(OpenDocument document)
    {
        var path = document.Source.Path;
        Cancel(path);
        cache.Forget(path);
        _ = Guard(async () =>
        {
            await Locked(async () =>
            {
                found.Remove(path);
                await publish(new PublishDiagnosticsParams(document.Uri, null, [])).ConfigureAwait(false);
                await PublishClosedFiles().ConfigureAwait(false);
            }).ConfigureAwait(false);
        });
        foreach (var importer in cache.ImportersOf(path))
        {
            Schedule(importer, delay);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var path in pending.Keys)
        {
            Cancel(path);
        }

        gate.Dispose();
    }

    private void Schedule(string path, TimeSpan wait)
    {
        if (workspace.Find(path) is null)
        {
            return;
        }

        var source = new CancellationTokenSource();
        pending.AddOrUpdate(path, source, (_, earlier) =>
        {
            earlier.Cancel();
            return source;
        });
        _ = Guard(() => AnalyseLater(path, wait, source.Token));
    }

    private void Cancel(string path)
    {
        if (pending.TryRemove(path, out var source))
        {
            source.Cancel();
        }
    }

    private async Task Guard(Func<Task> work)
    {
        try
        {
            await work().ConfigureAwait(false);
        }
        catch (Exception problem) when (problem is OperationCanceledException or ObjectDisposedException or ContentModifiedException or StreamJsonRpc.ConnectionLostException)
        {
            // A later change takes over, or the client is gone.
        }
        catch (Exception problem)
        {
            await log.WriteLineAsync($"sparsedsl lsp: diagnostics failed, which is a bug: {problem}").ConfigureAwait(false);
        }
    }

    private async Task AnalyseLater(string path, TimeSpan wait, CancellationToken cancellation)
    {
        await Task.Delay(wait, cancellation).ConfigureAwait(false);
        if (workspace.Find(path) is not { } document)
        {
            return;
        }

        var analysis = await cache.Of(document, cancellation).ConfigureAwait(false);
        await Locked(async () =>
        {
            cancellation.ThrowIfCancellationRequested();
            found[path] = [.. analysis.Diagnostics.Where(d => d.Location is { } place && place.Source.Path != path && !LibraryFiles.IsLibrary(place.Source))];
            var own = workspace.Library.IsCopy(path) ? [] : analysis.Diagnostics.Where(d => d.Location is null || d.Location.Value.Source.Path == path);
            await publish(new PublishDiagnosticsParams(document.Uri, document.Version, [.. own.Select(ToProtocol)])).ConfigureAwait(false);
            await PublishClosedFiles().ConfigureAwait(false);
        }).ConfigureAwait(false);
    }

    private async Task Locked(Func<Task> work)
    {
        await gate.WaitAsync().ConfigureAwait(false);
        try
        {
            await work().ConfigureAwait(false);
        }
        finally
        {
            gate.Release();
        }
    }

    private async Task PublishClosedFiles()
    {
        var byFile = found.Values.SelectMany(d => d).DistinctBy(d => (d.Location, d.Id, d.Message))
            .ToLookup(d => d.Location!.Value.Source.Path, StringComparer.Ordinal);
        foreach (var path in shown.Union(byFile.Select(g => g.Key), StringComparer.Ordinal).Where(p => workspace.Find(p) is null).ToArray())
        {
            await publish(new PublishDiagnosticsParams(DocumentUri.ToUri(path), null, [.. byFile[path].Select(ToProtocol)])).ConfigureAwait(false);
        }

        shown.Clear();
        shown.UnionWith(byFile.Select(g => g.Key));
    }

    private ProtocolDiagnostic ToProtocol(Diagnostic diagnostic)
    {
        var placed = diagnostic.Notes.Where(n => n.Location is not null).Select(n => new RelatedInformation(workspace.LocationOf(n.Location!.Value), n.Message)).ToArray();
        var lines = new[] { diagnostic.Message }
            .Concat(diagnostic.Notes.Where(n => n.Location is null).Select(n => "note: " + n.Message))
            .Concat(diagnostic.Hint.Length > 0 ? ["hint: " + diagnostic.Hint] : []);
        return new ProtocolDiagnostic(
            diagnostic.Location is { } place ? place.Source.RangeOf(place.Span) : default,
            diagnostic.Severity switch { Severity.Error => 1, Severity.Warning => 2, _ => 3 },
            diagnostic.Id, "sparsedsl", string.Join("\n", lines), placed.Length == 0 ? null : placed);
    }
}
