using System.Collections.Immutable;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Generator;
using SparseDsl.Runtime;

namespace SparseDsl.Tests.Generator;

/// <summary>A project in memory with the generator in it; every change runs it again, and the last run is there to look at.</summary>
internal sealed class Host
{
    private readonly Dictionary<string, TestFile> files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> settings = new(StringComparer.Ordinal) { ["build_property.RootNamespace"] = "App", ["build_property.ProjectDir"] = "/app/" };
    private CSharpCompilation compilation;
    private GeneratorDriver driver;

    /// <summary>Starts with <c>.dsl</c> files by path in the project's folder.</summary>
    public Host(params (string Path, string Text)[] dsl)
    {
        compilation = CSharpCompilation.Create(
            "App",
            [CSharpSyntaxTree.ParseText("public static class Unrelated { }")],
            References,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true));
        driver = CSharpGeneratorDriver.Create(
            [new ModelGenerator().AsSourceGenerator()],
            driverOptions: new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));
        foreach (var (path, text) in dsl)
        {
            Add(path, text);
        }

        Run();
    }

    /// <summary>What the last run gave.</summary>
    public GeneratorRunResult Result { get; private set; }

    /// <summary>The project with the generated files.</summary>
    public Compilation Output { get; private set; } = null!;

    /// <summary>Diagnostics of the generator.</summary>
    public ImmutableArray<Microsoft.CodeAnalysis.Diagnostic> Diagnostics => Result.Diagnostics;

    /// <summary>The text of the generated file with a name.</summary>
    public string Source(string hintName) => Result.GeneratedSources.Single(s => s.HintName == hintName).SourceText.ToString();

    /// <summary>Replaces a file.</summary>
    public void Edit(string path, string text)
    {
        var file = new TestFile("/app/" + path, text);
        driver = driver.ReplaceAdditionalText(files[path], file);
        files[path] = file;
        Run();
    }

    /// <summary>Adds a file that says how the weights of a <c>.dsl</c> file are stored.</summary>
    public void AddStorage(string of, string text)
    {
        Add(of + ".storage", text);
        Set("build_metadata.AdditionalFiles.SparseDslStorageOf", "/app/" + of, of + ".storage");
    }

    /// <summary>Adds a file with what the packer found.</summary>
    public void AddWarnings(string path, params IEnumerable<DiagnosticLine> lines)
    {
        Add(path, string.Concat(lines.Select(l => l.Print() + "\n")));
        Set("build_metadata.AdditionalFiles.SparseDslDiagnostics", "true", path);
    }

    /// <summary>Adds a C# file.</summary>
    public void AddCSharp(string text)
    {
        compilation = compilation.AddSyntaxTrees(CSharpSyntaxTree.ParseText(text));
        Run();
    }

    /// <summary>Sets a property of the project, or metadata of a file.</summary>
    public void Set(string key, string value, string? path = null)
    {
        settings[path is null ? key : path + "|" + key] = value;
        driver = driver.WithUpdatedAnalyzerConfigOptions(new TestOptions(settings));
        Run();
    }

    /// <summary>Why a step ran or did not, by the last run: the reasons of its outputs.</summary>
    public IReadOnlyList<IncrementalStepRunReason> Reasons(string step) => [.. Result.TrackedSteps[step].SelectMany(s => s.Outputs).Select(o => o.Reason)];

    /// <summary>Errors of the whole project.</summary>
    public IEnumerable<Microsoft.CodeAnalysis.Diagnostic> Errors() => Output.GetDiagnostics().Where(d => d.Severity == DiagnosticSeverity.Error);

    private static ImmutableArray<MetadataReference> References { get; } =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(p => Path.GetFileName(p).StartsWith("System.", StringComparison.Ordinal))
            .Append(typeof(ICompiledModel).Assembly.Location)
            .Select(p => MetadataReference.CreateFromFile(p)),
    ];

    private void Add(string path, string text)
    {
        files.Add(path, new TestFile("/app/" + path, text));
        driver = driver.AddAdditionalTexts([files[path]]).WithUpdatedAnalyzerConfigOptions(new TestOptions(settings));
    }

    private void Run()
    {
        driver = driver.RunGeneratorsAndUpdateCompilation(compilation, out var output, out _);
        Output = output;
        Result = driver.GetRunResult().Results.Single();
    }

    private sealed class TestFile(string path, string text) : AdditionalText
    {
        private readonly SourceText source = SourceText.From(text, Encoding.UTF8);

        public override string Path { get; } = path;

        public override SourceText GetText(CancellationToken cancellationToken = default) => source;
    }

    private sealed class TestOptions(IReadOnlyDictionary<string, string> settings) : AnalyzerConfigOptionsProvider
    {
        public override AnalyzerConfigOptions GlobalOptions { get; } = new Values(settings);

        public override AnalyzerConfigOptions GetOptions(SyntaxTree tree) => GlobalOptions;

        public override AnalyzerConfigOptions GetOptions(AdditionalText textFile)
        {
            var prefix = textFile.Path["/app/".Length..] + "|";
            return new Values(settings.Where(s => s.Key.StartsWith(prefix, StringComparison.Ordinal)).ToDictionary(s => s.Key[prefix.Length..], s => s.Value));
        }
    }

    private sealed class Values(IReadOnlyDictionary<string, string> values) : AnalyzerConfigOptions
    {
        public override bool TryGetValue(string key, out string value) => values.TryGetValue(key, out value!);
    }
}
