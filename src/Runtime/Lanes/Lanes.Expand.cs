#if NET9_0_OR_GREATER
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SparseDsl.Runtime;

/// <content>Expansion: consecutive elements into the lanes whose mask is set. Masks from bits.</content>
public static unsafe partial class Lanes
{
    /// <summary>All bits of a lane where the bit of its number is set.</summary>
    [MethodImpl(Inline)]
    public static Vector128<int> BitMask128(int bits)
    {
        var own = Vector128.Create(1, 2, 4, 8);
        return Vector128.Equals(Vector128.Create(bits) & own, own);
    }

    /// <inheritdoc cref="BitMask128(int)"/>
    [MethodImpl(Inline)]
    public static Vector256<int> BitMask256(int bits)
    {
        var own = Vector256.Create(1, 2, 4, 8, 16, 32, 64, 128);
        return Vector256.Equals(Vector256.Create(bits) & own, own);
    }

    /// <inheritdoc cref="BitMask128(int)"/>
    [MethodImpl(Inline)]
    public static Vector512<int> BitMask512(int bits)
    {
        var own = Vector512.Create(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768);
        return Vector512.Equals(Vector512.Create(bits) & own, own);
    }

    /// <summary>Consecutive elements into the lanes whose mask is set; the others are 0. Touches as many elements as lanes are set.</summary>
    [MethodImpl(Inline)]
    public static Vector128<T> ExpandLoad<T>(T* source, Vector128<T> mask)
        where T : unmanaged
    {
        var result = Vector128<T>.Zero;
        for (var bits = (ulong)mask.ExtractMostSignificantBits(); bits != 0; bits &= bits - 1)
        {
            ((T*)&result)[BitOperations.TrailingZeroCount(bits)] = *source++;
        }

        return result;
    }

    /// <inheritdoc cref="ExpandLoad{T}(T*, Vector128{T})"/>
    [MethodImpl(Inline)]
    public static Vector256<T> ExpandLoad<T>(T* source, Vector256<T> mask)
        where T : unmanaged
    {
        if (sizeof(T) == 4 && Avx2.IsSupported)
        {
            var set = mask.ExtractMostSignificantBits();
            var packed = Avx2.MaskLoad((int*)source, Vector256.LessThan(Vector256<int>.Indices, Vector256.Create(BitOperations.PopCount(set))));
            var from = Avx2.ConvertToVector256Int32(Expansions.Sources + (set * 8));
            return Avx2.PermuteVar8x32(packed, from).As<int, T>() & mask;
        }

        var result = Vector256<T>.Zero;
        for (var bits = (ulong)mask.ExtractMostSignificantBits(); bits != 0; bits &= bits - 1)
        {
            ((T*)&result)[BitOperations.TrailingZeroCount(bits)] = *source++;
        }

        return result;
    }

    /// <inheritdoc cref="ExpandLoad{T}(T*, Vector128{T})"/>
    [MethodImpl(Inline)]
    public static Vector512<T> ExpandLoad<T>(T* source, Vector512<T> mask)
        where T : unmanaged
    {
        if (sizeof(T) == 4 && Avx512F.IsSupported)
        {
            return Avx512F.ExpandLoad((int*)source, mask.AsInt32(), Vector512<int>.Zero).As<int, T>();
        }

        var result = Vector512<T>.Zero;
        for (var bits = (ulong)mask.ExtractMostSignificantBits(); bits != 0; bits &= bits - 1)
        {
            ((T*)&result)[BitOperations.TrailingZeroCount(bits)] = *source++;
        }

        return result;
    }

    /// <inheritdoc cref="ExpandLoad{T}(T*, Vector128{T})"/>
    /// <remarks>Only the first <paramref name="count"/> lanes exist.</remarks>
    [MethodImpl(Inline)]
    public static Vector128<T> ExpandLoad<T>(T* source, Vector128<T> mask, int count)
        where T : unmanaged => ExpandLoad(source, mask & FirstOf<T>(count));

    /// <summary>For each mask of eight lanes, the packed element that each lane takes.</summary>
    private static class Expansions
    {
        /// <summary>Eight bytes for each mask; those of lanes that are not set are 0.</summary>
        public static readonly byte* Sources = Create();

        // Lives as long as the process.
        private static byte* Create()
        {
            var sources = (byte*)NativeMemory.AllocZeroed(256 * 8);
            for (var mask = 0; mask < 256; mask++)
            {
                byte next = 0;
                for (var lane = 0; lane < 8; lane++)
                {
                    sources[(mask * 8) + lane] = (mask >> lane & 1) != 0 ? next++ : (byte)0;
                }
            }

            return sources;
        }
    }
}
#endif
