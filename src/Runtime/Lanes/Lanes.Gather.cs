#if NET9_0_OR_GREATER
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SparseDsl.Runtime;

/// <content>Gathers and strided loads.</content>
public static unsafe partial class Lanes
{
    /// <summary>One element for each lane, at the offsets.</summary>
    [MethodImpl(Inline)]
    public static Vector512<T> Gather512<T>(T* source, Vector512<int> offsets)
        where T : unmanaged
    {
        if (Avx2.IsSupported && sizeof(T) == 4)
        {
            return Vector512.Create(
                Avx2.GatherVector256((float*)source, offsets.GetLower(), 4),
                Avx2.GatherVector256((float*)source, offsets.GetUpper(), 4)).As<float, T>();
        }

        Unsafe.SkipInit(out Vector512<T> result);
        for (var i = 0; i < Vector512<T>.Count; i++)
        {
            ((T*)&result)[i] = source[((int*)&offsets)[i]];
        }

        return result;
    }

    /// <summary>One element for each lane whose mask is set, at the offsets; the others are 0 and touch no memory.</summary>
    [MethodImpl(Inline)]
    public static Vector512<T> Gather512<T>(T* source, Vector512<int> offsets, Vector512<T> mask)
        where T : unmanaged
    {
        if (Avx2.IsSupported && sizeof(T) == 4)
        {
            return Vector512.Create(
                Avx2.GatherMaskVector256(Vector256<float>.Zero, (float*)source, offsets.GetLower(), mask.AsSingle().GetLower(), 4),
                Avx2.GatherMaskVector256(Vector256<float>.Zero, (float*)source, offsets.GetUpper(), mask.AsSingle().GetUpper(), 4)).As<float, T>();
        }

        var result = Vector512<T>.Zero;
        for (var bits = (ulong)mask.ExtractMostSignificantBits(); bits != 0; bits &= bits - 1)
        {
            var lane = BitOperations.TrailingZeroCount(bits);
            ((T*)&result)[lane] = source[((int*)&offsets)[lane]];
        }

        return result;
    }

    /// <summary>One element for each lane, at the offsets.</summary>
    [MethodImpl(Inline)]
    public static Vector512<T> Gather512<T>(T* source, Vector256<int> offsets)
        where T : unmanaged
    {
        if (Avx2.IsSupported && sizeof(T) == 8)
        {
            return Vector512.Create(
                Avx2.GatherVector256((double*)source, offsets.GetLower(), 8),
                Avx2.GatherVector256((double*)source, offsets.GetUpper(), 8)).As<double, T>();
        }

        Unsafe.SkipInit(out Vector512<T> result);
        for (var i = 0; i < Vector512<T>.Count; i++)
        {
            ((T*)&result)[i] = source[((int*)&offsets)[i]];
        }

        return result;
    }

    /// <summary>One element for each lane whose mask is set, at the offsets; the others are 0 and touch no memory.</summary>
    [MethodImpl(Inline)]
    public static Vector512<T> Gather512<T>(T* source, Vector256<int> offsets, Vector512<T> mask)
        where T : unmanaged
    {
        if (Avx2.IsSupported && sizeof(T) == 8)
        {
            return Vector512.Create(
                Avx2.GatherMaskVector256(Vector256<double>.Zero, (double*)source, offsets.GetLower(), mask.AsDouble().GetLower(), 8),
                Avx2.GatherMaskVector256(Vector256<double>.Zero, (double*)source, offsets.GetUpper(), mask.AsDouble().GetUpper(), 8)).As<double, T>();
        }

        var result = Vector512<T>.Zero;
        for (var bits = (ulong)mask.ExtractMostSignificantBits(); bits != 0; bits &= bits - 1)
        {
            var lane = BitOperations.TrailingZeroCount(bits);
            ((T*)&result)[lane] = source[((int*)&offsets)[lane]];
        }

        return result;
    }

    /// <summary>One element for each lane, at the offsets.</summary>
    [MethodImpl(Inline)]
    public static Vector256<T> Gather256<T>(T* source, Vector256<int> offsets)
        where T : unmanaged
    {
        if (Avx2.IsSupported && sizeof(T) == 4)
        {
            return Avx2.GatherVector256((float*)source, offsets, 4).As<float, T>();
        }

        Unsafe.SkipInit(out Vector256<T> result);
        for (var i = 0; i < Vector256<T>.Count; i++)
        {
            ((T*)&result)[i] = source[((int*)&offsets)[i]];
        }

        return result;
    }

    /// <summary>One element for each lane whose mask is set, at the offsets; the others are 0 and touch no memory.</summary>
    [MethodImpl(Inline)]
    public static Vector256<T> Gather256<T>(T* source, Vector256<int> offsets, Vector256<T> mask)
        where T : unmanaged
    {
        if (Avx2.IsSupported && sizeof(T) == 4)
        {
            return Avx2.GatherMaskVector256(Vector256<float>.Zero, (float*)source, offsets, mask.AsSingle(), 4).As<float, T>();
        }

        var result = Vector256<T>.Zero;
        for (var bits = (ulong)mask.ExtractMostSignificantBits(); bits != 0; bits &= bits - 1)
        {
            var lane = BitOperations.TrailingZeroCount(bits);
            ((T*)&result)[lane] = source[((int*)&offsets)[lane]];
        }

        return result;
    }

    /// <summary>One element for each lane, at the offsets.</summary>
    [MethodImpl(Inline)]
    public static Vector256<T> Gather256<T>(T* source, Vector128<int> offsets)
        where T : unmanaged
    {
        if (Avx2.IsSupported && sizeof(T) == 8)
        {
            return Avx2.GatherVector256((double*)source, offsets, 8).As<double, T>();
        }

        Unsafe.SkipInit(out Vector256<T> result);
        for (var i = 0; i < Vector256<T>.Count; i++)
        {
            ((T*)&result)[i] = source[((int*)&offsets)[i]];
        }

        return result;
    }

    /// <summary>One element for each lane whose mask is set, at the offsets; the others are 0 and touch no memory.</summary>
    [MethodImpl(Inline)]
    public static Vector256<T> Gather256<T>(T* source, Vector128<int> offsets, Vector256<T> mask)
        where T : unmanaged
    {
        if (Avx2.IsSupported && sizeof(T) == 8)
        {
            return Avx2.GatherMaskVector256(Vector256<double>.Zero, (double*)source, offsets, mask.AsDouble(), 8).As<double, T>();
        }

        var result = Vector256<T>.Zero;
        for (var bits = (ulong)mask.ExtractMostSignificantBits(); bits != 0; bits &= bits - 1)
        {
            var lane = BitOperations.TrailingZeroCount(bits);
            ((T*)&result)[lane] = source[((int*)&offsets)[lane]];
        }

        return result;
    }

    /// <summary>One element for each lane, at the offsets.</summary>
    [MethodImpl(Inline)]
    public static Vector256<T> Gather256<T>(T* source, Vector512<int> offsets)
        where T : unmanaged
    {
        Unsafe.SkipInit(out Vector256<T> result);
        for (var i = 0; i < Vector256<T>.Count; i++)
        {
            ((T*)&result)[i] = source[((int*)&offsets)[i]];
        }

        return result;
    }

    /// <summary>One element for each lane whose mask is set, at the offsets; the others are 0 and touch no memory.</summary>
    [MethodImpl(Inline)]
    public static Vector256<T> Gather256<T>(T* source, Vector512<int> offsets, Vector256<T> mask)
        where T : unmanaged
    {
        var result = Vector256<T>.Zero;
        for (var bits = (ulong)mask.ExtractMostSignificantBits(); bits != 0; bits &= bits - 1)
        {
            var lane = BitOperations.TrailingZeroCount(bits);
            ((T*)&result)[lane] = source[((int*)&offsets)[lane]];
        }

        return result;
    }

    /// <summary>One element for each lane, at the offsets.</summary>
    [MethodImpl(Inline)]
    public static Vector128<T> Gather128<T>(T* source, Vector512<int> offsets)
        where T : unmanaged
    {
        Unsafe.SkipInit(out Vector128<T> result);
        for (var i = 0; i < Vector128<T>.Count; i++)
        {
            ((T*)&result)[i] = source[((int*)&offsets)[i]];
        }

        return result;
    }

    /// <summary>One element for each lane whose mask is set, at the offsets; the others are 0 and touch no memory.</summary>
    [MethodImpl(Inline)]
    public static Vector128<T> Gather128<T>(T* source, Vector512<int> offsets, Vector128<T> mask)
        where T : unmanaged
    {
        var result = Vector128<T>.Zero;
        for (var bits = (ulong)mask.ExtractMostSignificantBits(); bits != 0; bits &= bits - 1)
        {
            var lane = BitOperations.TrailingZeroCount(bits);
            ((T*)&result)[lane] = source[((int*)&offsets)[lane]];
        }

        return result;
    }

    /// <summary>One element for each lane, at the offsets.</summary>
    [MethodImpl(Inline)]
    public static Vector128<T> Gather128<T>(T* source, Vector256<int> offsets)
        where T : unmanaged
    {
        Unsafe.SkipInit(out Vector128<T> result);
        for (var i = 0; i < Vector128<T>.Count; i++)
        {
            ((T*)&result)[i] = source[((int*)&offsets)[i]];
        }

        return result;
    }

    /// <summary>One element for each lane whose mask is set, at the offsets; the others are 0 and touch no memory.</summary>
    [MethodImpl(Inline)]
    public static Vector128<T> Gather128<T>(T* source, Vector256<int> offsets, Vector128<T> mask)
        where T : unmanaged
    {
        var result = Vector128<T>.Zero;
        for (var bits = (ulong)mask.ExtractMostSignificantBits(); bits != 0; bits &= bits - 1)
        {
            var lane = BitOperations.TrailingZeroCount(bits);
            ((T*)&result)[lane] = source[((int*)&offsets)[lane]];
        }

        return result;
    }

    /// <summary>One element for each lane, at the offsets.</summary>
    [MethodImpl(Inline)]
    public static Vector128<T> Gather128<T>(T* source, Vector128<int> offsets)
        where T : unmanaged
    {
        if (Avx2.IsSupported && sizeof(T) == 4)
        {
            return Avx2.GatherVector128((float*)source, offsets, 4).As<float, T>();
        }

        Unsafe.SkipInit(out Vector128<T> result);
        for (var i = 0; i < Vector128<T>.Count; i++)
        {
            ((T*)&result)[i] = source[((int*)&offsets)[i]];
        }

        return result;
    }

    /// <summary>One element for each lane whose mask is set, at the offsets; the others are 0 and touch no memory.</summary>
    [MethodImpl(Inline)]
    public static Vector128<T> Gather128<T>(T* source, Vector128<int> offsets, Vector128<T> mask)
        where T : unmanaged
    {
        if (Avx2.IsSupported && sizeof(T) == 4)
        {
            return Avx2.GatherMaskVector128(Vector128<float>.Zero, (float*)source, offsets, mask.AsSingle(), 4).As<float, T>();
        }

        var result = Vector128<T>.Zero;
        for (var bits = (ulong)mask.ExtractMostSignificantBits(); bits != 0; bits &= bits - 1)
        {
            var lane = BitOperations.TrailingZeroCount(bits);
            ((T*)&result)[lane] = source[((int*)&offsets)[lane]];
        }

        return result;
    }

    /// <summary>One element for each of the first <paramref name="count"/> lanes, at the offsets.</summary>
    [MethodImpl(Inline)]
    public static Vector128<T> Gather128<T>(T* source, Vector128<int> offsets, int count)
        where T : unmanaged
    {
        var result = Vector128<T>.Zero;
        for (var i = 0; i < count; i++)
        {
            ((T*)&result)[i] = source[((int*)&offsets)[i]];
        }

        return result;
    }

    /// <summary>One element for each of the first <paramref name="count"/> lanes whose mask is set, at the offsets.</summary>
    [MethodImpl(Inline)]
    public static Vector128<T> Gather128<T>(T* source, Vector128<int> offsets, Vector128<T> mask, int count)
        where T : unmanaged
    {
        var result = Vector128<T>.Zero;
        var bits = (mask & FirstOf<T>(count)).ExtractMostSignificantBits();
        for (; bits != 0; bits &= bits - 1)
        {
            var lane = BitOperations.TrailingZeroCount(bits);
            ((T*)&result)[lane] = source[((int*)&offsets)[lane]];
        }

        return result;
    }

    /// <summary>One element for each of the first <paramref name="count"/> lanes, at the offsets.</summary>
    [MethodImpl(Inline)]
    public static Vector128<T> Gather128<T>(T* source, Vector256<int> offsets, int count)
        where T : unmanaged
    {
        var result = Vector128<T>.Zero;
        for (var i = 0; i < count; i++)
        {
            ((T*)&result)[i] = source[((int*)&offsets)[i]];
        }

        return result;
    }

    /// <summary>One element for each of the first <paramref name="count"/> lanes whose mask is set, at the offsets.</summary>
    [MethodImpl(Inline)]
    public static Vector128<T> Gather128<T>(T* source, Vector256<int> offsets, Vector128<T> mask, int count)
        where T : unmanaged
    {
        var result = Vector128<T>.Zero;
        var bits = (mask & FirstOf<T>(count)).ExtractMostSignificantBits();
        for (; bits != 0; bits &= bits - 1)
        {
            var lane = BitOperations.TrailingZeroCount(bits);
            ((T*)&result)[lane] = source[((int*)&offsets)[lane]];
        }

        return result;
    }

    /// <summary>Every <paramref name="stride"/>-th element.</summary>
    [MethodImpl(Inline)]
    public static Vector128<T> LoadStrided128<T>(T* source, int stride)
        where T : unmanaged
    {
        Unsafe.SkipInit(out Vector128<T> result);
        for (var i = 0; i < Vector128<T>.Count; i++)
        {
            ((T*)&result)[i] = source[(nint)i * stride];
        }

        return result;
    }

    /// <summary>Every <paramref name="stride"/>-th element.</summary>
    [MethodImpl(Inline)]
    public static Vector256<T> LoadStrided256<T>(T* source, int stride)
        where T : unmanaged
    {
        if (stride == 2 && sizeof(T) == 4 && Avx2.IsSupported)
        {
            // The second load begins one element early, so that nothing past the last lane is read.
            var pairs = Avx.Shuffle(Vector256.Load((float*)source), Vector256.Load((float*)source + 7), 0b11_01_10_00);
            return Avx2.Permute4x64(pairs.AsDouble(), 0b11_01_10_00).As<double, T>();
        }

        if (sizeof(T) == 4 && Avx2.IsSupported)
        {
            return Gather256(source, Vector256<int>.Indices * stride);
        }

        Unsafe.SkipInit(out Vector256<T> result);
        for (var i = 0; i < Vector256<T>.Count; i++)
        {
            ((T*)&result)[i] = source[(nint)i * stride];
        }

        return result;
    }

    /// <summary>Every <paramref name="stride"/>-th element.</summary>
    [MethodImpl(Inline)]
    public static Vector512<T> LoadStrided512<T>(T* source, int stride)
        where T : unmanaged
    {
        if (stride == 2 && sizeof(T) == 4 && Avx512F.IsSupported)
        {
            // The second load begins one element early, so that nothing past the last lane is read.
            var indices = Vector512.Create(0, 2, 4, 6, 8, 10, 12, 14, 17, 19, 21, 23, 25, 27, 29, 31);
            return Avx512F.PermuteVar16x32x2(Vector512.Load((int*)source), indices, Vector512.Load((int*)source + 15)).As<int, T>();
        }

        if (sizeof(T) == 4 && Avx2.IsSupported)
        {
            return Gather512(source, Vector512<int>.Indices * stride);
        }

        Unsafe.SkipInit(out Vector512<T> result);
        for (var i = 0; i < Vector512<T>.Count; i++)
        {
            ((T*)&result)[i] = source[(nint)i * stride];
        }

        return result;
    }

    /// <summary>Every <paramref name="stride"/>-th element, in the first <paramref name="count"/> lanes.</summary>
    [MethodImpl(Inline)]
    public static Vector128<T> LoadStrided128<T>(T* source, int stride, int count)
        where T : unmanaged
    {
        var result = Vector128<T>.Zero;
        for (var i = 0; i < count; i++)
        {
            ((T*)&result)[i] = source[(nint)i * stride];
        }

        return result;
    }
}
#endif
