using SparseDsl.Pruning.Numerics;

namespace SparseDsl.Pruning.Methods;

/// <summary>A pruned layer.</summary>
/// <param name="Pattern">What was asked for.</param>
/// <param name="Weights">Outputs × inputs.</param>
/// <param name="Shift">What must be added to each output; null for nothing.</param>
internal sealed record LayerSolution(PruningPattern Pattern, Matrix<float> Weights, double[]? Shift)
{
    /// <summary>
    /// The squared error of the outputs on rows that were held out, against the dense layer on the dense network's inputs, over the variance of those
    /// (over their mean square without a bias). 0 is exact, 1 as bad as a constant.
    /// </summary>
    public double RelativeError(Matrix<float> dense, LayerStatistics statistics, bool hasBias, int threads)
    {
        var outputs = dense.Rows;
        var (errors, scales) = (new double[outputs], new double[outputs]);
        Parallel.For(0, outputs, new ParallelOptions { MaxDegreeOfParallelism = threads }, o => (errors[o], scales[o]) = Row(dense, statistics, hasBias, o));
        var scale = scales.Sum();
        return scale > 0 ? errors.Sum() / scale : 0;
    }

    private (double Error, double Scale) Row(Matrix<float> dense, LayerStatistics statistics, bool hasBias, int output)
    {
        var (error, sum, square) = (0.0, 0.0, 0.0);
        var rows = statistics.Dense.HeldCount;
        for (var r = 0; r < rows; r++)
        {
            double wanted = Products.Dot(statistics.Dense.Held.PaddedRow(r), dense.PaddedRow(output));
            double given = Products.Dot(statistics.Pruned.Held.PaddedRow(r), Weights.PaddedRow(output)) + (Shift is null ? 0 : Shift[output]);
            error += (given - wanted) * (given - wanted);
            sum += wanted;
            square += wanted * wanted;
        }

        return (error, hasBias ? square - (sum * sum / Math.Max(1, rows)) : square);
    }
}
