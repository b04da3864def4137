using System.Collections.Immutable;

namespace SparseDsl.Dsl.Scalars;

/// <summary>
/// Products of narrow numbers, several in one i32. The compiler writes them where quantised tensors are multiplied; programs do not name them.
/// The first number is in the lowest bits.
/// </summary>
public static class PackedOps
{
    /// <summary>The sum of the products of the four bytes of a, unsigned, and the four bytes of b, signed: i32.</summary>
    public static CoreOp Mul4 { get; } = new("mul4", 2, ResultRule.Same, a => Bytes((long)a[0], (long)a[1]), Annihilates: true, ZeroAtZero: true, Flops: 7);

    /// <summary>The sum of the products of the two bf16 in the halves of a and of b: f32.</summary>
    public static CoreOp Mul2 { get; } = new(
        "mul2", 2, ResultRule.Single, a => (BFloat16((long)a[0]) * BFloat16((long)a[1])) + (BFloat16((long)a[0] >> 16) * BFloat16((long)a[1] >> 16)),
        Annihilates: true, ZeroAtZero: true, Flops: 3);

    /// <summary>The bits of two bf16 in the halves of an i32.</summary>
    public static CoreOp Pair { get; } = new("pair", 2, ResultRule.Word, a => Halves(a[0], a[1]), ZeroAtZero: true);

    /// <summary>Every row.</summary>
    public static ImmutableArray<CoreOp> All { get; } = [Mul4, Mul2, Pair];

    /// <summary>The row with this name, or null.</summary>
    public static CoreOp? Find(string name) => All.FirstOrDefault(o => o.Name == name);

    /// <summary>How many numbers an operand of a product holds; 1 for operations that are none.</summary>
    public static int Count(CoreOp op) => op == Mul4 ? 4 : op == Mul2 ? 2 : 1;

    /// <summary>The sum of the products of four bytes, the left ones unsigned, the right ones signed.</summary>
    public static long Bytes(long left, long right)
    {
        var sum = 0L;
        for (var shift = 0; shift < 32; shift += 8)
        {
            sum += unchecked((byte)(left >> shift) * (sbyte)(right >> shift));
        }

        return sum;
    }

    /// <summary>The bits of two numbers that are bf16, the first in the lower half.</summary>
    public static int Halves(double low, double high) => ((Bits(low) >> 16) & 0xffff) | (Bits(high) & -65536);

    private static int Bits(double value) => BitConverter.ToInt32(BitConverter.GetBytes((float)value), 0);

    /// <summary>The value of the bf16 whose bits are the lowest 16 of a number.</summary>
    public static double BFloat16(long bits)
    {
        var magnitude = (int)(bits & 0x7fff);
        var exponent = magnitude >> 7;
        var fraction = magnitude & 127;
        var value = exponent == 255 ? (fraction == 0 ? double.PositiveInfinity : double.NaN)
            : exponent == 0 ? fraction * Math.Pow(2, -133)
            : (128 + fraction) * Math.Pow(2, exponent - 134);
        return (bits & 0x8000) != 0 ? -value : value;
    }
}
