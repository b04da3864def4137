namespace SparseDsl.Tests;

/// <summary>The source tree that the tests were built from.</summary>
internal static class Repository
{
    /// <summary>The full path of the folder that holds SparseDsl.sln.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The full path of a file or folder given relative to the root, with forward slashes.</summary>
    public static string PathOf(string relative) => Path.GetFullPath(Path.Combine(Root, relative));

    private static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "SparseDsl.sln")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("the tests must run inside the source tree");
    }
}
