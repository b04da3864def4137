using System.Text;
using SparseDsl.Compiler.Data;
using SparseDsl.Dsl;
using SparseDsl.Import.Data;

namespace SparseDsl.Import.Tests.Data;

public class SafetensorsTests
{
    public static TheoryData<ElementType> AllTypes => new(ElementTypes.All);

    [Theory]
    [MemberData(nameof(AllTypes))]
    public void EveryTypeComesBackBitForBit(ElementType type)
    {
        var tensor = TensorData.FromInt32s([0, 1, 1, 0, 1, 0], 3, 2).ConvertTo(type);
        var back = Read(Write(new SafetensorsWriter().Add("x", tensor)))["x"];
        Assert.Equal(type, back.Type);
        Assert.Equal([3, 2], back.Shape);
        Assert.Equal(tensor.ToBytes(), back.ToBytes());
    }

    [Fact]
    public void TensorsScalarsEmptyOnesAndMetadataComeBack()
    {
        var writer = new SafetensorsWriter()
            .Add("b", TensorData.FromFloats([1, 2], 2))
            .Add("a.é\"", TensorData.FromDoubles([3]))
            .Add("none", TensorData.FromFloats([], 0, 7))
            .Add("flag", new TensorData(ElementType.Bool, [1], [1]))
            .AddMetadata("made by", "a test");
        using var file = SafetensorsFile.Open(new MemoryStream(Write(writer)));
        Assert.Equal(["a.é\"", "b", "flag", "none"], file.Names);
        Assert.Equal("a test", file.Metadata["made by"]);
        Assert.Equal([1f, 2], file.Read("b").ToFloats());
        Assert.Equal(0, file.Read("a.é\"").Rank);
        Assert.Equal([0, 7], file.Read("none").Shape);
        Assert.Throws<KeyNotFoundException>(() => file.Read("c"));
    }

    [Fact]
    public void DataBeginsAtAMultipleOf64AndOrderOfAddingDoesNotMatter()
    {
        var one = TensorData.FromFloats([1], 1);
        var half = one.ConvertTo(ElementType.F16);
        var file = Write(new SafetensorsWriter().Add("x", one).Add("w", half));
        Assert.Equal(file, Write(new SafetensorsWriter().Add("w", half).Add("x", one)));
        Assert.Equal(0, (8 + BitConverter.ToInt32(file)) % 64);
        Assert.Equal(1f, BitConverter.ToSingle(file, file.Length - 6));
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", null)]
    [InlineData("""{"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}   """, null)]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}""", "its data overlaps another tensor")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F16","shape":[1],"data_offsets":[6,8]}}""", "bytes before its data belong to no tensor")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "bytes before its data belong to no tensor")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "bytes after the last tensor belong to none")]
    [InlineData("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}""", "its data lies outside the file")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[9223372036854775800,9223372036854775804]}}""", "its data lies outside the file")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "the header holds this name twice")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", "its shape needs 8 bytes, but 'data_offsets' spans 4")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", "'data_offsets' must be a begin and an end")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,8]}}""", "'data_offsets' must be a begin and an end")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", "dimension -2 is out of range")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,8]}}""", "'shape' must hold integers")]
    [InlineData("""{"a":{"dtype":"F32","shape":["NaN"],"data_offsets":[0,8]}}""", "'shape' must hold integers")]
    [InlineData("""{"a":{"dtype":"F32","shape":2,"data_offsets":[0,8]}}""", "'shape' must be an array")]
    [InlineData("""{"a":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}}""", "element type 'F8_E4M3' is not supported")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2]}}""", "the header row must be an object of 'dtype', 'shape' and 'data_offsets'")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"more":1}}""", "the header row must be an object of 'dtype', 'shape' and 'data_offsets'")]
    [InlineData("""{"a":7}""", "the header row must be an object of 'dtype', 'shape' and 'data_offsets'")]
    [InlineData("""{"__metadata__":{"k":1},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "metadata 'k' must be a string")]
    [InlineData("""{"__metadata__":{"k":"1","k":"2"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "metadata 'k' is given twice")]
    [InlineData("""{"__metadata__":[],"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "'__metadata__' must be an object")]
    [InlineData("""{"\ud800":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "the header holds a string that is not valid Unicode")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}""", "the header is not valid JSON")]
    [InlineData("""[]""", "the header does not begin with '{'")]
    [InlineData("", "the header does not begin with '{'")]
    public void HeadersAreReadOrRefused(string header, string? problem)
    {
        var file = File(header, new byte[8]);
        if (problem is null)
        {
            Assert.Equal([0f], Read(file)["b"].ToFloats());
            return;
        }

        Assert.Equal(problem, Assert.Throws<DataFormatException>(() => Read(file)).Problem);
    }

    [Theory]
    [InlineData(100_000_001UL)]
    [InlineData(ulong.MaxValue)]
    [InlineData(3UL)]
    public void AHeaderLongerThanTheFileIsRefused(ulong length)
    {
        byte[] file = [.. BitConverter.GetBytes(length), (byte)'{', (byte)'}'];
        Assert.Equal($"a header of {length} bytes does not fit the file", Assert.Throws<DataFormatException>(() => Read(file)).Problem);
    }

    [Fact]
    public void ErrorsNameTheTensorAndTheByte()
    {
        var file = Write(new SafetensorsWriter().Add("mask", new TensorData(ElementType.Bool, [3], [1, 0, 1])));
        file[^2] = 9;
        var exception = Assert.Throws<DataFormatException>(() => Read(file));
        Assert.Equal("mask", exception.Tensor);
        Assert.Equal(file.Length - 2, exception.Offset);
        Assert.Equal($"tensor 'mask': a bool is 9, which is neither 0 nor 1 (at byte {file.Length - 2})", exception.Message);
    }

    [Fact]
    public void AnyCutIsRefused() => Damage.TruncateEverywhere(Sample(), file => Read(file));

    [Fact]
    public void FlippedBitsNeverEscape() => Assert.InRange(Damage.FlipBits(Sample(), file => Read(file)), 1000, 3000);

    private static byte[] Sample() => Write(new SafetensorsWriter()
        .Add("bias", TensorData.FromFloats([1, 2, 3], 3))
        .AddSparse("w", TensorData.FromFloats([0, 5, 0, 0, 0, 0, 7, 0, 9], 3, 3))
        .AddMetadata("note", "x"));

    private static byte[] File(string header, byte[] data) =>
        [.. BitConverter.GetBytes((ulong)Encoding.UTF8.GetByteCount(header)), .. Encoding.UTF8.GetBytes(header), .. data];

    private static IReadOnlyDictionary<string, TensorData> Read(byte[] file)
    {
        using var opened = SafetensorsFile.Open(new MemoryStream(file));
        return opened.ReadAll();
    }

    private static byte[] Write(SafetensorsWriter writer)
    {
        using var stream = new MemoryStream();
        writer.Write(stream);
        return stream.ToArray();
    }
}
