using SparseDsl.LanguageServer.Documents;
using StreamJsonRpc;

namespace SparseDsl.LanguageServer.Analysis;

/// <summary>The latest analysis of every open document. Requests about the same text share one; a newer text ends the work on an older one.</summary>
internal sealed class AnalysisCache(Workspace workspace, Analyzer analyzer)
{
    private sealed record Entry(OpenDocument Document, Task<ProgramAnalysis> Work, CancellationTokenSource Cancellation);

    private readonly Lock gate = new();
    private readonly Dictionary<string, Entry> entries = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ProgramAnalysis> latest = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ProgramAnalysis> parsed = new(StringComparer.Ordinal);

    /// <summary>The analysis of a document, with its imports as they are now.</summary>
    /// <exception cref="ContentModifiedException">The document was changed meanwhile.</exception>
    public async Task<ProgramAnalysis> Of(OpenDocument document, CancellationToken cancellation)
    {
        while (true)
        {
            var entry = Find(document);
            ProgramAnalysis analysis;
            try
            {
                // Somebody else may still want the result: a cancelled request stops waiting, not the work.
                analysis = await entry.Work.WaitAsync(cancellation).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                throw new ContentModifiedException();
            }

            lock (gate)
            {
                latest[document.Source.Path] = analysis;
                if (!analysis.HasSyntaxErrors)
                {
                    parsed[document.Source.Path] = analysis;
                }
            }

            if (analysis.Dependencies.All(d => ReferenceEquals(d.Value, workspace.Read(d.Key))))
            {
                return analysis;
            }

            Drop(document.Source.Path, entry);
        }
    }

    /// <summary>Paths of the documents that import a path, directly or through others.</summary>
    public IReadOnlyList<string> ImportersOf(string path)
    {
        lock (gate)
        {
            return [.. latest.Where(a => a.Key != path && a.Value.Dependencies.ContainsKey(path)).Select(a => a.Key).Order(StringComparer.Ordinal)];
        }
    }

    /// <summary>The analysis of the latest text of a document that had no syntax errors; null when there was none.</summary>
    public ProgramAnalysis? LastParsed(OpenDocument document)
    {
        lock (gate)
        {
            return parsed.GetValueOrDefault(document.Source.Path);
        }
    }

    /// <summary>Forgets a document that was closed.</summary>
    public void Forget(string path)
    {
        lock (gate)
        {
            latest.Remove(path);
            parsed.Remove(path);
            if (entries.Remove(path, out var entry))
            {
                entry.Cancellation.Cancel();
            }
        }
    }

    private Entry Find(OpenDocument document)
    {
        var path = document.Source.Path;
        lock (gate)
        {
            if (entries.TryGetValue(path, out var known))
            {
                if (ReferenceEquals(known.Document.Source, document.Source))
                {
                    return known;
                }

                if (known.Document.Version > document.Version)
                {
                    throw new ContentModifiedException();
                }

                known.Cancellation.Cancel();
            }

            var source = new CancellationTokenSource();
            return entries[path] = new Entry(document, analyzer.Analyse(document.Source, source.Token), source);
        }
    }

    private void Drop(string path, Entry stale)
    {
        lock (gate)
        {
            if (entries.TryGetValue(path, out var known) && ReferenceEquals(known, stale))
            {
                entries.Remove(path);
            }
        }
    }
}

/// <summary>The text a request is about is not the present one any more: the protocol's <c>ContentModified</c>.</summary>
internal sealed class ContentModifiedException : LocalRpcException
{
    /// <summary>The protocol's error.</summary>
    public ContentModifiedException()
        : base("the document was changed meanwhile") => ErrorCode = -32801;
}
