using System.Runtime.InteropServices;

namespace SparseDsl.Compiler.Data;

/// <summary>
/// The 16-bit floating types by their bits; <c>System.Half</c> does not exist on netstandard2.0.
/// </summary>
internal static class SmallFloat
{
    /// <summary>IEEE 754 binary16 to single; exact, NaN payloads are kept.</summary>
    public static float HalfToSingle(ushort half)
    {
        var sign = (half & 0x8000) << 16;
        var exponent = (half >> 10) & 0x1f;
        var mantissa = half & 0x3ff;
        return exponent switch
        {
            // Subnormal: the mantissa counts units of 2^-24.
            0 => (sign != 0 ? -1f : 1f) * mantissa * 5.9604644775390625e-8f,
            0x1f => BitsToSingle(sign | 0x7f800000 | (mantissa << 13)),
            _ => BitsToSingle(sign | ((exponent + 112) << 23) | (mantissa << 13)),
        };
    }

    /// <summary>bfloat16 to single; exact.</summary>
    public static float BFloat16ToSingle(ushort bits) => BitsToSingle(bits << 16);

    /// <summary>To IEEE 754 binary16, to nearest, ties to even; too large becomes infinity.</summary>
    public static ushort DoubleToHalf(double value) => Encode(value, exponentBits: 5, mantissaBits: 10);

    /// <summary>To bfloat16, to nearest, ties to even; too large becomes infinity.</summary>
    public static ushort DoubleToBFloat16(double value) => Encode(value, exponentBits: 8, mantissaBits: 7);

    public static int SingleToBits(float value) => new Bits { Single = value }.Int32;

    public static float BitsToSingle(int bits) => new Bits { Int32 = bits }.Single;

    private static ushort Encode(double value, int exponentBits, int mantissaBits)
    {
        var bits = BitConverter.DoubleToInt64Bits(value);
        var sign = (int)(bits >> 63) & 0x8000;
        var infinity = ((1 << exponentBits) - 1) << mantissaBits;
        if (double.IsNaN(value))
        {
            return (ushort)(sign | infinity | (1 << (mantissaBits - 1)));
        }

        if (double.IsInfinity(value))
        {
            return (ushort)(sign | infinity);
        }

        // Below the smallest normal exponent all values share one quantum: that is what subnormal means.
        var smallest = 2 - (1 << (exponentBits - 1));
        var exponent = Math.Max((int)((bits >> 52) & 0x7ff) - 1023, smallest);
        var quanta = (int)Math.Round(Math.Abs(value) * PowerOfTwo(mantissaBits - exponent));

        // The implicit leading one of `quanta` carries into the exponent field, and so does rounding up.
        var magnitude = ((long)(exponent - smallest) << mantissaBits) + quanta;
        return (ushort)(sign | (int)Math.Min(magnitude, infinity));
    }

    private static double PowerOfTwo(int exponent) => BitConverter.Int64BitsToDouble((long)(exponent + 1023) << 52);

    /// <summary>Reinterprets single precision bits; <c>BitConverter.SingleToInt32Bits</c> does not exist on netstandard2.0.</summary>
    [StructLayout(LayoutKind.Explicit)]
    private struct Bits
    {
        [FieldOffset(0)]
        public float Single;

        [FieldOffset(0)]
        public int Int32;
    }
}
