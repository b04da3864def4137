#if NET9_0_OR_GREATER
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SparseDsl.Runtime;

/// <content>Masks of other lane sizes.</content>
public static unsafe partial class Lanes
{
    /// <summary>The same mask over lanes of half the size.</summary>
    [MethodImpl(Inline)]
    public static Vector128<sbyte> NarrowMask(Vector128<short> mask) => Vector128.Narrow(mask, mask);

    /// <summary>The same mask over lanes of half the size.</summary>
    [MethodImpl(Inline)]
    public static Vector128<short> NarrowMask(Vector128<int> mask) => Vector128.Narrow(mask, mask);

    /// <summary>The same mask over lanes of half the size.</summary>
    [MethodImpl(Inline)]
    public static Vector128<int> NarrowMask(Vector128<long> mask) => Vector128.Narrow(mask, mask);

    /// <summary>The same mask over lanes of half the size.</summary>
    [MethodImpl(Inline)]
    public static Vector128<sbyte> NarrowMask(Vector256<short> mask) => Vector128.Narrow(mask.GetLower(), mask.GetUpper());

    /// <summary>The same mask over lanes of half the size.</summary>
    [MethodImpl(Inline)]
    public static Vector128<short> NarrowMask(Vector256<int> mask) => Vector128.Narrow(mask.GetLower(), mask.GetUpper());

    /// <summary>The same mask over lanes of half the size.</summary>
    [MethodImpl(Inline)]
    public static Vector128<int> NarrowMask(Vector256<long> mask) => Vector128.Narrow(mask.GetLower(), mask.GetUpper());

    /// <summary>The same mask over lanes of half the size.</summary>
    [MethodImpl(Inline)]
    public static Vector256<sbyte> NarrowMask(Vector512<short> mask) => Vector256.Narrow(mask.GetLower(), mask.GetUpper());

    /// <summary>The same mask over lanes of half the size.</summary>
    [MethodImpl(Inline)]
    public static Vector256<short> NarrowMask(Vector512<int> mask) => Vector256.Narrow(mask.GetLower(), mask.GetUpper());

    /// <summary>The same mask over lanes of half the size.</summary>
    [MethodImpl(Inline)]
    public static Vector256<int> NarrowMask(Vector512<long> mask) => Vector256.Narrow(mask.GetLower(), mask.GetUpper());

    /// <summary>The same mask over lanes of twice the size.</summary>
    [MethodImpl(Inline)]
    public static Vector256<short> WidenMask(Vector128<sbyte> mask) =>
        Vector256.Create(Vector128.WidenLower(mask), Vector128.WidenUpper(mask));

    /// <summary>The same mask over lanes of twice the size.</summary>
    [MethodImpl(Inline)]
    public static Vector256<int> WidenMask(Vector128<short> mask) =>
        Vector256.Create(Vector128.WidenLower(mask), Vector128.WidenUpper(mask));

    /// <summary>The same mask over lanes of twice the size.</summary>
    [MethodImpl(Inline)]
    public static Vector256<long> WidenMask(Vector128<int> mask) =>
        Vector256.Create(Vector128.WidenLower(mask), Vector128.WidenUpper(mask));

    /// <summary>The same mask over lanes of twice the size.</summary>
    [MethodImpl(Inline)]
    public static Vector512<short> WidenMask(Vector256<sbyte> mask) =>
        Vector512.Create(Vector256.WidenLower(mask), Vector256.WidenUpper(mask));

    /// <summary>The same mask over lanes of twice the size.</summary>
    [MethodImpl(Inline)]
    public static Vector512<int> WidenMask(Vector256<short> mask) =>
        Vector512.Create(Vector256.WidenLower(mask), Vector256.WidenUpper(mask));

    /// <summary>The same mask over lanes of twice the size.</summary>
    [MethodImpl(Inline)]
    public static Vector512<long> WidenMask(Vector256<int> mask) =>
        Vector512.Create(Vector256.WidenLower(mask), Vector256.WidenUpper(mask));
}
#endif
