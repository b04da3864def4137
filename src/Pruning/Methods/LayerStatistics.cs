using SparseDsl.Pruning.Numerics;

namespace SparseDsl.Pruning.Methods;

/// <summary>What is known of a layer's inputs: rows of samples on the dense network and, for the same places, on the pruned one.</summary>
/// <remarks>Moments are over the rows that weights are fitted to; errors are measured on rows that were held out.</remarks>
internal sealed class LayerStatistics
{
    private LayerStatistics(Matrix<double> gram, Matrix<double> cross, double[] mean, double[] denseMean, double[] meanSquare, LayerRows pruned, LayerRows dense) =>
        (Gram, Cross, Mean, DenseMean, MeanSquare, Pruned, Dense) = (gram, cross, mean, denseMean, meanSquare, pruned, dense);

    /// <summary>Second moments of the pruned network's inputs, inputs × inputs; about the mean when outputs have a bias.</summary>
    public Matrix<double> Gram { get; }

    /// <summary>Second moments of the pruned network's inputs with the dense network's.</summary>
    public Matrix<double> Cross { get; }

    /// <summary>Means of the pruned network's inputs.</summary>
    public double[] Mean { get; }

    /// <summary>Means of the dense network's inputs.</summary>
    public double[] DenseMean { get; }

    /// <summary>Mean squares of the pruned network's inputs, about 0.</summary>
    public double[] MeanSquare { get; }

    /// <summary>Rows of the pruned network.</summary>
    public LayerRows Pruned { get; }

    /// <summary>Rows of the dense network.</summary>
    public LayerRows Dense { get; }

    /// <summary>Whether every moment is a number.</summary>
    public bool IsFinite => MeanSquare.All(double.IsFinite) && Cross.Data.All(double.IsFinite);

    /// <summary>The moments of some rows.</summary>
    public static LayerStatistics Of(LayerRows pruned, LayerRows dense, bool hasBias, int threads)
    {
        var inputs = pruned.Fit.Columns;
        var rows = pruned.FitCount;
        var gram = new Matrix<double>(inputs, inputs);
        Products.AddTransposed(pruned.Fit, pruned.Fit, gram, rows, threads);
        var cross = gram;
        if (!ReferenceEquals(pruned, dense))
        {
            cross = new Matrix<double>(inputs, inputs);
            Products.AddTransposed(pruned.Fit, dense.Fit, cross, rows, threads);
        }

        var (mean, denseMean) = (Means(pruned), ReferenceEquals(pruned, dense) ? null : Means(dense));
        double[] squares = [.. Enumerable.Range(0, inputs).Select(i => gram[i, i] / Math.Max(1, rows))];
        Centre(gram, rows, mean, hasBias ? mean : null);
        if (!ReferenceEquals(cross, gram))
        {
            Centre(cross, rows, mean, hasBias ? denseMean : null);
        }

        return new LayerStatistics(gram, cross, mean, denseMean ?? mean, squares, pruned, dense);
    }

    // Sums become means of products, less the product of means.
    private static void Centre(Matrix<double> sums, int rows, double[] left, double[]? right)
    {
        for (var i = 0; i < sums.Rows; i++)
        {
            for (var j = 0; j < sums.Columns; j++)
            {
                sums[i, j] = (sums[i, j] / Math.Max(1, rows)) - (right is null ? 0 : left[i] * right[j]);
            }
        }
    }

    private static double[] Means(LayerRows rows)
    {
        var means = new double[rows.Fit.Columns];
        for (var r = 0; r < rows.FitCount; r++)
        {
            var row = rows.Fit.Row(r);
            for (var i = 0; i < means.Length; i++)
            {
                means[i] += row[i];
            }
        }

        return [.. means.Select(m => m / Math.Max(1, rows.FitCount))];
    }
}

/// <summary>Sampled inputs of one layer: those that weights are fitted to, and those that errors are measured on.</summary>
internal sealed class LayerRows(int fit, int held, int inputs)
{
    /// <summary>One of so many rows is held out.</summary>
    public const int HeldOut = 8;

    private int _taken;

    /// <summary>Rows to fit to; the first <see cref="FitCount"/> are set.</summary>
    public Matrix<float> Fit { get; } = new(fit, inputs);

    /// <summary>Rows to measure on; the first <see cref="HeldCount"/> are set.</summary>
    public Matrix<float> Held { get; } = new(held, inputs);

    /// <summary>Rows to fit to.</summary>
    public int FitCount { get; private set; }

    /// <summary>Rows to measure on.</summary>
    public int HeldCount { get; private set; }

    /// <summary>Memory for the next row.</summary>
    public Span<float> Next() => ++_taken % HeldOut == 0 ? Held.Row(HeldCount++) : Fit.Row(FitCount++);

    /// <summary>Room for some number of rows.</summary>
    public static LayerRows For(int rows, int inputs) => new(rows - (rows / HeldOut), rows / HeldOut, inputs);
}
