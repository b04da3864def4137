using SparseDsl.Compiler.Data;
using SparseDsl.Dsl;
using SparseDsl.Import.Data;

namespace SparseDsl.Import.Tests.Data;

/// <summary>Files that NumPy wrote (Golden/make.py).</summary>
public class NumpyGoldenTests
{
    public static TheoryData<string, ElementType> Types => new()
    {
        { "bool", ElementType.Bool }, { "uint8", ElementType.U8 }, { "int8", ElementType.I8 },
        { "uint16", ElementType.U16 }, { "int16", ElementType.I16 }, { "uint32", ElementType.U32 },
        { "int32", ElementType.I32 }, { "uint64", ElementType.I64 }, { "int64", ElementType.I64 },
        { "float16", ElementType.F16 }, { "float32", ElementType.F32 }, { "float64", ElementType.F64 },
    };

    [Theory]
    [MemberData(nameof(Types))]
    public void EveryTypeIsReadFromStoredDeflatedAndBigEndianArchives(string name, ElementType type)
    {
        foreach (var file in new[] { "types.npz", "types-deflated.npz", "big-endian.npz" })
        {
            var tensor = Npz.Read(Golden(file))[name];
            Assert.Equal(type, tensor.Type);
            Assert.Equal([2, 3], tensor.Shape);
            Assert.Equal(Ramp(name, 6), tensor.ToDoubles());
        }
    }

    [Theory]
    [InlineData("f4.npy")]
    [InlineData("version2.npy")]
    [InlineData("version3.npy")]
    public void EveryVersionIsRead(string file)
    {
        var tensor = Npy.Read(Golden(file));
        Assert.Equal([3, 4], tensor.Shape);
        Assert.Equal(Ramp("float32", 12), tensor.ToDoubles());
    }

    [Fact]
    public void FortranOrderBecomesRowMajor()
    {
        var tensor = Npy.Read(Golden("fortran.npy"));
        Assert.Equal([3, 4, 2], tensor.Shape);
        Assert.Equal(Ramp("float64", 24), tensor.ToDoubles());
    }

    [Fact]
    public void ScalarsAndEmptyArraysKeepTheirShape()
    {
        var scalar = Npy.Read(Golden("scalar.npy"));
        Assert.Empty(scalar.Shape);
        Assert.Equal([1.5f], scalar.ToFloats());
        Assert.Equal([0, 5], Npy.Read(Golden("empty.npy")).Shape);
    }

    [Theory]
    [InlineData("complex.npy", "element type '<c8' is not supported")]
    [InlineData("record.npy", "record arrays are not supported")]
    public void WhatHasNoElementTypeIsRefusedByName(string file, string problem)
    {
        var exception = Assert.Throws<DataFormatException>(() => Npy.Read(Golden(file)));
        Assert.Equal(problem, exception.Problem);
    }

    [Theory]
    [InlineData("f4.npy")]
    [InlineData("scalar.npy")]
    [InlineData("vector.npy")]
    [InlineData("empty.npy")]
    public void WritingGivesNumpysOwnBytes(string file)
    {
        var expected = File.ReadAllBytes(Golden(file));
        using var written = new MemoryStream();
        Npy.Write(written, Npy.Read(Golden(file)));
        Assert.Equal(expected, written.ToArray());
    }

    private static string Golden(string file) => Path.Combine(AppContext.BaseDirectory, "Data", "Golden", file);

    private static double[] Ramp(string name, int count) =>
        [.. Enumerable.Range(0, count).Select(i => name == "bool" ? i % 2 : name[0] switch
        {
            'u' => i,
            'i' => i - 2,
            _ => (i - 2) * 0.25,
        })];
}
