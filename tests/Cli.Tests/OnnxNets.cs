using Google.Protobuf;
using SparseDsl.Import.Onnx.Proto;

namespace SparseDsl.Tests.Cli;

/// <summary>Small ONNX networks, and where the peer that runs them is.</summary>
internal static class OnnxNets
{
    /// <summary>Built with these tests, in a folder of its own.</summary>
    public static string Peers { get; } = Repository.PathOf($"benchmarks/SparseDsl.OnnxRuntime/bin/{new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name}/net10.0");

    /// <summary>One operator on a matrix of 4 by 4.</summary>
    public static byte[] Relu()
    {
        var graph = new GraphProto { Name = "g", Node = { new NodeProto { OpType = "Relu", Input = { "x" }, Output = { "y" } } }, Input = { Value("x") }, Output = { Value("y") } };
        return new ModelProto { IrVersion = 8, Graph = graph, OpsetImport = { new OperatorSetIdProto { Version = 13 } } }.ToByteArray();
    }

    private static ValueInfoProto Value(string name)
    {
        var shape = new TensorShapeProto { Dim = { new TensorShapeProto.Types.Dimension { DimValue = 4 }, new TensorShapeProto.Types.Dimension { DimValue = 4 } } };
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = TensorProto.Types.DataType.Float, Shape = shape } } };
    }
}
