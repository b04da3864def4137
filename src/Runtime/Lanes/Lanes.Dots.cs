#if NET9_0_OR_GREATER
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SparseDsl.Runtime;

/// <content>
/// Products of narrow numbers packed into 32 bits: four bytes, unsigned times signed, into i32; two bf16 into f32. Exact in integers, whatever the machine has:
/// bytes are widened to 16 bits, never multiplied with saturation.
/// </content>
public static unsafe partial class Lanes
{
    /// <summary>c plus the products of the four bytes of a, unsigned, and of b, signed; wraps.</summary>
    [MethodImpl(Inline)]
    public static int Dot4(int a, int b, int c) =>
        unchecked(c + ((byte)a * (sbyte)b) + ((byte)(a >> 8) * (sbyte)(b >> 8)) + ((byte)(a >> 16) * (sbyte)(b >> 16)) + ((byte)(a >> 24) * (sbyte)(b >> 24)));

    /// <inheritdoc cref="Dot4(int, int, int)"/>
    [MethodImpl(Inline)]
    public static Vector128<int> Dot4(Vector128<int> a, Vector128<int> b, Vector128<int> c)
    {
#if NET10_0_OR_GREATER
        if (AvxVnni.IsSupported)
        {
            return AvxVnni.MultiplyWideningAndAdd(c, a.AsByte(), b.AsSByte());
        }
#endif
        if (!Sse2.IsSupported)
        {
            return Dot4OfInt32(a, b, c);
        }

        var even = Sse2.MultiplyAddAdjacent((a.AsInt16() & Vector128.Create((short)255)), (b.AsInt16() << 8) >> 8);
        var odd = Sse2.MultiplyAddAdjacent(a.AsInt16() >>> 8, b.AsInt16() >> 8);
        return c + (even + odd);
    }

    /// <inheritdoc cref="Dot4(int, int, int)"/>
    [MethodImpl(Inline)]
    public static Vector256<int> Dot4(Vector256<int> a, Vector256<int> b, Vector256<int> c)
    {
#if NET10_0_OR_GREATER
        if (AvxVnni.IsSupported)
        {
            return AvxVnni.MultiplyWideningAndAdd(c, a.AsByte(), b.AsSByte());
        }
#endif
        if (!Avx2.IsSupported)
        {
            return Vector256.Create(Dot4(a.GetLower(), b.GetLower(), c.GetLower()), Dot4(a.GetUpper(), b.GetUpper(), c.GetUpper()));
        }

        var even = Avx2.MultiplyAddAdjacent((a.AsInt16() & Vector256.Create((short)255)), (b.AsInt16() << 8) >> 8);
        var odd = Avx2.MultiplyAddAdjacent(a.AsInt16() >>> 8, b.AsInt16() >> 8);
        return c + (even + odd);
    }

    /// <inheritdoc cref="Dot4(int, int, int)"/>
    [MethodImpl(Inline)]
    public static Vector512<int> Dot4(Vector512<int> a, Vector512<int> b, Vector512<int> c)
    {
#if NET10_0_OR_GREATER
        if (AvxVnni.IsSupported)
        {
            return Vector512.Create(Dot4(a.GetLower(), b.GetLower(), c.GetLower()), Dot4(a.GetUpper(), b.GetUpper(), c.GetUpper()));
        }
#endif
        if (!Avx512BW.IsSupported)
        {
            return Vector512.Create(Dot4(a.GetLower(), b.GetLower(), c.GetLower()), Dot4(a.GetUpper(), b.GetUpper(), c.GetUpper()));
        }

        var even = Avx512BW.MultiplyAddAdjacent((a.AsInt16() & Vector512.Create((short)255)), (b.AsInt16() << 8) >> 8);
        var odd = Avx512BW.MultiplyAddAdjacent(a.AsInt16() >>> 8, b.AsInt16() >> 8);
        return c + (even + odd);
    }

    /// <summary>c plus the products of the two bf16 in the halves of a and of b: the upper ones first, each sum rounded to f32.</summary>
    [MethodImpl(Inline)]
    public static float Dot2(int a, int b, float c) => MathF.FusedMultiplyAdd(LowHalf(a), LowHalf(b), MathF.FusedMultiplyAdd(HighHalf(a), HighHalf(b), c));

    /// <inheritdoc cref="Dot2(int, int, float)"/>
    [MethodImpl(Inline)]
    public static Vector128<float> Dot2(Vector128<int> a, Vector128<int> b, Vector128<float> c)
    {
        var high = Vector128.Create(-65536);
        var first = Vector128.FusedMultiplyAdd((a & high).AsSingle(), (b & high).AsSingle(), c);
        return Vector128.FusedMultiplyAdd((a << 16).AsSingle(), (b << 16).AsSingle(), first);
    }

    /// <inheritdoc cref="Dot2(int, int, float)"/>
    [MethodImpl(Inline)]
    public static Vector256<float> Dot2(Vector256<int> a, Vector256<int> b, Vector256<float> c)
    {
        var high = Vector256.Create(-65536);
        var first = Vector256.FusedMultiplyAdd((a & high).AsSingle(), (b & high).AsSingle(), c);
        return Vector256.FusedMultiplyAdd((a << 16).AsSingle(), (b << 16).AsSingle(), first);
    }

    /// <inheritdoc cref="Dot2(int, int, float)"/>
    [MethodImpl(Inline)]
    public static Vector512<float> Dot2(Vector512<int> a, Vector512<int> b, Vector512<float> c)
    {
        var high = Vector512.Create(-65536);
        var first = Vector512.FusedMultiplyAdd((a & high).AsSingle(), (b & high).AsSingle(), c);
        return Vector512.FusedMultiplyAdd((a << 16).AsSingle(), (b << 16).AsSingle(), first);
    }

    private static float HighHalf(int pair) => BitConverter.Int32BitsToSingle(pair & -65536);

    private static float LowHalf(int pair) => BitConverter.Int32BitsToSingle(pair << 16);

    private static Vector128<int> Dot4OfInt32(Vector128<int> a, Vector128<int> b, Vector128<int> c)
    {
        for (var i = 0; i < 4; i++)
        {
            c += ((a >> (8 * i)) & Vector128.Create(255)) * ((b << (24 - (8 * i))) >> 24);
        }

        return c;
    }
}
#endif
