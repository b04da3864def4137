using System.Globalization;
using System.Text;
using Google.Protobuf;
using SparseDsl.Compiler.Data;
using SparseDsl.Import.Onnx.Proto;
using SparseDsl.Measurement.Programs;

namespace SparseDsl.Benchmarks.Tables;

/// <summary>
/// MobileNet v1 and v2 (Howard et al. 2017, Sandler et al. 2018) at 224 x 224 with random weights, as a program of ours and as an ONNX file: the shapes that sparse
/// kernels are judged by. Pointwise filters have zeros; the first layer, depthwise filters and the last product have none, as pruned networks keep them.
/// </summary>
internal sealed class MobileNet
{
    private const int Side = 224;
    private const int Classes = 1000;

    private readonly StringBuilder parameters = new();
    private readonly StringBuilder body = new();
    private readonly Dictionary<string, TensorData> weights = new(StringComparer.Ordinal);
    private readonly GraphProto graph = new() { Name = "mobilenet" };
    private readonly double zeros;
    private string last = "x";
    private int channels = 3;
    private int side = Side;
    private int layers;
    private double pointwiseFlop;
    private double flop;

    private MobileNet(double zeros) => this.zeros = zeros;

    /// <summary>The table.</summary>
    public static Table Table { get; } = new(
        "mobilenet", "whole networks of MobileNet's shapes, 224 x 224, random weights, zeros in pointwise filters",
        [.. from version in new[] { 1, 2 } from zeros in new[] { 0.7, 0.8, 0.9 } select (Name(version, zeros), new Func<Row>(() => MakeRow(version, zeros)))]);

    private static string Name(int version, double zeros) => FormattableString.Invariant($"v{version} {zeros * 100:0}%");

    private static Row MakeRow(int version, double zeros)
    {
        var net = new MobileNet(zeros);
        if (version == 1)
        {
            net.BuildFirst();
        }
        else
        {
            net.BuildSecond();
        }

        var program = net.Program();
        return new Row(
            Name(version, zeros), net.flop, 1 - (zeros * net.pointwiseFlop / net.flop), program, [new Variant("auto", program with { })],
            [new DensePeer("onnxruntime", net.Onnx(), [1, 3, Side, Side])]);
    }

    private void BuildFirst()
    {
        Convolution(32, kernel: 3, stride: 2, isActivated: true);
        foreach (var (outputs, stride) in new[] { (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1), (512, 1), (512, 1), (512, 1), (512, 1), (1024, 2), (1024, 1) })
        {
            Depthwise(stride);
            Convolution(outputs, kernel: 1, stride: 1, isActivated: true);
        }

        Head();
    }

    private void BuildSecond()
    {
        Convolution(32, kernel: 3, stride: 2, isActivated: true);
        foreach (var (expansion, outputs, repeat, stride) in new[] { (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1) })
        {
            for (var i = 0; i < repeat; i++)
            {
                Inverted(expansion, outputs, i == 0 ? stride : 1);
            }
        }

        Convolution(1280, kernel: 1, stride: 1, isActivated: true);
        Head();
    }

    private void Inverted(int expansion, int outputs, int stride)
    {
        var (before, width) = (last, channels);
        if (expansion > 1)
        {
            Convolution(channels * expansion, kernel: 1, stride: 1, isActivated: true);
        }

        Depthwise(stride);
        Convolution(outputs, kernel: 1, stride: 1, isActivated: false);
        if (stride == 1 && width == outputs)
        {
            var sum = Next("sum");
            body.Append(CultureInfo.InvariantCulture, $"    let {sum} = {last} + {before}\n");
            graph.Node.Add(new NodeProto { OpType = "Add", Input = { last, before }, Output = { sum } });
            last = sum;
        }
    }

    private void Convolution(int outputs, int kernel, int stride, bool isActivated)
    {
        var isSparse = kernel == 1;
        var values = RandomWeights.Unstructured(outputs, channels * kernel * kernel, isSparse ? zeros : 0, seed: layers + 1);
        var call = kernel == 1 ? "conv2d({0}, {1})" : string.Create(CultureInfo.InvariantCulture, $"conv2d({{0}}, {{1}}, stride: {stride}, pad: {kernel / 2})");
        side /= stride;
        var work = 2.0 * outputs * channels * kernel * kernel * side * side;
        (flop, pointwiseFlop) = (flop + work, pointwiseFlop + (isSparse ? work : 0));
        Layer("conv", call, values, [outputs, channels, kernel, kernel], outputs, kernel, stride, group: 1, isActivated);
        channels = outputs;
    }

    private void Depthwise(int stride)
    {
        side /= stride;
        flop += 2.0 * channels * 9 * side * side;
        Layer(
            "depthwise", string.Create(CultureInfo.InvariantCulture, $"depthwise_conv2d({{0}}, {{1}}, stride: {stride}, pad: 1)"), RandomWeights.Dense(channels * 9, seed: layers + 1),
            [channels, 1, 3, 3], channels, 3, stride, group: channels, isActivated: true);
    }

    private void Layer(string kind, string call, float[] values, int[] shape, int outputs, int kernel, int stride, int group, bool isActivated)
    {
        var name = Next(kind);
        var (weight, bias) = (name + "_w", name + "_b");
        // So that values neither grow nor vanish from layer to layer.
        var scale = MathF.Sqrt(6f * outputs / Math.Max(1, values.Count(v => v != 0)));
        Parameter(weight, [.. values.Select(v => v * scale)], shape);
        Parameter(bias, RandomWeights.Dense(outputs, seed: layers + 1000), [outputs]);
        var result = string.Format(CultureInfo.InvariantCulture, call, last, weight);
        body.Append(CultureInfo.InvariantCulture, $"    let {name} = {result} |> channel_bias({bias}){(isActivated ? " |> relu6" : "")}\n");
        var conv = new NodeProto { OpType = "Conv", Input = { last, weight, bias }, Output = { isActivated ? name + "_raw" : name } };
        conv.Attribute.Add(Integers("strides", stride, stride));
        conv.Attribute.Add(Integers("pads", kernel / 2, kernel / 2, kernel / 2, kernel / 2));
        conv.Attribute.Add(new AttributeProto { Name = "group", I = group, Type = AttributeProto.Types.AttributeType.Int });
        graph.Node.Add(conv);
        if (isActivated)
        {
            graph.Node.Add(new NodeProto { OpType = "Clip", Input = { name + "_raw", "zero", "six" }, Output = { name } });
        }

        last = name;
    }

    private void Head()
    {
        Parameter("head_w", RandomWeights.Dense(Classes * channels, seed: 500), [Classes, channels]);
        Parameter("head_b", RandomWeights.Dense(Classes, seed: 501), [Classes]);
        flop += 2.0 * Classes * channels;
        body.Append(CultureInfo.InvariantCulture, $"    output y = linear({last} |> global_avg_pool |> reshape([1, {channels}]), head_w, head_b)\n");
        graph.Node.Add(new NodeProto { OpType = "GlobalAveragePool", Input = { last }, Output = { "pooled" } });
        graph.Node.Add(new NodeProto { OpType = "Flatten", Input = { "pooled" }, Output = { "flat" } });
        var product = new NodeProto { OpType = "Gemm", Input = { "flat", "head_w", "head_b" }, Output = { "y" } };
        product.Attribute.Add(new AttributeProto { Name = "transB", I = 1, Type = AttributeProto.Types.AttributeType.Int });
        graph.Node.Add(product);
    }

    private SmallProgram Program() => new(
        $"module mobilenet\nimport std.nn\n\nmodel MobileNet() {{\n    input x: f32[1, 3, {Side}, {Side}]\n{parameters}{body}}}\n", weights,
        new Dictionary<string, TensorData> { ["x"] = TensorData.FromFloats(RandomWeights.Dense(3 * Side * Side, seed: 2), 1, 3, Side, Side) });

    private byte[] Onnx()
    {
        graph.Initializer.Add(OnnxOperations.Tensor("zero", [0], []));
        graph.Initializer.Add(OnnxOperations.Tensor("six", [6], []));
        graph.Initializer.Add(weights.Select(w => OnnxOperations.Tensor(w.Key, w.Value.ToFloats(), [.. w.Value.Shape.Select(d => (long)d)])));
        graph.Input.Add(OnnxOperations.Value("x", [1, 3, Side, Side]));
        graph.Output.Add(OnnxOperations.Value("y", [1, Classes]));
        return OnnxOperations.Model(graph).ToByteArray();
    }

    private void Parameter(string name, float[] values, int[] shape)
    {
        weights.Add(name, TensorData.FromFloats(values, shape));
        parameters.Append(CultureInfo.InvariantCulture, $"    param {name}: f32[{string.Join(", ", shape)}]\n");
    }

    private string Next(string kind) => string.Create(CultureInfo.InvariantCulture, $"{kind}{++layers}");

    private static AttributeProto Integers(string name, params long[] values)
    {
        var attribute = new AttributeProto { Name = name, Type = AttributeProto.Types.AttributeType.Ints };
        attribute.Ints.Add(values);
        return attribute;
    }
}
