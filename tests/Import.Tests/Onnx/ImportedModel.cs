using SparseDsl.Backends.CSharp.Hosting;
using SparseDsl.Backends.Hosting;
using SparseDsl.Compiler;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Syntax;
using SparseDsl.Import.Onnx;

namespace SparseDsl.Import.Tests.Onnx;

/// <summary>Runs what an import gave.</summary>
internal static class ImportedModel
{
    /// <summary>The program as <c>sparsedsl fmt</c> would write it.</summary>
    public static string Formatted(string program)
    {
        var source = new SourceText("imported.dsl", program);
        return Formatter.Format(source, Parser.Parse(source, new DiagnosticBag()));
    }

    /// <summary>Compiles it; its parameters must be exactly the weights.</summary>
    public static CompiledModel Compile(ImportResult import)
    {
        if (Environment.GetEnvironmentVariable("SPARSEDSL_IMPORTED") is { Length: > 0 } folder)
        {
            ImportWriter.Write(import, folder, import.Dsl.Split('\n')[1].Split(' ')[1]);
        }

        var target = System.Runtime.Intrinsics.X86.Avx2.IsSupported ? Target.Avx2 : Target.Scalar;
        var diagnostics = new DiagnosticBag();
        var module = Compilation.Bind(new SourceText("imported.dsl", import.Dsl), ModuleResolver.LibraryOnly(), diagnostics);
        Assert.Equal("", string.Concat(diagnostics.Items.Where(d => d.Severity == Severity.Error).Take(5).Select(DiagnosticRenderer.Render)));
        var bound = Assert.Single(module.Models);
        Assert.Equal(import.Weights.Keys.Order(StringComparer.Ordinal), bound.Params.Select(p => p.Path).Order(StringComparer.Ordinal));
        var options = new CompilationOptions(target) { Weights = p => import.Weights.GetValueOrDefault(p) };
        var lowered = Compilation.Lower(bound, options, diagnostics);
        Assert.True(lowered is not null, string.Concat(diagnostics.Items.Take(5).Select(DiagnosticRenderer.Render)));
        var cache = new Dictionary<string, IReadOnlyDictionary<string, TensorData>>(StringComparer.Ordinal);
        return CSharpHost.Load(lowered.Program, target, w => Compilation.Pack(w, p => import.Weights[p], cache));
    }
}
