using Google.Protobuf;
using SparseDsl.Compiler.Data;
using SparseDsl.Import.Onnx;
using SparseDsl.Import.Onnx.Proto;
using DataType = SparseDsl.Import.Onnx.Proto.TensorProto.Types.DataType;

namespace SparseDsl.Import.Tests.Onnx;

/// <summary>Every place an ONNX tensor may keep its elements.</summary>
public sealed class OnnxTensorTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sparsedsl").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public static TheoryData<IMessage, string> Typed => new()
    {
        { new TensorProto { DataType = DataType.Float, FloatData = { 1, 2 } }, "f32[2]" },
        { new TensorProto { DataType = DataType.Double, DoubleData = { 1, 2 } }, "f64[2]" },
        { new TensorProto { DataType = DataType.Float16, Int32Data = { 0x3c00, 0x4000 } }, "f16[2]" },
        { new TensorProto { DataType = DataType.Bfloat16, Int32Data = { 0x3f80, 0x4000 } }, "bf16[2]" },
        { new TensorProto { DataType = DataType.Int8, Int32Data = { 1, 2 } }, "i8[2]" },
        { new TensorProto { DataType = DataType.Uint8, Int32Data = { 1, 2 } }, "u8[2]" },
        { new TensorProto { DataType = DataType.Int16, Int32Data = { 1, 2 } }, "i16[2]" },
        { new TensorProto { DataType = DataType.Uint16, Int32Data = { 1, 2 } }, "u16[2]" },
        { new TensorProto { DataType = DataType.Int32, Int32Data = { 1, 2 } }, "i32[2]" },
        { new TensorProto { DataType = DataType.Uint32, Uint64Data = { 1, 2 } }, "u32[2]" },
        { new TensorProto { DataType = DataType.Int64, Int64Data = { 1, 2 } }, "i64[2]" },
        { new TensorProto { DataType = DataType.Uint64, Uint64Data = { 1, 2 } }, "i64[2]" },
        { new TensorProto { DataType = DataType.Float, RawData = Raw(1f, 2f) }, "f32[2]" },
        { new TensorProto { DataType = DataType.Float16, RawData = ByteString.CopyFrom(0, 0x3c, 0, 0x40) }, "f16[2]" },
        { new TensorProto { DataType = DataType.Int8, RawData = ByteString.CopyFrom(1, 2) }, "i8[2]" },
    };

    [Theory]
    [MemberData(nameof(Typed), DisableDiscoveryEnumeration = true)]
    public void ElementsAreReadFromTheListOfTheirTypeAndFromRawBytes(IMessage message, string expected)
    {
        var proto = (TensorProto)message;
        proto.Dims.Add(2);
        var tensor = Read(proto);
        Assert.Equal(expected, tensor.ToString());
        Assert.Equal([1d, 2], tensor.ToDoubles());
    }

    [Fact]
    public void NegativeAndBooleanElementsInNarrowListsAreRead()
    {
        Assert.Equal([-1L, 127], Read(new TensorProto { DataType = DataType.Int8, Dims = { 2 }, Int32Data = { -1, 127 } }).ToInt64s());
        Assert.Equal([-2L, 5], Read(new TensorProto { DataType = DataType.Int16, Dims = { 2 }, Int32Data = { -2, 5 } }).ToInt64s());
        Assert.Equal([0L, 1], Read(new TensorProto { DataType = DataType.Bool, Dims = { 2 }, Int32Data = { 0, 1 } }).ToInt64s());
    }

    [Fact]
    public void ScalarsAndEmptyTensorsAreRead()
    {
        Assert.Equal([4f], Read(new TensorProto { DataType = DataType.Float, FloatData = { 4 } }).ToFloats());
        Assert.Equal("i64[0, 3]", Read(new TensorProto { DataType = DataType.Int64, Dims = { 0, 3 } }).ToString());
    }

    public static TheoryData<IMessage, string> Broken => new()
    {
        { new TensorProto { DataType = DataType.Float, Dims = { 3 }, FloatData = { 1 } }, "initializer 'w' needs 12 bytes, but the file holds 4" },
        { new TensorProto { DataType = DataType.Float, Dims = { 1 }, RawData = ByteString.CopyFrom(1, 2, 3) }, "initializer 'w' needs 4 bytes, but the file holds 3" },
        { new TensorProto { DataType = DataType.Float, Dims = { -1 } }, "initializer 'w': dimension -1 is out of range" },
        { new TensorProto { DataType = DataType.Float, Dims = { 1 << 30, 1 << 30 } }, "initializer 'w': shape [1073741824, 1073741824] needs more than 2 GB" },
        { new TensorProto { DataType = DataType.String, Dims = { 1 } }, "initializer 'w' has element type String, which is not supported" },
        { new TensorProto { DataType = DataType.Complex64, Dims = { 1 } }, "initializer 'w' has element type Complex64, which is not supported" },
        { new TensorProto { DataType = (DataType)99, Dims = { 1 } }, "initializer 'w' has element type 99, which is not supported" },
        { new TensorProto { DataType = DataType.Bool, Dims = { 1 }, RawData = ByteString.CopyFrom(3) }, "initializer 'w': a bool is 3, which is neither 0 nor 1 (at byte 0)" },
        { new TensorProto { DataType = DataType.Uint64, Dims = { 1 }, Uint64Data = { ulong.MaxValue } }, "initializer 'w': an unsigned 64-bit value does not fit i64 (at byte 0)" },
    };

    [Theory]
    [MemberData(nameof(Broken), DisableDiscoveryEnumeration = true)]
    public void TensorsThatDoNotFitAreRefused(IMessage tensor, string message) =>
        Assert.Equal(message, Refusal((TensorProto)tensor));

    [Fact]
    public void ExternalDataIsReadFromTheModelsFolder()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "data"));
        File.WriteAllBytes(Path.Combine(_folder, "data", "w.bin"), [9, 9, 9, 9, .. Raw(1f, 2f)]);
        File.WriteAllBytes(Path.Combine(_folder, "m.onnx"), Protos.Model(WithWeight(External("data/w.bin", "4", "8"))).ToByteArray());
        Assert.Equal([1f, 2], OnnxModel.Load(Path.Combine(_folder, "m.onnx")).Graph.Initializers["w"].ToFloats());
        Assert.Equal([1f, 2], Read(External("data/w.bin", "4", null)).ToFloats());
    }

    [Theory]
    [InlineData("w.bin", "4", "8", "initializer 'w': the data ends after 6 of 8 bytes (at byte 10)")]
    [InlineData("w.bin", "99", "8", "initializer 'w': the data ends after 0 of 8 bytes (at byte 99)")]
    [InlineData("w.bin", "0", "7", "initializer 'w' needs 8 bytes, but refers to another number of them")]
    [InlineData("w.bin", "-1", "8", "the data file entry 'offset' of initializer 'w' is not a number")]
    [InlineData("none.bin", "0", "8", "the data file 'none.bin' of initializer 'w' cannot be read")]
    [InlineData("folder", "0", "8", "the data file 'folder' of initializer 'w' cannot be read")]
    [InlineData("../w.bin", "0", "8", "the data file '../w.bin' of initializer 'w' is not inside the model's folder")]
    [InlineData("/etc/passwd", "0", "8", "the data file '/etc/passwd' of initializer 'w' is not inside the model's folder")]
    [InlineData("", "0", "8", "the data file '' of initializer 'w' is not inside the model's folder")]
    [InlineData("a\0b", "0", "8", "the data file 'a\0b' of initializer 'w' is not inside the model's folder")]
    public void ExternalDataThatIsNotThereOrOutsideIsRefused(string location, string offset, string length, string message)
    {
        Directory.CreateDirectory(Path.Combine(_folder, "folder"));
        File.WriteAllBytes(Path.Combine(_folder, "w.bin"), new byte[10]);
        Assert.Equal(message, Refusal(External(location, offset, length)));
    }

    [Fact]
    public void ExternalDataNeedsAFolder() => Assert.Equal(
        "initializer 'w' lies in a data file, and there is no folder to find it in",
        Protos.Refusal(WithWeight(External("w.bin", null, null))));

    private static ByteString Raw(params float[] values) => ByteString.CopyFrom(TensorData.FromFloats(values, values.Length).Bytes);

    private static TensorProto External(string location, string? offset, string? length)
    {
        var proto = new TensorProto { DataType = DataType.Float, Dims = { 2 }, DataLocation = TensorProto.Types.DataLocation.External };
        foreach (var (key, value) in new[] { ("location", location), ("offset", offset), ("length", length) })
        {
            if (value is not null)
            {
                proto.ExternalData.Add(new StringStringEntryProto { Key = key, Value = value });
            }
        }

        return proto;
    }

    private static GraphProto WithWeight(TensorProto weight)
    {
        weight.Name = "w";
        var graph = Protos.Graph(Protos.Node("Add", "x w", "y"));
        graph.Initializer.Add(weight);
        return graph;
    }

    private TensorData Read(TensorProto proto) => Protos.Parse(WithWeight(proto), _folder).Graph.Initializers["w"];

    private string Refusal(TensorProto proto) => Protos.Refusal(WithWeight(proto), _folder);
}
