using SparseDsl.Pruning.Numerics;

namespace SparseDsl.Pruning.Tests;

/// <summary>Dense linear algebra against the textbook's loops.</summary>
public class NumericsTests
{
    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(5, 3, 17)]
    [InlineData(300, 33, 47)]
    [InlineData(257, 16, 16)]
    public void Transposed_product_is_the_sum_over_rows(int rows, int left, int right)
    {
        var (a, b) = (Random(rows, left, 1), Random(rows, right, 2));
        var sum = new Matrix<double>(left, right);
        Products.AddTransposed(a, b, sum, rows, threads: 2);
        Products.AddTransposed(a, b, sum, rows, threads: 1);
        for (var i = 0; i < left; i++)
        {
            for (var j = 0; j < right; j++)
            {
                var expected = Enumerable.Range(0, rows).Sum(r => 2.0 * a[r, i] * b[r, j]);
                Assert.Equal(expected, sum[i, j], 1e-4 * rows);
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(13)]
    [InlineData(70)]
    public void Factor_solves_and_inverts(int n)
    {
        var (a, stride) = (PositiveDefinite(n), Matrix<double>.Padded(n));
        var factor = a.Copy();
        Assert.True(Cholesky.Factor(factor.Data, n, stride));
        double[] x = [.. Enumerable.Range(0, n).Select(i => Math.Sin(i))];
        double[] b = [.. Enumerable.Range(0, n).Select(i => Enumerable.Range(0, n).Sum(j => a[i, j] * x[j]))];
        Cholesky.Solve(factor.Data, n, stride, b);
        Assert.All(x.Zip(b), p => Assert.Equal(p.First, p.Second, 1e-8));

        var (inverse, diagonal) = (new double[n * stride], new double[n]);
        Cholesky.InverseDiagonal(factor.Data, n, stride, inverse, diagonal);
        for (var j = 0; j < n; j++)
        {
            var unit = new double[n];
            unit[j] = 1;
            Cholesky.Solve(factor.Data, n, stride, unit);
            Assert.Equal(unit[j], diagonal[j], 1e-8);
        }
    }

    [Fact]
    public void Singular_matrix_has_no_factor()
    {
        var a = new Matrix<double>(5, 5);
        for (var i = 0; i < 25; i++)
        {
            a[i / 5, i % 5] = (1 + (i / 5)) * (1 + (i % 5));
        }

        Assert.False(Cholesky.Factor(a.Data, 5, a.Stride));
    }

    internal static Matrix<float> Random(int rows, int columns, int seed)
    {
        var random = new Random(seed);
        var matrix = new Matrix<float>(rows, columns);
        for (var i = 0; i < rows * columns; i++)
        {
            matrix[i / columns, i % columns] = (float)Programs.Normal(random);
        }

        return matrix;
    }

    private static Matrix<double> PositiveDefinite(int n)
    {
        var samples = Random(2 * n, n, 3);
        var gram = new Matrix<double>(n, n);
        Products.AddTransposed(samples, samples, gram, 2 * n, threads: 1);
        for (var i = 0; i < n; i++)
        {
            gram[i, i] += 1;
        }

        return gram;
    }
}
