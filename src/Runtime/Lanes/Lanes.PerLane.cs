#if NET9_0_OR_GREATER
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SparseDsl.Runtime;

/// <content>Operations without a vector instruction, lane by lane.</content>
public static unsafe partial class Lanes
{
    /// <summary>Quotients rounded towards minus infinity.</summary>
    public static Vector128<int> FloorDiv(Vector128<int> a, Vector128<int> b)
    {
        Unsafe.SkipInit(out Vector128<int> result);
        for (var i = 0; i < Vector128<int>.Count; i++)
        {
            ((int*)&result)[i] = FloorDiv(((int*)&a)[i], ((int*)&b)[i]);
        }

        return result;
    }

    /// <summary>Quotients rounded towards minus infinity.</summary>
    public static Vector128<long> FloorDiv(Vector128<long> a, Vector128<long> b)
    {
        Unsafe.SkipInit(out Vector128<long> result);
        for (var i = 0; i < Vector128<long>.Count; i++)
        {
            ((long*)&result)[i] = FloorDiv(((long*)&a)[i], ((long*)&b)[i]);
        }

        return result;
    }

    /// <summary>Remainders of floor division.</summary>
    public static Vector128<int> FloorMod(Vector128<int> a, Vector128<int> b)
    {
        Unsafe.SkipInit(out Vector128<int> result);
        for (var i = 0; i < Vector128<int>.Count; i++)
        {
            ((int*)&result)[i] = FloorMod(((int*)&a)[i], ((int*)&b)[i]);
        }

        return result;
    }

    /// <summary>Remainders of floor division.</summary>
    public static Vector128<long> FloorMod(Vector128<long> a, Vector128<long> b)
    {
        Unsafe.SkipInit(out Vector128<long> result);
        for (var i = 0; i < Vector128<long>.Count; i++)
        {
            ((long*)&result)[i] = FloorMod(((long*)&a)[i], ((long*)&b)[i]);
        }

        return result;
    }

    /// <summary>Remainders of floor division.</summary>
    public static Vector128<float> FloorMod(Vector128<float> a, Vector128<float> b)
    {
        Unsafe.SkipInit(out Vector128<float> result);
        for (var i = 0; i < Vector128<float>.Count; i++)
        {
            ((float*)&result)[i] = FloorMod(((float*)&a)[i], ((float*)&b)[i]);
        }

        return result;
    }

    /// <summary>Remainders of floor division.</summary>
    public static Vector128<double> FloorMod(Vector128<double> a, Vector128<double> b)
    {
        Unsafe.SkipInit(out Vector128<double> result);
        for (var i = 0; i < Vector128<double>.Count; i++)
        {
            ((double*)&result)[i] = FloorMod(((double*)&a)[i], ((double*)&b)[i]);
        }

        return result;
    }

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

    /// <summary>A function of every lane, computed in double precision.</summary>
    public static Vector128<float> Map<TFunction>(Vector128<float> a)
        where TFunction : struct, ILaneFunction
    {
        Unsafe.SkipInit(out Vector128<float> result);
        for (var i = 0; i < Vector128<float>.Count; i++)
        {
            ((float*)&result)[i] = (float)TFunction.Apply(((float*)&a)[i]);
        }

        return result;
    }

    /// <summary>a to the b in every lane, computed in double precision.</summary>
    public static Vector128<float> Pow(Vector128<float> a, Vector128<float> b)
    {
        Unsafe.SkipInit(out Vector128<float> result);
        for (var i = 0; i < Vector128<float>.Count; i++)
        {
            ((float*)&result)[i] = (float)Math.Pow(((float*)&a)[i], ((float*)&b)[i]);
        }

        return result;
    }

    /// <summary>A function of every lane, computed in double precision.</summary>
    public static Vector128<double> Map<TFunction>(Vector128<double> a)
        where TFunction : struct, ILaneFunction
    {
        Unsafe.SkipInit(out Vector128<double> result);
        for (var i = 0; i < Vector128<double>.Count; i++)
        {
            ((double*)&result)[i] = (double)TFunction.Apply(((double*)&a)[i]);
        }

        return result;
    }

    /// <summary>a to the b in every lane, computed in double precision.</summary>
    public static Vector128<double> Pow(Vector128<double> a, Vector128<double> b)
    {
        Unsafe.SkipInit(out Vector128<double> result);
        for (var i = 0; i < Vector128<double>.Count; i++)
        {
            ((double*)&result)[i] = (double)Math.Pow(((double*)&a)[i], ((double*)&b)[i]);
        }

        return result;
    }

    /// <summary>Quotients rounded towards minus infinity.</summary>
    public static Vector256<int> FloorDiv(Vector256<int> a, Vector256<int> b)
    {
        Unsafe.SkipInit(out Vector256<int> result);
        for (var i = 0; i < Vector256<int>.Count; i++)
        {
            ((int*)&result)[i] = FloorDiv(((int*)&a)[i], ((int*)&b)[i]);
        }

        return result;
    }

    /// <summary>Quotients rounded towards minus infinity.</summary>
    public static Vector256<long> FloorDiv(Vector256<long> a, Vector256<long> b)
    {
        Unsafe.SkipInit(out Vector256<long> result);
        for (var i = 0; i < Vector256<long>.Count; i++)
        {
            ((long*)&result)[i] = FloorDiv(((long*)&a)[i], ((long*)&b)[i]);
        }

        return result;
    }

    /// <summary>Remainders of floor division.</summary>
    public static Vector256<int> FloorMod(Vector256<int> a, Vector256<int> b)
    {
        Unsafe.SkipInit(out Vector256<int> result);
        for (var i = 0; i < Vector256<int>.Count; i++)
        {
            ((int*)&result)[i] = FloorMod(((int*)&a)[i], ((int*)&b)[i]);
        }

        return result;
    }

    /// <summary>Remainders of floor division.</summary>
    public static Vector256<long> FloorMod(Vector256<long> a, Vector256<long> b)
    {
        Unsafe.SkipInit(out Vector256<long> result);
        for (var i = 0; i < Vector256<long>.Count; i++)
        {
            ((long*)&result)[i] = FloorMod(((long*)&a)[i], ((long*)&b)[i]);
        }

        return result;
    }

    /// <summary>Remainders of floor division.</summary>
    public static Vector256<float> FloorMod(Vector256<float> a, Vector256<float> b)
    {
        Unsafe.SkipInit(out Vector256<float> result);
        for (var i = 0; i < Vector256<float>.Count; i++)
        {
            ((float*)&result)[i] = FloorMod(((float*)&a)[i], ((float*)&b)[i]);
        }

        return result;
    }

    /// <summary>Remainders of floor division.</summary>
    public static Vector256<double> FloorMod(Vector256<double> a, Vector256<double> b)
    {
        Unsafe.SkipInit(out Vector256<double> result);
        for (var i = 0; i < Vector256<double>.Count; i++)
        {
            ((double*)&result)[i] = FloorMod(((double*)&a)[i], ((double*)&b)[i]);
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

    /// <summary>A function of every lane, computed in double precision.</summary>
    public static Vector256<float> Map<TFunction>(Vector256<float> a)
        where TFunction : struct, ILaneFunction
    {
        Unsafe.SkipInit(out Vector256<float> result);
        for (var i = 0; i < Vector256<float>.Count; i++)
        {
            ((float*)&result)[i] = (float)TFunction.Apply(((float*)&a)[i]);
        }

        return result;
    }

    /// <summary>a to the b in every lane, computed in double precision.</summary>
    public static Vector256<float> Pow(Vector256<float> a, Vector256<float> b)
    {
        Unsafe.SkipInit(out Vector256<float> result);
        for (var i = 0; i < Vector256<float>.Count; i++)
        {
            ((float*)&result)[i] = (float)Math.Pow(((float*)&a)[i], ((float*)&b)[i]);
        }

        return result;
    }

    /// <summary>A function of every lane, computed in double precision.</summary>
    public static Vector256<double> Map<TFunction>(Vector256<double> a)
        where TFunction : struct, ILaneFunction
    {
        Unsafe.SkipInit(out Vector256<double> result);
        for (var i = 0; i < Vector256<double>.Count; i++)
        {
            ((double*)&result)[i] = (double)TFunction.Apply(((double*)&a)[i]);
        }

        return result;
    }

    /// <summary>a to the b in every lane, computed in double precision.</summary>
    public static Vector256<double> Pow(Vector256<double> a, Vector256<double> b)
    {
        Unsafe.SkipInit(out Vector256<double> result);
        for (var i = 0; i < Vector256<double>.Count; i++)
        {
            ((double*)&result)[i] = (double)Math.Pow(((double*)&a)[i], ((double*)&b)[i]);
        }

        return result;
    }

    /// <summary>Quotients rounded towards minus infinity.</summary>
    public static Vector512<int> FloorDiv(Vector512<int> a, Vector512<int> b)
    {
        Unsafe.SkipInit(out Vector512<int> result);
        for (var i = 0; i < Vector512<int>.Count; i++)
        {
            ((int*)&result)[i] = FloorDiv(((int*)&a)[i], ((int*)&b)[i]);
        }

        return result;
    }

    /// <summary>Quotients rounded towards minus infinity.</summary>
    public static Vector512<long> FloorDiv(Vector512<long> a, Vector512<long> b)
    {
        Unsafe.SkipInit(out Vector512<long> result);
        for (var i = 0; i < Vector512<long>.Count; i++)
        {
            ((long*)&result)[i] = FloorDiv(((long*)&a)[i], ((long*)&b)[i]);
        }

        return result;
    }

    /// <summary>Remainders of floor division.</summary>
    public static Vector512<int> FloorMod(Vector512<int> a, Vector512<int> b)
    {
        Unsafe.SkipInit(out Vector512<int> result);
        for (var i = 0; i < Vector512<int>.Count; i++)
        {
            ((int*)&result)[i] = FloorMod(((int*)&a)[i], ((int*)&b)[i]);
        }

        return result;
    }

    /// <summary>Remainders of floor division.</summary>
    public static Vector512<long> FloorMod(Vector512<long> a, Vector512<long> b)
    {
        Unsafe.SkipInit(out Vector512<long> result);
        for (var i = 0; i < Vector512<long>.Count; i++)
        {
            ((long*)&result)[i] = FloorMod(((long*)&a)[i], ((long*)&b)[i]);
        }

        return result;
    }

    /// <summary>Remainders of floor division.</summary>
    public static Vector512<float> FloorMod(Vector512<float> a, Vector512<float> b)
    {
        Unsafe.SkipInit(out Vector512<float> result);
        for (var i = 0; i < Vector512<float>.Count; i++)
        {
            ((float*)&result)[i] = FloorMod(((float*)&a)[i], ((float*)&b)[i]);
        }

        return result;
    }

    /// <summary>Remainders of floor division.</summary>
    public static Vector512<double> FloorMod(Vector512<double> a, Vector512<double> b)
    {
        Unsafe.SkipInit(out Vector512<double> result);
        for (var i = 0; i < Vector512<double>.Count; i++)
        {
            ((double*)&result)[i] = FloorMod(((double*)&a)[i], ((double*)&b)[i]);
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

    /// <summary>A function of every lane, computed in double precision.</summary>
    public static Vector512<float> Map<TFunction>(Vector512<float> a)
        where TFunction : struct, ILaneFunction
    {
        Unsafe.SkipInit(out Vector512<float> result);
        for (var i = 0; i < Vector512<float>.Count; i++)
        {
            ((float*)&result)[i] = (float)TFunction.Apply(((float*)&a)[i]);
        }

        return result;
    }

    /// <summary>a to the b in every lane, computed in double precision.</summary>
    public static Vector512<float> Pow(Vector512<float> a, Vector512<float> b)
    {
        Unsafe.SkipInit(out Vector512<float> result);
        for (var i = 0; i < Vector512<float>.Count; i++)
        {
            ((float*)&result)[i] = (float)Math.Pow(((float*)&a)[i], ((float*)&b)[i]);
        }

        return result;
    }

    /// <summary>A function of every lane, computed in double precision.</summary>
    public static Vector512<double> Map<TFunction>(Vector512<double> a)
        where TFunction : struct, ILaneFunction
    {
        Unsafe.SkipInit(out Vector512<double> result);
        for (var i = 0; i < Vector512<double>.Count; i++)
        {
            ((double*)&result)[i] = (double)TFunction.Apply(((double*)&a)[i]);
        }

        return result;
    }

    /// <summary>a to the b in every lane, computed in double precision.</summary>
    public static Vector512<double> Pow(Vector512<double> a, Vector512<double> b)
    {
        Unsafe.SkipInit(out Vector512<double> result);
        for (var i = 0; i < Vector512<double>.Count; i++)
        {
            ((double*)&result)[i] = (double)Math.Pow(((double*)&a)[i], ((double*)&b)[i]);
        }

        return result;
    }
}
#endif
