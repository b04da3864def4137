namespace SparseDsl.Benchmarks;

/// <summary>Where the models lie, seen from a benchmark's process, which runs from anywhere inside the source tree.</summary>
internal static class Folders
{
    /// <summary>The folder that <c>scripts/fetch-models</c> fills.</summary>
    public static string Models { get; } = Path.Combine(FindRoot(), "models");

    /// <summary>Networks imported for the benchmarks; ignored by git.</summary>
    public static string Imported { get; } = Path.Combine(FindRoot(), "artifacts", "benchmarks");

    private static string FindRoot()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "SparseDsl.sln")))
            {
                return folder;
            }
        }

        throw new InvalidDataException("the benchmarks must run inside the source tree");
    }
}
