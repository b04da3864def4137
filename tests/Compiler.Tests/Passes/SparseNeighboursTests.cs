using SparseDsl.Compiler.Passes.Graphs;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Compiler.Tests.Passes;

/// <summary>A sparse layer takes row-major images; what that costs the layers around it counts when its storage is chosen.</summary>
public sealed class SparseNeighboursTests
{
    /// <summary>The same layer alone, with few zeros between depthwise filters, and with so many that it pays for them.</summary>
    [Theory]
    [InlineData("@unstructured(zeros >= 55%)", true, StorageReasons.NeighboursLose)]
    [InlineData("@unstructured(zeros >= 55%)", false, StorageReasons.SparseFaster)]
    [InlineData("@unstructured(zeros >= 97%)", true, StorageReasons.SparseFaster)]
    [InlineData("@format(filter_rows)", true, StorageReasons.Asked)]
    public void A_layer_that_gains_less_than_its_neighbours_lose_is_dense(string annotation, bool hasNeighbours, string reason)
    {
        var body = hasNeighbours ? "x |> conv2d(c) |> depthwise_conv2d(a, pad: 2) |> conv2d(w) |> depthwise_conv2d(b, pad: 2)" : "x |> conv2d(w)";
        var (decision, graph, diagnostics) = Choose($$"""
            module m
            import std.nn
            import std.formats
            model M() {
                input x: f32[1, 128, 96, 96]
                param a: f32[128, 1, 5, 5]
                param w: f32[128, 128, 1, 1] {{annotation}}
                param b: f32[128, 1, 5, 5]
                param c: f32[128, 128, 1, 1]
                output y = {{body}}
            }
            """);
        Assert.Equal(reason, decision.Id);
        Assert.Equal(reason == StorageReasons.NeighboursLose, decision.Format.IsDense);
        Assert.Equal(reason == StorageReasons.NeighboursLose ? ["SD4008"] : [], diagnostics.Select(d => d.Id).Where(id => id.StartsWith("SD4", StringComparison.Ordinal)));
        if (reason == StorageReasons.NeighboursLose)
        {
            Assert.True(decision.Weighed!.SparseMicroseconds < decision.Weighed.DenseMicroseconds);
            Assert.Contains("channels", graph, StringComparison.Ordinal);
        }
    }

    private static (LevelDecision Decision, string Graph, IReadOnlyList<Diagnostic> Diagnostics) Choose(string text)
    {
        var diagnostics = new DiagnosticBag();
        var model = Compilation.Bind(new SourceText("m.dsl", text), ModuleResolver.LibraryOnly(), diagnostics).Models.Single();
        var decisions = new List<LevelDecision>();
        var graph = Compilation.Optimise(model, new CompilationOptions(Target.Avx512) { Decisions = decisions }, diagnostics);
        return (decisions.Single(d => d.Tensor == "w"), Compiler.Graphs.GraphPrinter.Print(graph), diagnostics.Items);
    }
}
