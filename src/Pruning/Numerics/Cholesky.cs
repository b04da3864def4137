using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SparseDsl.Pruning.Numerics;

/// <summary>
/// The factor L of a symmetric positive definite matrix A = L Lᵀ, and what follows from it. Rows lie <c>stride</c> elements apart; only the lower
/// triangle is read and written.
/// </summary>
internal static class Cholesky
{
    // A pivot this small beside the diagonal it came from is rounding: the matrix is singular in f64.
    private const double SmallestPivot = 1e-12;

    /// <summary>Replaces the lower triangle of a matrix by its factor.</summary>
    /// <returns>False when the matrix is not positive definite; what it then holds is of no use.</returns>
    public static bool Factor(Span<double> a, int n, int stride)
    {
        for (var first = 0; first < n; first += 4)
        {
            var rows = Math.Min(4, n - first);
            if (rows == 4)
            {
                FourRows(a, first, stride);
            }

            for (var i = first; i < first + rows; i++)
            {
                var row = a.Slice(i * stride, i + 1);
                for (var j = rows == 4 ? first : 0; j < i; j++)
                {
                    row[j] = (row[j] - Products.Dot(row[..j], a.Slice(j * stride, j))) / a[(j * stride) + j];
                }

                var diagonal = row[i];
                var pivot = diagonal - Products.Dot(row[..i], row[..i]);
                if (!(pivot > SmallestPivot * Math.Abs(diagonal)))
                {
                    return false;
                }

                row[i] = Math.Sqrt(pivot);
            }
        }

        return true;
    }

    // The columns before the block, for four rows at a time: each row of the factor is then read once for all four.
    private static void FourRows(Span<double> a, int first, int stride)
    {
        var lanes = Vector<double>.Count;
        ref var start = ref MemoryMarshal.GetReference(a);
        ref var r0 = ref Unsafe.Add(ref start, first * stride);
        ref var r1 = ref Unsafe.Add(ref r0, stride);
        ref var r2 = ref Unsafe.Add(ref r1, stride);
        ref var r3 = ref Unsafe.Add(ref r2, stride);
        for (var j = 0; j < first; j++)
        {
            ref var l = ref Unsafe.Add(ref start, j * stride);
            Vector<double> v0 = default, v1 = default, v2 = default, v3 = default;
            var k = 0;
            for (; k + lanes <= j; k += lanes)
            {
                var x = Vector.LoadUnsafe(ref l, (nuint)k);
                v0 = Vector.FusedMultiplyAdd(Vector.LoadUnsafe(ref r0, (nuint)k), x, v0);
                v1 = Vector.FusedMultiplyAdd(Vector.LoadUnsafe(ref r1, (nuint)k), x, v1);
                v2 = Vector.FusedMultiplyAdd(Vector.LoadUnsafe(ref r2, (nuint)k), x, v2);
                v3 = Vector.FusedMultiplyAdd(Vector.LoadUnsafe(ref r3, (nuint)k), x, v3);
            }

            double s0 = Vector.Sum(v0), s1 = Vector.Sum(v1), s2 = Vector.Sum(v2), s3 = Vector.Sum(v3);
            for (; k < j; k++)
            {
                var x = Unsafe.Add(ref l, k);
                s0 += Unsafe.Add(ref r0, k) * x;
                s1 += Unsafe.Add(ref r1, k) * x;
                s2 += Unsafe.Add(ref r2, k) * x;
                s3 += Unsafe.Add(ref r3, k) * x;
            }

            var pivot = 1 / Unsafe.Add(ref l, j);
            Unsafe.Add(ref r0, j) = (Unsafe.Add(ref r0, j) - s0) * pivot;
            Unsafe.Add(ref r1, j) = (Unsafe.Add(ref r1, j) - s1) * pivot;
            Unsafe.Add(ref r2, j) = (Unsafe.Add(ref r2, j) - s2) * pivot;
            Unsafe.Add(ref r3, j) = (Unsafe.Add(ref r3, j) - s3) * pivot;
        }
    }

    /// <summary>Replaces b by the solution of A x = b, given the factor of A.</summary>
    public static void Solve(ReadOnlySpan<double> l, int n, int stride, Span<double> b)
    {
        for (var i = 0; i < n; i++)
        {
            b[i] = (b[i] - Products.Dot(l.Slice(i * stride, i), b[..i])) / l[(i * stride) + i];
        }

        for (var i = n - 1; i >= 0; i--)
        {
            b[i] /= l[(i * stride) + i];
            Products.AddScaled(b[..i], l.Slice(i * stride, i), -b[i]);
        }
    }

    /// <summary>The diagonal of A⁻¹, given the factor of A.</summary>
    /// <param name="l">The factor.</param>
    /// <param name="n">Its order.</param>
    /// <param name="stride">Elements from row to row, of the factor and of <paramref name="inverse"/>.</param>
    /// <param name="inverse">Room for L⁻¹.</param>
    /// <param name="diagonal">Is given n elements.</param>
    public static void InverseDiagonal(ReadOnlySpan<double> l, int n, int stride, Span<double> inverse, Span<double> diagonal)
    {
        // A⁻¹ = L⁻ᵀ L⁻¹, so its diagonal is the sums of squares of the columns of L⁻¹.
        diagonal[..n].Clear();
        for (var i = 0; i < n; i++)
        {
            var row = inverse.Slice(i * stride, i + 1);
            row.Clear();
            var k = 0;
            for (; k + 4 <= i; k += 4)
            {
                AddFourRows(row, inverse, k, stride, l.Slice((i * stride) + k, 4));
            }

            for (; k < i; k++)
            {
                Products.AddScaled(row[..(k + 1)], inverse.Slice(k * stride, k + 1), -l[(i * stride) + k]);
            }

            row[i] = 1;
            var pivot = 1 / l[(i * stride) + i];
            for (var j = 0; j <= i; j++)
            {
                row[j] *= pivot;
                diagonal[j] += row[j] * row[j];
            }
        }
    }

    // row -= c0 * inverse[k] + … + c3 * inverse[k + 3]; a row of the inverse ends at its diagonal.
    private static void AddFourRows(Span<double> row, ReadOnlySpan<double> inverse, int k, int stride, ReadOnlySpan<double> by)
    {
        var lanes = Vector<double>.Count;
        var common = k + 1;
        ReadOnlySpan<double> m0 = inverse.Slice(k * stride, k + 1), m1 = inverse.Slice((k + 1) * stride, k + 2);
        ReadOnlySpan<double> m2 = inverse.Slice((k + 2) * stride, k + 3), m3 = inverse.Slice((k + 3) * stride, k + 4);
        Vector<double> c0 = new(-by[0]), c1 = new(-by[1]), c2 = new(-by[2]), c3 = new(-by[3]);
        var j = 0;
        for (; j + lanes <= common; j += lanes)
        {
            var sum = Vector.FusedMultiplyAdd(new Vector<double>(m0[j..]), c0, new Vector<double>(row[j..]));
            sum = Vector.FusedMultiplyAdd(new Vector<double>(m1[j..]), c1, sum);
            sum = Vector.FusedMultiplyAdd(new Vector<double>(m2[j..]), c2, sum);
            Vector.FusedMultiplyAdd(new Vector<double>(m3[j..]), c3, sum).CopyTo(row[j..]);
        }

        for (; j < common; j++)
        {
            row[j] -= (by[0] * m0[j]) + (by[1] * m1[j]) + (by[2] * m2[j]) + (by[3] * m3[j]);
        }

        row[k + 1] -= (by[1] * m1[k + 1]) + (by[2] * m2[k + 1]) + (by[3] * m3[k + 1]);
        row[k + 2] -= (by[2] * m2[k + 2]) + (by[3] * m3[k + 2]);
        row[k + 3] -= by[3] * m3[k + 3];
    }
}
