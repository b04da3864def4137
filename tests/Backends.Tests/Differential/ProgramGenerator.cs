using System.Globalization;

namespace SparseDsl.Backends.Tests.Differential;

/// <summary>Makes random programs: a few inputs, then operations on what there is, drawn from a list of recipes that say what they need.</summary>
internal sealed class ProgramGenerator(int seed)
{
    private delegate RandomValue? Recipe(ProgramGenerator g);

    private static readonly Recipe[] Recipes =
    [
        g => g.Unary(g.Pick(
            "relu({0})", "relu6({0})", "leaky_relu({0})", "elu({0})", "sigmoid({0})", "hard_sigmoid({0})", "hard_swish({0})", "silu({0})", "gelu({0})", "gelu_tanh({0})", "softplus({0})",
            "softsign({0})", "mish({0})", "tanh({0})", "abs({0})", "sin({0})", "cos({0})", "-{0}", "{0} * 0.5 + 0.25", "sqrt(abs({0}))", "exp(min({0}, 2))", "log(abs({0}) + 0.5)",
            "recip(abs({0}) + 1)", "rsqrt(abs({0}) + 1)", "erf({0})", "max({0}, -0.5)", "({0} if {0} > 0.25 else 0.25)", "clip({0}, low: -0.75, high: 0.5)")),
        g => g.Unary(g.Pick("floor({0} * 4)", "round({0} * 4)", "sign({0})", "cast(cast({0}, f16), f32)", "cast(cast({0}, bf16), f32)", "cast(cast({0} * 100, u8), f32)", "cast(cast({0} * 100, i8), f32)"), isSmooth: false),
        g => g.Binary(g.Pick("{0} + {1}", "{0} - {1}", "{0} * {1}", "max({0}, {1})", "min({0}, {1})", "{0} / (abs({1}) + 1)", "({0} if {0} < {1} else {1})")),
        g => g.Binary(g.Pick("{0} + {1}", "{0} * {1}", "{0} + 0.5 * {1}")),
        g => g.Rows(g.Pick("softmax({0})", "log_softmax({0})", "l2_normalize({0})", "reverse({0})")),
        g => g.Reduction(g.Pick("reduce_sum({0})", "reduce_mean({0})", "reduce_max({0})", "reduce_min({0})", "log_sum_exp({0})")),
        g => g.Normalised(),
        g => g.Linear(),
        g => g.Linear(),
        g => g.Convolution(),
        g => g.Convolution(),
        g => g.Depthwise(),
        g => g.Pool(),
        g => g.Images(g.Pick("global_avg_pool({0})", "global_max_pool({0})"), s => [s[0], s[1], 1, 1]),
        g => g.Images("pad2d({0}, pad: 1)", s => [s[0], s[1], s[2] + 2, s[3] + 2]),
        g => g.Images("resize_nearest({0}, by: 2)", s => s[2] * s[3] > 64 ? null : [s[0], s[1], s[2] * 2, s[3] * 2]),
        g => g.Images("flatten({0}, from: 1)", s => [s[0], s[1] * s[2] * s[3]]),
        g => g.Images("transpose({0}, [0, 2, 3, 1])", s => [s[0], s[2], s[3], s[1]]),
        g => g.Channels(g.Pick("channel_bias({0}, {1})", "channel_scale({0}, {1})", "prelu({0}, {1})")),
        g => g.ToInteger(),
        g => g.Integers(g.Pick("{0} + {1}", "{0} - {1}", "{0} * {1}", "{0} / {1}", "{0} % {1}", "max({0}, {1})", "min({0}, {1})", "{0} / 3", "{0} % 4", "-{0}", "{0} * 123457")),
        g => g.FromInteger(),
        g => g.Largest(),
    ];

    private static readonly string[] Promises =
    [
        "", "", "@unstructured(zeros >= 50%)", "@unstructured(zeros >= 80%)", "@unstructured(zeros >= 80%) @format(csr)", "@unstructured(zeros >= 50%) @format(csc)",
        "@unstructured(zeros >= 50%) @format(coo)", "@block(4, 1, zeros >= 50%)", "@block(4, 1, zeros >= 50%) @format(bsr(4, 1))", "@unstructured(zeros >= 50%) @format(bits(32))",
        "@channels(zeros >= 25%)", "@nm(2, 4)", "@nm(2, 4) @format(nm(2, 4))", "@unstructured(zeros >= 80%) @format(csr_blocks(32))",
        "@block(4, 1, zeros >= 50%) @format(row_panels(4))",
    ];

    private readonly Random random = new(seed);
    private readonly List<RandomValue> inputs = [];
    private readonly List<RandomValue> values = [];
    private int names;

    /// <summary>The program of the seed.</summary>
    public RandomProgram Make()
    {
        inputs.Add(new RandomValue("x0", "", [], [], "f32", [RandomValue.N, Pick(4, 12, 33, 64)], true));
        inputs.Add(new RandomValue("x1", "", [], [], "f32", [RandomValue.N, Pick(1, 3, 8), Pick(4, 7, 12), Pick(5, 8, 17)], true));
        inputs.Add(new RandomValue("x2", "", [], [], "f32", inputs[random.Next(2)].Shape, true));
        var length = random.Next(3, 12);
        while (values.Count < length)
        {
            if (Pick(Recipes)(this) is { } value && value.Shape.Aggregate(1L, (a, b) => a * Math.Abs(b)) <= 4096)
            {
                values.Add(value);
            }
        }

        var used = values.SelectMany(v => v.Operands).ToHashSet(StringComparer.Ordinal);
        return new RandomProgram(inputs, values, [.. values.Where(v => !used.Contains(v.Name)).Select(v => v.Name)]).Trimmed();
    }

    private T Pick<T>(params T[] choices) => choices[random.Next(choices.Length)];

    // A value with this property; later ones more often, so that programs grow deep.
    private RandomValue? Any(Func<RandomValue, bool> fits)
    {
        var found = inputs.Concat(values).Where(fits).ToList();
        return found.Count == 0 ? null : found[Math.Max(random.Next(found.Count), random.Next(found.Count))];
    }

    private RandomValue? AnyFloat(int rank = 0) => Any(v => v.Element == "f32" && (rank == 0 || v.Shape.Length == rank));

    private string Name() => "v" + (names++).ToString(CultureInfo.InvariantCulture);

    private RandomParam Param(string annotation, params int[] shape) => new("p" + (names++).ToString(CultureInfo.InvariantCulture), shape, annotation);

    // Parameters are written where operands are, after them.
    private RandomValue Value(string text, RandomValue[] operands, int[] shape, RandomParam[]? parameters = null, string element = "f32", bool isSmooth = true)
    {
        var spelled = text;
        for (var i = 0; i < (parameters?.Length ?? 0); i++)
        {
            spelled = spelled.Replace($"{{{operands.Length + i}}}", parameters![i].Name, StringComparison.Ordinal);
        }

        return new RandomValue(Name(), spelled, [.. operands.Select(o => o.Name)], parameters ?? [], element, shape, isSmooth && operands.All(o => o.IsSmooth));
    }

    private RandomValue? Unary(string text, bool isSmooth = true) => AnyFloat() is { } x ? Value(text, [x], x.Shape, isSmooth: isSmooth) : null;

    private RandomValue? Binary(string text) =>
        AnyFloat() is { } a && Any(v => v.Element == "f32" && v.Shape.SequenceEqual(a.Shape)) is { } b ? Value(text, [a, b], a.Shape) : null;

    private RandomValue? Rows(string text) => Any(v => v.Element == "f32" && v.Shape.Length >= 2) is { } x ? Value(text, [x], x.Shape) : null;

    private RandomValue? Reduction(string text) => Any(v => v.Element == "f32" && v.Shape.Length >= 2) is { } x ? Value(text, [x], x.Shape[..^1]) : null;

    private RandomValue? Normalised()
    {
        if (Any(v => v.Element == "f32" && v.Shape.Length >= 2) is not { } x)
        {
            return null;
        }

        var n = x.Shape[^1];
        return random.Next(2) == 0 ? Value("layer_norm({0}, {1}, {2}, eps: 0.1)", [x], x.Shape, [Param("", n), Param("", n)]) : Value("rms_norm({0}, {1}, eps: 0.1)", [x], x.Shape, [Param("", n)]);
    }

    private RandomValue? Linear()
    {
        if (AnyFloat(2) is not { } x)
        {
            return null;
        }

        var (k, j) = (x.Shape[1], Pick(1, 4, 16, 40, 64));
        var weight = Param(Promise(j, k), j, k);
        return random.Next(2) == 0 ? Value("linear({0}, {1}, {2})", [x], [x.Shape[0], j], [weight, Param("", j)]) : Value("linear_no_bias({0}, {1})", [x], [x.Shape[0], j], [weight]);
    }

    // Only what the shape can keep: whole groups of four, and blocks of four rows.
    private string Promise(int rows, int columns)
    {
        var promise = Pick(Promises);
        return (promise.Contains("nm(", StringComparison.Ordinal) && columns % 4 != 0) || (promise.Contains("4, 1", StringComparison.Ordinal) && rows % 4 != 0) ? "" : promise;
    }

    private RandomValue? Convolution()
    {
        if (Any(v => v.Element == "f32" && v.Shape is [_, _, > 2, > 2]) is not { } x)
        {
            return null;
        }

        var (kernel, stride, pad, o) = (Pick(1, 3), Pick(1, 1, 2), random.Next(2), Pick(1, 4, 6, 8));
        var annotation = Pick("", "", "@unstructured(zeros >= 60%)", "@unstructured(zeros >= 60%) @format(filter_rows)", "@channels(zeros >= 25%)");
        var text = string.Create(CultureInfo.InvariantCulture, $"conv2d({{0}}, {{1}}, stride: {stride}, pad: {pad})");
        return Value(text, [x], [x.Shape[0], o, Windows(x.Shape[2], kernel, stride, pad), Windows(x.Shape[3], kernel, stride, pad)], [Param(annotation, o, x.Shape[1], kernel, kernel)]);
    }

    private RandomValue? Depthwise()
    {
        if (Any(v => v.Element == "f32" && v.Shape is [_, _, > 2, > 2]) is not { } x)
        {
            return null;
        }

        var stride = Pick(1, 2);
        var text = string.Create(CultureInfo.InvariantCulture, $"depthwise_conv2d({{0}}, {{1}}, stride: {stride}, pad: 1)");
        return Value(text, [x], [x.Shape[0], x.Shape[1], Windows(x.Shape[2], 3, stride, 1), Windows(x.Shape[3], 3, stride, 1)], [Param("", x.Shape[1], 1, 3, 3)]);
    }

    private RandomValue? Pool() => Images(Pick("max_pool({0}, kernel: 2)", "avg_pool({0}, kernel: 2)"), s => s[2] < 2 || s[3] < 2 ? null : [s[0], s[1], s[2] / 2, s[3] / 2]);

    private static int Windows(int extent, int kernel, int stride, int pad) => ((extent + (2 * pad) - kernel) / stride) + 1;

    private RandomValue? Images(string text, Func<int[], int[]?> shape) =>
        Any(v => v.Element == "f32" && v.Shape is [RandomValue.N, _, _, _]) is { } x && shape(x.Shape) is { } found ? Value(text, [x], found) : null;

    private RandomValue? Channels(string text) => AnyFloat(4) is { } x ? Value(text, [x], x.Shape, [Param("", x.Shape[1])]) : null;

    private RandomValue? ToInteger() => AnyFloat() is { } x ? Value("cast({0} * 100, i32)", [x], x.Shape, element: "i32", isSmooth: false) : null;

    private RandomValue? Integers(string text) => Any(v => v.Element == "i32") is { } a && Any(v => v.Element == "i32" && v.Shape.SequenceEqual(a.Shape)) is { } b
        ? Value(text, text.Contains("{1}", StringComparison.Ordinal) ? [a, b] : [a], a.Shape, element: "i32", isSmooth: false) : null;

    private RandomValue? FromInteger() => Any(v => v.Element == "i32") is { } x ? Value("cast({0}, f32) * 0.001", [x], x.Shape, isSmooth: false) : null;

    private RandomValue? Largest() => AnyFloat(2) is { } x ? Value("argmax({0})", [x], x.Shape[..^1], element: "i32", isSmooth: false) : null;
}
