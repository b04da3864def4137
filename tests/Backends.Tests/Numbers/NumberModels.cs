using SparseDsl.Backends.CSharp.Hosting;
using SparseDsl.Backends.Reference;
using SparseDsl.Compiler;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Backends.Tests.Numbers;

/// <summary>Models without parameters from text, on every backend.</summary>
internal static class NumberModels
{
    /// <summary>The targets of this machine, by name.</summary>
    public static string[] Targets { get; } = [.. Target.All.Where(NativeTarget.IsHere).Select(t => t.Name)];

    public static BoundModel Bind(string text)
    {
        var (module, diagnostics) = Check(text);
        Assert.Equal("", string.Concat(diagnostics.Items.Where(d => d.Severity == Severity.Error).Select(DiagnosticRenderer.Render)));
        return Assert.Single(module.Models);
    }

    public static (BoundModule Module, DiagnosticBag Diagnostics) Check(string text)
    {
        var diagnostics = new DiagnosticBag();
        return (Compilation.Bind(new SourceText("numbers.dsl", text), ModuleResolver.LibraryOnly(), diagnostics), diagnostics);
    }

    /// <summary>Outputs of the reference backend.</summary>
    public static IReadOnlyDictionary<string, TensorData> Reference(string text, IReadOnlyDictionary<string, TensorData> inputs) =>
        new ReferenceModel(BuildGraph.Run(Bind(text)), p => throw new InvalidOperationException(p)).Run(inputs, new Dictionary<string, long>());

    /// <summary>Outputs of compiled C#.</summary>
    public static IReadOnlyDictionary<string, TensorData> CSharp(string text, string targetName, IReadOnlyDictionary<string, TensorData> inputs)
    {
        var target = Target.All.Single(t => t.Name == targetName);
        var diagnostics = new DiagnosticBag();
        var lowered = Compilation.Lower(Bind(text), new CompilationOptions(target), diagnostics);
        Assert.DoesNotContain(diagnostics.Items, d => d.Severity == Severity.Error);
        var cache = new Dictionary<string, IReadOnlyDictionary<string, TensorData>>(StringComparer.Ordinal);
        using var model = TwoBackends.Load(lowered!.Program, target, w => Compilation.Pack(w, p => throw new InvalidOperationException(p), cache));
        return model.Run(inputs);
    }

    /// <summary>Outputs of every backend of this machine; the reference is called <c>reference</c>.</summary>
    public static IEnumerable<(string Backend, IReadOnlyDictionary<string, TensorData> Outputs)> Everywhere(string text, IReadOnlyDictionary<string, TensorData> inputs) =>
        Targets.Select(t => (t, CSharp(text, t, inputs))).Prepend(("reference", Reference(text, inputs)));
}
