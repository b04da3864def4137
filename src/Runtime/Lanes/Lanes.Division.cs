#if NET9_0_OR_GREATER
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SparseDsl.Runtime;

/// <content>Division rounded towards minus infinity, lane by lane; by zero it gives zero.</content>
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

    /// <summary>Quotients rounded down; 0 where the divisor is 0.</summary>
    public static Vector128<uint> FloorDiv(Vector128<uint> a, Vector128<uint> b)
    {
        Unsafe.SkipInit(out Vector128<uint> result);
        for (var i = 0; i < Vector128<uint>.Count; i++)
        {
            ((uint*)&result)[i] = FloorDiv(((uint*)&a)[i], ((uint*)&b)[i]);
        }

        return result;
    }

    /// <summary>Remainders of floor division; 0 where the divisor is 0.</summary>
    public static Vector128<uint> FloorMod(Vector128<uint> a, Vector128<uint> b)
    {
        Unsafe.SkipInit(out Vector128<uint> result);
        for (var i = 0; i < Vector128<uint>.Count; i++)
        {
            ((uint*)&result)[i] = FloorMod(((uint*)&a)[i], ((uint*)&b)[i]);
        }

        return result;
    }

    /// <summary>Quotients rounded down; 0 where the divisor is 0.</summary>
    public static Vector256<uint> FloorDiv(Vector256<uint> a, Vector256<uint> b)
    {
        Unsafe.SkipInit(out Vector256<uint> result);
        for (var i = 0; i < Vector256<uint>.Count; i++)
        {
            ((uint*)&result)[i] = FloorDiv(((uint*)&a)[i], ((uint*)&b)[i]);
        }

        return result;
    }

    /// <summary>Remainders of floor division; 0 where the divisor is 0.</summary>
    public static Vector256<uint> FloorMod(Vector256<uint> a, Vector256<uint> b)
    {
        Unsafe.SkipInit(out Vector256<uint> result);
        for (var i = 0; i < Vector256<uint>.Count; i++)
        {
            ((uint*)&result)[i] = FloorMod(((uint*)&a)[i], ((uint*)&b)[i]);
        }

        return result;
    }

    /// <summary>Quotients rounded down; 0 where the divisor is 0.</summary>
    public static Vector512<uint> FloorDiv(Vector512<uint> a, Vector512<uint> b)
    {
        Unsafe.SkipInit(out Vector512<uint> result);
        for (var i = 0; i < Vector512<uint>.Count; i++)
        {
            ((uint*)&result)[i] = FloorDiv(((uint*)&a)[i], ((uint*)&b)[i]);
        }

        return result;
    }

    /// <summary>Remainders of floor division; 0 where the divisor is 0.</summary>
    public static Vector512<uint> FloorMod(Vector512<uint> a, Vector512<uint> b)
    {
        Unsafe.SkipInit(out Vector512<uint> result);
        for (var i = 0; i < Vector512<uint>.Count; i++)
        {
            ((uint*)&result)[i] = FloorMod(((uint*)&a)[i], ((uint*)&b)[i]);
        }

        return result;
    }
}
#endif
