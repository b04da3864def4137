#if NET9_0_OR_GREATER
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SparseDsl.Runtime;

/// <content>Shifts by a count of each lane, and counts of zero bits.</content>
public static unsafe partial class Lanes
{
    /// <summary>Lane by lane, a shifted left by b bits.</summary>
    public static Vector128<int> ShiftLeft(Vector128<int> a, Vector128<int> b)
    {
        Unsafe.SkipInit(out Vector128<int> result);
        for (var i = 0; i < Vector128<int>.Count; i++)
        {
            ((int*)&result)[i] = ((int*)&a)[i] << (int)((int*)&b)[i];
        }

        return result;
    }

    /// <summary>Lane by lane, a shifted right by b bits.</summary>
    public static Vector128<int> ShiftRight(Vector128<int> a, Vector128<int> b)
    {
        Unsafe.SkipInit(out Vector128<int> result);
        for (var i = 0; i < Vector128<int>.Count; i++)
        {
            ((int*)&result)[i] = ((int*)&a)[i] >> (int)((int*)&b)[i];
        }

        return result;
    }

    /// <summary>Trailing zero bits of every lane; the width for 0.</summary>
    public static Vector128<int> TrailingZeros(Vector128<int> a)
    {
        Unsafe.SkipInit(out Vector128<int> result);
        for (var i = 0; i < Vector128<int>.Count; i++)
        {
            ((int*)&result)[i] = (int)BitOperations.TrailingZeroCount(((int*)&a)[i]);
        }

        return result;
    }

    /// <summary>Lane by lane, a shifted left by b bits.</summary>
    public static Vector128<uint> ShiftLeft(Vector128<uint> a, Vector128<uint> b)
    {
        Unsafe.SkipInit(out Vector128<uint> result);
        for (var i = 0; i < Vector128<uint>.Count; i++)
        {
            ((uint*)&result)[i] = ((uint*)&a)[i] << (int)((uint*)&b)[i];
        }

        return result;
    }

    /// <summary>Lane by lane, a shifted right by b bits.</summary>
    public static Vector128<uint> ShiftRight(Vector128<uint> a, Vector128<uint> b)
    {
        Unsafe.SkipInit(out Vector128<uint> result);
        for (var i = 0; i < Vector128<uint>.Count; i++)
        {
            ((uint*)&result)[i] = ((uint*)&a)[i] >> (int)((uint*)&b)[i];
        }

        return result;
    }

    /// <summary>Trailing zero bits of every lane; the width for 0.</summary>
    public static Vector128<uint> TrailingZeros(Vector128<uint> a)
    {
        Unsafe.SkipInit(out Vector128<uint> result);
        for (var i = 0; i < Vector128<uint>.Count; i++)
        {
            ((uint*)&result)[i] = (uint)BitOperations.TrailingZeroCount(((uint*)&a)[i]);
        }

        return result;
    }

    /// <summary>Lane by lane, a shifted left by b bits.</summary>
    public static Vector128<long> ShiftLeft(Vector128<long> a, Vector128<long> b)
    {
        Unsafe.SkipInit(out Vector128<long> result);
        for (var i = 0; i < Vector128<long>.Count; i++)
        {
            ((long*)&result)[i] = ((long*)&a)[i] << (int)((long*)&b)[i];
        }

        return result;
    }

    /// <summary>Lane by lane, a shifted right by b bits.</summary>
    public static Vector128<long> ShiftRight(Vector128<long> a, Vector128<long> b)
    {
        Unsafe.SkipInit(out Vector128<long> result);
        for (var i = 0; i < Vector128<long>.Count; i++)
        {
            ((long*)&result)[i] = ((long*)&a)[i] >> (int)((long*)&b)[i];
        }

        return result;
    }

    /// <summary>Trailing zero bits of every lane; the width for 0.</summary>
    public static Vector128<long> TrailingZeros(Vector128<long> a)
    {
        Unsafe.SkipInit(out Vector128<long> result);
        for (var i = 0; i < Vector128<long>.Count; i++)
        {
            ((long*)&result)[i] = (long)BitOperations.TrailingZeroCount(((long*)&a)[i]);
        }

        return result;
    }

    /// <summary>Lane by lane, a shifted left by b bits.</summary>
    public static Vector256<int> ShiftLeft(Vector256<int> a, Vector256<int> b)
    {
        Unsafe.SkipInit(out Vector256<int> result);
        for (var i = 0; i < Vector256<int>.Count; i++)
        {
            ((int*)&result)[i] = ((int*)&a)[i] << (int)((int*)&b)[i];
        }

        return result;
    }

    /// <summary>Lane by lane, a shifted right by b bits.</summary>
    public static Vector256<int> ShiftRight(Vector256<int> a, Vector256<int> b)
    {
        Unsafe.SkipInit(out Vector256<int> result);
        for (var i = 0; i < Vector256<int>.Count; i++)
        {
            ((int*)&result)[i] = ((int*)&a)[i] >> (int)((int*)&b)[i];
        }

        return result;
    }

    /// <summary>Trailing zero bits of every lane; the width for 0.</summary>
    public static Vector256<int> TrailingZeros(Vector256<int> a)
    {
        Unsafe.SkipInit(out Vector256<int> result);
        for (var i = 0; i < Vector256<int>.Count; i++)
        {
            ((int*)&result)[i] = (int)BitOperations.TrailingZeroCount(((int*)&a)[i]);
        }

        return result;
    }

    /// <summary>Lane by lane, a shifted left by b bits.</summary>
    public static Vector256<uint> ShiftLeft(Vector256<uint> a, Vector256<uint> b)
    {
        Unsafe.SkipInit(out Vector256<uint> result);
        for (var i = 0; i < Vector256<uint>.Count; i++)
        {
            ((uint*)&result)[i] = ((uint*)&a)[i] << (int)((uint*)&b)[i];
        }

        return result;
    }

    /// <summary>Lane by lane, a shifted right by b bits.</summary>
    public static Vector256<uint> ShiftRight(Vector256<uint> a, Vector256<uint> b)
    {
        Unsafe.SkipInit(out Vector256<uint> result);
        for (var i = 0; i < Vector256<uint>.Count; i++)
        {
            ((uint*)&result)[i] = ((uint*)&a)[i] >> (int)((uint*)&b)[i];
        }

        return result;
    }

    /// <summary>Trailing zero bits of every lane; the width for 0.</summary>
    public static Vector256<uint> TrailingZeros(Vector256<uint> a)
    {
        Unsafe.SkipInit(out Vector256<uint> result);
        for (var i = 0; i < Vector256<uint>.Count; i++)
        {
            ((uint*)&result)[i] = (uint)BitOperations.TrailingZeroCount(((uint*)&a)[i]);
        }

        return result;
    }

    /// <summary>Lane by lane, a shifted left by b bits.</summary>
    public static Vector256<long> ShiftLeft(Vector256<long> a, Vector256<long> b)
    {
        Unsafe.SkipInit(out Vector256<long> result);
        for (var i = 0; i < Vector256<long>.Count; i++)
        {
            ((long*)&result)[i] = ((long*)&a)[i] << (int)((long*)&b)[i];
        }

        return result;
    }

    /// <summary>Lane by lane, a shifted right by b bits.</summary>
    public static Vector256<long> ShiftRight(Vector256<long> a, Vector256<long> b)
    {
        Unsafe.SkipInit(out Vector256<long> result);
        for (var i = 0; i < Vector256<long>.Count; i++)
        {
            ((long*)&result)[i] = ((long*)&a)[i] >> (int)((long*)&b)[i];
        }

        return result;
    }

    /// <summary>Trailing zero bits of every lane; the width for 0.</summary>
    public static Vector256<long> TrailingZeros(Vector256<long> a)
    {
        Unsafe.SkipInit(out Vector256<long> result);
        for (var i = 0; i < Vector256<long>.Count; i++)
        {
            ((long*)&result)[i] = (long)BitOperations.TrailingZeroCount(((long*)&a)[i]);
        }

        return result;
    }

    /// <summary>Lane by lane, a shifted left by b bits.</summary>
    public static Vector512<int> ShiftLeft(Vector512<int> a, Vector512<int> b)
    {
        Unsafe.SkipInit(out Vector512<int> result);
        for (var i = 0; i < Vector512<int>.Count; i++)
        {
            ((int*)&result)[i] = ((int*)&a)[i] << (int)((int*)&b)[i];
        }

        return result;
    }

    /// <summary>Lane by lane, a shifted right by b bits.</summary>
    public static Vector512<int> ShiftRight(Vector512<int> a, Vector512<int> b)
    {
        Unsafe.SkipInit(out Vector512<int> result);
        for (var i = 0; i < Vector512<int>.Count; i++)
        {
            ((int*)&result)[i] = ((int*)&a)[i] >> (int)((int*)&b)[i];
        }

        return result;
    }

    /// <summary>Trailing zero bits of every lane; the width for 0.</summary>
    public static Vector512<int> TrailingZeros(Vector512<int> a)
    {
        Unsafe.SkipInit(out Vector512<int> result);
        for (var i = 0; i < Vector512<int>.Count; i++)
        {
            ((int*)&result)[i] = (int)BitOperations.TrailingZeroCount(((int*)&a)[i]);
        }

        return result;
    }

    /// <summary>Lane by lane, a shifted left by b bits.</summary>
    public static Vector512<uint> ShiftLeft(Vector512<uint> a, Vector512<uint> b)
    {
        Unsafe.SkipInit(out Vector512<uint> result);
        for (var i = 0; i < Vector512<uint>.Count; i++)
        {
            ((uint*)&result)[i] = ((uint*)&a)[i] << (int)((uint*)&b)[i];
        }

        return result;
    }

    /// <summary>Lane by lane, a shifted right by b bits.</summary>
    public static Vector512<uint> ShiftRight(Vector512<uint> a, Vector512<uint> b)
    {
        Unsafe.SkipInit(out Vector512<uint> result);
        for (var i = 0; i < Vector512<uint>.Count; i++)
        {
            ((uint*)&result)[i] = ((uint*)&a)[i] >> (int)((uint*)&b)[i];
        }

        return result;
    }

    /// <summary>Trailing zero bits of every lane; the width for 0.</summary>
    public static Vector512<uint> TrailingZeros(Vector512<uint> a)
    {
        Unsafe.SkipInit(out Vector512<uint> result);
        for (var i = 0; i < Vector512<uint>.Count; i++)
        {
            ((uint*)&result)[i] = (uint)BitOperations.TrailingZeroCount(((uint*)&a)[i]);
        }

        return result;
    }

    /// <summary>Lane by lane, a shifted left by b bits.</summary>
    public static Vector512<long> ShiftLeft(Vector512<long> a, Vector512<long> b)
    {
        Unsafe.SkipInit(out Vector512<long> result);
        for (var i = 0; i < Vector512<long>.Count; i++)
        {
            ((long*)&result)[i] = ((long*)&a)[i] << (int)((long*)&b)[i];
        }

        return result;
    }

    /// <summary>Lane by lane, a shifted right by b bits.</summary>
    public static Vector512<long> ShiftRight(Vector512<long> a, Vector512<long> b)
    {
        Unsafe.SkipInit(out Vector512<long> result);
        for (var i = 0; i < Vector512<long>.Count; i++)
        {
            ((long*)&result)[i] = ((long*)&a)[i] >> (int)((long*)&b)[i];
        }

        return result;
    }

    /// <summary>Trailing zero bits of every lane; the width for 0.</summary>
    public static Vector512<long> TrailingZeros(Vector512<long> a)
    {
        Unsafe.SkipInit(out Vector512<long> result);
        for (var i = 0; i < Vector512<long>.Count; i++)
        {
            ((long*)&result)[i] = (long)BitOperations.TrailingZeroCount(((long*)&a)[i]);
        }

        return result;
    }
}
#endif
