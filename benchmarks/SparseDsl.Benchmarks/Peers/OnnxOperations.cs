using System.Runtime.InteropServices;
using Google.Protobuf;
using SparseDsl.Import.Onnx.Proto;

namespace SparseDsl.Benchmarks;

/// <summary>ONNX models of one operation, for peers.</summary>
internal static class OnnxOperations
{
    private const int Opset = 13;
    private const int IrVersion = 8;

    /// <summary><c>y[M, N] = w[M, K] . x[K, N]</c></summary>
    public static byte[] MatMul(float[] weight, int rows, int inner, int columns) =>
        Model(new NodeProto { OpType = "MatMul", Input = { "w", "x" }, Output = { "y" } }, weight, [rows, inner], [inner, columns], [rows, columns]);

    /// <summary>A 1 x 1 convolution of an image [1, C, H, W].</summary>
    public static byte[] Pointwise(float[] weight, int outputs, int channels, int height, int width) =>
        Model(new NodeProto { OpType = "Conv", Input = { "x", "w" }, Output = { "y" } }, weight, [outputs, channels, 1, 1], [1, channels, height, width], [1, outputs, height, width]);

    /// <summary><c>y[1, J] = x[1, K] . w[J, K]'</c></summary>
    public static byte[] Linear(float[] weight, int outputs, int inputs)
    {
        var node = new NodeProto { OpType = "Gemm", Input = { "x", "w" }, Output = { "y" } };
        node.Attribute.Add(new AttributeProto { Name = "transB", I = 1, Type = AttributeProto.Types.AttributeType.Int });
        return Model(node, weight, [outputs, inputs], [1, inputs], [1, outputs]);
    }

    private static byte[] Model(NodeProto node, float[] weight, long[] weightShape, long[] input, long[] output)
    {
        var graph = new GraphProto { Name = "operation", Node = { node }, Initializer = { Tensor("w", weight, weightShape) }, Input = { Value("x", input) }, Output = { Value("y", output) } };
        return Model(graph).ToByteArray();
    }

    /// <summary>A file around a graph.</summary>
    public static ModelProto Model(GraphProto graph) =>
        new() { IrVersion = IrVersion, ProducerName = "sparsedsl-benchmarks", Graph = graph, OpsetImport = { new OperatorSetIdProto { Version = Opset } } };

    /// <summary>A weight.</summary>
    public static TensorProto Tensor(string name, float[] values, long[] shape)
    {
        var tensor = new TensorProto { Name = name, DataType = TensorProto.Types.DataType.Float, RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes(values.AsSpan())) };
        tensor.Dims.Add(shape);
        return tensor;
    }

    /// <summary>An input or output.</summary>
    public static ValueInfoProto Value(string name, long[] shape)
    {
        var type = new TypeProto.Types.Tensor { ElemType = TensorProto.Types.DataType.Float, Shape = new TensorShapeProto() };
        type.Shape.Dim.Add(shape.Select(length => new TensorShapeProto.Types.Dimension { DimValue = length }));
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = type } };
    }
}
