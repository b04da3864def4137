using SparseDsl.Compiler.Data;
using SparseDsl.Dsl;

namespace SparseDsl.Compiler.Tests.Data;

public class TensorDataTests
{
    [Fact]
    public void EveryHalfAgreesWithTheRuntimesOwn()
    {
        for (var bits = 0; bits <= ushort.MaxValue; bits++)
        {
            var expected = (float)BitConverter.UInt16BitsToHalf((ushort)bits);
            Assert.Equal(BitConverter.SingleToInt32Bits(expected) | Quiet(expected), BitConverter.SingleToInt32Bits(SmallFloat.HalfToSingle((ushort)bits)) | Quiet(expected));
        }
    }

    [Fact]
    public void RoundingToHalfAgreesWithTheRuntimesOwn()
    {
        var random = new Random(7);
        for (var i = 0; i < 200_000; i++)
        {
            var value = BitConverter.Int64BitsToDouble(((long)random.Next(980, 1060) << 52) | random.NextInt64(1L << 52)) * (i % 2 == 0 ? 1 : -1);
            Assert.Equal(BitConverter.HalfToUInt16Bits((Half)value), SmallFloat.DoubleToHalf(value));
        }
    }

    [Fact]
    public void HalfwayHalvesRoundToEven()
    {
        for (var bits = 0; bits < 0x7c00; bits++)
        {
            var low = (double)BitConverter.UInt16BitsToHalf((ushort)bits);
            var high = bits == 0x7bff ? 65536 : (double)BitConverter.UInt16BitsToHalf((ushort)(bits + 1));
            Assert.Equal(bits + (bits & 1), SmallFloat.DoubleToHalf((low + high) / 2));
        }
    }

    [Theory]
    [InlineData(1.0, 0x3f80)]
    [InlineData(-2.0, 0xc000)]
    [InlineData(1.00390625, 0x3f80)]
    [InlineData(1.01171875, 0x3f82)]
    [InlineData(3.4e38, 0x7f80)]
    [InlineData(9.2e-41, 0x0001)]
    [InlineData(1e-45, 0x0000)]
    [InlineData(-0.0, 0x8000)]
    [InlineData(double.NegativeInfinity, 0xff80)]
    [InlineData(double.NaN, 0xffc0)]
    public void BFloat16RoundsToNearestEven(double value, int expected) =>
        Assert.Equal(expected, SmallFloat.DoubleToBFloat16(value));

    [Theory]
    [InlineData(ElementType.I8, 300.0, 127L)]
    [InlineData(ElementType.I8, -300.0, -128L)]
    [InlineData(ElementType.U8, -1.0, 0L)]
    [InlineData(ElementType.U16, 65535.9, 65535L)]
    [InlineData(ElementType.U32, 5e9, 4294967295L)]
    [InlineData(ElementType.I32, -1.9, -1L)]
    [InlineData(ElementType.I64, 1e30, long.MaxValue)]
    [InlineData(ElementType.I64, -1e30, long.MinValue)]
    [InlineData(ElementType.I64, double.NaN, 0L)]
    [InlineData(ElementType.Bool, 0.5, 1L)]
    [InlineData(ElementType.Bool, -0.0, 0L)]
    public void ConversionToIntegersTruncatesAndSaturates(ElementType type, double value, long expected) =>
        Assert.Equal([expected], TensorData.FromDoubles([value], 1).ConvertTo(type).ToInt64s());

    [Fact]
    public void EveryTypeHoldsSmallIntegersExactly()
    {
        var source = TensorData.FromInt64s([0, 1, 5, 100], 2, 2);
        foreach (var type in ElementTypes.All.Where(t => t != ElementType.Bool))
        {
            var tensor = source.ConvertTo(type);
            Assert.Equal(type, tensor.Type);
            Assert.Equal(4 * type.Size(), tensor.ByteLength);
            Assert.Equal([0d, 1, 5, 100], tensor.ToDoubles());
            Assert.Equal([0f, 1, 5, 100], tensor.ToFloats());
            Assert.Equal([0L, 1, 5, 100], tensor.ToInt64s());
            Assert.Equal(source.ToBytes(), tensor.ConvertTo(ElementType.I64).ToBytes());
        }
    }

    [Fact]
    public void LongsConvertToLongsWithoutGoingThroughDoubles() =>
        Assert.Equal((1L << 53) + 1, TensorData.FromInt64s([(1L << 53) + 1]).GetInt64(0));

    [Fact]
    public void NegativeZeroIsZeroAndNaNIsNot() =>
        Assert.Equal(2, TensorData.FromFloats([0, -0f, float.NaN, 1], 4).CountNonZeros());

    [Fact]
    public void TheSourceArrayAndTheCopyAreNotShared()
    {
        float[] values = [1, 2];
        var tensor = TensorData.FromFloats(values, 2);
        values[0] = 9;
        tensor.ToFloats()[1] = 9;
        tensor.ToBytes()[0] = 9;
        Assert.Equal([1f, 2], tensor.ToFloats());
    }

    [Fact]
    public void AShapeThatDoesNotFitIsRefused()
    {
        var exception = Assert.Throws<ArgumentException>(() => TensorData.FromFloats([1, 2, 3], 2, 2));
        Assert.StartsWith("f32[2, 2] needs 16 bytes, not 12", exception.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => TensorData.FromFloats([1], -1, -1));
        Assert.Throws<ArgumentException>(() => TensorData.FromFloats([1], 1).Reshape(2));
        Assert.Throws<ArgumentOutOfRangeException>(() => TensorData.FromFloats([1], 1).GetDouble(1));
    }

    [Fact]
    public void ReshapeKeepsTheElements()
    {
        var tensor = TensorData.FromFloats([1, 2, 3, 4, 5, 6], 2, 3).Reshape(3, 1, 2);
        Assert.Equal("f32[3, 1, 2]", tensor.ToString());
        Assert.Equal(6, tensor.GetDouble(5));
    }

    // Signalling NaNs may come back quiet from a conversion the hardware makes.
    private static int Quiet(float value) => float.IsNaN(value) ? 0x400000 : 0;
}
