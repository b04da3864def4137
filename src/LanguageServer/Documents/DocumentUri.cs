namespace SparseDsl.LanguageServer.Documents;

/// <summary>Names of documents: URIs outside, paths inside.</summary>
internal static class DocumentUri
{
    /// <summary>The full path of a file; for a document that is none (<c>untitled:Untitled-1</c>) the URI itself.</summary>
    public static string ToPath(string uri)
    {
        if (!Uri.TryCreate(uri, UriKind.Absolute, out var parsed) || !parsed.IsFile)
        {
            return uri;
        }

        // Editors write the colon of a Windows drive as %3A, which Uri leaves as it is.
        var path = Uri.UnescapeDataString(parsed.AbsolutePath);
        path = OperatingSystem.IsWindows() && path.StartsWith('/') && path.Length > 2 && path[2] == ':' ? path[1..] : parsed.IsUnc ? parsed.LocalPath : path;
        return Path.GetFullPath(path);
    }

    /// <summary>The URI of a path; a path that is a URI already stays.</summary>
    public static string ToUri(string path) => Path.IsPathRooted(path) ? new Uri(path).AbsoluteUri : path;
}
