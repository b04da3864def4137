using SparseDsl.Backends.CSharp;
using SparseDsl.Compiler;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Evaluation;
using SparseDsl.Compiler.Formats;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Compiler.Loops;
using SparseDsl.Compiler.Lowering;
using SparseDsl.Compiler.Passes.Graphs;
using SparseDsl.Compiler.Passes.Loops;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Compiler.Weights;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Backends.Tests.Lowering;

/// <summary>Weights whose pattern is statements of code give the numbers of the dense tensor, on every target and shape, and belong to that code alone.</summary>
public sealed class PatternInCodeTests
{
    private const string Matrix = "\"code_blocks(N)\" [i, j] -> dense(i / N), dense(j), coded(i % N)";
    private const string Filter = "\"filter_code_blocks(N)\" [o, c, r, s] -> dense(o / N), dense(c), dense(r), dense(s), coded(o % N)";

    // Name, rows of a block, shape, text. Widths run from 1 to 60.
    private static readonly (string Name, int Block, int[] Weight, string Text)[] Layers =
    [
        ("one row", 1, [1, 9], "x: f32[9, W]|y: f32[1, W] = [o < 1, q < W] sum(c < 9) (%w[o, c] * %x[c, q])"),
        ("last block shorter", 24, [53, 48], "x: f32[48, W]|y: f32[53, W] = [o < 53, q < W] sum(c < 48) (%w[o, c] * %x[c, q])"),
        ("one column", 5, [10, 1], "x: f32[1, W]|y: f32[10, W] = [o < 10, q < W] sum(c < 1) (%w[o, c] * %x[c, q])"),
        ("several parts", 26, [52, 130], "x: f32[130, W]|y: f32[52, W] = [o < 52, q < W] max(sum(c < 130) (%w[o, c] * %x[c, q]) + 1, 0)"),
        ("batch", 8, [8, 33], "x: f32[3, 33, W]|y: f32[3, 8, W] = [n < 3, o < 8, q < W] sum(c < 33) (%w[o, c] * %x[n, c, q])"),
        ("window", 16, [16, 5, 3, 3], "x: f32[2, 5, 9, W]|y: f32[2, 16, 7, W] = [n < 2, o < 16, p < 7, q < W] tanh(sum(c < 5, r < 3, s < 3) (%x[n, c, p + r, q + s - 1] * %w[o, c, r, s]))"),
        ("strided", 7, [13, 4, 3, 3], "x: f32[1, 4, 7, W*2]|y: f32[1, 13, 3, W] = [n < 1, o < 13, p < 3, q < W] sum(c < 4, r < 3, s < 3) (%x[n, c, p*2 + r, q*2 + s - 1] * %w[o, c, r, s])"),
    ];

    public static TheoryData<string, double, string> Cases =>
        [.. from layer in Layers from density in new[] { 0, 0.15, layer.Weight[0] > 30 ? 0.4 : 1 } from target in Target.All select new TheoryDataRow<string, double, string>(layer.Name, density, target.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Code_equals_the_dense_tensor(string layer, double density, string targetName)
    {
        var (_, block, shape, text) = Layers.Single(l => l.Name == layer);
        var target = Target.All.Single(t => t.Name == targetName);
        var weights = Random(shape, density);
        var (source, graph, program) = Compile(Text(block, shape, text), weights, target);
        var format = graph.Nodes.OfType<ParamNode>().Single().Format!;
        Assert.NotNull(format.Pattern);
        var packed = FormatPacker.Pack(format, weights);
        using var model = TwoBackends.Load(program, target, w => packed[w.Source.Array].ToBytes());
        foreach (var width in new[] { 1, 7, 16, 48, 60 })
        {
            var input = DenseTensor.From(Random([.. source.Inputs[0].Type.Shape.Select(d => (int)d.Evaluate(_ => width))], 1));
            var expected = GraphEvaluator.Run(source, _ => input, _ => DenseTensor.From(weights), _ => width)["y"].Values;
            var inputs = new Dictionary<string, DenseTensor> { ["x"] = input };
            Close(expected, Interpreted.Run(program, inputs, w => packed[w.Source.Array], new Dictionary<string, long> { ["W"] = width })["y"], $"interpreted, W = {width}");
            Close(expected, model.Run(new Dictionary<string, TensorData> { ["x"] = input.To(ElementType.F32) })["y"].ToDoubles(), $"W = {width}");
        }
    }

    [Fact]
    public void Every_non_zero_is_a_statement_where_masks_or_whole_vectors_allow_it()
    {
        var weights = Random([20, 40], 0.5);
        var (_, _, program) = Compile(Text(20, [20, 40], "x: f32[40, 64]|y: f32[20, 64] = [o < 20, q < 64] sum(c < 40) (%w[o, c] * %x[c, q])"), weights, Target.Avx512);
        var sums = All(program.Calls.Single().Kernel.Body).OfType<Stmt.Assign>().Count();
        Assert.Equal(weights.CountNonZeros(), sums);
        Assert.DoesNotContain(program.Calls.Single().Kernel.Buffers, b => b.Name.Contains("ptr", StringComparison.Ordinal) || b.Name.Contains("crd", StringComparison.Ordinal));
    }

    [Fact]
    public void Weights_of_another_pattern_belong_to_another_class()
    {
        var text = Text(20, [20, 40], "x: f32[40, 64]|y: f32[20, 64] = [o < 20, q < 64] sum(c < 40) (%w[o, c] * %x[c, q])");
        var hashes = new[] { 3, 4, 3 }.Select(seed => ModelHash.Of([new CSharpTier(Target.Avx512, Compile(text, Random([20, 40], 0.5, seed), Target.Avx512).Program)])).ToArray();
        Assert.Equal(hashes[0], hashes[2]);
        Assert.NotEqual(hashes[0], hashes[1]);
    }

    [Fact]
    public void A_record_of_storage_and_the_text_of_a_graph_keep_the_pattern()
    {
        var text = Text(20, [20, 40], "x: f32[40, 64]|y: f32[20, 64] = [o < 20, q < 64] sum(c < 40) (%w[o, c] * %x[c, q])");
        var (_, graph, _) = Compile(text, Random([20, 40], 0.5), Target.Avx512);
        var format = graph.Nodes.OfType<ParamNode>().Single().Format!;
        var record = new StorageRecord();
        record.Add(graph, Target.Avx512);
        Assert.Equal(format.Pattern, StorageRecord.TryParse(record.Print())!.For("G", Target.Avx512)("w")!.Pattern);
        Assert.Equal(format.Pattern, GraphParser.Parse(GraphPrinter.Print(graph)).Nodes.OfType<ParamNode>().Single().Format!.Pattern);
        Assert.Null(StorageRecord.TryParse(record.Print().Replace(format.Pattern!.ToString(), "not base64", StringComparison.Ordinal)));
    }

    private static string Text(int block, int[] shape, string text)
    {
        var parts = text.Split('|');
        var format = (shape.Length == 2 ? Matrix : Filter).Replace("N", block.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal);
        var (name, rest) = (parts[1][..1], parts[1][1..]);
        return $"graph G(W: 1..60)\n  input {parts[0]}\n  param w \"w\": f32[{string.Join(", ", shape)}] wants {format}\n  {name} \"op\" in \"\"{rest}\n  output y = %y\n";
    }

    private static (Graph Source, Graph Graph, LoopProgram Program) Compile(string text, TensorData weights, Target target)
    {
        var source = GraphParser.Parse(text);
        var diagnostics = new DiagnosticBag();
        var graph = ChooseLevels.Run(GraphPipeline.Run(source, GraphPipeline.Passes(_ => weights)), _ => weights, diagnostics, target: target);
        var program = PlanMemory.Run(Lower.Run(graph, target, diagnostics));
        Assert.Empty(diagnostics.Items);
        return (source, graph, program);
    }

    private static IEnumerable<Stmt> All(Stmt statement) => new[] { statement }.Concat(statement.Bodies().SelectMany(All));

    private static void Close(double[] expected, double[] actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(Enumerable.Range(0, expected.Length), i => Assert.True(Math.Abs(expected[i] - actual[i]) <= 1e-4 * (1 + Math.Abs(expected[i])), $"{what}, element {i}: {expected[i]} and {actual[i]}"));
    }

    private static TensorData Random(int[] shape, double density, int seed = 11)
    {
        var random = new Random(seed);
        return TensorData.FromFloats([.. Enumerable.Range(0, shape.Aggregate(1, (a, b) => a * b)).Select(_ => random.NextDouble() < density ? random.NextSingle() - 0.5f : 0)], shape);
    }
}
