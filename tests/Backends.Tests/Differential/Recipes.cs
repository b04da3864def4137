namespace SparseDsl.Backends.Tests.Differential;

/// <summary>The operations of random programs. A recipe gives null where nothing in the program fits it.</summary>
internal sealed partial class ProgramGenerator
{
    private static readonly string[] Whole = ["i32", "i32", "u8", "i8", "i16", "u16", "u32", "i64"];

    private static readonly Recipe[] Recipes =
    [
        g => g.Unary(g.Pick(
            "leaky_relu({0})", "elu({0})", "selu({0})", "sigmoid({0})", "hard_sigmoid({0})", "hard_swish({0})", "silu({0})", "gelu({0})", "gelu_tanh({0})", "softplus({0})",
            "softsign({0})", "mish({0})", "tanh({0})", "sin({0})", "cos({0})", "{0} * 0.5 + 0.25", "sqrt(abs({0}))", "exp(min({0}, 2))", "log(abs({0}) + 0.5)",
            "recip(abs({0}) + 1)", "rsqrt(abs({0}) + 1)", "erf({0})", "(abs({0}) + 0.25) ^ 1.5", "squared_relu({0})", "scale({0}, by: 0.3)")),
        g => g.Unary(g.Pick("relu({0})", "relu6({0})", "abs({0})", "-{0}", "max({0}, -0.5)", "({0} if {0} > 0.25 else 0.25)", "clip({0}, low: -0.75, high: 0.5)"), Rounding.None),
        g => g.Unary(g.Pick(
            "floor({0} * 4)", "round({0} * 4)", "sign({0})", "cast(cast({0}, f16), f32)", "cast(cast({0}, bf16), f32)", "cast(cast({0} * 64, u8), f32)", "cast(cast({0} * 64, i8), f32)",
            "cast({0} > 0.125, f32)", "(1.0 if {0} == 0.5 else -1.0)", "{0} @quant(bf16)"), Rounding.Rough),
        g => g.Binary(g.Pick("{0} + {1}", "{0} - {1}", "{0} * {1}", "{0} / (abs({1}) + 1)", "swiglu({0}, {1})", "{0} + 0.5 * {1}")),
        g => g.Binary(g.Pick("max({0}, {1})", "min({0}, {1})", "({0} if {0} < {1} else {1})"), Rounding.None),
        g => g.Broadcast(),
        g => g.Rows(g.Pick("softmax({0})", "log_softmax({0})", "l2_normalize({0}, eps: 0.1)")),
        g => g.Reduction(g.Pick("reduce_sum({0})", "reduce_mean({0})", "log_sum_exp({0})", "reduce_prod({0} * 0.25 + 1)")),
        g => g.Reduction(g.Pick("reduce_max({0})", "reduce_min({0})"), Rounding.None),
        g => g.Dot(),
        g => g.Normalised(),
        g => g.NormalisedChannels(),
        g => g.Linear(),
        g => g.Linear(),
        g => g.Product(),
        g => g.QuantisedLinear(),
        g => g.QuantisedConvolution(),
        g => g.Attention(),
        g => g.Convolution(),
        g => g.Convolution(),
        g => g.GroupedConvolution(),
        g => g.Depthwise(),
        g => g.TransposedConvolution(),
        g => g.Convolution1d(),
        g => g.Pool(),
        g => g.Pool1d(),
        g => g.Images(g.Pick("global_avg_pool({0})", "softmax_channels({0})"), (s, text) => text[0] == 'g' ? [s[0], s[1], 1, 1] : s),
        g => g.Images("global_max_pool({0})", (s, _) => [s[0], s[1], 1, 1], Rounding.None),
        g => g.Images("pad2d({0}, pad_top: 1, pad_left: 2, pad_bottom: 0, pad_right: 1)", (s, _) => [s[0], s[1], s[2] + 1, s[3] + 3], Rounding.None),
        g => g.Images("resize_nearest({0}, by: 2)", (s, _) => [s[0], s[1], s[2] * 2, s[3] * 2], Rounding.None),
        g => g.Images("resize_nearest_to({0}, height: 5, width: 6)", (s, _) => [s[0], s[1], 5, 6], Rounding.None),
        g => g.Images("pixel_shuffle({0}, by: 2)", (s, _) => s[1].Constant is { } c && c % 4 == 0 ? [s[0], c / 4, s[2] * 2, s[3] * 2] : null, Rounding.None),
        g => g.Images("pixel_unshuffle({0}, by: 2)", (s, _) => s[1].Constant is { } c ? [s[0], c * 4, s[2] / 2, s[3] / 2] : null, Rounding.None),
        g => g.Channels(g.Pick("channel_bias({0}, {1})", "channel_scale({0}, {1})", "prelu({0}, {1})")),
        g => g.View(),
        g => g.View(),
        g => g.Part(),
        g => g.Concatenated(),
        g => g.Converted(),
        g => g.ToInteger(),
        g => g.Integers(g.Pick("{0} + {1}", "{0} - {1}", "{0} * {1}", "{0} / {1}", "{0} % {1}", "max({0}, {1})", "min({0}, {1})", "{0} / 3", "{0} % 4", "-{0}", "({0} if {0} > {1} else {1})", "{0} * 123457")),
        g => g.IntegerReduction(),
        g => g.FromInteger(),
        g => g.Largest(),
        g => g.Gathered(),
        g => g.OneHot(),
        g => g.Bools(),
    ];

    private RandomValue? Unary(string text, Rounding rounding = Rounding.Smooth) => AnyFloat() is { } x ? Value(text, [x], x.Shape, rounding: rounding) : null;

    private RandomValue? Binary(string text, Rounding rounding = Rounding.Smooth) =>
        AnyFloat() is { } a && Like(a) is { } b ? Value(text, [a, b], a.Shape, rounding: rounding) : null;

    // A row of parameters against every row.
    private RandomValue? Broadcast() => Any(v => v.Element == "f32" && v.Shape is [_, .., { Constant: not null }]) is { } x
        ? Value(Pick("{0} + {1}", "{0} * {1}", "max({0}, {1})", "({1} if {0} < {1} else {0})"), [x], x.Shape, [Param("", x.Shape[^1].Constant!.Value)]) : null;

    private RandomValue? Rows(string text) => Any(v => v.Element == "f32" && v.Shape.Length >= 2) is { } x ? Value(text, [x], x.Shape) : null;

    private RandomValue? Reduction(string text, Rounding rounding = Rounding.Smooth) =>
        Any(v => v.Element == "f32" && v.Shape.Length >= 2) is { } x ? Value(text, [x], x.Shape[..^1], rounding: rounding) : null;

    private RandomValue? Dot() => Any(v => v.Element == "f32" && v.Shape.Length >= 2) is { } a && Like(a) is { } b
        ? Value(Pick("dot({0}, {1})", "mean_squared_error({0}, {1})"), [a, b], a.Shape[..^1]) : null;

    private RandomValue? Normalised()
    {
        if (Any(v => v.Element == "f32" && v.Shape.Length >= 2 && v.Shape[^1].Constant is not null) is not { } x)
        {
            return null;
        }

        var n = x.Shape[^1].Constant!.Value;
        return random.Next(2) == 0 ? Value("layer_norm({0}, {1}, {2}, eps: 0.1)", [x], x.Shape, [Param("", n), Param("", n)]) : Value("rms_norm({0}, {1}, eps: 0.1)", [x], x.Shape, [Param("", n)]);
    }

    private RandomValue? NormalisedChannels()
    {
        if (Any(v => v.Element == "f32" && v.Shape is [_, { Constant: not null }, _, _]) is not { } x)
        {
            return null;
        }

        var c = x.Shape[1].Constant!.Value;
        var (scale, bias) = (Param("", c), Param("", c));
        return random.Next(3) switch
        {
            0 => Value("instance_norm({0}, {1}, {2}, eps: 0.1)", [x], x.Shape, [scale, bias]),
            1 => Value($"group_norm({{0}}, {{1}}, {{2}}, groups: {(c % 4 == 0 ? 4 : 1)}, eps: 0.1)", [x], x.Shape, [scale, bias]),
            _ => Value("batch_norm({0}, {1}, {2}, {3}, {4} * {4}, eps: 0.1)", [x], x.Shape, [scale, bias, Param("", c), Param("", c)]),
        };
    }

    private RandomValue? Attention() => Any(v => v.Element == "f32" && v.Shape is [.., { Largest: <= 20 }, { Largest: <= 64 }]) is { } q && Like(q) is { } k && Like(q) is { } v
        ? Value(
            $"attend({{0}}, {{1}}, {{2}}, where: {Pick("causal", "full", "window(2)", "band(3)", "streaming(1, 2)", "causal & same_block(3)", "!strided(2)", "prefix(2)", "local_blocks(2)", "band_with_sinks(2, 1)")})",
            [q, k, v], q.Shape) : null;

    private RandomValue? Images(string text, Func<Extent[], string, Extent[]?> shape, Rounding rounding = Rounding.Smooth) =>
        AnyFloat(4) is { } x && shape(x.Shape, text) is { } found ? Value(text, [x], found, rounding: rounding) : null;

    private RandomValue? Channels(string text) => Any(v => v.Element == "f32" && v.Shape is [_, { Constant: not null }, _, ..]) is { } x ? Value(text, [x], x.Shape, [Param("", x.Shape[1].Constant!.Value)]) : null;

    private RandomValue? View()
    {
        if (Any(v => v.Shape.Length >= 2) is not { } x)
        {
            return null;
        }

        var s = x.Shape;
        (string Text, Extent[]? Shape) = s switch
        {
            [var n, var c, var h, var w] => Pick<(string, Extent[]?)>(
                ("transpose({0}, [0, 2, 3, 1])", [n, h, w, c]), ("transpose({0}, [3, 1, 0, 2])", [w, c, n, h]), ("{0}'", [n, c, w, h]), ("flatten({0}, from: 1)", Flat(n, s[1..])),
                ("reverse({0})", s), ("flatten({0}, from: 2)", Flat(n, c, s[2..])), ("pad1d({0}, pad_left: 2, pad_right: 1)", [n, c, h, w + 3]), ("reshape({0}, [N, -1])", n == Extent.N ? Flat(n, s[1..]) : null)),
            [var n, var c, var w] => Pick<(string, Extent[]?)>(
                ("{0}'", [n, w, c]), ("transpose({0}, [2, 0, 1])", [w, n, c]), ("tril({0})", s), ("triu({0}, diagonal: 1)", s), ("reverse({0})", s), ("flatten({0}, from: 1)", Flat(n, s[1..]))),
            [var n, var k] => Pick<(string, Extent[]?)>(
                ("{0}'", [k, n]), ("reverse({0})", s), ("tril({0}, diagonal: 1)", s), ("pad1d({0}, pad: 2)", [n, k + 4]),
                ("reshape({0}, [N, 4, -1])", n == Extent.N && k.Constant is { } e && e % 4 == 0 ? [n, 4, e / 4] : null)),
            _ => ("reverse({0})", s),
        };
        return Shape is null ? null : Value(Text, [x], Shape, element: x.Element, rounding: Rounding.None);
    }

    private static Extent[]? Flat(Extent first, Extent[] rest) => rest.All(e => e.Constant is not null) ? [first, rest.Aggregate(1, (a, e) => a * e.Constant!.Value)] : null;

    private static Extent[]? Flat(Extent first, Extent second, Extent[] rest) => Flat(first, rest) is { } flat ? [first, second, flat[1]] : null;

    private RandomValue? Part()
    {
        if (Any(v => v.Shape.Length >= 2 && v.Shape[^1].Smallest >= 4) is not { } x)
        {
            return null;
        }

        var outer = x.Shape[..^1];
        return Pick<Func<RandomValue>>(
            () => Value("{0}[.., 1:4]", [x], [.. outer, 3], element: x.Element, rounding: Rounding.None),
            () => Value("{0}[.., :2]", [x], [.. outer, 2], element: x.Element, rounding: Rounding.None),
            () => Value("{0}[.., -1]", [x], outer, element: x.Element, rounding: Rounding.None),
            () => Value("{0}[.., 1:]", [x], [.. outer, x.Shape[^1] + -1], element: x.Element, rounding: Rounding.None))();
    }

    private RandomValue? Concatenated() => Any(v => v.Shape.Length >= 2) is { } a && Like(a) is { } b
        ? Value("concat({0}, {1}, axis: -1)", [a, b], [.. a.Shape[..^1], a.Shape[^1] * 2], element: a.Element, rounding: Rounding.None) : null;

    // Floating types to f32; f32 to others, and arithmetic there, which rounds after every operation.
    private RandomValue? Converted()
    {
        if (Any(v => v.Element is "f16" or "bf16" or "f64" or "f32") is not { } x)
        {
            return null;
        }

        if (x.Element == "f32")
        {
            var element = Pick("f16", "bf16", "f64");
            return Value($"cast({{0}}, {element})", [x], x.Shape, element: element, rounding: element == "f64" ? Rounding.None : Rounding.Rough);
        }

        return random.Next(2) == 0
            ? Value("cast({0}, f32)", [x], x.Shape, rounding: x.Element == "f64" ? Rounding.Smooth : Rounding.None)
            : Value(Pick("{0} * 0.5", "{0} + 1", "tanh({0})", "relu({0})", "{0} * {0}"), [x], x.Shape, element: x.Element, rounding: Rounding.Rough) with { IsExact = false, IsSmooth = x.Element == "f64" && x.IsSmooth };
    }

    private RandomValue? ToInteger() => AnyFloat() is { } x && Pick(Whole) is var element
        ? Value($"cast({{0}} * {Pick("64", "100", "16")}, {element})", [x], x.Shape, element: element, rounding: Rounding.Rough) : null;

    private RandomValue? Integers(string text)
    {
        if (Any(v => IsWhole(v.Element)) is not { } a || Like(a) is not { } b || (text.Contains("123457", StringComparison.Ordinal) && a.Element != "i32"))
        {
            return null;
        }

        return Value(text, text.Contains("{1}", StringComparison.Ordinal) ? [a, b] : [a], a.Shape, element: a.Element, rounding: Rounding.None);
    }

    // Sums of what is narrower than 32 bits are i32.
    private RandomValue? IntegerReduction() => Any(v => IsWhole(v.Element) && v.Shape.Length >= 2) is { } x && Pick("reduce_max", "reduce_min", "reduce_sum") is var reduction
        ? Value($"{reduction}({{0}})", [x], x.Shape[..^1], element: reduction == "reduce_sum" && (x.Element[1..] is "8" or "16") ? "i32" : x.Element, rounding: Rounding.None) : null;

    private RandomValue? FromInteger() => Any(v => IsWhole(v.Element)) is { } x ? Value("cast({0}, f32) * 0.001", [x], x.Shape) : null;

    private RandomValue? Largest() => Any(v => v.Element == "f32" && v.Shape.Length >= 2) is { } x ? Value("argmax({0})", [x], x.Shape[..^1], element: "i32", rounding: Rounding.Rough) : null;

    private RandomValue? Gathered() => Any(v => v.Element == "i32" && v.Shape.Length is 1 or 2) is { } x
        ? Value("gather({1}, {0} % 6)", [x], [.. x.Shape, 5], [Param("", 6, 5)], rounding: Rounding.Rough) : null;

    private RandomValue? OneHot() => Any(v => v.Element == "i32" && v.Shape.Length is 1 or 2) is { } x
        ? Value("one_hot({0} % 4, classes: 4)", [x], [.. x.Shape, 4], rounding: Rounding.None) : null;

    private RandomValue? Bools() => AnyFloat() is { } a && Like(a) is { } b
        ? Value(Pick("({0} if {0} > {1} & {0} > 0 else {1} * 0.5)", "cast({0} <= {1} | {1} < 0, f32)", "({1} if !({0} == {1}) else {0} + 1)"), [a, b], a.Shape, rounding: Rounding.Rough) with { IsExact = false }
        : null;
}
