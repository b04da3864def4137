using System.Runtime.InteropServices;
using Google.Protobuf;
using SparseDsl.Import.Onnx.Proto;
using DataType = SparseDsl.Import.Onnx.Proto.TensorProto.Types.DataType;

namespace SparseDsl.Benchmarks;

/// <summary>
/// Quantises an ONNX file as ONNX Runtime's <c>quantize_dynamic</c> does: weights of convolutions and products in bytes, their inputs quantised at run time by
/// DynamicQuantizeLinear, ConvInteger and MatMulInteger in between.
/// </summary>
internal sealed class DynamicOnnx
{
    // The first that has DynamicQuantizeLinear.
    private const int Opset = 11;

    private readonly GraphProto graph;
    private readonly Dictionary<string, TensorProto> constants;
    private readonly Dictionary<string, string> inputs = new(StringComparer.Ordinal);
    private readonly List<NodeProto> nodes = [];

    private DynamicOnnx(GraphProto graph)
    {
        this.graph = graph;
        constants = graph.Initializer.ToDictionary(t => t.Name, StringComparer.Ordinal);
        foreach (var node in graph.Node.Where(n => n.OpType == "Constant" && n.Attribute is [{ T: not null }]))
        {
            constants.TryAdd(node.Output[0], node.Attribute[0].T);
        }
    }

    /// <summary>The quantised file.</summary>
    /// <param name="onnx">The bytes of the file.</param>
    /// <param name="quantized">How many operators became ones of integers.</param>
    public static byte[] Quantize(byte[] onnx, out int quantized)
    {
        var model = ModelProto.Parser.ParseFrom(onnx);
        var rewrite = new DynamicOnnx(model.Graph);
        quantized = rewrite.Run();
        foreach (var opset in model.OpsetImport.Where(o => o.Domain.Length == 0 && o.Version < Opset))
        {
            opset.Version = Opset;
            rewrite.Modernise();
        }

        return model.ToByteArray();
    }

    private int Run()
    {
        var count = 0;
        foreach (var node in graph.Node)
        {
            var isConvolution = node.OpType == "Conv";
            if ((isConvolution || node.OpType == "MatMul") && constants.TryGetValue(node.Input[1], out var weight) && weight.DataType == DataType.Float)
            {
                Replace(node, weight, isConvolution);
                count++;
            }
            else
            {
                nodes.Add(node);
            }
        }

        graph.Node.Clear();
        graph.Node.Add(nodes);
        return count;
    }

    // y = cast(ConvInteger(xq, wq, xz, wz)) * (xs * ws) + bias
    private void Replace(NodeProto node, TensorProto weight, bool isConvolution)
    {
        var name = node.Output[0];
        var (x, w) = (Input(node.Input[0]), Weight(weight));
        var integer = new NodeProto { OpType = isConvolution ? "ConvInteger" : "MatMulInteger", Input = { x + "_q", w + "_q", x + "_z", w + "_z" }, Output = { name + "_i32" } };
        if (isConvolution)
        {
            integer.Attribute.Add(node.Attribute);
        }

        var cast = new NodeProto { OpType = "Cast", Input = { name + "_i32" }, Output = { name + "_f32" } };
        cast.Attribute.Add(new AttributeProto { Name = "to", I = (long)DataType.Float, Type = AttributeProto.Types.AttributeType.Int });
        nodes.AddRange([integer, cast, Two("Mul", x + "_s", w + "_s", name + "_s")]);
        var bias = node.Input.Count > 2 ? Bias(node.Input[2]) : null;
        nodes.Add(Two("Mul", name + "_f32", name + "_s", bias is null ? name : name + "_scaled"));
        if (bias is not null)
        {
            nodes.Add(Two("Add", name + "_scaled", bias, name));
        }
    }

    private static NodeProto Two(string operation, string a, string b, string result) => new() { OpType = operation, Input = { a, b }, Output = { result } };

    private string Input(string x)
    {
        if (inputs.TryAdd(x, x))
        {
            nodes.Add(new NodeProto { OpType = "DynamicQuantizeLinear", Input = { x }, Output = { x + "_q", x + "_s", x + "_z" } });
        }

        return x;
    }

    // Unsigned, as ConvInteger of the CPU provider wants them; one scale, as the tool's default.
    private string Weight(TensorProto weight)
    {
        if (!constants.ContainsKey(weight.Name + "_q"))
        {
            var values = weight.FloatData.Count > 0 ? [.. weight.FloatData] : MemoryMarshal.Cast<byte, float>(weight.RawData.Span).ToArray();
            var (low, high) = (Math.Min(0, values.Min()), Math.Max(0, values.Max()));
            var scale = (high - low) / 255;
            var zero = (byte)Math.Clamp(MathF.Round(-low / scale), 0, 255);
            byte[] bytes = [.. values.Select(v => (byte)Math.Clamp(MathF.Round(v / scale) + zero, 0, 255))];
            Constant(new TensorProto { Name = weight.Name + "_q", DataType = DataType.Uint8, RawData = ByteString.CopyFrom(bytes), Dims = { weight.Dims } });
            Constant(new TensorProto { Name = weight.Name + "_z", DataType = DataType.Uint8, RawData = ByteString.CopyFrom([zero]) });
            Constant(new TensorProto { Name = weight.Name + "_s", DataType = DataType.Float, RawData = ByteString.CopyFrom(BitConverter.GetBytes(scale)) });
        }

        return weight.Name;
    }

    private string Bias(string name)
    {
        if (constants.TryGetValue(name, out var bias) && !constants.ContainsKey(name + "_4d"))
        {
            var shaped = bias.Clone();
            shaped.Name = name + "_4d";
            shaped.Dims.Clear();
            shaped.Dims.Add([1, bias.Dims[0], 1, 1]);
            Constant(shaped);
        }

        return name + "_4d";
    }

    // What was an attribute before version 11 and is an input from then on: limits of Clip, bounds of Slice.
    private void Modernise()
    {
        foreach (var node in graph.Node.ToList())
        {
            if (node.OpType == "Clip" && node.Attribute.Count > 0)
            {
                float Limit(string name, float otherwise) => node.Attribute.FirstOrDefault(a => a.Name == name)?.F ?? otherwise;
                node.Input.Add(Single(node.Output[0] + "_min", Limit("min", float.MinValue)));
                node.Input.Add(Single(node.Output[0] + "_max", Limit("max", float.MaxValue)));
                node.Attribute.Clear();
            }
            else if (node.OpType == "Slice" && node.Attribute.Count > 0)
            {
                foreach (var name in new[] { "starts", "ends", "axes" })
                {
                    node.Input.Add(Integers(node.Output[0] + "_" + name, [.. node.Attribute.First(a => a.Name == name).Ints]));
                }

                node.Attribute.Clear();
            }
        }
    }

    private string Single(string name, float value)
    {
        Constant(new TensorProto { Name = name, DataType = DataType.Float, RawData = ByteString.CopyFrom(BitConverter.GetBytes(value)) });
        return name;
    }

    private string Integers(string name, long[] values)
    {
        Constant(new TensorProto { Name = name, DataType = DataType.Int64, RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes(values.AsSpan())), Dims = { values.Length } });
        return name;
    }

    private void Constant(TensorProto tensor)
    {
        constants.Add(tensor.Name, tensor);
        graph.Initializer.Add(tensor);
    }
}
