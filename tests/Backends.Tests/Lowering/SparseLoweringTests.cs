using SparseDsl.Compiler;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Evaluation;
using SparseDsl.Compiler.Formats;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Compiler.Loops;
using SparseDsl.Compiler.Lowering;
using SparseDsl.Compiler.Passes.Loops;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Backends.Tests.Lowering;

/// <summary>One lowering for every storage: each format under each kind of expression gives what the float64 evaluator gives on the dense tensor.</summary>
public sealed class SparseLoweringTests
{
    private static readonly (string Name, string Levels)[] MatrixFormats =
    [
        ("csr", "[i, j] -> dense(i), compressed(j)"),
        ("csc", "[i, j] -> dense(j), compressed(i)"),
        ("coo", "[i, j] -> compressed(i), singleton(j)"),
        ("dcsr", "[i, j] -> compressed(i), compressed(j)"),
        ("bsr43", "[i, j] -> dense(i / 4), compressed(j / 3), dense(i % 4), dense(j % 3)"),
        ("bsr41", "[i, j] -> dense(i / 4), compressed(j), dense(i % 4)"),
        ("bsr16", "[i, j] -> dense(i / 16), compressed(j), dense(i % 16)"),
        ("bsr18", "[i, j] -> dense(i), compressed(j / 8), dense(j % 8)"),
        ("coded", "[i, j] -> dense(i / 4), dense(j), coded(i % 4)"),
        ("bitmap", "[i, j] -> dense(i), bitmask(j)"),
        ("bitmap32", "[i, j] -> dense(i), dense(j / 32), bitmask(j % 32)"),
        ("nm", "[i, j] -> dense(i), dense(j / 4), pick(4)(j % 4)"),
        ("columns", "[i, j] -> dense(j), dense(i)"),
        ("panels", "[i, j] -> dense(i / 4), dense(j), dense(i % 4)"),
        ("blocks", "[i, j] -> dense(j / 8), dense(i), compressed(j % 8)"),
        ("blocks43", "[i, j] -> dense(j / 3), dense(i / 4), compressed(j % 3), dense(i % 4)"),
        ("blocks2", "[i, j] -> dense(j / 2), dense(i), compressed(j % 2)"),
        ("bitblock", "[i, j] -> compressed(i / 2), bitmask(j), dense(i % 2)"),
    ];

    // %w is f32[A, B]; y has any shape over A, B and the dim N.
    private static readonly (string Name, string Shape, string Body)[] Expressions =
    [
        ("w-times-x", "A, N", "[i < A, n < N] sum(k < B) (%w[i, k] * %x[k, n])"),
        ("w-transposed-times-x", "B, N", "[j < B, n < N] max(sum(k < A) (%z[k, n] * %w[k, j]) + %bb[j], 0)"),
        ("x-times-w", "N, B", "[n < N, j < B] sum(k < A) (%r[n, k] * %w[k, j])"),
        ("linear", "N, A", "[n < N, i < A] max(sum(k < B) (%q[n, k] * %w[i, k]) + %ba[i], 0)"),
        ("vector", "A", "[i < A] sum(k < B) (%w[i, k] * %bb[k])"),
        ("cast-sum", "A, N", "[i < A, n < N] cast(i32, sum(k < B) (%w[i, k] * %x[k, n]) * 8)"),
        ("product", "A, B", "[i < A, j < B] %w[i, j] * %ba[i]"),
        ("sum", "A, B", "[i < A, j < B] %w[i, j] + %bb[j]"),
        ("rows", "A", "[i < A] sum(k < B) %w[i, k]"),
        ("everything", "1", "[u < 1] sum(i < A, k < B) (%w[i, k] * %bb[k])"),
        ("dense", "A, B", "[i < A, j < B] %w[i, j]"),
        ("transposed", "B, A", "[j < B, i < A] %w[i, j] * 2"),
    ];

    private static readonly (int A, int B)[] Shapes = [(1, 1), (3, 7), (16, 12), (17, 20), (33, 63), (70, 20), (0, 4), (5, 0)];

    private static readonly IReadOnlyList<Target> Targets = [.. Target.All, .. TwoBackends.Targets.Where(t => t == Target.Warp)];

    public static TheoryData<string, int, int, string> Cases =>
        [.. MatrixFormats.SelectMany((f, i) => Shapes
            .Where(s => f.Name != "nm" || s.B % 4 == 0)
            .Select((s, j) => new TheoryDataRow<string, int, int, string>(f.Name, s.A, s.B, Targets[(i + j) % Targets.Count].Name)))];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Any_format_under_every_expression_equals_the_evaluator(string format, int a, int b, string targetName)
    {
        var levels = MatrixFormats.Single(f => f.Name == format).Levels;
        var lines = Expressions.Select((e, i) => $"""
              y{i} "op" in "": {(e.Name == "cast-sum" ? "i32" : "f32")}[{Sized(e.Shape, a, b)}] = {Sized(e.Body, a, b)}
              output y{i} = %y{i}
            """);
        var text = $"""
            graph G(N: 0..40)
              input x: f32[{b}, N]
              input z: f32[{a}, N]
              input r: f32[N, {a}]
              input q: f32[N, {b}]
              input ba: f32[{a}]
              input bb: f32[{b}]
              param w "w": f32[{a}, {b}] format "{format}" {levels}
            {string.Join("\n", lines.Select(l => l.Split('\n')[0]))}
            {string.Join("\n", lines.Select(l => l.Split('\n')[1]))}
            """;
        Compare(GraphParser.Parse(text), Weights(a, b), Targets.Single(t => t.Name == targetName), $"{format} {a}x{b} {targetName}");
    }

    // Sums wait in memory of their own where rows of the result begin anywhere; 4 vectors and 8, the last of one lane, are whole tiles and rests.
    [Theory]
    [InlineData("[i, j] -> dense(i), compressed(j)")]
    [InlineData("[i, j] -> dense(j / 16), dense(i), compressed(j % 16)")]
    [InlineData("[i, j] -> dense(j / 16), dense(i / 4), compressed(j % 16), dense(i % 4)")]
    [InlineData("[i, j] -> dense(i / 8), compressed(j), dense(i % 8)")]
    public void Panels_of_a_known_width_equal_the_evaluator(string levels)
    {
        foreach (var (width, target) in from width in new[] { 49, 113 } from target in Targets select (width, target))
        {
            Compare(GraphParser.Parse($"""
                graph G(N: 0..40)
                  input x: f32[40, {width}]
                  input ba: f32[37]
                  input n: f32[N]
                  param w "w": f32[37, 40] format "f" {levels}
                  y0 "matmul" in "": f32[37, {width}] = [i < 37, n < {width}] max(sum(k < 40) (%w[i, k] * %x[k, n]) + %ba[i], 0)
                  y1 "matmul" in "": f32[37, {width}] = [i < 37, n < {width}] sum(k < 40) (%w[i, k] * %x[k, n])
                  y2 "twice" in "": f32[N] = [i < N] %n[i] * 2
                  output y0 = %y0
                  output y1 = %y1
                  output y2 = %y2
                """), Weights(37, 40), target, $"{levels} {width} {target.Name}");
        }
    }

    [Theory]
    [InlineData("[o, c, r, s] -> dense(o), compressed(c), dense(r), dense(s)")]
    [InlineData("[o, c, r, s] -> dense(o), compressed(c*9 + r*3 + s)")]
    [InlineData("[o, c, r, s] -> dense(o), bitmask(c*9 + r*3 + s)")]
    [InlineData("[o, c, r, s] -> dense(r), dense(s), dense(o), compressed(c)")]
    [InlineData("[o, c, r, s] -> dense((o / 4)), compressed(c), dense(r), dense(s), dense((o % 4))")]
    [InlineData("[o, c, r, s] -> dense((c / 2)), dense(r), dense(o), compressed(((c % 2) * 3 + s))")]
    [InlineData("[o, c, r, s] -> dense(r), dense(o), compressed((c*3 + s))")]
    [InlineData("[o, c, r, s] -> compressed(c), compressed(o), dense(r), dense(s)")]
    [InlineData("[o, c, r, s] -> compressed(o*45 + c*9 + r*3 + s)")]
    public void Convolutions_over_sparse_filters_equal_the_evaluator(string levels)
    {
        foreach (var target in Targets)
        {
            Compare(GraphParser.Parse($"""
                graph G(N: 0..40)
                  input x: f32[2, 5, 11, N]
                  input ba: f32[6]
                  param w "w": f32[6, 5, 3, 3] format "f" {levels.Replace("((", "(").Replace("))", ")")}
                  p "pad" in "": f32[2, 5, 13, N + 2] = [n < 2, c < 5, i < 13, j < N + 2] %x[n, c, i - 1, j - 1]
                  y0 "conv2d" in "": f32[2, 6, 6, N] = [n < 2, o < 6, i < 6, j < N] max(sum(c < 5, r < 3, s < 3) (%p[n, c, i*2 + r, j + s] * %w[o, c, r, s]) + %ba[o], 0)
                  output y0 = %y0
                """), Weights(30, 9).Reshape(6, 5, 3, 3), target, $"{levels} {target.Name}");
        }
    }

    private static string Sized(string text, int a, int b) =>
        System.Text.RegularExpressions.Regex.Replace(text, "\\b[AB]\\b", m => (m.Value == "A" ? a : b).ToString(System.Globalization.CultureInfo.InvariantCulture));

    private static void Compare(Graph graph, TensorData weights, Target target, string what)
    {
        var diagnostics = new DiagnosticBag();
        var program = PlanMemory.Run(Lower.Run(graph, target, diagnostics));
        Assert.Empty(diagnostics.Items);
        using var model = TwoBackends.Load(program, target, w => FormatPacker.Pack(w.Source.Format, weights)[w.Source.Array].ToBytes());
        foreach (var n in new[] { 0, 1, 3, 17, 40 })
        {
            var inputs = graph.Inputs.ToDictionary(i => i.Name, i => Random(i.Name, [.. i.Type.Shape.Select(d => (int)d.Evaluate(_ => n))]));
            var expected = GraphEvaluator.Run(graph, name => inputs[name], _ => DenseTensor.From(weights), _ => n);
            var interpreted = Interpreted.Run(
                program, inputs, w => FormatPacker.Pack(w.Source.Format, weights)[w.Source.Array], graph.Dims.ToDictionary(d => d.Name, _ => (long)n));
            var actual = model.Run(inputs.ToDictionary(i => i.Key, i => i.Value.To(ElementType.F32)));
            for (var e = 0; e < expected.Count; e++)
            {
                Equal(expected[$"y{e}"].Values, interpreted[$"y{e}"], $"interpreted {what}, N = {n}, y{e}");
                Equal(expected[$"y{e}"].Values, actual[$"y{e}"].ToDoubles(), $"{Expressions[e].Name}, {what}, N = {n}");
            }
        }
    }

    private static void Equal(double[] expected, double[] actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < actual.Length; i++)
        {
            Assert.True(Math.Abs(actual[i] - expected[i]) <= 1e-5 * (1 + Math.Abs(expected[i])), $"{what}, element {i}: {expected[i]} and {actual[i]}");
        }
    }

    private static TensorData Weights(int a, int b)
    {
        var random = new Random((a * 100) + b);
        var values = new float[a * b];
        for (var i = 0; i < values.Length; i++)
        {
            // Rows 2, 5, 8, … stay empty.
            values[i] = random.Next(4) == 0 && i / Math.Max(1, b) % 3 != 2 ? random.Next(1, 9) / 8f : 0;
        }

        return TensorData.FromFloats(values, a, b);
    }

    // Eighths: sums are exact, so that casts to integers do not depend on the order of additions.
    private static DenseTensor Random(string name, int[] shape)
    {
        var random = new Random(name.Aggregate(5, (h, c) => (h * 31) + c));
        var tensor = DenseTensor.Zeros(shape);
        for (var i = 0; i < tensor.Values.Length; i++)
        {
            tensor.Values[i] = random.Next(-8, 9) / 8.0;
        }

        return tensor;
    }
}
