using System.Xml.Linq;
using SparseDsl.Tests;

namespace SparseDsl.Compiler.Tests;

/// <summary>Keeps the layers apart: who may reference whom, and who must stay loadable by a source generator.</summary>
public class ProjectReferenceTests
{
    /// <summary>A project, the frameworks it targets, and the projects it may reference directly.</summary>
    private sealed record Layer(string Frameworks, params string[] MayReference);

    private const string Shared = "netstandard2.0;net10.0";

    private static readonly Dictionary<string, Layer> Layers = new()
    {
        ["Dsl"] = new(Shared),
        ["Compiler"] = new(Shared, "Dsl"),
        ["Runtime"] = new("net8.0;net10.0"),
        ["Import"] = new("net10.0", "Compiler"),
        ["LanguageServer"] = new("net10.0", "Compiler"),
        ["Backends/Reference"] = new("net10.0", "Compiler"),
        ["Backends/Hosting"] = new("net10.0", "Compiler", "Runtime"),
        ["Backends/CSharp"] = new(Shared, "Compiler", "Runtime", "Backends/Hosting"),
        ["Backends/Llvm"] = new("net10.0", "Compiler", "Runtime", "Backends/Hosting"),
        ["Measurement"] = new("net10.0", "Backends/CSharp"),
        ["Pruning"] = new("net10.0", "Compiler", "Backends/CSharp", "Runtime"),
        ["Generator"] = new("netstandard2.0", "Backends/CSharp"),
        ["Package"] = new("net8.0;net10.0", "Runtime", "Generator", "Cli"),
        ["Tool"] = new("net10.0", "Cli"),
        ["Cli"] = new(
            "net10.0", "Dsl", "Compiler", "Runtime", "Import", "LanguageServer", "Backends/Reference", "Backends/CSharp", "Backends/Hosting", "Backends/Llvm", "Measurement",
            "Pruning"),
    };

    public static TheoryData<string> Projects => [.. Directory
        .EnumerateFiles(Repository.PathOf("src"), "*.csproj", SearchOption.AllDirectories)
        .Select(FolderOf)
        .Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_references_only_the_layers_below_it(string project)
    {
        Assert.True(Layers.ContainsKey(project), $"src/{project} has no row in the table of layers");

        IEnumerable<string> notAllowed = References(project).Select(r => r.Target).Except(Layers[project].MayReference);

        Assert.Empty(notAllowed);
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_targets_the_frameworks_of_its_layer(string project)
    {
        XElement frameworks = Load(project).Descendants()
            .Single(e => e.Name.LocalName is "TargetFramework" or "TargetFrameworks");

        Assert.Equal(Layers[project].Frameworks, frameworks.Value);
    }

    [Fact]
    public void The_runtime_depends_on_nothing()
    {
        Assert.DoesNotContain(
            Load("Runtime").Descendants(),
            e => e.Name.LocalName is "ProjectReference" or "PackageReference");
    }

    [Fact]
    public void The_csharp_emitter_reaches_the_runtime_only_where_it_runs_code()
    {
        (string _, string condition) = References("Backends/CSharp").Single(r => r.Target == "Runtime");

        Assert.Equal("'$(TargetFramework)' == 'net10.0'", condition);
    }

    [Theory]
    [InlineData("Dsl")]
    [InlineData("Compiler")]
    [InlineData("Backends/CSharp")]
    public void The_pure_core_may_not_use_files_clock_environment_or_culture(string project)
    {
        XElement pure = Load(project).Descendants().Single(e => e.Name.LocalName == "IsPureCore");

        Assert.Equal("true", pure.Value);
    }

    /// <summary>The folders under src/ that a project references, with the condition on the reference or its group.</summary>
    private static IEnumerable<(string Target, string Condition)> References(string project)
    {
        string folder = Repository.PathOf($"src/{project}");
        return Load(project).Descendants()
            .Where(e => e.Name.LocalName == "ProjectReference")
            .Select(e => (
                FolderOf(Path.GetFullPath(Path.Combine(folder, e.Attribute("Include")!.Value))),
                (e.Attribute("Condition") ?? e.Parent!.Attribute("Condition"))?.Value ?? ""));
    }

    private static XDocument Load(string project) =>
        XDocument.Load(Directory.EnumerateFiles(Repository.PathOf($"src/{project}"), "*.csproj").Single());

    /// <summary>"Backends/CSharp" for the path of src/Backends/CSharp/SparseDsl.Backends.CSharp.csproj.</summary>
    private static string FolderOf(string projectFile) =>
        Path.GetRelativePath(Repository.PathOf("src"), Path.GetDirectoryName(projectFile)!).Replace('\\', '/');
}
