using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SparseDsl.Pruning.Numerics;

/// <summary>Products of matrices and vectors. Results do not depend on the number of threads: every element is summed by one thread in one order.</summary>
internal static class Products
{
    // Rows that are summed in f32 before the sum goes to f64: short enough that rounding stays near that of one product.
    private const int Chunk = 128;
    private const int TileRows = 4;

    /// <summary>Adds Aᵀ B to a sum, over <paramref name="count"/> rows of both.</summary>
    /// <param name="a">Rows of samples.</param>
    /// <param name="b">As many rows.</param>
    /// <param name="sum">As many rows as <paramref name="a"/> has columns, as many columns as <paramref name="b"/>.</param>
    /// <param name="count">Rows that are used.</param>
    /// <param name="threads">Number of threads.</param>
    public static void AddTransposed(Matrix<float> a, Matrix<float> b, Matrix<double> sum, int count, int threads)
    {
        var tiles = (a.Columns + TileRows - 1) / TileRows;
        Parallel.For(0, tiles, new ParallelOptions { MaxDegreeOfParallelism = threads }, tile =>
        {
            for (var begin = 0; begin < count; begin += Chunk)
            {
                AddTile(a, b, sum, tile * TileRows, begin, Math.Min(count, begin + Chunk));
            }
        });
    }

    // Four columns of a against all of b. A tile past the last column of a reads the padding of the row, which is zero.
    private static void AddTile(Matrix<float> a, Matrix<float> b, Matrix<double> sum, int row, int begin, int end)
    {
        var lanes = Vector<float>.Count;
        Span<float> tile = stackalloc float[TileRows * Matrix<float>.Padding];
        for (var column = 0; column < b.Stride; column += Matrix<float>.Padding)
        {
            for (var part = 0; part < Matrix<float>.Padding; part += 2 * lanes)
            {
                SumTile(a, b, row, column + part, begin, end, tile[part..]);
            }

            for (var r = 0; r < TileRows && row + r < sum.Rows; r++)
            {
                var target = sum.Data.AsSpan(((row + r) * sum.Stride) + column, Matrix<float>.Padding);
                for (var c = 0; c < target.Length; c++)
                {
                    target[c] += tile[(r * Matrix<float>.Padding) + c];
                }
            }
        }
    }

    // Wider vectors than half the padding would overlap the next tile; a single vector then stands for both.
    private static void SumTile(Matrix<float> a, Matrix<float> b, int row, int column, int begin, int end, Span<float> tile)
    {
        var lanes = Vector<float>.Count;
        var second = Matrix<float>.Padding > lanes ? lanes : 0;
        Vector<float> s00 = default, s01 = default, s10 = default, s11 = default, s20 = default, s21 = default, s30 = default, s31 = default;
        ref var x = ref MemoryMarshal.GetArrayDataReference(a.Data);
        ref var y = ref MemoryMarshal.GetArrayDataReference(b.Data);
        for (var i = begin; i < end; i++)
        {
            ref var left = ref Unsafe.Add(ref x, (i * a.Stride) + row);
            ref var right = ref Unsafe.Add(ref y, (i * b.Stride) + column);
            var b0 = Vector.LoadUnsafe(ref right);
            var b1 = Vector.LoadUnsafe(ref right, (nuint)second);
            var a0 = new Vector<float>(left);
            s00 = Vector.FusedMultiplyAdd(a0, b0, s00);
            s01 = Vector.FusedMultiplyAdd(a0, b1, s01);
            var a1 = new Vector<float>(Unsafe.Add(ref left, 1));
            s10 = Vector.FusedMultiplyAdd(a1, b0, s10);
            s11 = Vector.FusedMultiplyAdd(a1, b1, s11);
            var a2 = new Vector<float>(Unsafe.Add(ref left, 2));
            s20 = Vector.FusedMultiplyAdd(a2, b0, s20);
            s21 = Vector.FusedMultiplyAdd(a2, b1, s21);
            var a3 = new Vector<float>(Unsafe.Add(ref left, 3));
            s30 = Vector.FusedMultiplyAdd(a3, b0, s30);
            s31 = Vector.FusedMultiplyAdd(a3, b1, s31);
        }

        Store(tile, 0, second, s00, s01);
        Store(tile, 1, second, s10, s11);
        Store(tile, 2, second, s20, s21);
        Store(tile, 3, second, s30, s31);
    }

    private static void Store(Span<float> tile, int row, int second, Vector<float> first, Vector<float> next)
    {
        first.CopyTo(tile[(row * Matrix<float>.Padding)..]);
        next.CopyTo(tile[((row * Matrix<float>.Padding) + second)..]);
    }

    /// <summary>The inner product of two vectors of one length, in f64.</summary>
    public static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        var lanes = Vector<double>.Count;
        Vector<double> s0 = default, s1 = default;
        var i = 0;
        for (; i + (2 * lanes) <= a.Length; i += 2 * lanes)
        {
            s0 = Vector.FusedMultiplyAdd(new Vector<double>(a[i..]), new Vector<double>(b[i..]), s0);
            s1 = Vector.FusedMultiplyAdd(new Vector<double>(a[(i + lanes)..]), new Vector<double>(b[(i + lanes)..]), s1);
        }

        var sum = Vector.Sum(s0 + s1);
        for (; i < a.Length; i++)
        {
            sum += a[i] * b[i];
        }

        return sum;
    }

    /// <summary>The inner product of two vectors of one length, in f32.</summary>
    public static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var lanes = Vector<float>.Count;
        Vector<float> s0 = default, s1 = default;
        var i = 0;
        for (; i + (2 * lanes) <= a.Length; i += 2 * lanes)
        {
            s0 = Vector.FusedMultiplyAdd(new Vector<float>(a[i..]), new Vector<float>(b[i..]), s0);
            s1 = Vector.FusedMultiplyAdd(new Vector<float>(a[(i + lanes)..]), new Vector<float>(b[(i + lanes)..]), s1);
        }

        var sum = Vector.Sum(s0 + s1);
        for (; i < a.Length; i++)
        {
            sum += a[i] * b[i];
        }

        return sum;
    }

    /// <summary>Adds a multiple of one vector to another of the same length.</summary>
    public static void AddScaled(Span<double> target, ReadOnlySpan<double> vector, double by)
    {
        var lanes = Vector<double>.Count;
        var factor = new Vector<double>(by);
        var i = 0;
        for (; i + lanes <= target.Length; i += lanes)
        {
            Vector.FusedMultiplyAdd(new Vector<double>(vector[i..]), factor, new Vector<double>(target[i..])).CopyTo(target[i..]);
        }

        for (; i < target.Length; i++)
        {
            target[i] += vector[i] * by;
        }
    }
}
