using System.Runtime.InteropServices;
using Google.Protobuf;
using SparseDsl.Import.Onnx.Proto;

namespace SparseDsl.Benchmarks;

/// <summary>
/// Folds an ONNX file by hand, as an engineer would who wants it fast: batch normalisations and constant factors and summands go into the convolution before
/// them, and hard-swish written as four operators becomes two that ONNX Runtime has kernels for. ONNX Runtime's own optimiser does neither fully.
/// </summary>
internal sealed class FoldedOnnx
{
    private const float Tolerance = 1e-6f;

    private readonly GraphProto graph;
    private readonly Dictionary<string, TensorProto> constants;
    private readonly HashSet<string> outputs;

    private FoldedOnnx(GraphProto graph)
    {
        this.graph = graph;
        constants = graph.Initializer.ToDictionary(t => t.Name, StringComparer.Ordinal);
        foreach (var node in graph.Node.Where(n => n.OpType == "Constant" && n.Attribute is [{ T: not null }]))
        {
            constants.TryAdd(node.Output[0], node.Attribute[0].T);
        }

        outputs = [.. graph.Output.Select(o => o.Name)];
    }

    /// <summary>How many operators were folded.</summary>
    public int Folded { get; private set; }

    /// <summary>A folded file.</summary>
    /// <param name="onnx">The bytes of the file.</param>
    /// <param name="folded">How many operators are gone.</param>
    public static byte[] Fold(byte[] onnx, out int folded)
    {
        var model = ModelProto.Parser.ParseFrom(onnx);
        var before = model.Graph.Node.Count;
        var fold = new FoldedOnnx(model.Graph);
        fold.FoldHardSwish();
        while (fold.FoldOne())
        {
            fold.Folded++;
        }

        folded = before - model.Graph.Node.Count;
        return model.ToByteArray();
    }

    /// <summary>The first operator behind a convolution that goes into it.</summary>
    private bool FoldOne()
    {
        foreach (var conv in graph.Node.Where(n => n.OpType == "Conv"))
        {
            if (OnlyReader(conv.Output[0]) is { } next && Scale(conv, next) is var (scale, shift) && Apply(conv, scale, shift))
            {
                conv.Output[0] = next.Output[0];
                graph.Node.Remove(next);
                return true;
            }
        }

        return false;
    }

    /// <summary>What an operator does to each channel, as a factor and a summand; null when it is none of those.</summary>
    private (float[] Scale, float[] Shift)? Scale(NodeProto conv, NodeProto next)
    {
        var channels = (int)(Constant(conv.Input[1])?.Dims[0] ?? 0);
        switch (next.OpType)
        {
            case "BatchNormalization" when next.Input.Skip(1).All(i => constants.ContainsKey(i)):
                return BatchNorm(next);
            case "Mul" when Operand(conv, next) is { } factor && PerChannel(factor, channels) is { } scale:
                return (scale, new float[channels]);
            case "Add" when Operand(conv, next) is { } summand && PerChannel(summand, channels) is { } shift:
                return ([.. Enumerable.Repeat(1f, channels)], shift);
            default:
                return null;
        }
    }

    private (float[] Scale, float[] Shift) BatchNorm(NodeProto node)
    {
        var epsilon = node.Attribute.FirstOrDefault(a => a.Name == "epsilon")?.F ?? 1e-5f;
        var (scale, bias, mean, variance) = (Values(Constant(node.Input[1])!), Values(Constant(node.Input[2])!), Values(Constant(node.Input[3])!), Values(Constant(node.Input[4])!));
        float[] factor = [.. scale.Zip(variance, (s, v) => s / MathF.Sqrt(v + epsilon))];
        return (factor, [.. bias.Select((b, c) => b - (mean[c] * factor[c]))]);
    }

    // The weights of a convolution that others read as well stay as they are for them.
    private bool Apply(NodeProto conv, float[] scale, float[] shift)
    {
        if (Constant(conv.Input[1]) is not { } weight || (conv.Input.Count > 2 && Constant(conv.Input[2]) is null))
        {
            return false;
        }

        var values = Values(weight);
        var each = values.Length / scale.Length;
        var bias = conv.Input.Count > 2 ? Values(Constant(conv.Input[2])!) : new float[scale.Length];
        conv.Input[1] = Add(conv, "weight", [.. values.Select((v, i) => v * scale[i / each])], weight.Dims);
        var added = Add(conv, "bias", [.. bias.Select((b, c) => (b * scale[c]) + shift[c])], [scale.Length]);
        if (conv.Input.Count > 2)
        {
            conv.Input[2] = added;
        }
        else
        {
            conv.Input.Add(added);
        }

        return true;
    }

    private string Add(NodeProto conv, string what, float[] values, IEnumerable<long> shape)
    {
        var tensor = OnnxOperations.Tensor($"{conv.Output[0]}/folded_{what}_{constants.Count}", values, [.. shape]);
        graph.Initializer.Add(tensor);
        constants.Add(tensor.Name, tensor);
        return tensor.Name;
    }

    /// <summary><c>x * clip(x + 3, 0, 6) / 6</c> becomes <c>x * hard_sigmoid(x)</c>.</summary>
    private void FoldHardSwish()
    {
        foreach (var add in graph.Node.Where(n => n.OpType == "Add").ToList())
        {
            if (Other(add, 3) is { } x && OnlyReader(add.Output[0]) is { } clip && IsClip(clip) && OnlyReader(clip.Output[0]) is { OpType: "Mul" } mul
                && mul.Input.Contains(x) && mul.Input.Contains(clip.Output[0]) && OnlyReader(mul.Output[0]) is { } last && IsSixth(last, mul.Output[0]))
            {
                var gate = new NodeProto { OpType = "HardSigmoid", Input = { x }, Output = { clip.Output[0] } };
                gate.Attribute.Add(new AttributeProto { Name = "alpha", F = 1f / 6, Type = AttributeProto.Types.AttributeType.Float });
                gate.Attribute.Add(new AttributeProto { Name = "beta", F = 0.5f, Type = AttributeProto.Types.AttributeType.Float });
                graph.Node[graph.Node.IndexOf(clip)] = gate;
                mul.Output[0] = last.Output[0];
                graph.Node.Remove(add);
                graph.Node.Remove(last);
            }
        }
    }

    private bool IsClip(NodeProto node) => node.OpType == "Clip"
        && (node.Input.Count > 2 ? Is(node.Input[1], 0) && Is(node.Input[2], 6) : node.Attribute.Any(a => a.Name == "max" && a.F == 6));

    private bool IsSixth(NodeProto node, string value) =>
        (node.OpType == "Div" && node.Input[0] == value && Is(node.Input[1], 6)) || (node.OpType == "Mul" && Other(node, 1f / 6) == value);

    /// <summary>The operand of a commutative operator beside a constant of this value; null when there is none.</summary>
    private string? Other(NodeProto node, float value) => Is(node.Input[0], value) ? node.Input[1] : Is(node.Input[1], value) ? node.Input[0] : null;

    private bool Is(string name, float value) => Constant(name) is { } constant && Values(constant) is [var single] && MathF.Abs(single - value) <= Tolerance * value;

    private TensorProto? Operand(NodeProto conv, NodeProto next) => Constant(next.Input[next.Input[0] == conv.Output[0] ? 1 : 0]);

    /// <summary>A constant that is one number, or one for each channel of an image; null for any other.</summary>
    private static float[]? PerChannel(TensorProto constant, int channels) => Values(constant) switch
    {
        [var single] => [.. Enumerable.Repeat(single, channels)],
        var values when values.Length == channels && constant.Dims.Count >= 3 && constant.Dims[^3] == channels => values,
        _ => null,
    };

    private NodeProto? OnlyReader(string value) =>
        !outputs.Contains(value) && graph.Node.Where(n => n.Input.Contains(value)).ToList() is [var reader] ? reader : null;

    private TensorProto? Constant(string name) => constants.GetValueOrDefault(name);

    private static float[] Values(TensorProto tensor) =>
        tensor.FloatData.Count > 0 ? [.. tensor.FloatData] : MemoryMarshal.Cast<byte, float>(tensor.RawData.Span).ToArray();
}
