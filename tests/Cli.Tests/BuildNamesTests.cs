using System.Reflection;
using System.Runtime.Loader;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using SparseDsl.Backends.CSharp;
using SparseDsl.Runtime;

namespace SparseDsl.Tests.Cli;

/// <summary>Whatever models and tensors are called, <c>build</c> writes a library and a demonstration that compile, and that run.</summary>
public sealed class BuildNamesTests : CommandLine
{
    [Fact]
    public void Models_have_any_name()
    {
        var program = Write("net.dsl", string.Concat(NastyNames.OfModels.Select(n => $"model {n}() {{\n    input x: f32[3]\n    output y = x + 1\n}}\n")));
        foreach (var name in NastyNames.OfModels)
        {
            Assert.Equal("y: 1 1 1", Demonstrate(program, name, PathOf("out"), "SparseDsl.Generated"));
        }
    }

    [Fact]
    public void Tensors_have_any_name()
    {
        var names = NastyNames.OfTensors;
        var inputs = Write("inputs.dsl", $"model Inputs() {{\n{string.Concat(names.Select(n => $"    input {n}: f32[3]\n"))}    output y = {string.Join(" + ", names)} + 1\n}}\n");
        Assert.Equal("y: 1 1 1", Demonstrate(inputs, "Inputs", PathOf("inputs"), "Acme"));

        var outputs = Write("outputs.dsl", $"model Outputs() {{\n    input x9: f32[3]\n{string.Concat(names.Select((n, i) => $"    output {n} = x9 + {i}\n"))}}}\n");
        Assert.Equal(string.Join('\n', names.Select((n, i) => $"{n}: {i} {i} {i}")), Demonstrate(outputs, "Outputs", PathOf("outputs"), "Acme"));
    }

    [Theory]
    [InlineData("System", "ModelEngine")]
    [InlineData("Acme.System", "Math")]
    [InlineData("Acme.Math", "Console")]
    public void Namespaces_hide_nothing(string space, string name)
    {
        var program = Write("twice.dsl", "model Twice() {\n    input x: f32[3]\n    output y = x + 1\n}\n");
        Assert.Equal("y: 1 1 1", Demonstrate(program, "Twice", PathOf("out"), space, "--class", name));
    }

    // Builds, compiles what was written as its project files say, and runs the demonstration.
    private static string Demonstrate(string program, string model, string folder, string space, params string[] options)
    {
        var outcome = Run(["build", program, "--model", model, "--target", "csharp", "-o", folder, "--namespace", space, .. options]);
        Assert.True(outcome.Code == 0, model + outcome.Errors);
        var name = options.Length > 0 ? options[1] : ClassNames.Of(model);
        var assembly = File.ReadAllText(Path.Combine(folder, name + ".csproj")).Split("<AssemblyName>")[1].Split('<')[0];
        using var library = Compile(assembly, File.ReadAllText(Path.Combine(folder, name + ".cs")), OutputKind.DynamicallyLinkedLibrary, []);
        using var demo = Compile(name + ".Demo", File.ReadAllText(Path.Combine(folder, "demo", "Program.cs")), OutputKind.ConsoleApplication, [MetadataReference.CreateFromImage(library.ToArray())]);
        var context = new AssemblyLoadContext(name, isCollectible: true);
        library.Position = 0;
        context.LoadFromStream(library);
        var (console, written) = (Console.Out, new StringWriter { NewLine = "\n" });
        Console.SetOut(written);
        try
        {
            context.LoadFromStream(demo).EntryPoint!.Invoke(null, BindingFlags.DoNotWrapExceptions, null, [Array.Empty<string>()], null);
        }
        finally
        {
            Console.SetOut(console);
        }

        return written.ToString().TrimEnd();
    }

    private static MemoryStream Compile(string name, string text, OutputKind kind, IEnumerable<MetadataReference> more)
    {
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(p => Path.GetFileName(p).StartsWith("System.", StringComparison.Ordinal)).Append(typeof(ICompiledModel).Assembly.Location)
            .Select(p => (MetadataReference)MetadataReference.CreateFromFile(p));
        var compilation = CSharpCompilation.Create(
            name, [CSharpSyntaxTree.ParseText(text)], references.Concat(more), new CSharpCompilationOptions(kind, allowUnsafe: true, nullableContextOptions: NullableContextOptions.Enable));
        var image = new MemoryStream();
        var result = compilation.Emit(image);
        Assert.Empty(result.Diagnostics.Where(d => d.Severity >= DiagnosticSeverity.Warning).Select(d => $"{name}: {d}"));
        image.Position = 0;
        return image;
    }
}
