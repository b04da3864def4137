namespace SparseDsl.Backends.Tests.Differential;

/// <summary>Products and convolutions, with what may be promised about their weights and how these may be stored.</summary>
internal sealed partial class ProgramGenerator
{
    private static readonly string[] Promises =
    [
        "", "", "@unstructured(zeros >= 50%)", "@unstructured(zeros >= 80%)", "@unstructured(zeros >= 80%) @format(csr)", "@unstructured(zeros >= 50%) @format(csc)",
        "@unstructured(zeros >= 50%) @format(coo)", "@unstructured(zeros >= 50%) @format(dcsr)", "@block(4, 1, zeros >= 50%)", "@block(4, 1, zeros >= 50%) @format(bsr(4, 1))",
        "@block(4, 4, zeros >= 50%) @format(bsr(4, 4))", "@block(1, 4, zeros >= 50%) @format(row_runs(4))", "@block(1, 4, zeros >= 50%)", "@unstructured(zeros >= 50%) @format(bits(32))",
        "@unstructured(zeros >= 50%) @format(bit_rows)", "@channels(zeros >= 25%)", "@nm(2, 4)", "@nm(2, 4) @format(nm(2, 4))", "@nm(1, 4) @format(nm(1, 4))",
        "@unstructured(zeros >= 80%) @format(csr_blocks(32))", "@block(4, 1, zeros >= 50%) @format(row_panels(4))", "@unstructured(zeros >= 80%) @format(row_panels(2))",
        "@unstructured(zeros >= 80%) @format(code_blocks(8))", "@block(4, 1, zeros >= 50%) @format(code_blocks(4))", "@format(csr)", "@format(bsr(2, 2))",
    ];

    private static readonly string[] FilterPromises =
    [
        "", "", "@unstructured(zeros >= 60%)", "@unstructured(zeros >= 60%) @format(filter_rows)", "@channels(zeros >= 25%)", "@unstructured(zeros >= 80%) @format(filter_channels)",
        "@unstructured(zeros >= 80%) @format(filter_panels(4))", "@unstructured(zeros >= 80%) @format(filter_blocks(4))", "@unstructured(zeros >= 80%) @format(filter_code_blocks(8))",
    ];

    private static readonly string[] NarrowPromises = ["", "", "@unstructured(zeros >= 50%)", "@block(1, 4, zeros >= 50%)", "@block(4, 1, zeros >= 50%)", "@nm(2, 4)", "@unstructured(zeros >= 80%)"];

    private RandomValue? Linear()
    {
        if (Any(v => v.Element == "f32" && v.Shape is [_, .., { Constant: not null }]) is not { } x)
        {
            return null;
        }

        var (k, j) = (x.Shape[^1].Constant!.Value, Pick(1, 4, 5, 16, 40, 64));
        var weight = Param(Promise(Promises, j, k), j, k) with { Element = Pick("f32", "f32", "f32", "f16", "bf16") };
        Extent[] shape = [.. x.Shape[..^1], j];
        return !IsCheap(x, k, shape) ? null
            : random.Next(2) == 0 ? Value("linear({0}, {1}, {2})", [x], shape, [weight, Param("", j)]) : Value("linear_no_bias({0}, {1})", [x], shape, [weight]);
    }

    // A parameter on the right, or two values: scores of one against the other, weighed or not.
    private RandomValue? Product()
    {
        if (Any(v => v.Element == "f32" && v.Shape.Length >= 2) is not { } a)
        {
            return null;
        }

        if (random.Next(2) == 0 && a.Shape[^1].Constant is { } k && Pick(3, 8, 32) is var j)
        {
            Extent[] shape = [.. a.Shape[..^1], j];
            return IsCheap(a, k, shape) ? Value("{0} . {1}", [a], shape, [Param(Promise(Promises, k, j), k, j)]) : null;
        }

        Extent[] square = [.. a.Shape[..^1], a.Shape[^2]];
        return Like(a) is { } b && IsCheap(a, a.Shape[^1].Largest, square) && a.Shape[^2].Largest <= 64
            ? Value(Pick("{0} . {1}'", "attention_scores({0}, {1})", "matmul({0} * 0.5, {1}')"), [a, b], square) : null;
    }

    // Only what the shape can keep: whole groups of four, blocks of four rows, and something besides.
    private string Promise(string[] promises, int rows, int columns)
    {
        var promise = Pick(promises);
        return (promise.Contains("4)", StringComparison.Ordinal) && columns % 4 != 0) || (promise.Contains("(1, 4", StringComparison.Ordinal) && columns % 4 != 0)
            || (promise.Contains("(2, 4", StringComparison.Ordinal) && columns % 4 != 0) || (promise.Contains("(4, ", StringComparison.Ordinal) && (rows % 4 != 0 || columns % 4 != 0))
            || (promise.Contains("(2, 2", StringComparison.Ordinal) && (rows % 2 != 0 || columns % 2 != 0)) || (promise.Contains("row_panels(2)", StringComparison.Ordinal) && rows % 2 != 0)
            || (promise.Contains("blocks(8)", StringComparison.Ordinal) && rows % 8 != 0) || rows * columns < 16 ? "" : promise;
    }

    // What is multiplied as u8 rounds first: it is compared with the reference where it was exact before.
    private RandomValue? QuantisedLinear()
    {
        if (Any(v => v.Element == "f32" && v.Shape is [_, .., { Constant: not null }]) is not { } x)
        {
            return null;
        }

        var (k, j) = (x.Shape[^1].Constant!.Value, Pick(1, 4, 8, 16, 33));
        Extent[] shape = [.. x.Shape[..^1], j];
        if (!IsCheap(x, k, shape))
        {
            return null;
        }

        var (left, right, element) = Pick(
            ("{0} @quant(u8, scale: 1 / 64, zero: 128)", "@quant(per: row, scale: f32)", "i8"), ("{0} @quant(u8, scale: 1 / 32)", "@quant(per: tensor)", "i8"), ("{0} @quant(u8)", "@quant(per: row)", "i8"),
            ("{0} @quant(u8, per: row)", "@quant(per: row)", "i8"), ("{0}", "@quant(per: row)", "i8"), ("{0}", "@quant", "bf16"), ("{0} @quant(bf16)", "@quant", "bf16"));
        var weight = new RandomParam(Name("p"), element, [j, k], $"{right} {Promise(NarrowPromises, j, k)}".TrimEnd());
        var value = Value($"linear_no_bias({left}, {{1}})", [x], shape, [weight], rounding: left == "{0}" && element == "i8" ? Rounding.Smooth : Rounding.Rough);
        return value with { IsExact = false, IsSmooth = value.IsSmooth && !left.EndsWith("u8)", StringComparison.Ordinal) && !left.Contains("per:", StringComparison.Ordinal) };
    }

    private RandomValue? QuantisedConvolution()
    {
        if (AnyImage() is not { } x)
        {
            return null;
        }

        var (c, o, kernel, pad) = (x.Shape[1].Constant!.Value, Pick(2, 8, 16), Pick(1, 3), random.Next(2));
        Extent[] shape = [x.Shape[0], o, Windows(x.Shape[2], kernel, 1, pad), Windows(x.Shape[3], kernel, 1, pad)];
        if (!IsCheap(x, c * kernel * kernel, shape))
        {
            return null;
        }

        var weight = new RandomParam(Name("p"), "i8", [o, c, kernel, kernel], Pick("@quant(per: row)", "@quant(per: row)", "@quant(per: tensor)"));
        return Value($"conv2d({{0}} @quant(u8, scale: 1 / 64, zero: 128), {{1}}, pad: {pad})", [x], shape, [weight], rounding: Rounding.Rough) with { IsExact = false };
    }

    private RandomValue? AnyImage() => Any(v => v.Element == "f32" && v.Shape is [_, { Constant: not null }, { Smallest: > 2 }, { Smallest: > 2 }]);

    private RandomValue? Convolution()
    {
        if (AnyImage() is not { } x)
        {
            return null;
        }

        var (c, o) = (x.Shape[1].Constant!.Value, Pick(1, 4, 6, 8, 16, 32));
        var (h, w) = (Axis("h", x.Shape[2]), Axis("w", x.Shape[3]));
        Extent[] shape = [x.Shape[0], o, h.Extent, w.Extent];
        return IsCheap(x, c * h.Kernel * w.Kernel, shape)
            ? Value($"conv2d({{0}}, {{1}}{h.Text}{w.Text})", [x], shape, [Param(FilterPromise(o, c, h.Kernel * w.Kernel), o, c, h.Kernel, w.Kernel)]) : null;
    }

    private string FilterPromise(int outputs, int inputs, int window)
    {
        var promise = Pick(FilterPromises);
        return (promise.Contains("panels(4)", StringComparison.Ordinal) && outputs % 4 != 0) || (promise.Contains("blocks(4)", StringComparison.Ordinal) && inputs % 4 != 0)
            || (promise.Contains("blocks(8)", StringComparison.Ordinal) && outputs % 8 != 0) || outputs * inputs * window < 16 ? "" : promise;
    }

    private sealed record Window(string Text, int Kernel, Extent Extent);

    // Kernel, stride, dilation and padding along one axis, each in turn rather plain.
    private Window Axis(string axis, Extent extent)
    {
        var (kernel, stride, dilation, before, after) = (Pick(1, 3, 3, 2), Pick(1, 1, 2, 3), Pick(1, 1, 1, 2), random.Next(2), random.Next(2));
        if (extent.Smallest + before + after < (dilation * (kernel - 1)) + 1)
        {
            (kernel, dilation) = (1, 1);
        }

        var (first, last) = axis == "h" ? ("top", "bottom") : ("left", "right");
        return new Window($", stride_{axis}: {stride}, dilation_{axis}: {dilation}, pad_{first}: {before}, pad_{last}: {after}", kernel, ((extent + (before + after - (dilation * (kernel - 1)) - 1)) / stride) + 1);
    }

    private RandomValue? GroupedConvolution()
    {
        if (Any(v => v.Element == "f32" && v.Shape is [_, { Constant: > 1 }, { Smallest: > 2 }, { Smallest: > 2 }]) is not { } x)
        {
            return null;
        }

        var c = x.Shape[1].Constant!.Value;
        var groups = c % 4 == 0 ? Pick(2, 4) : c % 2 == 0 ? 2 : c;
        var (o, stride) = (groups * Pick(1, 2, 4), Pick(1, 2));
        Extent[] shape = [x.Shape[0], o, Windows(x.Shape[2], 3, stride, 1), Windows(x.Shape[3], 3, stride, 1)];
        return IsCheap(x, c / groups * 9, shape) ? Value($"grouped_conv2d({{0}}, {{1}}, groups: {groups}, stride: {stride}, pad: 1)", [x], shape, [Param("", o, c / groups, 3, 3)]) : null;
    }

    private RandomValue? Depthwise()
    {
        if (AnyImage() is not { } x)
        {
            return null;
        }

        var (stride, kernel) = (Pick(1, 2), Pick(3, 3, 5));
        var pad = kernel / 2;
        return Value($"depthwise_conv2d({{0}}, {{1}}, stride: {stride}, pad: {pad})", [x],
            [x.Shape[0], x.Shape[1], Windows(x.Shape[2], kernel, stride, pad), Windows(x.Shape[3], kernel, stride, pad)],
            [Param(random.Next(4) == 0 ? "@channels(zeros >= 25%)" : "", x.Shape[1].Constant!.Value, 1, kernel, kernel)]);
    }

    private RandomValue? TransposedConvolution()
    {
        if (AnyImage() is not { } x)
        {
            return null;
        }

        var (c, o, kernel, stride, pad) = (x.Shape[1].Constant!.Value, Pick(1, 3, 8), Pick(2, 3, 4), Pick(1, 2, 2), random.Next(2));
        Extent[] shape = [x.Shape[0], o, .. x.Shape[2..].Select(e => ((e + -1) * stride) + (kernel - (2 * pad)))];
        return IsCheap(x, c * kernel * kernel, shape) ? Value($"conv_transpose2d({{0}}, {{1}}, stride: {stride}, pad: {pad})", [x], shape, [Param("", c, o, kernel, kernel)]) : null;
    }

    private RandomValue? Convolution1d()
    {
        if (Any(v => v.Element == "f32" && v.Shape is [_, { Constant: not null }, { Smallest: > 3 }]) is not { } x)
        {
            return null;
        }

        var (c, o, kernel, stride, dilation) = (x.Shape[1].Constant!.Value, Pick(1, 4, 8), Pick(1, 3), Pick(1, 1, 2), Pick(1, 1, 2));
        var extent = ((x.Shape[2] + (2 - (dilation * (kernel - 1)) - 1)) / stride) + 1;
        return random.Next(3) == 0
            ? Value($"depthwise_conv1d({{0}}, {{1}}, stride: {stride}, pad: 1, dilation: {dilation})", [x], [x.Shape[0], c, extent], [Param("", c, 1, kernel)])
            : IsCheap(x, c * kernel, x.Shape[0], o, extent) ? Value($"conv1d({{0}}, {{1}}, stride: {stride}, pad: 1, dilation: {dilation})", [x], [x.Shape[0], o, extent], [Param("", o, c, kernel)]) : null;
    }

    private RandomValue? Pool()
    {
        if (AnyImage() is not { } x)
        {
            return null;
        }

        var (kind, kernel, stride, pad) = (Pick("max_pool", "avg_pool", "avg_pool_inside"), Pick(2, 3), Pick(1, 2, 3), random.Next(2));
        return Value($"{kind}({{0}}, kernel: {kernel}, stride: {stride}, pad: {pad})", [x], [x.Shape[0], x.Shape[1], Windows(x.Shape[2], kernel, stride, pad), Windows(x.Shape[3], kernel, stride, pad)],
            rounding: kind == "max_pool" ? Rounding.None : Rounding.Smooth);
    }

    private RandomValue? Pool1d() => Any(v => v.Element == "f32" && v.Shape is [_, _, { Smallest: > 2 }]) is { } x
        ? Value(Pick("max_pool1d({0}, kernel: 2)", "avg_pool1d({0}, kernel: 2)"), [x], [x.Shape[0], x.Shape[1], x.Shape[2] / 2]) : null;

    private static Extent Windows(Extent extent, int kernel, int stride, int pad) => ((extent + ((2 * pad) - kernel)) / stride) + 1;
}
