#if NET9_0_OR_GREATER
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SparseDsl.Runtime;

/// <content>Memory: parts of vectors, strides, masks, gathers, compression.</content>
public static unsafe partial class Lanes
{
    /// <summary>The first <paramref name="count"/> lanes from memory, the others 0. Touches nothing else.</summary>
    [MethodImpl(Inline)]
    public static Vector128<T> LoadPart<T>(T* source, int count)
        where T : unmanaged
    {
        Unsafe.SkipInit(out Vector128<T> result);
        switch (count * sizeof(T))
        {
            case 8: return Vector128.CreateScalar(*(ulong*)source).As<ulong, T>();
            case 4: return Vector128.CreateScalar(*(uint*)source).As<uint, T>();
            case 2: return Vector128.CreateScalar(*(ushort*)source).As<ushort, T>();
            default:
                result = Vector128<T>.Zero;
                for (var i = 0; i < count; i++)
                {
                    ((T*)&result)[i] = source[i];
                }

                return result;
        }
    }

    /// <summary>Stores the first <paramref name="count"/> lanes.</summary>
    [MethodImpl(Inline)]
    public static void StorePart<T>(Vector128<T> v, T* target, int count)
        where T : unmanaged
    {
        switch (count * sizeof(T))
        {
            case 8: *(ulong*)target = v.AsUInt64().ToScalar(); break;
            case 4: *(uint*)target = v.AsUInt32().ToScalar(); break;
            case 2: *(ushort*)target = v.AsUInt16().ToScalar(); break;
            default:
                for (var i = 0; i < count; i++)
                {
                    target[i] = ((T*)&v)[i];
                }

                break;
        }
    }

    /// <summary>Loads the lanes whose mask is set; the others are 0 and their memory is not touched.</summary>
    [MethodImpl(Inline)]
    public static Vector128<T> LoadMasked<T>(T* source, Vector128<T> mask)
        where T : unmanaged
    {
        var result = Vector128<T>.Zero;
        for (var bits = (ulong)mask.ExtractMostSignificantBits(); bits != 0; bits &= bits - 1)
        {
            var lane = BitOperations.TrailingZeroCount(bits);
            ((T*)&result)[lane] = source[lane];
        }

        return result;
    }

    /// <summary>Stores the lanes whose mask is set.</summary>
    [MethodImpl(Inline)]
    public static void StoreMasked<T>(Vector128<T> v, T* target, Vector128<T> mask)
        where T : unmanaged
    {
        for (var bits = (ulong)mask.ExtractMostSignificantBits(); bits != 0; bits &= bits - 1)
        {
            var lane = BitOperations.TrailingZeroCount(bits);
            target[lane] = ((T*)&v)[lane];
        }
    }

    /// <summary>Loads the lanes whose mask is set from every <paramref name="stride"/>-th element; the others are 0.</summary>
    [MethodImpl(Inline)]
    public static Vector128<T> LoadStrided<T>(T* source, int stride, Vector128<T> mask)
        where T : unmanaged
    {
        var result = Vector128<T>.Zero;
        for (var bits = (ulong)mask.ExtractMostSignificantBits(); bits != 0; bits &= bits - 1)
        {
            var lane = BitOperations.TrailingZeroCount(bits);
            ((T*)&result)[lane] = source[(nint)lane * stride];
        }

        return result;
    }

    /// <summary>Stores all lanes to every <paramref name="stride"/>-th element.</summary>
    [MethodImpl(Inline)]
    public static void StoreStrided<T>(Vector128<T> v, T* target, int stride)
        where T : unmanaged => StoreStrided(v, target, stride, Vector128<T>.Count);

    /// <summary>Stores the first <paramref name="count"/> lanes to every <paramref name="stride"/>-th element.</summary>
    [MethodImpl(Inline)]
    public static void StoreStrided<T>(Vector128<T> v, T* target, int stride, int count)
        where T : unmanaged
    {
        for (var i = 0; i < count; i++)
        {
            target[(nint)i * stride] = ((T*)&v)[i];
        }
    }

    /// <summary>Stores the lanes whose mask is set to every <paramref name="stride"/>-th element.</summary>
    [MethodImpl(Inline)]
    public static void StoreStrided<T>(Vector128<T> v, T* target, int stride, Vector128<T> mask)
        where T : unmanaged
    {
        for (var bits = (ulong)mask.ExtractMostSignificantBits(); bits != 0; bits &= bits - 1)
        {
            var lane = BitOperations.TrailingZeroCount(bits);
            target[(nint)lane * stride] = ((T*)&v)[lane];
        }
    }

    /// <summary>Loads the lanes whose mask is set; the others are 0 and their memory is not touched.</summary>
    [MethodImpl(Inline)]
    public static Vector256<T> LoadMasked<T>(T* source, Vector256<T> mask)
        where T : unmanaged
    {
        var result = Vector256<T>.Zero;
        for (var bits = (ulong)mask.ExtractMostSignificantBits(); bits != 0; bits &= bits - 1)
        {
            var lane = BitOperations.TrailingZeroCount(bits);
            ((T*)&result)[lane] = source[lane];
        }

        return result;
    }

    /// <summary>Stores the lanes whose mask is set.</summary>
    [MethodImpl(Inline)]
    public static void StoreMasked<T>(Vector256<T> v, T* target, Vector256<T> mask)
        where T : unmanaged
    {
        for (var bits = (ulong)mask.ExtractMostSignificantBits(); bits != 0; bits &= bits - 1)
        {
            var lane = BitOperations.TrailingZeroCount(bits);
            target[lane] = ((T*)&v)[lane];
        }
    }

    /// <summary>Loads the lanes whose mask is set from every <paramref name="stride"/>-th element; the others are 0.</summary>
    [MethodImpl(Inline)]
    public static Vector256<T> LoadStrided<T>(T* source, int stride, Vector256<T> mask)
        where T : unmanaged
    {
        var result = Vector256<T>.Zero;
        for (var bits = (ulong)mask.ExtractMostSignificantBits(); bits != 0; bits &= bits - 1)
        {
            var lane = BitOperations.TrailingZeroCount(bits);
            ((T*)&result)[lane] = source[(nint)lane * stride];
        }

        return result;
    }

    /// <summary>Stores all lanes to every <paramref name="stride"/>-th element.</summary>
    [MethodImpl(Inline)]
    public static void StoreStrided<T>(Vector256<T> v, T* target, int stride)
        where T : unmanaged => StoreStrided(v, target, stride, Vector256<T>.Count);

    /// <summary>Stores the first <paramref name="count"/> lanes to every <paramref name="stride"/>-th element.</summary>
    [MethodImpl(Inline)]
    public static void StoreStrided<T>(Vector256<T> v, T* target, int stride, int count)
        where T : unmanaged
    {
        for (var i = 0; i < count; i++)
        {
            target[(nint)i * stride] = ((T*)&v)[i];
        }
    }

    /// <summary>Stores the lanes whose mask is set to every <paramref name="stride"/>-th element.</summary>
    [MethodImpl(Inline)]
    public static void StoreStrided<T>(Vector256<T> v, T* target, int stride, Vector256<T> mask)
        where T : unmanaged
    {
        for (var bits = (ulong)mask.ExtractMostSignificantBits(); bits != 0; bits &= bits - 1)
        {
            var lane = BitOperations.TrailingZeroCount(bits);
            target[(nint)lane * stride] = ((T*)&v)[lane];
        }
    }

    /// <summary>Loads the lanes whose mask is set; the others are 0 and their memory is not touched.</summary>
    [MethodImpl(Inline)]
    public static Vector512<T> LoadMasked<T>(T* source, Vector512<T> mask)
        where T : unmanaged
    {
        var result = Vector512<T>.Zero;
        for (var bits = (ulong)mask.ExtractMostSignificantBits(); bits != 0; bits &= bits - 1)
        {
            var lane = BitOperations.TrailingZeroCount(bits);
            ((T*)&result)[lane] = source[lane];
        }

        return result;
    }

    /// <summary>Stores the lanes whose mask is set.</summary>
    [MethodImpl(Inline)]
    public static void StoreMasked<T>(Vector512<T> v, T* target, Vector512<T> mask)
        where T : unmanaged
    {
        for (var bits = (ulong)mask.ExtractMostSignificantBits(); bits != 0; bits &= bits - 1)
        {
            var lane = BitOperations.TrailingZeroCount(bits);
            target[lane] = ((T*)&v)[lane];
        }
    }

    /// <summary>Loads the lanes whose mask is set from every <paramref name="stride"/>-th element; the others are 0.</summary>
    [MethodImpl(Inline)]
    public static Vector512<T> LoadStrided<T>(T* source, int stride, Vector512<T> mask)
        where T : unmanaged
    {
        if (stride == 2 && sizeof(T) == 4 && Avx512F.IsSupported)
        {
            // Even lanes of the first half, odd ones of the second, which begins one element early: as without a mask.
            var wanted = mask.AsInt32();
            var low = Avx512F.PermuteVar16x32(wanted, Vector512.Create(0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7)) & Vector512.Create(0x00000000FFFFFFFF).AsInt32();
            var high = Avx512F.PermuteVar16x32(wanted, Vector512.Create(8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13, 14, 14, 15, 15)) & Vector512.Create(unchecked((long)0xFFFFFFFF00000000)).AsInt32();
            var first = Avx512F.MaskLoad((int*)source, low, Vector512<int>.Zero);
            var second = Avx512F.MaskLoad((int*)source + 15, high, Vector512<int>.Zero);
            var indices = Vector512.Create(0, 2, 4, 6, 8, 10, 12, 14, 17, 19, 21, 23, 25, 27, 29, 31);
            return Avx512F.PermuteVar16x32x2(first, indices, second).As<int, T>();
        }

        var result = Vector512<T>.Zero;
        for (var bits = (ulong)mask.ExtractMostSignificantBits(); bits != 0; bits &= bits - 1)
        {
            var lane = BitOperations.TrailingZeroCount(bits);
            ((T*)&result)[lane] = source[(nint)lane * stride];
        }

        return result;
    }

    /// <summary>Stores all lanes to every <paramref name="stride"/>-th element.</summary>
    [MethodImpl(Inline)]
    public static void StoreStrided<T>(Vector512<T> v, T* target, int stride)
        where T : unmanaged => StoreStrided(v, target, stride, Vector512<T>.Count);

    /// <summary>Stores the first <paramref name="count"/> lanes to every <paramref name="stride"/>-th element.</summary>
    [MethodImpl(Inline)]
    public static void StoreStrided<T>(Vector512<T> v, T* target, int stride, int count)
        where T : unmanaged
    {
        for (var i = 0; i < count; i++)
        {
            target[(nint)i * stride] = ((T*)&v)[i];
        }
    }

    /// <summary>Stores the lanes whose mask is set to every <paramref name="stride"/>-th element.</summary>
    [MethodImpl(Inline)]
    public static void StoreStrided<T>(Vector512<T> v, T* target, int stride, Vector512<T> mask)
        where T : unmanaged
    {
        for (var bits = (ulong)mask.ExtractMostSignificantBits(); bits != 0; bits &= bits - 1)
        {
            var lane = BitOperations.TrailingZeroCount(bits);
            target[(nint)lane * stride] = ((T*)&v)[lane];
        }
    }

    /// <inheritdoc cref="LoadMasked{T}(T*, Vector128{T})"/>
    /// <remarks>Only the first <paramref name="count"/> lanes exist.</remarks>
    [MethodImpl(Inline)]
    public static Vector128<T> LoadMasked<T>(T* source, Vector128<T> mask, int count)
        where T : unmanaged => LoadMasked(source, mask & FirstOf<T>(count));

    /// <inheritdoc cref="LoadStrided{T}(T*, int, Vector128{T})"/>
    /// <remarks>Only the first <paramref name="count"/> lanes exist.</remarks>
    [MethodImpl(Inline)]
    public static Vector128<T> LoadStrided<T>(T* source, int stride, Vector128<T> mask, int count)
        where T : unmanaged => LoadStrided(source, stride, mask & FirstOf<T>(count));

    /// <inheritdoc cref="StoreMasked{T}(Vector128{T}, T*, Vector128{T})"/>
    /// <remarks>Only the first <paramref name="count"/> lanes exist.</remarks>
    [MethodImpl(Inline)]
    public static void StoreMasked<T>(Vector128<T> v, T* target, Vector128<T> mask, int count)
        where T : unmanaged => StoreMasked(v, target, mask & FirstOf<T>(count));

    /// <inheritdoc cref="StoreStrided{T}(Vector128{T}, T*, int, Vector128{T})"/>
    /// <remarks>Only the first <paramref name="count"/> lanes exist.</remarks>
    [MethodImpl(Inline)]
    public static void StoreStrided<T>(Vector128<T> v, T* target, int stride, Vector128<T> mask, int count)
        where T : unmanaged => StoreStrided(v, target, stride, mask & FirstOf<T>(count));

    /// <summary>All bits set in the first <paramref name="count"/> lanes.</summary>
    [MethodImpl(Inline)]
    private static Vector128<T> FirstOf<T>(int count)
        where T : unmanaged =>
        Vector128.LessThan(Vector128<byte>.Indices, Vector128.Create((byte)(count * sizeof(T)))).As<byte, T>();
}
#endif
