using SparseDsl.Compiler;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Evaluation;
using SparseDsl.Compiler.Formats;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Compiler.Loops;
using SparseDsl.Compiler.Lowering;
using SparseDsl.Compiler.Passes.Graphs;
using SparseDsl.Compiler.Passes.Loops;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Backends.Tests.Lowering;

/// <summary>Expressions of every kind of operator, over extents around the lanes of a vector, on every target, with padding materialised and without.</summary>
public sealed class ExpressionLoweringTests
{
    private const string Declarations = """
          input x: f32[2, 3, N, 9]
          input m: f32[N, 17]
          input v: f32[N]
          input t: f32[N, N]
          param w "w": f32[7, 3, 3, 3]
          param d "d": f32[3, 3, 3]
          param u "u": f32[3, 5, 2, 2]
          param k "k": f32[13, 17]
          param b "b": f32[17]
        """;

    private static readonly (string Shape, string Body)[] Expressions =
    [
        ("2, 7, N, 9", "[n < 2, o < 7, p < N, q < 9] max(sum(c < 3, r < 3, s < 3) (%x[n, c, p + r - 1, q + s - 1] * %w[o, c, r, s]), 0)"),
        ("2, 7, ((N + 1) / 2), 4", "[n < 2, o < 7, p < ((N + 1) / 2), q < 4] sum(c < 3, r < 3, s < 3) (%x[n, c, p*2 + r - 1, q*2 + s] * %w[o, c, r, s])"),
        ("2, 7, N, 9", "[n < 2, o < 7, p < N, q < 9] sum(c < 3, r < 3, s < 3) (%x[n, c, p + r*2 - 2, q + s*2 - 2] * %w[o, c, r, s])"),
        ("2, 7, N, 9", "[n < 2, o < 7, p < N, q < 9] sum(c < 3) (%x[n, c, p, q] * %w[o, c, 1, 1])"),
        ("2, 3, N, 9", "[n < 2, c < 3, p < N, q < 9] sum(r < 3, s < 3) (%x[n, c, p + r - 1, q + s - 1] * %d[c, r, s])"),
        ("2, 5, N*2, 18", "[n < 2, o < 5, p < N*2, q < 18] sum(c < 3) (%x[n, c, (p / 2), (q / 2)] * %u[c, o, (p % 2), (q % 2)])"),
        ("2, 3, N*2, 18", "[n < 2, c < 3, p < N*2, q < 18] %x[n, c, (p / 2), (q / 2)]"),
        ("2, 3, N*3, 36", "[n < 2, c < 3, p < N*3, q < 36] %x[n, c, (p / 3), (q / 4)] * 2"),
        ("N*2", "[i < N*2] %m[(i / 2), (i % 2) + 3]"),
        ("N, 17", "[i < N, j < 17] %m[i, (j / 2)]"),
        ("3, 2, N, 9", "[c < 3, n < 2, p < N, q < 9] %x[n, c, p, q] - %x[n, c, (p / 2), q]"),
        ("2, 3, N, 4", "[n < 2, c < 3, p < N, q < 4] max(r < 3, s < 2) %x[n, c, p + r - 1, q*2 + s else -inf]"),
        ("2, 3", "[n < 2, c < 3] sum(p < N, q < 9) %x[n, c, p, q] / 9"),
        ("2, 9, N, 3", "[n < 2, q < 9, p < N, c < 3] %x[n, c, p, q]"),
        ("N, 9, 3, 2", "[p < N, q < 9, c < 3, n < 2] %x[n, c, p, q] + %d[c, 0, 1]"),
        ("N, 13", "[n < N, o < 13] sum(i < 17) (%m[n, i] * %k[o, i])"),
        ("13, N", "[o < 13, n < N] sum(i < 17) (%m[n, i] * %k[o, i])"),
        ("17, 17", "[i < 17, j < 17] sum(n < N) (%m[n, i] * %m[n, j])"),
        ("N, N", "[i < N, j < N] sum(l < 17) (%m[i, l] * %m[j, l]) * 0.5"),
        ("N, N", "[i < N, j < N] sum(l < N) (%t[i, l] * %t[l, j])"),
        ("N, N", "[i < N, j < N] select(index(j) <= index(i), %t[i, j], 0)"),
        ("N", "[i < N] max(j < 17) %m[i, j]"),
        ("17", "[j < 17] min(i < N) %m[i, j]"),
        ("N", "[i < N] prod(j < 3) %m[i, j*5]"),
        ("N, 17", "[i < N, j < 17] exp(%m[i, j] - %v[i]) + %b[j]"),
        ("N, 17", "[i < N, j < 17] tanh(%m[i, 16 - j]) * erf(%b[j])"),
        ("N, 8", "[i < N, j < 8] %m[i, j*2 + 1] - %m[i, j*2]"),
        ("N, 21", "[i < N, j < 21] %m[i, j - 2 else 3]"),
        ("1", "[z < 1] sum(i < N) (%v[i] * %v[i])"),
        ("N", "[i < N] %v[N - 1 - i]"),
        ("N", "[i < N] %t[i, i]"),
        ("N, N", "[i < N, j < N] %v[i] * %v[j]"),
    ];

    private static readonly string[] Targets = [.. Target.Named.Select(t => t.Name)];

    public static TheoryData<string, bool> Cases => [.. Targets.SelectMany(t => new[] { false, true }.Select(p => new TheoryDataRow<string, bool>(t, p)))];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_expression_equals_the_evaluator(string targetName, bool padded)
    {
        var graph = WithOutputs("0..70");
        Compare(graph, padded ? MaterialisePadding.Run(graph) : graph, targetName, threads: 1);
    }

    [Fact]
    public void Results_have_the_same_bits_for_any_number_of_threads()
    {
        var graph = MaterialisePadding.Run(WithOutputs("0..3000"));
        var results = new[] { 1, 2, 3 }.Select(threads => Results(graph, threads, 257)).ToArray();
        for (var e = 0; e < Expressions.Length; e++)
        {
            Assert.Equal(results[0][$"y{e}"].ToBytes(), results[1][$"y{e}"].ToBytes());
            Assert.Equal(results[0][$"y{e}"].ToBytes(), results[2][$"y{e}"].ToBytes());
        }
    }

    [Theory]
    [InlineData("[i < 4, n < N] sum(k < 4) (exp(%w[i, k]) * %x[k, n])", "SD4002")]
    [InlineData("[i < 4, n < N] max(k < 4) (%w[i, k] * %x[k, n])", "SD4002")]
    [InlineData("[i < 4, n < N] sum(k < 4) (%w[i, k] + %x[k, n])", "SD4002")]
    [InlineData("[i < 4, n < N] sum(k < 4) ((%w[i, k] * %w2[k, i]) * %x[k, n])", "SD4003")]
    [InlineData("[i < 4, n < N] sum(k < 4) (%w[i, k - 1] * %x[k, n])", "SD4004")]
    [InlineData("[i < 4, n < N] sum(k < 2) (%w[i, k] * %x[k, n])", "SD4004")]
    public void What_sparse_storage_cannot_say_is_reported(string body, string id)
    {
        var graph = GraphParser.Parse($"""
            graph G(N: 0..9)
              input x: f32[4, N]
              param w "w": f32[4, 4] format "csr" [i, j] -> dense(i), compressed(j)
              param w2 "w2": f32[4, 4] format "csr" [i, j] -> dense(i), compressed(j)
              y "op" in "": f32[4, N] = {body}
              output y = %y
            """);
        var diagnostics = new DiagnosticBag();
        Lower.Run(graph, Target.Avx512, diagnostics);
        Assert.Equal(id, Assert.Single(diagnostics.Items).Id);
    }

    private static Graph WithOutputs(string range)
    {
        var nodes = Expressions.Select((e, i) => $"  y{i} \"op{i}\" in \"\": f32[{e.Shape}] = {e.Body}");
        var outputs = Expressions.Select((_, i) => $"  output y{i} = %y{i}");
        return GraphParser.Parse($"graph G(N: {range})\n{Declarations}\n{string.Join("\n", nodes)}\n{string.Join("\n", outputs)}\n");
    }

    private static void Compare(Graph original, Graph graph, string targetName, int threads)
    {
        var target = Target.Named.Single(t => t.Name == targetName);
        var program = Lowered(graph, target);
        using var model = Load(graph, target, threads);
        foreach (var n in new[] { 0, 1, 2, 3, 7, 16, 17, 63, 65 })
        {
            var expected = GraphEvaluator.Run(original, name => Input(original, name, n), p => DenseTensor.From(Weight(original, p)), _ => n);
            var interpreted = Interpreted.Run(
                program, original.Inputs.ToDictionary(i => i.Name, i => Input(original, i.Name, n)), w => Weight(original, w.Source.Tensor),
                original.Dims.ToDictionary(d => d.Name, _ => (long)n));
            var actual = model.Run(original.Inputs.ToDictionary(i => i.Name, i => Input(original, i.Name, n).To(ElementType.F32)));
            for (var e = 0; e < Expressions.Length; e++)
            {
                Equal(expected[$"y{e}"].Values, interpreted[$"y{e}"], $"{Expressions[e].Body} interpreted for {targetName}, N = {n}");
                Equal(expected[$"y{e}"].Values, actual[$"y{e}"].ToDoubles(), $"{Expressions[e].Body} on {targetName}, N = {n}");
            }
        }
    }

    private static IReadOnlyDictionary<string, TensorData> Results(Graph graph, int threads, int n)
    {
        using var model = Load(graph, Target.All[0], threads);
        return model.Run(graph.Inputs.ToDictionary(i => i.Name, i => Input(graph, i.Name, n).To(ElementType.F32)));
    }

    private static LoopProgram Lowered(Graph graph, Target target)
    {
        var diagnostics = new DiagnosticBag();
        var program = PlanMemory.Run(Lower.Run(graph, target, diagnostics));
        Assert.Empty(diagnostics.Items);
        return program;
    }

    private static TwoBackends Load(Graph graph, Target target, int threads) =>
        TwoBackends.Load(Lowered(graph, target), target, w => FormatPacker.Pack(w.Source.Format, Weight(graph, w.Source.Tensor))[w.Source.Array].ToBytes(), threads);

    private static void Equal(double[] expected, double[] actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < actual.Length; i++)
        {
            var close = expected[i] == actual[i] || Math.Abs(actual[i] - expected[i]) <= 2e-5 * (1 + Math.Abs(expected[i]));
            Assert.True(close, $"{what}, element {i}: {expected[i]} and {actual[i]}");
        }
    }

    private static TensorData Weight(Graph graph, string path)
    {
        var node = graph.Nodes.OfType<ParamNode>().Single(p => p.Path == path);
        return Random(path, [.. node.Type.Shape.Select(d => (int)d.Constant!.Value)]).To(ElementType.F32);
    }

    private static DenseTensor Input(Graph graph, string name, int n) =>
        Random(name, [.. graph.Inputs.Single(i => i.Name == name).Type.Shape.Select(d => (int)d.Evaluate(_ => n))]);

    private static DenseTensor Random(string name, int[] shape)
    {
        var random = new Random(name.Aggregate(7, (h, c) => (h * 31) + c));
        var tensor = DenseTensor.Zeros(shape);
        for (var i = 0; i < tensor.Values.Length; i++)
        {
            tensor.Values[i] = (random.NextDouble() * 2) - 1;
        }

        return tensor;
    }
}
