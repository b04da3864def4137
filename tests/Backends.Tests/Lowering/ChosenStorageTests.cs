using SparseDsl.Compiler;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Evaluation;
using SparseDsl.Compiler.Formats;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Compiler.Lowering;
using SparseDsl.Compiler.Passes.Graphs;
using SparseDsl.Compiler.Passes.Loops;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Backends.Tests.Lowering;

/// <summary>What the compiler chooses to store sparse, it can also compile, and the results are those of the dense tensor.</summary>
public sealed class ChosenStorageTests
{
    private static readonly (string Name, string Format, int[] Weight, string Text)[] Layers =
    [
        ("matmul", "csr", [64, 48], """
              input x: f32[48, W]
              param w "w": f32[64, 48]
              y "op" in "": f32[64, W] = [o < 64, q < W] sum(c < 48) (%w[o, c] * %x[c, q])
            """),
        ("transposed", "csc", [48, 64], """
              input x: f32[48, W]
              param w "w": f32[48, 64]
              y "op" in "": f32[64, W] = [o < 64, q < W] sum(c < 48) (%w[c, o] * %x[c, q])
            """),
        ("pointwise", "filter_rows", [64, 48, 1, 1], """
              input x: f32[1, 48, 3, W]
              param w "w": f32[64, 48, 1, 1]
              y "conv2d" in "": f32[1, 64, 3, W] = [n < 1, o < 64, p < 3, q < W] max(sum(c < 48, r < 1, s < 1) (%x[n, c, p + r, q + s] * %w[o, c, r, s]), 0)
            """),
        ("convolution", "csr_blocks(12)", [16, 12, 3, 3], """
              input x: f32[1, 12, 5, W]
              param w "w": f32[16, 12, 3, 3]
              y "conv2d" in "": f32[1, 16, 5, W] = [n < 1, o < 16, p < 5, q < W] sum(c < 12, r < 3, s < 3) (%x[n, c, p + r - 1, q + s - 1] * %w[o, c, r, s])
            """),
        ("strided", "csr_blocks(12)", [16, 12, 3, 3], """
              input x: f32[2, 12, 5, (W*2)]
              param w "w": f32[16, 12, 3, 3]
              y "conv2d" in "": f32[2, 16, 3, W] = [n < 2, o < 16, p < 3, q < W] sum(c < 12, r < 3, s < 3) (%x[n, c, p*2 + r - 1, q*2 + s - 1] * %w[o, c, r, s])
            """),
    ];

    public static TheoryData<string, string> Cases => [.. Layers.SelectMany(l => Target.All.Select(t => new TheoryDataRow<string, string>(l.Name, t.Name)))];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Chosen_sparse_layers_equal_the_evaluator(string layer, string targetName)
    {
        var (_, format, shape, text) = Layers.Single(l => l.Name == layer);
        var target = Target.All.Single(t => t.Name == targetName);
        var weights = Random(shape, 0.2);
        var source = GraphParser.Parse($"graph G(W: 1..60)\n{text.Replace("(W*2)", "W*2", StringComparison.Ordinal)}\n  output y = %y\n");
        var diagnostics = new DiagnosticBag();
        var graph = ChooseLevels.Run(GraphPipeline.Run(source, GraphPipeline.Passes(_ => weights)), _ => weights, diagnostics, target: target);
        Assert.Equal(format, graph.Nodes.OfType<ParamNode>().Single().Format!.Name);
        var program = PlanMemory.Run(Lower.Run(graph, target, diagnostics));
        Assert.Empty(diagnostics.Items);
        var packed = FormatPacker.Pack(graph.Nodes.OfType<ParamNode>().Single().Format!, weights);
        using var model = TwoBackends.Load(program, target, w => packed[w.Source.Array].ToBytes());
        foreach (var width in new[] { 1, 7, 16, 60 })
        {
            var input = DenseTensor.From(Random([.. source.Inputs[0].Type.Shape.Select(d => (int)d.Evaluate(_ => width))], 1));
            var expected = GraphEvaluator.Run(source, _ => input, _ => DenseTensor.From(weights), _ => width)["y"].Values;
            var inputs = new Dictionary<string, DenseTensor> { ["x"] = input };
            Close(expected, Interpreted.Run(program, inputs, w => packed[w.Source.Array], new Dictionary<string, long> { ["W"] = width })["y"], $"interpreted, W = {width}");
            Close(expected, model.Run(new Dictionary<string, TensorData> { ["x"] = input.To(ElementType.F32) })["y"].ToDoubles(), $"W = {width}");
        }
    }

    [Theory]
    [InlineData("\"csr\" [i, j] -> dense(i), compressed(j)")]
    [InlineData("\"csr_blocks(8)\" [i, j] -> dense(j / 8), dense(i), compressed(j % 8)")]
    public void A_product_with_nothing_has_no_elements(string format)
    {
        var weights = Random([48, 16], 0.2);
        var source = GraphParser.Parse($"graph G()\n  input x: f32[16, 0]\n  param w \"w\": f32[48, 16] wants {format}\n  y \"op\" in \"\": f32[48, 0] = [o < 48, q < 0] sum(c < 16) (%w[o, c] * %x[c, q])\n  output y = %y\n");
        var graph = ChooseLevels.Run(GraphPipeline.Run(source, GraphPipeline.Passes(_ => weights)), _ => weights, new DiagnosticBag());
        var program = PlanMemory.Run(Lower.Run(graph, Target.Avx512, new DiagnosticBag()));
        var packed = FormatPacker.Pack(graph.Nodes.OfType<ParamNode>().Single().Format!, weights);
        var inputs = new Dictionary<string, DenseTensor> { ["x"] = DenseTensor.From(Random([16, 0], 1)) };
        Assert.Empty(Interpreted.Run(program, inputs, w => packed[w.Source.Array], new Dictionary<string, long>())["y"]);
    }

    private static void Close(double[] expected, double[] actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(Enumerable.Range(0, expected.Length), i => Assert.True(Math.Abs(expected[i] - actual[i]) <= 1e-4 * (1 + Math.Abs(expected[i])), $"{what}, element {i}: {expected[i]} and {actual[i]}"));
    }

    private static TensorData Random(int[] shape, double density)
    {
        var random = new Random(11);
        return TensorData.FromFloats([.. Enumerable.Range(0, shape.Aggregate(1, (a, b) => a * b)).Select(_ => random.NextDouble() < density ? random.NextSingle() - 0.5f : 0)], shape);
    }
}
