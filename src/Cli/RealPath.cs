namespace SparseDsl.Cli;

/// <summary>Paths without links: two paths of one file give the same.</summary>
internal static class RealPath
{
    // Longer chains of links are circles.
    private const int MostLinks = 40;

    /// <summary>The full path with every link in it resolved, as far as it is there.</summary>
    /// <exception cref="ArgumentException">The path is none.</exception>
    public static string Of(string path) => Of(path, MostLinks);

    private static string Of(string path, int links)
    {
        var full = Path.GetFullPath(path);
        var real = Path.GetPathRoot(full)!;
        foreach (var part in full[real.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            real = Path.Combine(real, part);
            if (links > 0 && new FileInfo(real).LinkTarget is { } target)
            {
                real = Of(Path.Combine(Path.GetDirectoryName(real)!, target), --links);
            }
        }

        return real;
    }
}
