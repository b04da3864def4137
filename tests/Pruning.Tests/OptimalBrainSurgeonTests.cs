using SparseDsl.Pruning.Methods;
using SparseDsl.Pruning.Numerics;

namespace SparseDsl.Pruning.Tests;

/// <summary>The fit is the exact least-squares fit, and what it is for: less error than pruning by magnitude.</summary>
public class OptimalBrainSurgeonTests
{
    private const int Inputs = 37;
    private const int Outputs = 11;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Survivors_solve_the_normal_equations(bool hasBias)
    {
        var (dense, statistics) = Layer(hasBias);
        const double Damping = 1e-3;
        var solution = new OptimalBrainSurgeon(dense, statistics, hasBias, Damping, threads: 2).Solve(new PruningPattern.Unstructured(0.6).Steps(3)).Last();
        var lambda = Damping * Enumerable.Range(0, Inputs).Average(i => statistics.Gram[i, i]);
        for (var o = 0; o < Outputs; o++)
        {
            int[] kept = [.. Enumerable.Range(0, Inputs).Where(i => solution.Weights[o, i] != 0)];
            var expected = Solve(kept, statistics, dense, o, lambda);
            for (var i = 0; i < kept.Length; i++)
            {
                Assert.Equal(expected[i], solution.Weights[o, kept[i]], 1e-5);
            }
        }

        Assert.Equal((int)Math.Ceiling(0.6 * Inputs * Outputs), solution.Weights.Data.Length - CountNonZeros(solution.Weights) - Padding(solution.Weights));
    }

    [Fact]
    public void With_a_bias_the_mean_of_the_outputs_stays()
    {
        var (dense, statistics) = Layer(hasBias: true);
        var solution = new OptimalBrainSurgeon(dense, statistics, hasBias: true, 0.01, threads: 1).Solve([new PruningPattern.NOfM(2, 4)]).Last();
        for (var o = 0; o < Outputs; o++)
        {
            var wanted = Enumerable.Range(0, Inputs).Sum(i => statistics.DenseMean[i] * dense[o, i]);
            var given = Enumerable.Range(0, Inputs).Sum(i => statistics.Mean[i] * solution.Weights[o, i]) + solution.Shift![o];
            Assert.Equal(wanted, given, 1e-9);
        }
    }

    [Theory]
    [InlineData("u:0.5")]
    [InlineData("nm:4:8")]
    [InlineData("block:4x1:0.3")]
    public void Error_is_less_than_half_of_that_of_magnitude(string text)
    {
        var pattern = PruningPattern.Parse(text, out _)!;
        var (dense, statistics) = Layer(hasBias: true);
        var fitted = new OptimalBrainSurgeon(dense, statistics, hasBias: true, 0.01, threads: 1).Solve(pattern.Steps(2)).Last();
        var cut = ScoredPruning.Magnitude(dense, pattern);
        var (best, plain) = (fitted.RelativeError(dense, statistics, hasBias: true, threads: 1), cut.RelativeError(dense, statistics, hasBias: true, threads: 1));
        Assert.InRange(best, 1e-6, plain / 2);
    }

    [Fact]
    public void Errors_rise_with_the_zeros()
    {
        var (dense, statistics) = Layer(hasBias: true);
        double[] errors = [.. new OptimalBrainSurgeon(dense, statistics, hasBias: true, 0.01, threads: 1)
            .Solve([.. new[] { 0.2, 0.4, 0.6, 0.8 }.Select(z => new PruningPattern.Unstructured(z))]).Select(s => s.RelativeError(dense, statistics, hasBias: true, threads: 1))];
        Assert.Equal(errors.Order(), errors);
        Assert.InRange(errors[3], errors[0] * 2, 1);
    }

    [Fact]
    public void Inputs_that_are_always_zero_leave_what_remains_as_it_was()
    {
        var rows = LayerRows.For(64, Inputs);
        for (var r = 0; r < 64; r++)
        {
            rows.Next().Clear();
        }

        var dense = NumericsTests.Random(Outputs, Inputs, 5);
        var solution = new OptimalBrainSurgeon(dense, LayerStatistics.Of(rows, rows, false, 1), hasBias: false, 0.01, threads: 1).Solve([new PruningPattern.Unstructured(0.5)]).Last();
        for (var i = 0; i < Outputs * Inputs; i++)
        {
            var (was, now) = (dense[i / Inputs, i % Inputs], solution.Weights[i / Inputs, i % Inputs]);
            Assert.True(now == 0 || now == was);
        }
    }

    [Fact]
    public void Collinear_inputs_without_damping_are_fitted_all_the_same()
    {
        var rows = LayerRows.For(200, Inputs);
        var random = new Random(3);
        for (var r = 0; r < 200; r++)
        {
            var row = rows.Next();
            var value = (float)Programs.Normal(random);
            for (var i = 0; i < Inputs; i++)
            {
                row[i] = value * (1 + (i % 3));
            }
        }

        var dense = NumericsTests.Random(Outputs, Inputs, 5);
        var statistics = LayerStatistics.Of(rows, rows, false, 1);
        var solution = new OptimalBrainSurgeon(dense, statistics, hasBias: false, damping: 0, threads: 1).Solve([new PruningPattern.Unstructured(0.5)]).Last();
        Assert.All(solution.Weights.Data, w => Assert.True(float.IsFinite(w)));
        Assert.InRange(solution.RelativeError(dense, statistics, hasBias: false, threads: 1), 0, 0.01);
    }

    [Fact]
    public void Wanda_weighs_with_the_norm_of_the_inputs()
    {
        var rows = LayerRows.For(40, 4);
        for (var r = 0; r < 40; r++)
        {
            new float[] { 10, 1, 1, 0.1f }.CopyTo(rows.Next());
        }

        var dense = new Matrix<float>(1, 4);
        new float[] { 1, 5, 6, 50 }.CopyTo(dense.Row(0));
        var solution = ScoredPruning.Wanda(dense, new PruningPattern.Unstructured(0.5), LayerStatistics.Of(rows, rows, false, 1), byRow: true);
        Assert.Equal([1, 0, 6, 0], solution.Weights.Row(0).ToArray());
    }

    private static (Matrix<float> Dense, LayerStatistics Statistics) Layer(bool hasBias)
    {
        var (dense, pruned) = (LayerRows.For(800, Inputs), LayerRows.For(800, Inputs));
        var random = new Random(11);
        for (var r = 0; r < 800; r++)
        {
            var a = dense.Next();
            var b = pruned.Next();
            var last = 0.0;
            for (var i = 0; i < Inputs; i++)
            {
                last = (0.8 * last) + Programs.Normal(random);
                a[i] = (float)(last + 0.7);
                b[i] = (float)(a[i] + (0.1 * Programs.Normal(random)));
            }
        }

        return (NumericsTests.Random(Outputs, Inputs, 5), LayerStatistics.Of(pruned, dense, hasBias, threads: 2));
    }

    // Gauss with pivots, in f64, from the rows themselves.
    private static double[] Solve(int[] kept, LayerStatistics statistics, Matrix<float> dense, int output, double lambda)
    {
        var n = kept.Length;
        var a = new double[n, n + 1];
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < n; j++)
            {
                a[i, j] = statistics.Gram[kept[i], kept[j]] + (i == j ? lambda : 0);
            }

            a[i, n] = Enumerable.Range(0, Inputs).Sum(k => statistics.Cross[kept[i], k] * dense[output, k]) + (lambda * dense[output, kept[i]]);
        }

        for (var column = 0; column < n; column++)
        {
            var pivot = Enumerable.Range(column, n - column).MaxBy(r => Math.Abs(a[r, column]));
            for (var j = 0; j <= n; j++)
            {
                (a[column, j], a[pivot, j]) = (a[pivot, j], a[column, j]);
            }

            for (var r = 0; r < n; r++)
            {
                var factor = r == column ? 0 : a[r, column] / a[column, column];
                for (var j = column; j <= n && factor != 0; j++)
                {
                    a[r, j] -= factor * a[column, j];
                }
            }
        }

        return [.. Enumerable.Range(0, n).Select(i => a[i, n] / a[i, i])];
    }

    private static int CountNonZeros(Matrix<float> matrix) => matrix.Data.Count(v => v != 0);

    private static int Padding(Matrix<float> matrix) => matrix.Rows * (matrix.Stride - matrix.Columns);
}
