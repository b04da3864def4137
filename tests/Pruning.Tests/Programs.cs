using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Pruning.Graphs;

namespace SparseDsl.Pruning.Tests;

/// <summary>Small networks, their weights and inputs.</summary>
internal static class Programs
{
    /// <summary>Two dense layers with an activation between.</summary>
    public const string Mlp = """
        import std.nn
        model Mlp(N: dim 1..64) {
            input x: f32[N, 40]
            param w1: f32[48, 40], b1: f32[48]
            param w2: f32[33, 48], b2: f32[33]
            let h = linear(x, w1, b1) |> relu
            output y = linear(h, w2, b2)
        }
        """;

    /// <summary>Convolutions of every kind: wide windows, with batch normalisation, depthwise, 1 x 1; and a classifier.</summary>
    public const string ConvNet = """
        import std.nn
        import std.layers
        model ConvNet(N: dim 1..8, H: dim 8..32) {
            input x: f32[N, 4, H, 11]
            let y = x |> conv(9, kernel: 3, stride: 2) as wide |> relu
            let y = y |> conv_bn(36, kernel: 3) as normal |> relu
            let y = y |> depthwise(kernel: 3) as deep |> pointwise(35) as point |> relu
            output z = y |> global_avg_pool |> flatten |> fully_connected(10) as head
        }
        """;

    public static BoundModel Bind(string text)
    {
        var diagnostics = new DiagnosticBag();
        var module = Compilation.Bind(new SourceText("test.dsl", text), ModuleResolver.LibraryOnly(), diagnostics);
        Assert.Empty(diagnostics.Items.Where(d => d.Severity == Severity.Error).Select(d => d.OneLine));
        return Assert.Single(module.Models);
    }

    /// <summary>The layers of a program's only model.</summary>
    public static IReadOnlyList<PrunableLayer> Layers(string text) => LayerFinder.Find(BuildGraph.Run(Bind(text)));

    /// <summary>Random weights; variances are positive.</summary>
    public static Dictionary<string, TensorData> Weights(BoundModel model, int seed = 1)
    {
        var random = new Random(seed);
        return model.Params.ToDictionary(p => p.Path, p =>
        {
            int[] shape = [.. p.Type.Shape.Select(d => (int)d.Constant!.Value)];
            var least = p.Path.EndsWith("variance", StringComparison.Ordinal) ? 1.5 : 0;
            return TensorData.FromFloats([.. Enumerable.Range(0, shape.Aggregate(1, (a, b) => a * b)).Select(_ => (float)(least + Normal(random)))], shape);
        }, StringComparer.Ordinal);
    }

    /// <summary>Inputs whose neighbours are alike, as those of real networks are.</summary>
    public static IReadOnlyList<CalibrationSample> Samples(BoundModel model, int count, params (string Dim, long Value)[] dims)
    {
        var random = new Random(7);
        var values = dims.ToDictionary(d => d.Dim, d => d.Value, StringComparer.Ordinal);
        return [.. Enumerable.Range(0, count).Select(_ => new CalibrationSample(
            model.Inputs.ToDictionary(i => i.Name, i => Correlated(random, [.. i.Type.Shape.Select(d => (int)d.Evaluate(n => values[n]))]), StringComparer.Ordinal), values))];
    }

    public static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    private static TensorData Correlated(Random random, int[] shape)
    {
        var values = new float[shape.Aggregate(1, (a, b) => a * b)];
        var last = 0.0;
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (float)(last = (0.9 * last) + (0.5 * Normal(random)));
        }

        return TensorData.FromFloats(values, shape);
    }
}
