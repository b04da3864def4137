#if NET9_0_OR_GREATER
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SparseDsl.Runtime;

/// <content>Horizontal reductions: lanes i and i + n/2 first, down to one.</content>
public static unsafe partial class Lanes
{
    /// <summary>The sum of all lanes.</summary>
    [MethodImpl(Inline)]
    public static T HorizontalSum<T>(Vector512<T> v) => HorizontalSum(v.GetLower() + v.GetUpper());

    /// <summary>The sum of all lanes.</summary>
    [MethodImpl(Inline)]
    public static T HorizontalSum<T>(Vector256<T> v) => HorizontalSum(v.GetLower() + v.GetUpper());

    /// <summary>The sum of all lanes.</summary>
    [MethodImpl(Inline)]
    public static T HorizontalSum<T>(Vector128<T> v) => HorizontalSum(v, Vector128<T>.Count);

    /// <summary>The sum of all lanes below the lane <paramref name="count"/>, a power of two.</summary>
    [MethodImpl(Inline)]
    public static T HorizontalSum<T>(Vector128<T> v, int count)
    {
        for (var half = count / 2; half > 0; half /= 2)
        {
            v = v + Lowered(v, half);
        }

        return v.ToScalar();
    }

    /// <summary>The product of all lanes.</summary>
    [MethodImpl(Inline)]
    public static T HorizontalProduct<T>(Vector512<T> v) => HorizontalProduct(v.GetLower() * v.GetUpper());

    /// <summary>The product of all lanes.</summary>
    [MethodImpl(Inline)]
    public static T HorizontalProduct<T>(Vector256<T> v) => HorizontalProduct(v.GetLower() * v.GetUpper());

    /// <summary>The product of all lanes.</summary>
    [MethodImpl(Inline)]
    public static T HorizontalProduct<T>(Vector128<T> v) => HorizontalProduct(v, Vector128<T>.Count);

    /// <summary>The product of all lanes below the lane <paramref name="count"/>, a power of two.</summary>
    [MethodImpl(Inline)]
    public static T HorizontalProduct<T>(Vector128<T> v, int count)
    {
        for (var half = count / 2; half > 0; half /= 2)
        {
            v = v * Lowered(v, half);
        }

        return v.ToScalar();
    }

    /// <summary>The largest lane.</summary>
    [MethodImpl(Inline)]
    public static T HorizontalMax<T>(Vector512<T> v) => HorizontalMax(Max(v.GetLower(), v.GetUpper()));

    /// <summary>The largest lane.</summary>
    [MethodImpl(Inline)]
    public static T HorizontalMax<T>(Vector256<T> v) => HorizontalMax(Max(v.GetLower(), v.GetUpper()));

    /// <summary>The largest lane.</summary>
    [MethodImpl(Inline)]
    public static T HorizontalMax<T>(Vector128<T> v) => HorizontalMax(v, Vector128<T>.Count);

    /// <summary>The largest lane below the lane <paramref name="count"/>, a power of two.</summary>
    [MethodImpl(Inline)]
    public static T HorizontalMax<T>(Vector128<T> v, int count)
    {
        for (var half = count / 2; half > 0; half /= 2)
        {
            v = Max(v, Lowered(v, half));
        }

        return v.ToScalar();
    }

    /// <summary>The smallest lane.</summary>
    [MethodImpl(Inline)]
    public static T HorizontalMin<T>(Vector512<T> v) => HorizontalMin(Min(v.GetLower(), v.GetUpper()));

    /// <summary>The smallest lane.</summary>
    [MethodImpl(Inline)]
    public static T HorizontalMin<T>(Vector256<T> v) => HorizontalMin(Min(v.GetLower(), v.GetUpper()));

    /// <summary>The smallest lane.</summary>
    [MethodImpl(Inline)]
    public static T HorizontalMin<T>(Vector128<T> v) => HorizontalMin(v, Vector128<T>.Count);

    /// <summary>The smallest lane below the lane <paramref name="count"/>, a power of two.</summary>
    [MethodImpl(Inline)]
    public static T HorizontalMin<T>(Vector128<T> v, int count)
    {
        for (var half = count / 2; half > 0; half /= 2)
        {
            v = Min(v, Lowered(v, half));
        }

        return v.ToScalar();
    }

    /// <summary>The lanes from <paramref name="lane"/> on, moved to the front.</summary>
    [MethodImpl(Inline)]
    private static Vector128<T> Lowered<T>(Vector128<T> v, int lane)
    {
        var bytes = lane * Unsafe.SizeOf<T>();
        return bytes == 8 ? Vector128.Create(v.AsUInt64().GetElement(1)).As<ulong, T>()
            : bytes == 4 ? Vector128.Shuffle(v.AsInt32(), Vector128.Create(1, 1, 3, 3)).As<int, T>()
            : bytes == 2 ? Vector128.ShiftRightLogical(v.AsUInt32(), 16).As<uint, T>()
            : Vector128.ShiftRightLogical(v.AsUInt16(), 8).As<ushort, T>();
    }
}
#endif
