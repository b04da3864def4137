#if NET9_0_OR_GREATER
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SparseDsl.Runtime;

/// <content>Conversions between element types: integers saturate, NaN gives 0, halves round to nearest even.</content>
public static unsafe partial class Lanes
{
    /// <summary>To the nearest value that exists.</summary>
    [MethodImpl(Inline)]
    public static byte ToByte(int a) => (byte)Math.Clamp(a, 0, 255);

    /// <summary>To the nearest value that exists, in the first lanes.</summary>
    [MethodImpl(Inline)]
    public static Vector128<byte> ToByte(Vector128<int> v)
    {
        var clamped = Vector128.Min(Vector128.Max(v, Vector128.Create(0)), Vector128.Create(255));
        var half = Vector128.Narrow(clamped.AsUInt32(), clamped.AsUInt32());
        return Vector128.Narrow(half, half);
    }

    /// <summary>To the nearest value that exists, in the first lanes.</summary>
    [MethodImpl(Inline)]
    public static Vector128<byte> ToByte(Vector256<int> v)
    {
        var clamped = Vector256.Min(Vector256.Max(v, Vector256.Create(0)), Vector256.Create(255));
        var half = Vector128.Narrow(clamped.AsUInt32().GetLower(), clamped.AsUInt32().GetUpper());
        return Vector128.Narrow(half, half);
    }

    /// <summary>To the nearest value that exists.</summary>
    [MethodImpl(Inline)]
    public static Vector128<byte> ToByte(Vector512<int> v)
    {
        var clamped = Vector512.Min(Vector512.Max(v, Vector512.Create(0)), Vector512.Create(255));
        var half = Vector256.Narrow(clamped.AsUInt32().GetLower(), clamped.AsUInt32().GetUpper());
        return Vector128.Narrow(half.GetLower(), half.GetUpper());
    }

    /// <summary>To the nearest value that exists.</summary>
    [MethodImpl(Inline)]
    public static sbyte ToSByte(int a) => (sbyte)Math.Clamp(a, -128, 127);

    /// <summary>To the nearest value that exists, in the first lanes.</summary>
    [MethodImpl(Inline)]
    public static Vector128<sbyte> ToSByte(Vector128<int> v)
    {
        var clamped = Vector128.Min(Vector128.Max(v, Vector128.Create(-128)), Vector128.Create(127));
        var half = Vector128.Narrow(clamped, clamped);
        return Vector128.Narrow(half, half);
    }

    /// <summary>To the nearest value that exists, in the first lanes.</summary>
    [MethodImpl(Inline)]
    public static Vector128<sbyte> ToSByte(Vector256<int> v)
    {
        var clamped = Vector256.Min(Vector256.Max(v, Vector256.Create(-128)), Vector256.Create(127));
        var half = Vector128.Narrow(clamped.GetLower(), clamped.GetUpper());
        return Vector128.Narrow(half, half);
    }

    /// <summary>To the nearest value that exists.</summary>
    [MethodImpl(Inline)]
    public static Vector128<sbyte> ToSByte(Vector512<int> v)
    {
        var clamped = Vector512.Min(Vector512.Max(v, Vector512.Create(-128)), Vector512.Create(127));
        var half = Vector256.Narrow(clamped.GetLower(), clamped.GetUpper());
        return Vector128.Narrow(half.GetLower(), half.GetUpper());
    }

    /// <summary>To the nearest value that exists.</summary>
    [MethodImpl(Inline)]
    public static ushort ToUInt16(int a) => (ushort)Math.Clamp(a, 0, 65535);

    /// <summary>To the nearest value that exists, in the first lanes.</summary>
    [MethodImpl(Inline)]
    public static Vector128<ushort> ToUInt16(Vector128<int> v)
    {
        var clamped = Vector128.Min(Vector128.Max(v, Vector128.Create(0)), Vector128.Create(65535));
        return Vector128.Narrow(clamped.AsUInt32(), clamped.AsUInt32());
    }

    /// <summary>To the nearest value that exists.</summary>
    [MethodImpl(Inline)]
    public static Vector128<ushort> ToUInt16(Vector256<int> v)
    {
        var clamped = Vector256.Min(Vector256.Max(v, Vector256.Create(0)), Vector256.Create(65535));
        return Vector128.Narrow(clamped.AsUInt32().GetLower(), clamped.AsUInt32().GetUpper());
    }

    /// <summary>To the nearest value that exists.</summary>
    [MethodImpl(Inline)]
    public static Vector256<ushort> ToUInt16(Vector512<int> v)
    {
        var clamped = Vector512.Min(Vector512.Max(v, Vector512.Create(0)), Vector512.Create(65535));
        return Vector256.Narrow(clamped.AsUInt32().GetLower(), clamped.AsUInt32().GetUpper());
    }

    /// <summary>To the nearest value that exists.</summary>
    [MethodImpl(Inline)]
    public static short ToInt16(int a) => (short)Math.Clamp(a, -32768, 32767);

    /// <summary>To the nearest value that exists, in the first lanes.</summary>
    [MethodImpl(Inline)]
    public static Vector128<short> ToInt16(Vector128<int> v)
    {
        var clamped = Vector128.Min(Vector128.Max(v, Vector128.Create(-32768)), Vector128.Create(32767));
        return Vector128.Narrow(clamped, clamped);
    }

    /// <summary>To the nearest value that exists.</summary>
    [MethodImpl(Inline)]
    public static Vector128<short> ToInt16(Vector256<int> v)
    {
        var clamped = Vector256.Min(Vector256.Max(v, Vector256.Create(-32768)), Vector256.Create(32767));
        return Vector128.Narrow(clamped.GetLower(), clamped.GetUpper());
    }

    /// <summary>To the nearest value that exists.</summary>
    [MethodImpl(Inline)]
    public static Vector256<short> ToInt16(Vector512<int> v)
    {
        var clamped = Vector512.Min(Vector512.Max(v, Vector512.Create(-32768)), Vector512.Create(32767));
        return Vector256.Narrow(clamped.GetLower(), clamped.GetUpper());
    }

    /// <summary>The first 4 lanes as 32-bit integers.</summary>
    [MethodImpl(Inline)]
    public static Vector128<int> ToInt32x4(Vector128<byte> v) => Vector128.WidenLower(Vector128.WidenLower(v)).AsInt32();

    /// <summary>The first 8 lanes as 32-bit integers.</summary>
    [MethodImpl(Inline)]
    public static Vector256<int> ToInt32x8(Vector128<byte> v) => Avx2.IsSupported
        ? Avx2.ConvertToVector256Int32(v)
        : Vector256.Create(Vector128.WidenLower(Vector128.WidenLower(v)), Vector128.WidenUpper(Vector128.WidenLower(v))).AsInt32();

    /// <summary>All lanes as 32-bit integers.</summary>
    [MethodImpl(Inline)]
    public static Vector512<int> ToInt32x16(Vector128<byte> v) => Avx512F.IsSupported
        ? Avx512F.ConvertToVector512Int32(v)
        : Vector512.Create(ToInt32x8(v), ToInt32x8(Vector128.Create(v.GetUpper(), v.GetUpper())));

    /// <summary>The first 4 lanes as 32-bit integers.</summary>
    [MethodImpl(Inline)]
    public static Vector128<int> ToInt32x4(Vector128<sbyte> v) => Vector128.WidenLower(Vector128.WidenLower(v)).AsInt32();

    /// <summary>The first 8 lanes as 32-bit integers.</summary>
    [MethodImpl(Inline)]
    public static Vector256<int> ToInt32x8(Vector128<sbyte> v) => Avx2.IsSupported
        ? Avx2.ConvertToVector256Int32(v)
        : Vector256.Create(Vector128.WidenLower(Vector128.WidenLower(v)), Vector128.WidenUpper(Vector128.WidenLower(v))).AsInt32();

    /// <summary>All lanes as 32-bit integers.</summary>
    [MethodImpl(Inline)]
    public static Vector512<int> ToInt32x16(Vector128<sbyte> v) => Avx512F.IsSupported
        ? Avx512F.ConvertToVector512Int32(v)
        : Vector512.Create(ToInt32x8(v), ToInt32x8(Vector128.Create(v.GetUpper(), v.GetUpper())));

    /// <summary>The first 4 lanes as 32-bit integers.</summary>
    [MethodImpl(Inline)]
    public static Vector128<int> ToInt32x4(Vector128<ushort> v) => Vector128.WidenLower(v).AsInt32();

    /// <summary>All lanes as 32-bit integers.</summary>
    [MethodImpl(Inline)]
    public static Vector256<int> ToInt32x8(Vector128<ushort> v) => Avx2.IsSupported
        ? Avx2.ConvertToVector256Int32(v)
        : Vector256.Create(Vector128.WidenLower(v), Vector128.WidenUpper(v)).AsInt32();

    /// <summary>All lanes as 32-bit integers.</summary>
    [MethodImpl(Inline)]
    public static Vector512<int> ToInt32x16(Vector256<ushort> v) => Avx512F.IsSupported
        ? Avx512F.ConvertToVector512Int32(v)
        : Vector512.Create(ToInt32x8(v.GetLower()), ToInt32x8(v.GetUpper()));

    /// <summary>The first 4 lanes as 32-bit integers.</summary>
    [MethodImpl(Inline)]
    public static Vector128<int> ToInt32x4(Vector128<short> v) => Vector128.WidenLower(v).AsInt32();

    /// <summary>All lanes as 32-bit integers.</summary>
    [MethodImpl(Inline)]
    public static Vector256<int> ToInt32x8(Vector128<short> v) => Avx2.IsSupported
        ? Avx2.ConvertToVector256Int32(v)
        : Vector256.Create(Vector128.WidenLower(v), Vector128.WidenUpper(v)).AsInt32();

    /// <summary>All lanes as 32-bit integers.</summary>
    [MethodImpl(Inline)]
    public static Vector512<int> ToInt32x16(Vector256<short> v) => Avx512F.IsSupported
        ? Avx512F.ConvertToVector512Int32(v)
        : Vector512.Create(ToInt32x8(v.GetLower()), ToInt32x8(v.GetUpper()));

    /// <summary>All lanes in 64 bits.</summary>
    [MethodImpl(Inline)]
    public static Vector256<long> ToInt64(Vector128<int> v) =>
        Vector256.Create(Vector128.WidenLower(v), Vector128.WidenUpper(v));

    /// <summary>All lanes in 64 bits.</summary>
    [MethodImpl(Inline)]
    public static Vector512<long> ToInt64(Vector256<int> v) =>
        Vector512.Create(Vector256.WidenLower(v), Vector256.WidenUpper(v));

    /// <summary>All lanes in 64 bits.</summary>
    [MethodImpl(Inline)]
    public static Vector256<long> ToInt64(Vector128<uint> v) =>
        Vector256.Create(Vector128.WidenLower(v), Vector128.WidenUpper(v)).AsInt64();

    /// <summary>All lanes in 64 bits.</summary>
    [MethodImpl(Inline)]
    public static Vector512<long> ToInt64(Vector256<uint> v) =>
        Vector512.Create(Vector256.WidenLower(v), Vector256.WidenUpper(v)).AsInt64();

    /// <summary>All lanes in 64 bits.</summary>
    [MethodImpl(Inline)]
    public static Vector256<double> ToDouble(Vector128<float> v) =>
        Vector256.Create(Vector128.WidenLower(v), Vector128.WidenUpper(v));

    /// <summary>All lanes in 64 bits.</summary>
    [MethodImpl(Inline)]
    public static Vector512<double> ToDouble(Vector256<float> v) =>
        Vector512.Create(Vector256.WidenLower(v), Vector256.WidenUpper(v));

    /// <summary>Rounded to single precision, in the first lanes.</summary>
    [MethodImpl(Inline)]
    public static Vector128<float> ToSingle(Vector128<double> v) => Vector128.Narrow(v, v);

    /// <summary>To the nearest value that exists, in the first lanes.</summary>
    [MethodImpl(Inline)]
    public static Vector128<int> ToInt32(Vector128<long> v)
    {
        var clamped = Vector128.Min(Vector128.Max(v, Vector128.Create((long)int.MinValue)), Vector128.Create((long)int.MaxValue));
        return Vector128.Narrow(clamped, clamped);
    }

    /// <summary>To the nearest value that exists, in the first lanes.</summary>
    [MethodImpl(Inline)]
    public static Vector128<uint> ToUInt32(Vector128<long> v)
    {
        var clamped = Vector128.Min(Vector128.Max(v, Vector128<long>.Zero), Vector128.Create((long)uint.MaxValue)).AsUInt64();
        return Vector128.Narrow(clamped, clamped);
    }

    /// <summary>Rounded to single precision.</summary>
    [MethodImpl(Inline)]
    public static Vector128<float> ToSingle(Vector256<double> v) => Vector128.Narrow(v.GetLower(), v.GetUpper());

    /// <summary>To the nearest value that exists.</summary>
    [MethodImpl(Inline)]
    public static Vector128<int> ToInt32(Vector256<long> v)
    {
        var clamped = Vector256.Min(Vector256.Max(v, Vector256.Create((long)int.MinValue)), Vector256.Create((long)int.MaxValue));
        return Vector128.Narrow(clamped.GetLower(), clamped.GetUpper());
    }

    /// <summary>To the nearest value that exists.</summary>
    [MethodImpl(Inline)]
    public static Vector128<uint> ToUInt32(Vector256<long> v)
    {
        var clamped = Vector256.Min(Vector256.Max(v, Vector256<long>.Zero), Vector256.Create((long)uint.MaxValue)).AsUInt64();
        return Vector128.Narrow(clamped.GetLower(), clamped.GetUpper());
    }

    /// <summary>Rounded to single precision.</summary>
    [MethodImpl(Inline)]
    public static Vector256<float> ToSingle(Vector512<double> v) => Vector256.Narrow(v.GetLower(), v.GetUpper());

    /// <summary>To the nearest value that exists.</summary>
    [MethodImpl(Inline)]
    public static Vector256<int> ToInt32(Vector512<long> v)
    {
        var clamped = Vector512.Min(Vector512.Max(v, Vector512.Create((long)int.MinValue)), Vector512.Create((long)int.MaxValue));
        return Vector256.Narrow(clamped.GetLower(), clamped.GetUpper());
    }

    /// <summary>To the nearest value that exists.</summary>
    [MethodImpl(Inline)]
    public static Vector256<uint> ToUInt32(Vector512<long> v)
    {
        var clamped = Vector512.Min(Vector512.Max(v, Vector512<long>.Zero), Vector512.Create((long)uint.MaxValue)).AsUInt64();
        return Vector256.Narrow(clamped.GetLower(), clamped.GetUpper());
    }

    /// <summary>To the nearest value that exists.</summary>
    [MethodImpl(Inline)]
    public static int ToInt32(long a) => (int)Math.Clamp(a, int.MinValue, int.MaxValue);

    /// <summary>To the nearest value that exists.</summary>
    [MethodImpl(Inline)]
    public static uint ToUInt32(long a) => (uint)Math.Clamp(a, uint.MinValue, uint.MaxValue);

    /// <summary>binary16 bits as a single.</summary>
    [MethodImpl(Inline)]
    public static float HalfToSingle(ushort bits) => (float)BitConverter.UInt16BitsToHalf(bits);

    /// <summary>A single as binary16 bits.</summary>
    [MethodImpl(Inline)]
    public static ushort SingleToHalf(float a) => DoubleToHalf(a);

    /// <summary>A double as binary16 bits; NaN becomes the quiet NaN without payload.</summary>
    [MethodImpl(Inline)]
    public static ushort DoubleToHalf(double a) => double.IsNaN(a)
        ? (ushort)((BitConverter.DoubleToUInt64Bits(a) >> 48 & 0x8000) | 0x7e00)
        : BitConverter.HalfToUInt16Bits((Half)a);

    /// <summary>bfloat16 bits as a single.</summary>
    [MethodImpl(Inline)]
    public static float BFloat16ToSingle(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);

    /// <summary>A single as bfloat16 bits; NaN becomes the quiet NaN without payload.</summary>
    [MethodImpl(Inline)]
    public static ushort SingleToBFloat16(float a)
    {
        var bits = BitConverter.SingleToUInt32Bits(a);
        return (ushort)(float.IsNaN(a) ? (bits >> 16 & 0x8000) | 0x7fc0 : (bits + 0x7fff + (bits >> 16 & 1)) >> 16);
    }

    /// <summary>A double as bfloat16 bits, rounded once.</summary>
    public static ushort DoubleToBFloat16(double a)
    {
        // Round to odd in single precision first: a sticky last bit makes the second rounding see what the first cut off.
        var single = (float)a;
        if (single != a && float.IsFinite(single))
        {
            var bits = BitConverter.SingleToUInt32Bits(single);
            bits -= Math.Abs((double)single) > Math.Abs(a) ? 1u : 0u;
            single = BitConverter.UInt32BitsToSingle(bits | 1);
        }

        return SingleToBFloat16(single);
    }

    /// <summary>4 binary16 values as singles.</summary>
    [MethodImpl(Inline)]
    public static Vector128<float> HalfToSinglex4(Vector128<ushort> v)
    {
        var bits = ToInt32x4(v);
        var sign = (bits & Vector128.Create(0x8000)) << 16;
        var magnitude = (bits & Vector128.Create(0x7fff)) << 13;

        // Read as a single the exponent is 112 too small; the product is exact and normalises subnormals.
        var scaled = (magnitude.AsSingle() * 5.192296858534828e33f).AsInt32();
        var special = Vector128.GreaterThanOrEqual(magnitude, Vector128.Create(0x0f800000));
        return (Vector128.ConditionalSelect(special, magnitude | Vector128.Create(0x7f800000), scaled) | sign).AsSingle();
    }

    /// <summary>4 bfloat16 values as singles.</summary>
    [MethodImpl(Inline)]
    public static Vector128<float> BFloat16ToSinglex4(Vector128<ushort> v) => (ToInt32x4(v) << 16).AsSingle();

    /// <summary>Singles as binary16; NaN becomes the quiet NaN without payload.</summary>
    [MethodImpl(Inline)]
    public static Vector128<ushort> SingleToHalf(Vector128<float> v)
    {
        var sign = (v.AsUInt32() >> 16) & Vector128.Create(0x8000u);
        var magnitude = Vector128.Abs(v);
        var bits = magnitude.AsUInt32();

        // Normal: rebias, round to even by carry. Subnormal: adding 0.5 lines the last bit up with 2^-24 and rounds.
        var normal = (bits - Vector128.Create(0x38000000u) + Vector128.Create(0xfffu) + ((bits >> 13) & Vector128<uint>.One)) >> 13;
        var subnormal = (magnitude + Vector128.Create(0.5f)).AsUInt32() - Vector128.Create(0x3f000000u);
        var finite = Vector128.ConditionalSelect(Vector128.LessThan(magnitude, Vector128.Create(6.103515625e-05f)).AsUInt32(), subnormal, normal);
        var half = Vector128.ConditionalSelect(Vector128.GreaterThanOrEqual(magnitude, Vector128.Create(65520f)).AsUInt32(), Vector128.Create(0x7c00u), finite);
        half = Vector128.ConditionalSelect(Vector128.Equals(v, v).AsUInt32(), half, Vector128.Create(0x7e00u));
        bits = half | sign;
        return Vector128.Narrow(bits, bits);
    }

    /// <summary>Singles as bfloat16; NaN becomes the quiet NaN without payload.</summary>
    [MethodImpl(Inline)]
    public static Vector128<ushort> SingleToBFloat16(Vector128<float> v)
    {
        var raw = v.AsUInt32();
        var rounded = (raw + Vector128.Create(0x7fffu) + ((raw >> 16) & Vector128<uint>.One)) >> 16;
        var quiet = ((raw >> 16) & Vector128.Create(0x8000u)) | Vector128.Create(0x7fc0u);
        var bits = Vector128.ConditionalSelect(Vector128.Equals(v, v).AsUInt32(), rounded, quiet);
        return Vector128.Narrow(bits, bits);
    }

    /// <summary>Doubles as binary16, rounded once, in the first lanes.</summary>
    public static Vector128<ushort> DoubleToHalf(Vector128<double> v)
    {
        var result = Vector128<ushort>.Zero;
        for (var i = 0; i < Vector128<double>.Count; i++)
        {
            ((ushort*)&result)[i] = DoubleToHalf(((double*)&v)[i]);
        }

        return result;
    }

    /// <summary>Doubles as bfloat16, rounded once, in the first lanes.</summary>
    public static Vector128<ushort> DoubleToBFloat16(Vector128<double> v)
    {
        var result = Vector128<ushort>.Zero;
        for (var i = 0; i < Vector128<double>.Count; i++)
        {
            ((ushort*)&result)[i] = DoubleToBFloat16(((double*)&v)[i]);
        }

        return result;
    }

    /// <summary>8 binary16 values as singles.</summary>
    [MethodImpl(Inline)]
    public static Vector256<float> HalfToSinglex8(Vector128<ushort> v)
    {
        var bits = ToInt32x8(v);
        var sign = (bits & Vector256.Create(0x8000)) << 16;
        var magnitude = (bits & Vector256.Create(0x7fff)) << 13;

        // Read as a single the exponent is 112 too small; the product is exact and normalises subnormals.
        var scaled = (magnitude.AsSingle() * 5.192296858534828e33f).AsInt32();
        var special = Vector256.GreaterThanOrEqual(magnitude, Vector256.Create(0x0f800000));
        return (Vector256.ConditionalSelect(special, magnitude | Vector256.Create(0x7f800000), scaled) | sign).AsSingle();
    }

    /// <summary>8 bfloat16 values as singles.</summary>
    [MethodImpl(Inline)]
    public static Vector256<float> BFloat16ToSinglex8(Vector128<ushort> v) => (ToInt32x8(v) << 16).AsSingle();

    /// <summary>Singles as binary16; NaN becomes the quiet NaN without payload.</summary>
    [MethodImpl(Inline)]
    public static Vector128<ushort> SingleToHalf(Vector256<float> v)
    {
        var sign = (v.AsUInt32() >> 16) & Vector256.Create(0x8000u);
        var magnitude = Vector256.Abs(v);
        var bits = magnitude.AsUInt32();

        // Normal: rebias, round to even by carry. Subnormal: adding 0.5 lines the last bit up with 2^-24 and rounds.
        var normal = (bits - Vector256.Create(0x38000000u) + Vector256.Create(0xfffu) + ((bits >> 13) & Vector256<uint>.One)) >> 13;
        var subnormal = (magnitude + Vector256.Create(0.5f)).AsUInt32() - Vector256.Create(0x3f000000u);
        var finite = Vector256.ConditionalSelect(Vector256.LessThan(magnitude, Vector256.Create(6.103515625e-05f)).AsUInt32(), subnormal, normal);
        var half = Vector256.ConditionalSelect(Vector256.GreaterThanOrEqual(magnitude, Vector256.Create(65520f)).AsUInt32(), Vector256.Create(0x7c00u), finite);
        half = Vector256.ConditionalSelect(Vector256.Equals(v, v).AsUInt32(), half, Vector256.Create(0x7e00u));
        bits = half | sign;
        return Vector128.Narrow(bits.GetLower(), bits.GetUpper());
    }

    /// <summary>Singles as bfloat16; NaN becomes the quiet NaN without payload.</summary>
    [MethodImpl(Inline)]
    public static Vector128<ushort> SingleToBFloat16(Vector256<float> v)
    {
        var raw = v.AsUInt32();
        var rounded = (raw + Vector256.Create(0x7fffu) + ((raw >> 16) & Vector256<uint>.One)) >> 16;
        var quiet = ((raw >> 16) & Vector256.Create(0x8000u)) | Vector256.Create(0x7fc0u);
        var bits = Vector256.ConditionalSelect(Vector256.Equals(v, v).AsUInt32(), rounded, quiet);
        return Vector128.Narrow(bits.GetLower(), bits.GetUpper());
    }

    /// <summary>Doubles as binary16, rounded once, in the first lanes.</summary>
    public static Vector128<ushort> DoubleToHalf(Vector256<double> v)
    {
        var result = Vector128<ushort>.Zero;
        for (var i = 0; i < Vector256<double>.Count; i++)
        {
            ((ushort*)&result)[i] = DoubleToHalf(((double*)&v)[i]);
        }

        return result;
    }

    /// <summary>Doubles as bfloat16, rounded once, in the first lanes.</summary>
    public static Vector128<ushort> DoubleToBFloat16(Vector256<double> v)
    {
        var result = Vector128<ushort>.Zero;
        for (var i = 0; i < Vector256<double>.Count; i++)
        {
            ((ushort*)&result)[i] = DoubleToBFloat16(((double*)&v)[i]);
        }

        return result;
    }

    /// <summary>16 binary16 values as singles.</summary>
    [MethodImpl(Inline)]
    public static Vector512<float> HalfToSinglex16(Vector256<ushort> v)
    {
        var bits = ToInt32x16(v);
        var sign = (bits & Vector512.Create(0x8000)) << 16;
        var magnitude = (bits & Vector512.Create(0x7fff)) << 13;

        // Read as a single the exponent is 112 too small; the product is exact and normalises subnormals.
        var scaled = (magnitude.AsSingle() * 5.192296858534828e33f).AsInt32();
        var special = Vector512.GreaterThanOrEqual(magnitude, Vector512.Create(0x0f800000));
        return (Vector512.ConditionalSelect(special, magnitude | Vector512.Create(0x7f800000), scaled) | sign).AsSingle();
    }

    /// <summary>16 bfloat16 values as singles.</summary>
    [MethodImpl(Inline)]
    public static Vector512<float> BFloat16ToSinglex16(Vector256<ushort> v) => (ToInt32x16(v) << 16).AsSingle();

    /// <summary>Singles as binary16; NaN becomes the quiet NaN without payload.</summary>
    [MethodImpl(Inline)]
    public static Vector256<ushort> SingleToHalf(Vector512<float> v)
    {
        var sign = (v.AsUInt32() >> 16) & Vector512.Create(0x8000u);
        var magnitude = Vector512.Abs(v);
        var bits = magnitude.AsUInt32();

        // Normal: rebias, round to even by carry. Subnormal: adding 0.5 lines the last bit up with 2^-24 and rounds.
        var normal = (bits - Vector512.Create(0x38000000u) + Vector512.Create(0xfffu) + ((bits >> 13) & Vector512<uint>.One)) >> 13;
        var subnormal = (magnitude + Vector512.Create(0.5f)).AsUInt32() - Vector512.Create(0x3f000000u);
        var finite = Vector512.ConditionalSelect(Vector512.LessThan(magnitude, Vector512.Create(6.103515625e-05f)).AsUInt32(), subnormal, normal);
        var half = Vector512.ConditionalSelect(Vector512.GreaterThanOrEqual(magnitude, Vector512.Create(65520f)).AsUInt32(), Vector512.Create(0x7c00u), finite);
        half = Vector512.ConditionalSelect(Vector512.Equals(v, v).AsUInt32(), half, Vector512.Create(0x7e00u));
        bits = half | sign;
        return Vector256.Narrow(bits.GetLower(), bits.GetUpper());
    }

    /// <summary>Singles as bfloat16; NaN becomes the quiet NaN without payload.</summary>
    [MethodImpl(Inline)]
    public static Vector256<ushort> SingleToBFloat16(Vector512<float> v)
    {
        var raw = v.AsUInt32();
        var rounded = (raw + Vector512.Create(0x7fffu) + ((raw >> 16) & Vector512<uint>.One)) >> 16;
        var quiet = ((raw >> 16) & Vector512.Create(0x8000u)) | Vector512.Create(0x7fc0u);
        var bits = Vector512.ConditionalSelect(Vector512.Equals(v, v).AsUInt32(), rounded, quiet);
        return Vector256.Narrow(bits.GetLower(), bits.GetUpper());
    }

    /// <summary>Doubles as binary16, rounded once, in the first lanes.</summary>
    public static Vector128<ushort> DoubleToHalf(Vector512<double> v)
    {
        var result = Vector128<ushort>.Zero;
        for (var i = 0; i < Vector512<double>.Count; i++)
        {
            ((ushort*)&result)[i] = DoubleToHalf(((double*)&v)[i]);
        }

        return result;
    }

    /// <summary>Doubles as bfloat16, rounded once, in the first lanes.</summary>
    public static Vector128<ushort> DoubleToBFloat16(Vector512<double> v)
    {
        var result = Vector128<ushort>.Zero;
        for (var i = 0; i < Vector512<double>.Count; i++)
        {
            ((ushort*)&result)[i] = DoubleToBFloat16(((double*)&v)[i]);
        }

        return result;
    }
}
#endif
