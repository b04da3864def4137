using Google.Protobuf;
using SparseDsl.Import.Onnx;
using SparseDsl.Import.Onnx.Proto;
using AttributeType = SparseDsl.Import.Onnx.Proto.AttributeProto.Types.AttributeType;
using DataType = SparseDsl.Import.Onnx.Proto.TensorProto.Types.DataType;

namespace SparseDsl.Import.Tests.Onnx;

/// <summary>Builds small ONNX files.</summary>
internal static class Protos
{
    public static ModelProto Model(GraphProto graph, long opset = 13) =>
        new() { IrVersion = 8, Graph = graph, OpsetImport = { new OperatorSetIdProto { Version = opset } } };

    /// <summary>A graph of nodes with input <c>x</c> and output <c>y</c>.</summary>
    public static GraphProto Graph(params NodeProto[] nodes) =>
        new() { Name = "g", Node = { nodes }, Input = { Value("x", 1, -1) }, Output = { Value("y") } };

    public static NodeProto Node(string opType, string inputs, string outputs, params AttributeProto[] attributes) => new()
    {
        OpType = opType,
        Input = { inputs.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(name => name == "-" ? "" : name) },
        Output = { outputs.Split(' ', StringSplitOptions.RemoveEmptyEntries) },
        Attribute = { attributes },
    };

    public static ValueInfoProto Value(string name, params long[] shape) => new()
    {
        Name = name,
        Type = new TypeProto
        {
            TensorType = new TypeProto.Types.Tensor
            {
                ElemType = DataType.Float,
                Shape = new TensorShapeProto { Dim = { shape.Select(d => new TensorShapeProto.Types.Dimension { DimValue = d }) } },
            },
        },
    };

    public static TensorProto Floats(string name, float[] values, params long[] dims) =>
        new() { Name = name, DataType = DataType.Float, Dims = { dims }, FloatData = { values } };

    public static TensorProto Integers(string name, params long[] values) =>
        new() { Name = name, DataType = DataType.Int64, Dims = { values.Length }, Int64Data = { values } };

    public static AttributeProto Float(string name, float value) => new() { Name = name, Type = AttributeType.Float, F = value };

    public static AttributeProto Ints(string name, params long[] values) => new() { Name = name, Type = AttributeType.Ints, Ints = { values } };

    public static AttributeProto Text(string name, string value) => new() { Name = name, Type = AttributeType.String, S = ByteString.CopyFromUtf8(value) };

    public static AttributeProto Int(string name, long value) => new() { Name = name, Type = AttributeType.Int, I = value };

    public static AttributeProto Tensor(string name, TensorProto value) => new() { Name = name, Type = AttributeType.Tensor, T = value };

    public static AttributeProto Subgraph(string name, GraphProto value) => new() { Name = name, Type = AttributeType.Graph, G = value };

    public static OnnxModel Parse(GraphProto graph, string? folder = null) => OnnxModel.Parse(Model(graph).ToByteArray(), folder);

    public static string Refusal(GraphProto graph, string? folder = null) =>
        Assert.Throws<OnnxFormatException>(() => Parse(graph, folder)).Message;
}
