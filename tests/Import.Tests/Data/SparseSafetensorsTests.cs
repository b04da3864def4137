using SparseDsl.Compiler.Data;
using SparseDsl.Dsl;
using SparseDsl.Import.Data;

namespace SparseDsl.Import.Tests.Data;

/// <summary>Tensors stored by compressed rows inside safetensors files.</summary>
public class SparseSafetensorsTests
{
    public static TheoryData<ElementType, int, int> Cases => new()
    {
        { ElementType.F32, 256, 784 }, { ElementType.F16, 7, 65536 }, { ElementType.BF16, 2, 65537 }, { ElementType.I8, 1, 1 },
        { ElementType.F64, 0, 5 }, { ElementType.F32, 5, 0 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void ComesBackDense(ElementType type, int rows, int columns)
    {
        var random = new Random(rows);
        var values = new float[rows * columns];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = random.Next(10) == 0 ? random.Next(1, 100) : 0;
        }

        var dense = TensorData.FromFloats(values, rows, columns).ConvertTo(type);
        using var file = Open(new SafetensorsWriter().AddSparse("w", dense));
        Assert.Equal(["w"], file.Names);
        Assert.Equal("csr", file.Metadata["w.format"]);
        Assert.Equal($"{rows},{columns}", file.Metadata["w.shape"]);
        Assert.Equal(type, file.Read("w").Type);
        Assert.Equal(dense.Shape, file.Read("w").Shape);
        Assert.Equal(dense.ToBytes(), file.Read("w").ToBytes());
    }

    [Fact]
    public void DimensionsAfterTheFirstFormTheColumns()
    {
        var dense = TensorData.FromFloats([0, 1, 0, 0, 0, 2, 0, 0, -0f, 0, 0, float.NaN], 2, 3, 2, 1);
        using var file = Open(new SafetensorsWriter().AddSparse("w", dense));
        Assert.Equal([2, 3, 2, 1], file.Read("w").Shape);
        Assert.Equal(dense.ToFloats(), file.Read("w").ToFloats());
        Assert.Equal([0, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, float.NaN], file.Read("w").ToFloats());
    }

    [Theory]
    [InlineData(65536, ElementType.U16)]
    [InlineData(65537, ElementType.I32)]
    public void IndicesAreAsNarrowAsTheColumnsAllow(int columns, ElementType expected)
    {
        var values = new float[columns];
        values[^1] = 3;
        var csr = Csr.FromDense(TensorData.FromFloats(values, 1, columns));
        Assert.Equal(expected, csr.Indices.Type);
        Assert.Equal([columns - 1L], csr.Indices.ToInt64s());
    }

    public static TheoryData<string, int[], int[], string> Broken => new()
    {
        { "2,3", [0, 2], [0, 2, 1], "'indptr' must run from 0 to the number of values" },
        { "2,3", [0, 2], [0, 3, 2], "'indptr' falls at row 0" },
        { "2,3", [0, 2], [0, -1, 2], "'indptr' falls at row 0" },
        { "2,3", [0, 2], [1, 1, 2], "'indptr' must run from 0 to the number of values" },
        { "2,3", [2, 0], [0, 2, 2], "column 0 at position 1 of 'indices' is out of order or out of range" },
        { "2,3", [1, 1], [0, 2, 2], "column 1 at position 1 of 'indices' is out of order or out of range" },
        { "2,3", [0, 3], [0, 2, 2], "column 3 at position 1 of 'indices' is out of order or out of range" },
        { "2,3", [-1, 2], [0, 2, 2], "column -1 at position 0 of 'indices' is out of order or out of range" },
        { "3,3", [0, 2], [0, 2, 2], "'values', 'indices' and 'indptr' do not fit each other and the shape" },
        { "2,3", [0], [0, 2, 2], "'values', 'indices' and 'indptr' do not fit each other and the shape" },
        { "2,NaN", [0, 2], [0, 2, 2], "metadata 'w.shape' must be extents separated by commas" },
        { "-2,3", [0, 2], [0, 2, 2], "metadata 'w.shape' must be extents separated by commas" },
        { "2", [0, 2], [0, 2, 2], "metadata 'w.shape' must have two dimensions or more" },
        { "2,2147483647,2147483647", [0, 2], [0, 2, 2], "shape [2, 2147483647, 2147483647] needs more than 2 GB" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void PartsThatContradictEachOtherAreRefused(string shape, int[] indices, int[] indptr, string problem)
    {
        var writer = Parts(indices, indptr).AddMetadata("w.format", "csr").AddMetadata("w.shape", shape);
        using var file = Open(writer);
        var exception = Assert.Throws<DataFormatException>(() => file.Read("w"));
        Assert.Equal(problem, exception.Problem);
        Assert.Equal("w", exception.Tensor);
    }

    [Fact]
    public void AnUnknownFormatAMissingPartAndADoubleAreRefused()
    {
        AssertRefused(Parts([0, 2], [0, 2, 2]).AddMetadata("w.format", "ellpack"), "storage format 'ellpack' is not known");
        AssertRefused(
            new SafetensorsWriter().Add("w.values", TensorData.FromFloats([1], 1)).AddMetadata("w.format", "csr"),
            "its part 'w.indices' is missing");
        AssertRefused(
            Parts([0, 2], [0, 2, 2]).Add("w", TensorData.FromFloats([1], 1)).AddMetadata("w.format", "csr"),
            "the file holds it both dense and sparse");
    }

    [Fact]
    public void MetadataOfOtherToolsIsNoFormat()
    {
        var writer = Parts([0, 2], [0, 2, 2]).AddMetadata("format", "pt").AddMetadata("other.format", "pt");
        using var file = Open(writer);
        Assert.Equal(["w.indices", "w.indptr", "w.values"], file.Names);
    }

    [Fact]
    public void AVectorCannotBeStoredByRows() =>
        Assert.Throws<ArgumentException>(() => new SafetensorsWriter().AddSparse("v", TensorData.FromFloats([1, 0], 2)));

    private static void AssertRefused(SafetensorsWriter writer, string problem) =>
        Assert.Equal(problem, Assert.Throws<DataFormatException>(() => Open(writer)).Problem);

    private static SafetensorsWriter Parts(int[] indices, int[] indptr) => new SafetensorsWriter()
        .Add("w.values", TensorData.FromFloats([1, 2], 2))
        .Add("w.indices", TensorData.FromInt32s(indices, indices.Length))
        .Add("w.indptr", TensorData.FromInt32s(indptr, indptr.Length));

    private static SafetensorsFile Open(SafetensorsWriter writer)
    {
        var stream = new MemoryStream();
        writer.Write(stream);
        return SafetensorsFile.Open(stream);
    }
}
