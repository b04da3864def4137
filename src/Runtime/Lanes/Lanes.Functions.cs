#if NET9_0_OR_GREATER
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SparseDsl.Runtime;

/// <content>Functions of every lane that no instruction computes.</content>
public static unsafe partial class Lanes
{
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
