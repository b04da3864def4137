#if NET9_0_OR_GREATER
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SparseDsl.Runtime;

/// <content>Compression: the lanes whose mask is set, one after the other.</content>
public static unsafe partial class Lanes
{
    /// <summary>
    /// Stores the lanes whose mask is set one after the other from <paramref name="position"/> on, and gives the position
    /// after the last. Up to <paramref name="capacity"/>, elements after it may be overwritten.
    /// </summary>
    [MethodImpl(Inline)]
    public static int CompressStore<T>(Vector128<T> v, T* target, int position, int capacity, Vector128<T> mask)
        where T : unmanaged
    {
        var bits = (ulong)mask.ExtractMostSignificantBits();
        if (sizeof(T) == 4 && Avx512F.VL.IsSupported && position + Vector128<T>.Count <= capacity)
        {
            // Writing the whole vector beats a masked store; what lies beyond the kept lanes is overwritten later or unused.
            var packed = Avx512F.VL.Compress(Vector128<int>.Zero, mask.AsInt32(), v.AsInt32());
            Vector128.Store(packed, (int*)(target + position));
            return position + BitOperations.PopCount(bits);
        }

        if (sizeof(T) == 8 && Avx512F.VL.IsSupported && position + Vector128<T>.Count <= capacity)
        {
            // Writing the whole vector beats a masked store; what lies beyond the kept lanes is overwritten later or unused.
            var packed = Avx512F.VL.Compress(Vector128<long>.Zero, mask.AsInt64(), v.AsInt64());
            Vector128.Store(packed, (long*)(target + position));
            return position + BitOperations.PopCount(bits);
        }

        for (; bits != 0; bits &= bits - 1)
        {
            target[position++] = ((T*)&v)[BitOperations.TrailingZeroCount(bits)];
        }

        return position;
    }

    /// <summary>
    /// Stores the lanes whose mask is set one after the other from <paramref name="position"/> on, and gives the position
    /// after the last. Up to <paramref name="capacity"/>, elements after it may be overwritten.
    /// </summary>
    [MethodImpl(Inline)]
    public static int CompressStore<T>(Vector256<T> v, T* target, int position, int capacity, Vector256<T> mask)
        where T : unmanaged
    {
        var bits = (ulong)mask.ExtractMostSignificantBits();
        if (sizeof(T) == 4 && Avx512F.VL.IsSupported && position + Vector256<T>.Count <= capacity)
        {
            // Writing the whole vector beats a masked store; what lies beyond the kept lanes is overwritten later or unused.
            var packed = Avx512F.VL.Compress(Vector256<int>.Zero, mask.AsInt32(), v.AsInt32());
            Vector256.Store(packed, (int*)(target + position));
            return position + BitOperations.PopCount(bits);
        }

        if (sizeof(T) == 8 && Avx512F.VL.IsSupported && position + Vector256<T>.Count <= capacity)
        {
            // Writing the whole vector beats a masked store; what lies beyond the kept lanes is overwritten later or unused.
            var packed = Avx512F.VL.Compress(Vector256<long>.Zero, mask.AsInt64(), v.AsInt64());
            Vector256.Store(packed, (long*)(target + position));
            return position + BitOperations.PopCount(bits);
        }

        for (; bits != 0; bits &= bits - 1)
        {
            target[position++] = ((T*)&v)[BitOperations.TrailingZeroCount(bits)];
        }

        return position;
    }

    /// <summary>
    /// Stores the lanes whose mask is set one after the other from <paramref name="position"/> on, and gives the position
    /// after the last. Up to <paramref name="capacity"/>, elements after it may be overwritten.
    /// </summary>
    [MethodImpl(Inline)]
    public static int CompressStore<T>(Vector512<T> v, T* target, int position, int capacity, Vector512<T> mask)
        where T : unmanaged
    {
        var bits = (ulong)mask.ExtractMostSignificantBits();
        if (sizeof(T) == 4 && Avx512F.IsSupported && position + Vector512<T>.Count <= capacity)
        {
            // Writing the whole vector beats a masked store; what lies beyond the kept lanes is overwritten later or unused.
            var packed = Avx512F.Compress(Vector512<int>.Zero, mask.AsInt32(), v.AsInt32());
            Vector512.Store(packed, (int*)(target + position));
            return position + BitOperations.PopCount(bits);
        }

        if (sizeof(T) == 8 && Avx512F.IsSupported && position + Vector512<T>.Count <= capacity)
        {
            // Writing the whole vector beats a masked store; what lies beyond the kept lanes is overwritten later or unused.
            var packed = Avx512F.Compress(Vector512<long>.Zero, mask.AsInt64(), v.AsInt64());
            Vector512.Store(packed, (long*)(target + position));
            return position + BitOperations.PopCount(bits);
        }

        for (; bits != 0; bits &= bits - 1)
        {
            target[position++] = ((T*)&v)[BitOperations.TrailingZeroCount(bits)];
        }

        return position;
    }

    /// <inheritdoc cref="CompressStore{T}(Vector128{T}, T*, int, int, Vector128{T})"/>
    /// <remarks>Only the first <paramref name="count"/> lanes exist.</remarks>
    [MethodImpl(Inline)]
    public static int CompressStore<T>(Vector128<T> v, T* target, int position, int capacity, Vector128<T> mask, int count)
        where T : unmanaged => CompressStore(v, target, position, capacity, mask & FirstOf<T>(count));
}
#endif
