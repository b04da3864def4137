#if NET9_0_OR_GREATER
using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SparseDsl.Runtime;

/// <summary>
/// What generated kernels call where the base library has no single operation with the meaning the loop IR asks for:
/// minima with a fixed NaN rule, floor division, gathers, strided and masked memory, horizontal reductions with a fixed
/// tree, saturating conversions. Generated code says <c>using static SparseDsl.Runtime.Lanes</c>.
/// </summary>
/// <remarks>Pointers are not checked: the kernel's bounds are the caller's duty.</remarks>
[EditorBrowsable(EditorBrowsableState.Never)] // generated code calls it; programs have the vector types
public static unsafe partial class Lanes
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    /// <summary>The smaller; the second if either is NaN.</summary>
    [MethodImpl(Inline)]
    public static float Min(float a, float b) => Sse.IsSupported
        ? Sse.MinScalar(Vector128.CreateScalarUnsafe(a), Vector128.CreateScalarUnsafe(b)).ToScalar()
        : a < b ? a : b;

    /// <summary>The smaller; the second if either is NaN.</summary>
    [MethodImpl(Inline)]
    public static double Min(double a, double b) => Sse2.IsSupported
        ? Sse2.MinScalar(Vector128.CreateScalarUnsafe(a), Vector128.CreateScalarUnsafe(b)).ToScalar()
        : a < b ? a : b;

    /// <summary>The larger; the second if either is NaN.</summary>
    [MethodImpl(Inline)]
    public static float Max(float a, float b) => Sse.IsSupported
        ? Sse.MaxScalar(Vector128.CreateScalarUnsafe(a), Vector128.CreateScalarUnsafe(b)).ToScalar()
        : a > b ? a : b;

    /// <summary>The larger; the second if either is NaN.</summary>
    [MethodImpl(Inline)]
    public static double Max(double a, double b) => Sse2.IsSupported
        ? Sse2.MaxScalar(Vector128.CreateScalarUnsafe(a), Vector128.CreateScalarUnsafe(b)).ToScalar()
        : a > b ? a : b;

    /// <summary>The smaller in every lane; the second if either is NaN.</summary>
    [MethodImpl(Inline)]
    public static Vector128<T> Min<T>(Vector128<T> a, Vector128<T> b)
    {
        if (typeof(T) == typeof(float) && Sse.IsSupported)
        {
            return Sse.Min(a.AsSingle(), b.AsSingle()).As<float, T>();
        }

        return typeof(T) == typeof(double) && Sse2.IsSupported
            ? Sse2.Min(a.AsDouble(), b.AsDouble()).As<double, T>()
            : Vector128.ConditionalSelect(Vector128.LessThan(a, b), a, b);
    }

    /// <inheritdoc cref="Min{T}(Vector128{T}, Vector128{T})"/>
    [MethodImpl(Inline)]
    public static Vector256<T> Min<T>(Vector256<T> a, Vector256<T> b)
    {
        if (typeof(T) == typeof(float) && Avx.IsSupported)
        {
            return Avx.Min(a.AsSingle(), b.AsSingle()).As<float, T>();
        }

        return typeof(T) == typeof(double) && Avx.IsSupported
            ? Avx.Min(a.AsDouble(), b.AsDouble()).As<double, T>()
            : Vector256.ConditionalSelect(Vector256.LessThan(a, b), a, b);
    }

    /// <inheritdoc cref="Min{T}(Vector128{T}, Vector128{T})"/>
    [MethodImpl(Inline)]
    public static Vector512<T> Min<T>(Vector512<T> a, Vector512<T> b)
    {
        if (typeof(T) == typeof(float) && Avx512F.IsSupported)
        {
            return Avx512F.Min(a.AsSingle(), b.AsSingle()).As<float, T>();
        }

        return typeof(T) == typeof(double) && Avx512F.IsSupported
            ? Avx512F.Min(a.AsDouble(), b.AsDouble()).As<double, T>()
            : Vector512.ConditionalSelect(Vector512.LessThan(a, b), a, b);
    }

    /// <summary>The larger in every lane; the second if either is NaN.</summary>
    [MethodImpl(Inline)]
    public static Vector128<T> Max<T>(Vector128<T> a, Vector128<T> b)
    {
        if (typeof(T) == typeof(float) && Sse.IsSupported)
        {
            return Sse.Max(a.AsSingle(), b.AsSingle()).As<float, T>();
        }

        return typeof(T) == typeof(double) && Sse2.IsSupported
            ? Sse2.Max(a.AsDouble(), b.AsDouble()).As<double, T>()
            : Vector128.ConditionalSelect(Vector128.GreaterThan(a, b), a, b);
    }

    /// <inheritdoc cref="Max{T}(Vector128{T}, Vector128{T})"/>
    [MethodImpl(Inline)]
    public static Vector256<T> Max<T>(Vector256<T> a, Vector256<T> b)
    {
        if (typeof(T) == typeof(float) && Avx.IsSupported)
        {
            return Avx.Max(a.AsSingle(), b.AsSingle()).As<float, T>();
        }

        return typeof(T) == typeof(double) && Avx.IsSupported
            ? Avx.Max(a.AsDouble(), b.AsDouble()).As<double, T>()
            : Vector256.ConditionalSelect(Vector256.GreaterThan(a, b), a, b);
    }

    /// <inheritdoc cref="Max{T}(Vector128{T}, Vector128{T})"/>
    [MethodImpl(Inline)]
    public static Vector512<T> Max<T>(Vector512<T> a, Vector512<T> b)
    {
        if (typeof(T) == typeof(float) && Avx512F.IsSupported)
        {
            return Avx512F.Max(a.AsSingle(), b.AsSingle()).As<float, T>();
        }

        return typeof(T) == typeof(double) && Avx512F.IsSupported
            ? Avx512F.Max(a.AsDouble(), b.AsDouble()).As<double, T>()
            : Vector512.ConditionalSelect(Vector512.GreaterThan(a, b), a, b);
    }

    /// <summary>The first multiple of 64 at or after an address.</summary>
    [MethodImpl(Inline)]
    public static byte* Align(byte* address) => (byte*)(((nuint)address + 63) & ~(nuint)63);

    /// <summary>|a|; the smallest integer stays as it is.</summary>
    [MethodImpl(Inline)]
    public static int Abs(int a) => a < 0 ? unchecked(-a) : a;

    /// <inheritdoc cref="Abs(int)"/>
    [MethodImpl(Inline)]
    public static long Abs(long a) => a < 0 ? unchecked(-a) : a;

    /// <summary>Quotient rounded towards minus infinity; 0 when <paramref name="b"/> is 0. The smallest number over -1 wraps to itself.</summary>
    [MethodImpl(Inline)]
    public static int FloorDiv(int a, int b)
    {
        if (b is 0 or -1)
        {
            return b == 0 ? 0 : unchecked(-a);
        }

        var quotient = a / b;
        return (a ^ b) < 0 && quotient * b != a ? quotient - 1 : quotient;
    }

    /// <inheritdoc cref="FloorDiv(int, int)"/>
    [MethodImpl(Inline)]
    public static long FloorDiv(long a, long b)
    {
        if (b is 0 or -1)
        {
            return b == 0 ? 0 : unchecked(-a);
        }

        var quotient = a / b;
        return (a ^ b) < 0 && quotient * b != a ? quotient - 1 : quotient;
    }

    /// <summary>Quotient rounded down; 0 when <paramref name="b"/> is 0.</summary>
    [MethodImpl(Inline)]
    public static uint FloorDiv(uint a, uint b) => b == 0 ? 0 : a / b;

    /// <summary>Remainder of floor division: the sign of <paramref name="b"/>; 0 when it is 0.</summary>
    [MethodImpl(Inline)]
    public static int FloorMod(int a, int b) => b == 0 ? 0 : unchecked(a - (b * FloorDiv(a, b)));

    /// <inheritdoc cref="FloorMod(int, int)"/>
    [MethodImpl(Inline)]
    public static long FloorMod(long a, long b) => b == 0 ? 0 : unchecked(a - (b * FloorDiv(a, b)));

    /// <inheritdoc cref="FloorMod(int, int)"/>
    [MethodImpl(Inline)]
    public static uint FloorMod(uint a, uint b) => b == 0 ? 0 : a % b;

    /// <inheritdoc cref="FloorMod(int, int)"/>
    [MethodImpl(Inline)]
    public static float FloorMod(float a, float b) => (float)FloorMod((double)a, b);

    /// <inheritdoc cref="FloorMod(int, int)"/>
    [MethodImpl(Inline)]
    public static double FloorMod(double a, double b) => a - (b * Math.Floor(a / b));
}
#endif
