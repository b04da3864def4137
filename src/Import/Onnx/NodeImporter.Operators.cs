using System.Collections.Immutable;
using System.Globalization;
using SparseDsl.Compiler.Data;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;
using SparseDsl.Import.Onnx.Programs;

namespace SparseDsl.Import.Onnx;

/// <content>One method for every operator or family of operators.</content>
internal sealed partial class NodeImporter
{
    private static readonly HashSet<string> Supported = new(
        [
            "Relu", "Sigmoid", "LeakyRelu", "HardSigmoid", "Sqrt", "Exp", "Log", "Tanh", "Identity", "Dropout", "Cast", "Clip", "Add", "Sub", "Mul", "Div",
            "Max", "Min", "Pow", "Conv", "ConvTranspose", "BatchNormalization", "Gemm", "MatMul", "Softmax", "MaxPool", "AveragePool", "GlobalAveragePool",
            "ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd", "Flatten", "Reshape", "Transpose", "Squeeze", "Unsqueeze", "Concat", "Resize", "Upsample",
            "Shape", "Slice", "Split", "Pad", "Gather", "Neg", "Abs", "Erf", "Reciprocal", "HardSwish", "Elu", "PRelu", "Softplus", "Mish", "Gelu",
            "GlobalMaxPool", "LayerNormalization", "LogSoftmax",
        ],
        StringComparer.Ordinal);

    private void Write(OnnxNode node)
    {
        if (node.Domain.Length > 0 || !Supported.Contains(node.OpType))
        {
            Fail(node);
            return;
        }

        if (node.OpType is "Add" or "Sub" or "Mul" or "Div" or "Max" or "Min")
        {
            Binary(node);
            return;
        }

        if (node.OpType == "Concat")
        {
            Concat(node);
            return;
        }

        // An operand is missing where what computes it was reported.
        if (Tensor(node, 0) is not { } x)
        {
            return;
        }

        switch (node.OpType)
        {
            case "Identity" or "Dropout":
                Same(node, x);
                break;
            case "Cast" when node.GetInt("to", 1) == 1:
                Same(node, x);
                break;
            case "Relu" or "Sigmoid":
                Stage(node, x, node.OpType == "Relu" ? "relu" : "sigmoid", x.Extents);
                break;
            case "Sqrt" or "Exp" or "Log" or "Tanh" or "Abs" or "Neg" or "Erf" or "Softplus" or "Mish":
                Stage(node, x, node.OpType.ToLowerInvariant(), x.Extents);
                break;
            case "LeakyRelu":
                Stage(node, x, "leaky_relu", x.Extents, [new Setting("slope", Literals.Number(node.GetFloat("alpha", 0.01f)))]);
                break;
            case "HardSigmoid":
                HardSigmoid(node, x, node.GetFloat("alpha", 0.2f), node.GetFloat("beta", 0.5f));
                break;
            case "Reciprocal":
                Stage(node, x, "recip", x.Extents);
                break;
            case "HardSwish":
                Stage(node, x, "hard_swish", x.Extents);
                break;
            case "Gelu":
                Stage(node, x, node.GetString("approximate", "none") == "tanh" ? "gelu_tanh" : "gelu", x.Extents);
                break;
            case "Elu":
                Stage(node, x, "elu", x.Extents, [new Setting("alpha", Literals.Number(node.GetFloat("alpha", 1)))]);
                break;
            case "PRelu" when x.Extents.Length >= 2 && Constant(node, 1) is { } slope && slope.Count == x.Extents[1].Constant && slope.Shape.Count(e => e > 1) <= 1:
                Stage(node, x, "prelu", x.Extents, [], [new Weight("slope", slope.Reshape(slope.Count))]);
                break;
            case "LayerNormalization" when Axis(node, "axis", -1, x) == x.Extents.Length - 1 && Constant(node, 1) is { Rank: 1 } gain:
                Stage(
                    node, x, "layer_normalization", x.Extents, [new Setting("eps", Literals.Number(node.GetFloat("epsilon", 1e-5f)))],
                    [new Weight("scale", gain), new Weight("bias", Constant(node, 2) ?? TensorData.FromFloats(new float[gain.Count], gain.Count))]);
                break;
            case "Clip":
                Clip(node, x);
                break;
            case "Pow" when Constant(node, 1) is { Count: 1 } power:
                Combine(node, "^", [new Operand(x.Step), Operand.Number(Literals.Number(power.GetDouble(0)))], x.Extents);
                break;
            case "Conv" or "ConvTranspose" when x.Extents.Length == 4 && Constant(node, 1) is { } filter:
                Convolution(node, x, filter);
                break;
            case "BatchNormalization" when Enumerable.Range(1, 4).All(i => Constant(node, i) is not null):
                string[] roles = ["scale", "bias", "mean", "variance"];
                Stage(
                    node, x, "batch_normalization", x.Extents, [new Setting("eps", Literals.Number(node.GetFloat("epsilon", 1e-5f)))],
                    [.. roles.Select((role, i) => new Weight(role, Constant(node, i + 1)!))]);
                break;
            case "Gemm" when Constant(node, 1) is { } weight && node.GetInt("transA", 0) == 0 && node.GetFloat("alpha", 1) == 1 && node.GetFloat("beta", 1) == 1:
                Gemm(node, x, weight);
                break;
            case "MatMul":
                MatMul(node, x);
                break;
            case "Softmax" or "LogSoftmax" when IsLastAxis(node, x):
                Stage(node, x, node.OpType == "Softmax" ? "softmax" : "log_softmax", x.Extents);
                break;
            case "MaxPool" or "AveragePool" when x.Extents.Length == 4 && node.GetInt("ceil_mode", 0) == 0:
                Pool(node, x);
                break;
            case "GlobalAveragePool" or "GlobalMaxPool" when x.Extents.Length == 4:
                Stage(node, x, node.OpType == "GlobalMaxPool" ? "global_max_pool" : "global_avg_pool", [x.Extents[0], x.Extents[1], Dim.One, Dim.One]);
                break;
            case "ReduceMean" or "ReduceSum" or "ReduceMax" or "ReduceMin" or "ReduceProd":
                Reduce(node, x);
                break;
            case "Flatten":
                Flatten(node, x);
                break;
            case "Reshape" when node.HasInput(1) && Known(node.Inputs[1]) is { } shape:
                Reshape(node, x, shape);
                break;
            case "Transpose":
                var order = node.GetInts("perm")?.Select(p => (int)p).ToArray() ?? [.. Enumerable.Range(0, x.Extents.Length).Reverse()];
                Stage(node, x, "transpose", [.. order.Select(p => x.Extents[p])], [new Setting("", $"[{string.Join(", ", order)}]")]);
                break;
            case "Squeeze":
                var dropped = Axes(node, x.Extents.Length) ?? [.. Enumerable.Range(0, x.Extents.Length).Where(i => x.Extents[i].Constant == 1)];
                Stretch(node, x, [.. x.Extents.Where((_, i) => !dropped.Contains(i))]);
                break;
            case "Unsqueeze" when Integers(node, "axes", 1) is { } places && Axes(node, x.Extents.Length + places.Length) is { } axes:
                var extents = x.Extents;
                foreach (var axis in axes.Order())
                {
                    extents = extents.Insert(axis, Dim.One);
                }

                Stretch(node, x, extents);
                break;
            case "Slice" when Ranges(node, x) is { } ranges:
                Slice(node, x, ranges);
                break;
            case "Split" when Parts(node, x) is { } parts:
                Split(node, x, parts);
                break;
            case "Pad" when Margins(node, x) is { } margins:
                Pad(node, x, margins);
                break;
            case "Resize" or "Upsample" when x.Extents.Length == 4:
                Resize(node, x);
                break;
            default:
                Fail(node, "the operator is known, but not with these attributes and operands");
                break;
        }
    }

    private void Clip(OnnxNode node, ImportValue.Tensor x)
    {
        var low = node.Has("min") ? node.GetFloat("min", 0) : Constant(node, 1)?.GetDouble(0);
        var high = node.Has("max") ? node.GetFloat("max", 0) : Constant(node, 2)?.GetDouble(0);
        Clip(node, x, low > float.MinValue ? low : null, high < float.MaxValue ? high : null);
    }

    private void Clip(OnnxNode node, ImportValue.Tensor x, double? low, double? high)
    {
        switch (low, high)
        {
            case (null, null):
                Same(node, x);
                break;
            case (0, null):
                Stage(node, x, "relu", x.Extents);
                break;
            case (0, 6):
                Stage(node, x, "relu6", x.Extents);
                break;
            default:
                var limits = new[] { ("low", low), ("high", high) }.Where(l => l.Item2 is not null).Select(l => new Setting(l.Item1, Literals.Number(l.Item2!.Value)));
                Stage(node, x, "clip", x.Extents, [.. limits]);
                break;
        }
    }

    private void HardSigmoid(OnnxNode node, ImportValue.Tensor x, float alpha, float beta) => Stage(
        node, x, "hard_sigmoid", x.Extents,
        [new Setting("alpha", Math.Abs(alpha - (1 / 6f)) < 1e-6 ? "1 / 6" : Literals.Number(alpha)), new Setting("beta", Literals.Number(beta))]);

    private void Linear(OnnxNode node, ImportValue.Tensor x, TensorData weight, TensorData? bias)
    {
        var extents = x.Extents.SetItem(x.Extents.Length - 1, Dim.Const(weight.Shape[0]));
        if (bias is null)
        {
            Stage(node, x, "linear_no_bias", extents, [], [new Weight("weight", weight)]);
            return;
        }

        Stage(node, x, "fully_connected", extents, [Setting.Int("out", weight.Shape[0])], [new Weight("weight", weight), new Weight("bias", bias.Reshape(weight.Shape[0]))]);
    }

    private void Binary(OnnxNode node)
    {
        if (node.Inputs.Length != 2)
        {
            Fail(node, "the operator is known with two operands");
            return;
        }

        if (Operands(node, 0) is not { } a || Operands(node, 1) is not { } b)
        {
            return;
        }

        var extents = Broadcast(a.Extents, b.Extents);
        if (extents is null)
        {
            Fail(node, $"its operands have the extents [{Literals.Extents(a.Extents)}] and [{Literals.Extents(b.Extents)}]");
            return;
        }

        if (node.OpType is "Add" && (ChannelBias(node, a, 1) || ChannelBias(node, b, 0)))
        {
            return;
        }

        if (a.Value.Literal is not null || b.Value.Literal is not null)
        {
            WithNumber(node, a, b, extents.Value);
            return;
        }

        var callee = node.OpType switch
        {
            "Add" => "+",
            "Sub" => "-",
            "Mul" => "*",
            "Div" => "/",
            _ => node.OpType.ToLowerInvariant(),
        };
        Combine(node, callee, [a.Value, b.Value], extents.Value);
    }

    // One number for every channel of an image, whatever axes of extent 1 stand around it.
    private bool ChannelBias(OnnxNode node, (Operand Value, ImmutableArray<Dim> Extents) x, int bias)
    {
        if (x.Extents.Length != 4 || x.Value.Literal is not null || Constant(node, bias) is not { } constant
            || constant.Count != x.Extents[1].Constant || constant.Rank is < 3 or > 4 || constant.Shape[^3] != constant.Count)
        {
            return false;
        }

        Combine(node, "channel_bias", [x.Value], x.Extents, [], [new Weight("bias", constant.Reshape(constant.Count))]);
        return true;
    }

    private void WithNumber(
        OnnxNode node, (Operand Value, ImmutableArray<Dim> Extents) a, (Operand Value, ImmutableArray<Dim> Extents) b, ImmutableArray<Dim> extents)
    {
        var isSecond = b.Value.Literal is not null;
        var number = double.Parse((isSecond ? b : a).Value.Literal!, CultureInfo.InvariantCulture);
        var x = new ImportValue.Tensor((isSecond ? a : b).Value.Value, (isSecond ? a : b).Extents);
        switch (node.OpType)
        {
            case "Mul" or "Div" when number == 1 && (isSecond || node.OpType == "Mul") && x.Extents.SequenceEqual(extents):
            case "Add" or "Sub" when number == 0 && (isSecond || node.OpType == "Add") && x.Extents.SequenceEqual(extents):
                Same(node, x);
                break;
            case "Mul":
                Stage(node, x, "scale", extents, [new Setting("by", Literals.Number(number))]);
                break;
            case "Max":
                Clip(node, x, number, null);
                break;
            case "Min":
                Clip(node, x, null, number);
                break;
            case "Add":
                Combine(node, "+", [new Operand(x.Step), Operand.Number(Literals.Number(number))], extents);
                break;
            default:
                Combine(node, node.OpType == "Sub" ? "-" : "/", [a.Value, b.Value], extents);
                break;
        }
    }

    /// <summary>What a position holds: a tensor, a number, or a constant that becomes a parameter beside the step.</summary>
    private (Operand Value, ImmutableArray<Dim> Extents)? Operands(OnnxNode node, int position)
    {
        if (Tensor(node, position) is { } tensor)
        {
            return (new Operand(tensor.Step), tensor.Extents);
        }

        if (Constant(node, position) is not { } constant)
        {
            return null;
        }

        ImmutableArray<Dim> extents = [.. constant.Shape.Select(e => Dim.Const(e))];
        if (constant.Count == 1)
        {
            return (Operand.Number(Literals.Number(constant.GetDouble(0))), extents);
        }

        var parameter = program.Add(Step.Constant, [], [], [new Weight("c", constant)], extents);
        return (new Operand(parameter), extents);
    }

    private static ImmutableArray<Dim>? Broadcast(ImmutableArray<Dim> a, ImmutableArray<Dim> b)
    {
        var result = new Dim[Math.Max(a.Length, b.Length)];
        for (var i = 1; i <= result.Length; i++)
        {
            var x = i <= a.Length ? a[^i] : Dim.One;
            var y = i <= b.Length ? b[^i] : Dim.One;
            if (!x.Equals(y) && x.Constant != 1 && y.Constant != 1)
            {
                return null;
            }

            result[^i] = x.Constant == 1 ? y : x;
        }

        return [.. result];
    }

    private void Concat(OnnxNode node)
    {
        var parts = node.Inputs.Select(Tensor).ToList();
        if (parts.Contains(null))
        {
            return;
        }

        var first = parts[0]!.Extents;
        var axis = Axis(node, "axis", 0, parts[0]!);
        if (axis >= first.Length || parts.Any(p => p!.Extents.Length != first.Length || Enumerable.Range(0, first.Length).Any(i => i != axis && !p.Extents[i].Equals(first[i]))))
        {
            Fail(node, $"its operands have the extents {string.Join(", ", parts.Select(p => $"[{Literals.Extents(p!.Extents)}]"))}");
            return;
        }

        var sum = parts.Select(p => p!.Extents[axis]).Aggregate((a, b) => a + b);
        Combine(node, "concat", [.. parts.Select(p => new Operand(p!.Step))], first.SetItem(axis, sum), [Setting.Int("axis", axis)]);
    }

    private void Convolution(OnnxNode node, ImportValue.Tensor x, TensorData filter)
    {
        var isTransposed = node.OpType == "ConvTranspose";
        var groups = node.GetInt("group", 1);
        var window = Window.Of(node, filter.Shape[2], filter.Shape[3]);
        if (window is null || (isTransposed && (groups != 1 || node.Has("output_shape") || node.Has("output_padding"))))
        {
            Fail(node, "automatic padding, output shapes and groups of transposed convolutions are not supported");
            return;
        }

        var isDepthwise = groups > 1 && filter.Shape[1] == 1 && filter.Shape[0] == groups && x.Extents[1].Constant == groups;
        var bias = Constant(node, 2);
        var isLayer = isDepthwise ? bias is not null : !isTransposed && groups == 1;
        var name = isTransposed ? "conv_transpose2d"
            : isDepthwise ? (isLayer ? "depthwise" : "depthwise_conv2d")
            : groups == 1 ? (bias is null ? "conv_no_bias" : "conv") : "grouped_conv2d";
        ImmutableArray<Setting> head = name switch
        {
            "conv" or "conv_no_bias" => [Setting.Int("out", filter.Shape[0])],
            "grouped_conv2d" => [Setting.Int("groups", groups)],
            _ => [],
        };
        var channels = Dim.Const(isTransposed ? filter.Shape[1] : filter.Shape[0]);
        ImmutableArray<Dim> extents =
        [
            x.Extents[0], channels,
            isTransposed ? window.GrownHeight(x.Extents[2]) : window.Height(x.Extents[2]),
            isTransposed ? window.GrownWidth(x.Extents[3]) : window.Width(x.Extents[3]),
        ];
        ImmutableArray<Setting> settings = [.. head, .. window.Settings()];
        if (bias is null || isLayer)
        {
            Stage(node, x, name, extents, settings, bias is null ? [new Weight("weight", filter)] : [new Weight("weight", filter), new Weight("bias", bias)]);
            return;
        }

        var sum = program.Add(name, [new Operand(x.Step)], settings, [new Weight("weight", filter)], extents);
        Combine(node, "channel_bias", [new Operand(sum)], extents, [], [new Weight("bias", bias)]);
    }

    private void Pool(OnnxNode node, ImportValue.Tensor x)
    {
        if (node.GetInts("kernel_shape") is not [var height, var width] || Window.Of(node, height, width) is not { } window)
        {
            Fail(node, "windows with automatic padding are not supported");
            return;
        }

        var name = node.OpType == "MaxPool" ? "max_pool" : node.GetInt("count_include_pad", 0) == 1 || window.IsUnpadded ? "avg_pool" : "avg_pool_inside";
        Stage(node, x, name, [x.Extents[0], x.Extents[1], window.Height(x.Extents[2]), window.Width(x.Extents[3])], window.Settings());
    }

    private void Gemm(OnnxNode node, ImportValue.Tensor x, TensorData weight)
    {
        var rows = node.GetInt("transB", 0) == 1 ? weight : Transposed(weight);
        var bias = Constant(node, 2);
        Linear(node, x, rows, bias is null || bias.Count == rows.Shape[0]
            ? bias
            : TensorData.FromFloats([.. Enumerable.Repeat((float)bias.GetDouble(0), rows.Shape[0])], rows.Shape[0]));
    }

    private void MatMul(OnnxNode node, ImportValue.Tensor x)
    {
        if (Constant(node, 1) is { Rank: 2 } weight)
        {
            Linear(node, x, Transposed(weight), null);
        }
        else if (Tensor(node, 1) is { } y && x.Extents.Length >= 2 && y.Extents.Length >= 2)
        {
            var batch = Broadcast(x.Extents[..^2], y.Extents[..^2]) ?? x.Extents[..^2];
            Combine(node, "matmul", [new Operand(x.Step), new Operand(y.Step)], [.. batch, x.Extents[^2], y.Extents[^1]]);
        }
        else if (Tensor(node, 1) is not null || Constant(node, 1) is not null)
        {
            Fail(node, "the operands of a product of matrices have at least two axes");
        }
    }

    // Before opset 13 softmax runs over all axes from the given one on, by default from the second.
    private bool IsLastAxis(OnnxNode node, ImportValue.Tensor x)
    {
        var axis = Axis(node, "axis", opset < 13 ? 1 : -1, x);
        return axis == x.Extents.Length - 1 || (opset < 13 && axis < x.Extents.Length && x.Extents.Skip(axis).Count(e => e.Constant != 1) <= 1 && x.Extents[^1].Constant != 1);
    }

    private void Reduce(OnnxNode node, ImportValue.Tensor x)
    {
        var rank = x.Extents.Length;
        var axes = Axes(node, rank) is { Length: > 0 } given ? given
            : node.GetInt("noop_with_empty_axes", 0) == 1 ? [] : [.. Enumerable.Range(0, rank)];
        if (axes.Length == 0)
        {
            Same(node, x);
            return;
        }

        var kind = node.OpType[6..].ToLowerInvariant();
        if (axes is [var only] && only == rank - 1)
        {
            Stage(node, x, "reduce_" + kind, x.Extents.RemoveAt(rank - 1));
        }
        else if (kind is "mean" or "max" && rank == 4 && axes.Order().SequenceEqual([2, 3]))
        {
            Stage(node, x, kind == "mean" ? "global_avg_pool" : "global_max_pool", [x.Extents[0], x.Extents[1], Dim.One, Dim.One]);
        }
        else
        {
            Fail(node, "values are reduced over the last axis; means and maxima also over height and width");
            return;
        }

        var keep = node.GetInt("keepdims", 1) == 1;
        ImmutableArray<Dim> kept = [.. x.Extents.Select((e, i) => axes.Contains(i) ? Dim.One : e)];
        Stretch(node, Tensor(node.Outputs[0])!, keep ? kept : [.. x.Extents.Where((_, i) => !axes.Contains(i))]);
    }

    // The length of every part; null where they are not known or do not add up.
    private long[]? Parts(OnnxNode node, ImportValue.Tensor x)
    {
        if (x.Extents[Axis(node, "axis", 0, x)].Constant is not { } extent)
        {
            return null;
        }

        var count = node.Outputs.Length;
        var size = (extent + count - 1) / count;
        var parts = Integers(node, "split", 1) ?? [.. Enumerable.Range(0, count).Select(i => Math.Min(size, extent - (i * size)))];
        return parts.Length == count && parts.All(p => p > 0) && parts.Sum() == extent ? parts : null;
    }

    private void Split(OnnxNode node, ImportValue.Tensor x, long[] parts)
    {
        var axis = Axis(node, "axis", 0, x);
        var start = 0L;
        for (var i = 0; i < parts.Length; i++)
        {
            var part = Part(x, new Dictionary<int, (long Start, long End)> { [axis] = (start, start + parts[i]) });
            values[node.Outputs[i]] = part;
            start += parts[i];
        }
    }

    // Zeros at the top, left, bottom and right; null where it is something else.
    private long[]? Margins(OnnxNode node, ImportValue.Tensor x)
    {
        var value = Constant(node, 2)?.GetDouble(0) ?? node.GetFloat("value", 0);
        var isConstant = node.GetString("mode", "constant") == "constant" && value == 0 && !node.HasInput(3);
        return isConstant && x.Extents.Length == 4 && Integers(node, "pads", 1) is [0, 0, var top, var left, 0, 0, var bottom, var right] ? [top, left, bottom, right] : null;
    }

    private void Pad(OnnxNode node, ImportValue.Tensor x, long[] margins)
    {
        if (margins.All(m => m == 0))
        {
            Same(node, x);
            return;
        }

        string[] names = ["pad_top", "pad_left", "pad_bottom", "pad_right"];
        ImmutableArray<Dim> extents = [x.Extents[0], x.Extents[1], x.Extents[2] + Dim.Const(margins[0] + margins[2]), x.Extents[3] + Dim.Const(margins[1] + margins[3])];
        Stage(node, x, "pad2d", extents, [.. names.Select((n, i) => Setting.Int(n, margins[i]))]);
    }

    private void Flatten(OnnxNode node, ImportValue.Tensor x)
    {
        var axis = Axis(node, "axis", 1, x);
        var before = x.Extents.Take(axis).Aggregate(Dim.One, (a, b) => a * b);
        var after = x.Extents.Skip(axis).Aggregate(Dim.One, (a, b) => a * b);
        Stretch(node, x, [before, after]);
    }

    private void Reshape(OnnxNode node, ImportValue.Tensor x, ImportValue.Shape shape)
    {
        var extents = shape.Items.Select((e, i) => e.Constant == 0 && i < x.Extents.Length ? x.Extents[i] : e).ToList();
        var free = extents.FindIndex(e => e.Constant == -1);
        if (free >= 0)
        {
            extents[free] = Dim.One;
            if (Quotient(x.Extents.Aggregate(Dim.One, (a, b) => a * b), extents.Aggregate((a, b) => a * b)) is not { } rest)
            {
                Fail(node, $"[{Literals.Extents(x.Extents)}] does not divide into [{Literals.Extents(shape.Items)}]");
                return;
            }

            extents[free] = rest;
        }

        Stretch(node, x, [.. extents]);
    }

    /// <summary>The whole divided by a product of symbols and numbers, where that is exact.</summary>
    private static Dim? Quotient(Dim whole, Dim part)
    {
        if (part.Terms().ToArray() is not [var divisor] || divisor.Coefficient == 0)
        {
            return null;
        }

        var result = Dim.Zero;
        foreach (var (coefficient, factors) in whole.Terms())
        {
            var left = factors.Select(f => f.ToDim()).ToList();
            if (coefficient % divisor.Coefficient != 0 || !divisor.Factors.All(f => left.Remove(f.ToDim())))
            {
                return null;
            }

            result += left.Aggregate(Dim.Const(coefficient / divisor.Coefficient), (a, b) => a * b);
        }

        return result;
    }

    /// <summary>Other extents for the same elements.</summary>
    private void Stretch(OnnxNode node, ImportValue.Tensor x, ImmutableArray<Dim> extents)
    {
        if (x.Extents.SequenceEqual(extents))
        {
            Same(node, x);
        }
        else
        {
            var isFlat = extents.Length == 2 && extents[0].Equals(x.Extents[0]) && x.Extents.Length > 2;
            Stage(node, x, isFlat ? "flatten" : "reshape", extents, isFlat ? [] : [Setting.Of(extents)]);
        }
    }

    private void Resize(OnnxNode node, ImportValue.Tensor x)
    {
        // Resize has a region of interest before the scales since opset 11; Upsample has them as an attribute before opset 9.
        var isResize = node.OpType == "Resize" && opset >= 11;
        var scales = node.GetFloats("scales")?.ToArray() ?? Constant(node, isResize ? 2 : 1)?.ToFloats();
        if (scales is not { Length: 4 } && isResize && node.HasInput(3) && Known(node.Inputs[3]) is { } sizes && sizes.Items.Length == 4)
        {
            scales = [.. sizes.Items.Select((s, i) => Quotient(s, x.Extents[i])?.Constant is { } by ? by : 0f)];
        }

        var isExact = scales is [1, 1, >= 1, >= 1] && scales.All(s => s == Math.Floor(s));
        var isNearest = node.GetString("mode", "nearest") == "nearest" && (!isResize
            || (node.GetString("coordinate_transformation_mode", "half_pixel") == "asymmetric" && node.GetString("nearest_mode", "round_prefer_floor") == "floor")
            || (node.GetString("coordinate_transformation_mode", "half_pixel") == "half_pixel" && node.GetString("nearest_mode", "round_prefer_floor") == "round_prefer_floor"));
        if (!isExact || !isNearest)
        {
            Fail(node, "pictures are enlarged by whole factors, to the nearest point");
            return;
        }

        var (height, width) = ((long)scales![2], (long)scales[3]);
        ImmutableArray<Setting> by = height == width ? [Setting.Int("by", height)] : [Setting.Int("by", 1), Setting.Int("by_h", height), Setting.Int("by_w", width)];
        Stage(node, x, "resize_nearest", [x.Extents[0], x.Extents[1], x.Extents[2] * Dim.Const(height), x.Extents[3] * Dim.Const(width)], by);
    }

    private void Slice(OnnxNode node, ImportValue.Tensor x, Dictionary<int, (long Start, long End)> ranges) => values[node.Outputs[0]] = Part(x, ranges);

    private ImportValue.Tensor Part(ImportValue.Tensor x, Dictionary<int, (long Start, long End)> ranges)
    {
        var subscripts = Enumerable.Range(0, x.Extents.Length)
            .Select(i => ranges.TryGetValue(i, out var r) ? FormattableString.Invariant($"{r.Start}:{r.End}") : ":");
        ImmutableArray<Dim> extents = [.. x.Extents.Select((e, i) => ranges.TryGetValue(i, out var r) ? Dim.Const(r.End - r.Start) : e)];
        return new ImportValue.Tensor(program.Add("[]", [new Operand(x.Step)], [new Setting("", string.Join(", ", subscripts))], [], extents), extents);
    }

    /// <summary>What is cut out, by axis of fixed extent; null when it is not known, or not every element in turn.</summary>
    private Dictionary<int, (long Start, long End)>? Ranges(OnnxNode node, ImportValue.Tensor x)
    {
        var starts = Integers(node, "starts", 1);
        var ends = Integers(node, "ends", 2);
        var axes = Integers(node, "axes", 3) ?? (starts is null ? null : [.. Enumerable.Range(0, starts.Length).Select(i => (long)i)]);
        if (starts is null || ends is null || axes is null || starts.Length != axes.Length || ends.Length != axes.Length
            || (node.HasInput(4) && (Integers(node, "steps", 4) is not { } steps || steps.Any(s => s != 1))))
        {
            return null;
        }

        var result = new Dictionary<int, (long, long)>();
        for (var i = 0; i < axes.Length; i++)
        {
            var axis = (int)(axes[i] < 0 ? axes[i] + x.Extents.Length : axes[i]);
            if (x.Extents[axis].Constant is not { } extent)
            {
                return null;
            }

            var start = Math.Clamp(starts[i] < 0 ? starts[i] + extent : starts[i], 0, extent);
            var end = Math.Clamp(ends[i] < 0 ? ends[i] + extent : ends[i], 0, extent);
            if (end <= start)
            {
                return null;
            }

            result[axis] = (start, end);
        }

        return result;
    }

    private long[]? Integers(OnnxNode node, string name, int position) =>
        node.GetInts(name) is { } given ? [.. given]
        : node.HasInput(position) && Known(node.Inputs[position]) is { } known && known.Items.All(i => i.Constant is not null)
            ? [.. known.Items.Select(i => i.Constant!.Value)]
            : null;

    private static int Axis(OnnxNode node, string name, long otherwise, ImportValue.Tensor x)
    {
        var axis = node.GetInt(name, otherwise);
        return (int)(axis < 0 ? axis + x.Extents.Length : axis);
    }

    private int[]? Axes(OnnxNode node, int rank)
    {
        var given = node.GetInts("axes") ?? (node.HasInput(1) ? Known(node.Inputs[1])?.Items.Select(i => i.Constant ?? 0).ToImmutableArray() : null);
        return given?.Select(a => (int)(a < 0 ? a + rank : a)).ToArray();
    }
}
