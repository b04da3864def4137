using Microsoft.CodeAnalysis.Diagnostics;

namespace SparseDsl.Generator;

/// <summary>What a project says about all its models.</summary>
/// <param name="Namespace">Namespace of the classes.</param>
/// <param name="ProjectFolder">Ends with a slash; empty when it is not known.</param>
internal sealed record ProjectSettings(string Namespace, string ProjectFolder)
{
    /// <summary>Reads <c>SparseDslNamespace</c>, or else <c>RootNamespace</c>.</summary>
    public static ProjectSettings Read(AnalyzerConfigOptions options) => new(
        options.Property("SparseDslNamespace") ?? options.Property("RootNamespace") ?? "SparseDsl.Generated",
        (options.Property("ProjectDir") ?? "").Replace('\\', '/'));

    /// <summary>A path as seen from the project's folder; as it is for one elsewhere.</summary>
    public string Relative(string path) =>
        ProjectFolder.Length > 0 && path.StartsWith(ProjectFolder, StringComparison.OrdinalIgnoreCase) ? path.Substring(ProjectFolder.Length) : path;
}

/// <summary>What a project says about the models of one file; null where it says nothing.</summary>
/// <param name="Namespace">Namespace of the classes.</param>
/// <param name="ClassName">Name of the class, for a file with one model.</param>
/// <param name="Accessibility"><c>public</c> or <c>internal</c>.</param>
/// <param name="Targets">Names of targets, separated by commas or semicolons.</param>
/// <param name="Weights">Name of the packed weights beside the program, or of the resource.</param>
/// <param name="EmbedsWeights">Whether the weights are a resource of the assembly.</param>
internal sealed record FileSettings(string? Namespace, string? ClassName, string? Accessibility, string? Targets, string? Weights, bool EmbedsWeights)
{
    /// <summary>Reads the metadata of the item.</summary>
    public static FileSettings Read(AnalyzerConfigOptions options) => new(
        options.Metadata("SparseDslNamespace"),
        options.Metadata("SparseDslClassName"),
        options.Metadata("SparseDslAccessibility"),
        options.Metadata("SparseDslTargets"),
        options.Metadata("SparseDslWeights"),
        string.Equals(options.Metadata("SparseDslEmbedWeights"), "true", StringComparison.OrdinalIgnoreCase));
}

/// <summary>Properties and metadata by their names in the project file.</summary>
internal static class BuildOptions
{
    /// <summary>A property; null when it is empty.</summary>
    public static string? Property(this AnalyzerConfigOptions options, string name) => options.Find("build_property." + name);

    /// <summary>Metadata of an additional file; null when it is empty.</summary>
    public static string? Metadata(this AnalyzerConfigOptions options, string name) => options.Find("build_metadata.AdditionalFiles." + name);

    private static string? Find(this AnalyzerConfigOptions options, string key) =>
        options.TryGetValue(key, out var value) && value.Trim().Length > 0 ? value.Trim() : null;
}
