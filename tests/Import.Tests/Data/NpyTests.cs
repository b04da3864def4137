using System.Text;
using SparseDsl.Compiler.Data;
using SparseDsl.Dsl;
using SparseDsl.Import.Data;

namespace SparseDsl.Import.Tests.Data;

public class NpyTests
{
    private static readonly TensorData Small = TensorData.FromFloats([1, -2, 0.5f, float.NaN, 4, 5], 2, 3);

    public static TheoryData<ElementType> AllTypes => new(ElementTypes.All.Where(t => t != ElementType.BF16));

    [Theory]
    [MemberData(nameof(AllTypes))]
    public void EveryTypeComesBackBitForBit(ElementType type)
    {
        var tensor = TensorData.FromInt32s([0, 1, 1, 0, 1, 0], 3, 2, 1).ConvertTo(type);
        var back = Read(Write(tensor));
        Assert.Equal(type, back.Type);
        Assert.Equal([3, 2, 1], back.Shape);
        Assert.Equal(tensor.ToBytes(), back.ToBytes());
    }

    [Fact]
    public void BFloat16IsWidened()
    {
        var back = Read(Write(TensorData.FromFloats([1.5f, -2], 2).ConvertTo(ElementType.BF16)));
        Assert.Equal(ElementType.F32, back.Type);
        Assert.Equal([1.5f, -2], back.ToFloats());
    }

    [Theory]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", null)]
    [InlineData("{\"descr\": \"<f4\", \"fortran_order\": False, \"shape\": (1L,), }", null)]
    [InlineData("{'shape': (1, ), 'descr': '=f4', 'fortran_order': True}\n", null)]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}", "a dimension must be a non-negative integer")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (nan,)}", "a dimension must be a non-negative integer")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}", "a dimension must be a non-negative integer")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (9999999999,)}", "dimension 9999999999 is out of range")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2147483647, 2147483647, 2147483647)}", "shape [2147483647, 2147483647, 2147483647] needs more than 2 GB")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (500000000,)}", "the data ends after 4 of 2000000000 bytes")]
    [InlineData("{'descr': '<f4', 'fortran_order': False}", "the header must have 'descr', 'fortran_order' and 'shape'")]
    [InlineData("{'descr': '<f4', 'fortran_order': 1, 'shape': (1,)}", "'fortran_order' must be True or False")]
    [InlineData("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", "header key 'descr' is unknown or given twice")]
    [InlineData("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", "element type '|O' is not supported")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x", "the header goes on after its dictionary")]
    [InlineData("{'descr", "a string in the header has no end")]
    [InlineData("['descr']", "'{' expected in the header")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': ()} ", null)]
    public void HeadersAreReadOrRefused(string header, string? problem)
    {
        var file = File(1, header, BitConverter.GetBytes(2.5f));
        if (problem is null)
        {
            Assert.Equal([2.5f], Read(file).ToFloats());
            return;
        }

        Assert.Equal(problem, Assert.Throws<DataFormatException>(() => Read(file)).Problem);
    }

    [Fact]
    public void BytesAfterTheEndAreRefused()
    {
        var exception = Assert.Throws<DataFormatException>(() => Read([.. Write(Small), 0]));
        Assert.Equal("the file goes on after the last element (at byte 152)", exception.Message);
    }

    [Fact]
    public void ABoolMustBeZeroOrOne()
    {
        var file = Write(new TensorData(ElementType.Bool, [2], [0, 1]));
        file[^1] = 2;
        var exception = Assert.Throws<DataFormatException>(() => Read(file, "flags"));
        Assert.Equal("tensor 'flags': a bool is 2, which is neither 0 nor 1 (at byte 129)", exception.Message);
    }

    [Fact]
    public void UnsignedValuesAboveI64AreRefused()
    {
        const string header = "{'descr': '<u8', 'fortran_order': False, 'shape': (2,), }";
        Assert.Equal([0L, long.MaxValue], Read(File(1, header, [.. new byte[8], .. BitConverter.GetBytes(long.MaxValue)])).ToInt64s());
        var exception = Assert.Throws<DataFormatException>(() => Read(File(1, header, [.. new byte[8], .. BitConverter.GetBytes(ulong.MaxValue)])));
        Assert.Equal(10 + header.Length + 8, exception.Offset);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(4, 0)]
    [InlineData(1, 1)]
    public void UnknownVersionsAreRefused(byte major, byte minor)
    {
        var file = Write(Small);
        (file[6], file[7]) = (major, minor);
        Assert.Equal($"npy version {major}.{minor} is not known", Assert.Throws<DataFormatException>(() => Read(file)).Problem);
    }

    [Fact]
    public void AnyCutIsRefused() => Damage.TruncateEverywhere(Write(Small), file => Read(file));

    [Fact]
    public void FlippedBitsNeverEscape() => Assert.InRange(Damage.FlipBits(Write(Small), file => Read(file)), 1000, 3000);

    [Fact]
    public void AnyCutOfAnArchiveIsRefused() => Damage.TruncateEverywhere(Archive(compress: true), ReadArchive);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void FlippedBitsInAnArchiveNeverEscape(bool compress) =>
        Assert.InRange(Damage.FlipBits(Archive(compress), ReadArchive), 1000, 3000);

    [Fact]
    public void AFlippedElementInAnArchiveFailsItsChecksum()
    {
        var file = Archive(compress: false);
        var one = BitConverter.GetBytes(0.5f);
        file[file.AsSpan().IndexOf(one) + 3] ^= 1;
        var exception = Assert.Throws<DataFormatException>(() => ReadArchive(file));
        Assert.Contains("checksum", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ArchivesAreEqualWheneverTheyAreWritten() => Assert.Equal(Archive(compress: true), Archive(compress: true));

    private static byte[] File(byte major, string header, byte[] data) =>
        [0x93, .. "NUMPY"u8, major, 0, (byte)header.Length, (byte)(header.Length >> 8), .. Encoding.Latin1.GetBytes(header), .. data];

    private static TensorData Read(byte[] file, string? name = null) => Npy.Read(new MemoryStream(file), name);

    private static byte[] Write(TensorData tensor)
    {
        using var stream = new MemoryStream();
        Npy.Write(stream, tensor);
        return stream.ToArray();
    }

    private static byte[] Archive(bool compress)
    {
        using var stream = new MemoryStream();
        Npz.Write(stream, [new("a", Small), new("deep/b", TensorData.FromInt64s([7], 1))], compress);
        return stream.ToArray();
    }

    private static void ReadArchive(byte[] file) => Npz.Read(new MemoryStream(file));
}
