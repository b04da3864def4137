using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using SparseDsl.Dsl;
using SparseDsl.LanguageServer.Protocol;

namespace SparseDsl.LanguageServer.Documents;

/// <summary>The texts the server can see: open documents first, then files on disk.</summary>
internal sealed class Workspace
{
    private readonly ConcurrentDictionary<string, OpenDocument> open = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, SourceText> disk = new(StringComparer.Ordinal);

    /// <summary>Library modules as files.</summary>
    public LibraryFiles Library { get; } = new();

    /// <summary>Paths of open documents.</summary>
    public IReadOnlyList<string> OpenPaths => [.. open.Keys];

    /// <summary>A document was opened.</summary>
    public OpenDocument Open(TextDocumentItem item)
    {
        var path = DocumentUri.ToPath(item.Uri);
        return open[path] = new OpenDocument(item.Uri, item.Version, new SourceText(path, item.Text));
    }

    /// <summary>A document was changed; null when it is not open.</summary>
    public OpenDocument? Change(DidChangeParams change)
    {
        if (!TryGet(change.TextDocument.Uri, out var document))
        {
            return null;
        }

        var text = TextPositions.Apply(document.Source.Text, change.ContentChanges);
        var path = document.Source.Path;
        return open[path] = new OpenDocument(document.Uri, change.TextDocument.Version ?? document.Version + 1, new SourceText(path, text));
    }

    /// <summary>A document was closed; its path.</summary>
    public string Close(string uri)
    {
        var path = DocumentUri.ToPath(uri);
        open.TryRemove(path, out _);
        return path;
    }

    /// <summary>The open document of a URI.</summary>
    public bool TryGet(string uri, [NotNullWhen(true)] out OpenDocument? document) => open.TryGetValue(DocumentUri.ToPath(uri), out document);

    /// <summary>The open document of a path, or null.</summary>
    public OpenDocument? Find(string path) => open.GetValueOrDefault(path);

    /// <summary>The text of a path, open or on disk; null when there is none. The same object as long as the text is the same.</summary>
    public SourceText? Read(string path)
    {
        if (open.TryGetValue(path, out var document))
        {
            return document.Source;
        }

        try
        {
            if (!File.Exists(path))
            {
                return null;
            }

            var text = File.ReadAllText(path);
            return disk.AddOrUpdate(path, _ => new SourceText(path, text), (_, known) => known.Text == text ? known : new SourceText(path, text));
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The file of a module as seen from another, whether or not there is one.</summary>
    public static string? PathOf(string module, string from) => Path.IsPathRooted(from)
        ? Path.GetFullPath(Path.Combine(Path.GetDirectoryName(from)!, module.Replace('.', Path.DirectorySeparatorChar) + ".dsl"))
        : null;

    /// <summary>A place as the client can open it.</summary>
    public Location LocationOf(SourceLocation place)
    {
        var source = place.Source;
        var uri = LibraryFiles.IsLibrary(source) ? DocumentUri.ToUri(Library.PathOf(source)) : Find(source.Path)?.Uri ?? DocumentUri.ToUri(source.Path);
        return new Location(uri, source.RangeOf(place.Span));
    }
}
