using SparseDsl.Compiler.Evaluation;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Compiler.Tests.Stdlib;

/// <summary>Operators of the library compute what their names say: against plain loops, or against small tables worked out by hand.</summary>
public class LibraryValueTests
{
    private static readonly DenseTensor Image = Ramp(2, 4, 5, 6);

    [Theory]
    [InlineData("conv2d(x, f, stride_h: 2, stride_w: 1, pad_top: 1, pad_left: 2, pad_bottom: 0, pad_right: 1, dilation_w: 2)", 1)]
    [InlineData("grouped_conv2d(x, f, groups: 2, stride_h: 2, stride_w: 1, pad_top: 1, pad_left: 2, pad_bottom: 0, pad_right: 1, dilation_w: 2)", 2)]
    public void Convolution_equals_the_loops(string call, int groups)
    {
        var filter = Ramp(6, 4 / groups, 3, 2);
        var y = Run(call, ("x", Image), ("f", filter));
        Assert.Equal([2, 6, ((5 + 1 - 3) / 2) + 1, 6 + 3 - 2], y.Shape);
        ForEach(y, (at, value) =>
        {
            double sum = 0;
            for (var c = 0; c < 4 / groups; c++)
            {
                for (var r = 0; r < 3; r++)
                {
                    for (var s = 0; s < 2; s++)
                    {
                        var channel = (at[1] / (6 / groups) * (4 / groups)) + c;
                        sum += Padded(Image, at[0], channel, (at[2] * 2) + r - 1, at[3] + (s * 2) - 2) * At(filter, at[1], c, r, s);
                    }
                }
            }

            Assert.Equal(sum, value, 9);
        });
    }

    [Fact]
    public void Depthwise_convolution_is_a_grouped_one_with_one_channel_per_group()
    {
        var filter = Ramp(4, 1, 3, 3);
        var y = Run("depthwise_conv2d(x, f, stride: 2, pad: 1)", ("x", Image), ("f", filter));
        Assert.Equal(Run("grouped_conv2d(x, f, groups: 4, stride: 2, pad: 1)", ("x", Image), ("f", filter)).Values, y.Values);
    }

    [Theory]
    [InlineData("stride: 2, pad: 1, extra: 1", 2, 1, 1)]
    [InlineData("stride: 3", 3, 0, 0)]
    public void Transposed_convolution_scatters(string attributes, int stride, int pad, int extra)
    {
        var filter = Ramp(4, 3, 3, 2);
        var y = Run($"conv_transpose2d(x, f, {attributes})", ("x", Image), ("f", filter));
        var expected = DenseTensor.Zeros([2, 3, (4 * stride) + 3 - (2 * pad) + extra, (5 * stride) + 2 - (2 * pad) + extra]);
        ForEach(Image, (at, value) =>
        {
            for (var o = 0; o < 3; o++)
            {
                for (var r = 0; r < 3; r++)
                {
                    for (var s = 0; s < 2; s++)
                    {
                        var (p, q) = ((at[2] * stride) + r - pad, (at[3] * stride) + s - pad);
                        if (p >= 0 && q >= 0 && p < expected.Shape[2] && q < expected.Shape[3])
                        {
                            expected.Values[Offset(expected, at[0], o, p, q)] += value * At(filter, at[1], o, r, s);
                        }
                    }
                }
            }
        });
        Assert.Equal(expected.Shape, y.Shape);
        AssertClose(expected, y);
    }

    [Theory]
    [InlineData("max_pool(x, 3, stride: 2, pad: 1)")]
    [InlineData("avg_pool(x, 3, stride: 2, pad: 1)")]
    [InlineData("avg_pool_inside(x, 3, stride: 2, pad: 1)")]
    public void Pooling_equals_the_loops(string call)
    {
        var y = Run(call, ("x", Image));
        ForEach(y, (at, value) =>
        {
            var inside = new List<double>();
            for (var r = 0; r < 3; r++)
            {
                for (var s = 0; s < 3; s++)
                {
                    var (p, q) = ((at[2] * 2) + r - 1, (at[3] * 2) + s - 1);
                    if (p is >= 0 and < 5 && q is >= 0 and < 6)
                    {
                        inside.Add(At(Image, at[0], at[1], p, q));
                    }
                }
            }

            var expected = call[..3] == "max" ? inside.Max() : inside.Sum() / (call.Contains("inside", StringComparison.Ordinal) ? inside.Count : 9);
            Assert.Equal(expected, value, 9);
        });
    }

    [Theory]
    [InlineData("relu(x)", new[] { 0, 0, 0, 0.5, 2 })]
    [InlineData("relu6(x * 4)", new[] { 0, 0, 0, 2.0, 6 })]
    [InlineData("clip(x, high: 1)", new[] { -2, -0.5, 0, 0.5, 1 })]
    [InlineData("leaky_relu(x, 0.1)", new[] { -0.2, -0.05, 0, 0.5, 2 })]
    [InlineData("elu(x)", new[] { -0.8646647167633873, -0.3934693402873666, 0, 0.5, 2 })]
    [InlineData("selu(x)", new[] { -1.5201664685956948, -0.6917581878028713, 0, 0.5253504926, 2.1014019708 })]
    [InlineData("sigmoid(x)", new[] { 0.11920292202211755, 0.3775406687981454, 0.5, 0.6224593312018546, 0.8807970779778823 })]
    [InlineData("hard_sigmoid(x)", new[] { 0.1, 0.4, 0.5, 0.6, 0.9 })]
    [InlineData("hard_swish(x)", new[] { -0.3333333333333333, -0.20833333333333334, 0, 0.2916666666666667, 1.6666666666666667 })]
    [InlineData("silu(x)", new[] { -0.2384058440442351, -0.1887703343990727, 0, 0.3112296656009273, 1.7615941559557646 })]
    [InlineData("gelu(x)", new[] { -0.0455002638963584, -0.1542687693, 0, 0.3457312307, 1.9544997361036416 })]
    [InlineData("gelu_tanh(x)", new[] { -0.04540230591222494, -0.15428599017485606, 0, 0.34571400982514394, 1.954597694087775 })]
    [InlineData("softplus(x)", new[] { 0.12692801104297263, 0.47407698418010663, 0.6931471805599453, 0.9740769841801067, 2.1269280110429727 })]
    [InlineData("softsign(x)", new[] { -0.6666666666666666, -0.3333333333333333, 0, 0.3333333333333333, 0.6666666666666666 })]
    [InlineData("mish(x)", new[] { -0.2525014826957089, -0.22074377465173, 0, 0.3752452113048951, 1.9439589595339946 })]
    [InlineData("squared_relu(x)", new[] { 0, 0, 0, 0.25, 4 })]
    [InlineData("sign(x)", new double[] { -1, -1, 0, 1, 1 })]
    [InlineData("swiglu(x, x)", new[] { 0.4768116880884702, 0.09438516719953635, 0, 0.15561483280046365, 3.5231883119115293 })]
    [InlineData("scale(x, 1 / 4)", new[] { -0.5, -0.125, 0, 0.125, 0.5 })]
    [InlineData("softmax(x)", new[] { 0.012554708844463728, 0.056266301409509716, 0.09276744795748328, 0.15294766467606982, 0.6854638771124735 })]
    [InlineData("exp(log_softmax(x))", new[] { 0.012554708844463728, 0.056266301409509716, 0.09276744795748328, 0.15294766467606982, 0.6854638771124735 })]
    [InlineData("l2_normalize(x)", new[] { -0.68599434, -0.17149859, 0, 0.17149859, 0.68599434 })]
    [InlineData("layer_norm(x, ones, ones, eps: 0)", new[] { -0.5339299776947408, 0.6165175055763148, 1, 1.3834824944236852, 2.533929977694741 })]
    [InlineData("rms_norm(x, ones, eps: 0)", new[] { -1.5339299776947408, -0.3834824944236852, 0, 0.3834824944236852, 1.5339299776947408 })]
    [InlineData("reverse(x)", new[] { 2, 0.5, 0, -0.5, -2 })]
    public void Activation_is(string call, double[] expected)
    {
        var y = Run(call, ("x", new DenseTensor([5], [-2, -0.5, 0, 0.5, 2])), ("ones", new DenseTensor([5], [1, 1, 1, 1, 1])));
        Assert.All(expected.Zip(y.Values), p => Assert.Equal(p.First, p.Second, 8));
    }

    [Fact]
    public void Group_norm_of_one_group_per_channel_is_instance_norm()
    {
        var (scale, bias) = (Ramp(4), Ramp(4));
        var y = Run("group_norm(x, s, b, groups: 4)", ("x", Image), ("s", scale), ("b", bias));
        AssertClose(Run("instance_norm(x, s, b)", ("x", Image), ("s", scale), ("b", bias)), y);
        var two = Run("group_norm(x, ones, zeros, groups: 2, eps: 0)", ("x", Image), ("ones", new DenseTensor([4], [1, 1, 1, 1])), ("zeros", DenseTensor.Zeros([4])));
        for (var group = 0; group < 4; group++)
        {
            var values = two.Values.Skip(group * 60).Take(60).ToArray();
            Assert.Equal(0, values.Average(), 9);
            Assert.Equal(1, values.Average(v => v * v), 9);
        }
    }

    [Fact]
    public void Batch_norm_uses_the_statistics_given()
    {
        var y = Run("batch_norm(x, s, b, m, v, eps: 0.5)", ("x", Image), ("s", Ramp(4)), ("b", Ramp(4)), ("m", Ramp(4)), ("v", new DenseTensor([4], [1, 2, 3, 4])));
        ForEach(y, (at, value) =>
        {
            var r = Ramp(4).Values[at[1]];
            Assert.Equal(((At(Image, at) - r) / Math.Sqrt(at[1] + 1.5) * r) + r, value, 9);
        });
    }

    [Fact]
    public void Softmax_channels_is_softmax_of_the_transposed()
    {
        var expected = Run("transpose(softmax(transpose(x, [0, 2, 3, 1])), [0, 3, 1, 2])", ("x", Image));
        AssertClose(expected, Run("softmax_channels(x)", ("x", Image)));
    }

    [Fact]
    public void Cross_entropy_is_the_negative_log_likelihood()
    {
        var y = Run("cross_entropy(x, cast(t, i32))", ("x", Ramp(3, 4)), ("t", new DenseTensor([3], [2, 0, 3])));
        var logs = Run("log_softmax(x)", ("x", Ramp(3, 4))).Values;
        AssertClose(new DenseTensor([3], [-logs[2], -logs[4], -logs[11]]), y);
    }

    [Fact]
    public void Reductions_run_along_the_last_axis()
    {
        var x = new DenseTensor([2, 3], [1, 2, 6, -1, 5, 2]);
        Assert.Equal([9, 6], Run("reduce_sum(x)", ("x", x)).Values);
        Assert.Equal([3, 2], Run("reduce_mean(x)", ("x", x)).Values);
        Assert.Equal([6, 5], Run("reduce_max(x)", ("x", x)).Values);
        Assert.Equal([1, -1], Run("reduce_min(x)", ("x", x)).Values);
        Assert.Equal([12, -10], Run("reduce_prod(x)", ("x", x)).Values);
        AssertClose(new DenseTensor([2], [Math.Log(Math.E + Math.Exp(2) + Math.Exp(6)), Math.Log(Math.Exp(-1) + Math.Exp(5) + Math.Exp(2))]), Run("log_sum_exp(x)", ("x", x)));
        AssertClose(new DenseTensor([2], [0, (4 + 9 + 16) / 3.0]), Run("mean_squared_error(x, x[0, :])", ("x", x)));
    }

    [Fact]
    public void Pixels_and_channels_change_places_and_back()
    {
        var x = Ramp(1, 4, 2, 3);
        Assert.Equal(x.Values, Run("x |> pixel_shuffle(2) |> pixel_unshuffle(2)", ("x", x)).Values);
        Assert.Equal([0, 6, 1, 7, 2, 8, 12, 18, 13, 19, 14, 20], Run("pixel_shuffle(x, 2)", ("x", Counting(1, 4, 2, 3))).Values.Take(12));
    }

    [Fact]
    public void Resizing_padding_and_triangles()
    {
        var x = Counting(1, 1, 2, 3);
        Assert.Equal([0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5], Run("resize_nearest(x, by_h: 1, by: 2)", ("x", x)).Values);
        Assert.Equal([0, 0, 1, 2, 3, 3, 4, 5], Run("resize_nearest_to(x, 2, 4)", ("x", x)).Values);
        Assert.Equal([0, 1, 2, 0, 0, 3, 4, 5, 0, 0], Run("pad2d(x, pad_right: 2)", ("x", x)).Values);
        Assert.Equal([1, 4], Run("pad2d(x, pad_left: -1)", ("x", x)).Values);
        Assert.Equal([0, 0, 0, 3, 4, 0], Run("tril(x[0, 0, :, :])", ("x", x)).Values);
        Assert.Equal([0, 1, 2, 0, 0, 5], Run("triu(x[0, 0, :, :], diagonal: 1)", ("x", x)).Values);
        Assert.Equal([0, 0, 1, 0], Run("one_hot(cast(x[0, 0, 0, 2:], i32), 4)", ("x", x)).Values);
    }

    [Fact]
    public void Rotary_turns_pairs_by_their_angle()
    {
        var y = Run("rotary(x, a)", ("x", Counting(1, 4)), ("a", new DenseTensor([1, 2], [0.5, 1])));
        double[] expected =
        [
            -2 * Math.Sin(0.5), Math.Cos(1) - (3 * Math.Sin(1)), 2 * Math.Cos(0.5), (3 * Math.Cos(1)) + Math.Sin(1),
        ];
        AssertClose(new DenseTensor([1, 4], expected), y);
    }

    [Theory]
    [InlineData("full", 1, 1)]
    [InlineData("causal", 1, 1)]
    [InlineData("causal & (sink(1) | window(2))", 1, 1)]
    [InlineData("band(2) & !same_block(2)", 1, 1)]
    [InlineData("summary(2) | strided(3) & causal", 1, 1)]
    [InlineData("streaming(1, 2)", 1, 1)]
    [InlineData("tiles(2)", 2, 3)]
    public void Attention_sees_what_the_mask_says(string mask, int rows, int columns)
    {
        var (q, k, v) = (Ramp(2, 7, 3), Ramp(7, 3), Ramp(2, 7, 2));
        var y = Run($"attend(q, k, v, where: {mask}, scale: 2)", ("q", q), ("k", k), ("v", v));
        ForEach(y, (at, value) =>
        {
            double weights = 0, sum = 0;
            for (var j = 0; j < 7; j++)
            {
                var score = Enumerable.Range(0, 3).Sum(d => At(q, at[0], at[1], d) * At(k, j, d)) * 2;
                var weight = Tile(mask, at[1], j, rows, columns) ? Math.Exp(score) : 0;
                weights += weight;
                sum += weight * At(v, at[0], j, at[2]);
            }

            if (weights > 0)
            {
                Assert.Equal(sum / weights, value, 9);
            }
        });
    }

    private static bool Tile(string mask, int q, int k, int rows, int columns) =>
        Enumerable.Range(0, rows * columns).Any(n =>
        {
            var (i, j) = ((q / rows * rows) + (n / columns), (k / columns * columns) + (n % columns));
            return i < 7 && j < 7 && Sees(mask, i, j);
        });

    private static bool Sees(string mask, int q, int k) => mask switch
    {
        "full" => true,
        "causal" => k <= q,
        "causal & (sink(1) | window(2))" or "streaming(1, 2)" => k <= q && (k < 1 || q - k < 2),
        "band(2) & !same_block(2)" => Math.Abs(q - k) < 2 && q / 2 != k / 2,
        "summary(2) | strided(3) & causal" => k % 2 == 1 || ((q - k) % 3 == 0 && k <= q),
        _ => k <= q && q - k < 2,
    };

    private static DenseTensor Run(string expression, params (string Name, DenseTensor Value)[] inputs)
    {
        var declared = string.Concat(inputs.Select(i => $"input {i.Name}: f32[{string.Join(", ", i.Value.Shape)}]\n"));
        var text = $"import std.nn\nimport std.attention\npattern tiles(w) = causal & window(w) cover tile(2, 3)\nmodel M {{\n{declared}output result = {expression}\n}}";
        var diagnostics = new DiagnosticBag();
        var module = Compilation.Bind(new SourceText("test.dsl", text), ModuleResolver.LibraryOnly(), diagnostics);
        Assert.True(!diagnostics.HasErrors, string.Concat(diagnostics.Items.Select(DiagnosticRenderer.Render)));
        var graph = BuildGraph.Run(module.Models[0]);
        GraphValidator.Validate(graph, "test");
        return GraphEvaluator.Run(graph, n => inputs.Single(i => i.Name == n).Value, _ => throw new InvalidOperationException(), _ => 0)["result"];
    }

    /// <summary>Values without a pattern, between -1 and 1.</summary>
    private static DenseTensor Ramp(params int[] shape) => Filled(shape, i => Math.Round(Math.Sin((i * 12.9898) + shape.Length), 3));

    private static DenseTensor Counting(params int[] shape) => Filled(shape, i => i);

    private static DenseTensor Filled(int[] shape, Func<int, double> value) => new(shape, [.. Enumerable.Range(0, shape.Aggregate(1, (a, b) => a * b)).Select(value)]);

    private static int Offset(DenseTensor x, params int[] at) => at.Zip(x.Shape).Aggregate(0, (sum, p) => (sum * p.Second) + p.First);

    private static double At(DenseTensor x, params int[] at) => x.Values[Offset(x, at)];

    private static double Padded(DenseTensor x, int n, int c, int h, int w) => h >= 0 && w >= 0 && h < x.Shape[2] && w < x.Shape[3] ? At(x, n, c, h, w) : 0;

    private static void ForEach(DenseTensor x, Action<int[], double> action)
    {
        for (var i = 0; i < x.Values.Length; i++)
        {
            var at = new int[x.Shape.Length];
            for (int axis = at.Length - 1, rest = i; axis >= 0; rest /= x.Shape[axis], axis--)
            {
                at[axis] = rest % x.Shape[axis];
            }

            action(at, x.Values[i]);
        }
    }

    private static void AssertClose(DenseTensor expected, DenseTensor actual)
    {
        Assert.Equal(expected.Shape, actual.Shape);
        Assert.All(expected.Values.Zip(actual.Values), p => Assert.Equal(p.First, p.Second, 9));
    }
}
