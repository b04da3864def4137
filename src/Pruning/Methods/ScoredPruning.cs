using SparseDsl.Pruning.Numerics;

namespace SparseDsl.Pruning.Methods;

/// <summary>Pruning that scores weights and sets the lowest to zero; survivors stay as they are.</summary>
internal static class ScoredPruning
{
    /// <summary>By magnitude: <c>|w|</c>, over the whole layer.</summary>
    public static LayerSolution Magnitude(Matrix<float> dense, PruningPattern pattern) =>
        Apply(dense, pattern, Score(dense, _ => 1), byRow: false);

    /// <summary>
    /// Wanda (Sun et al., A Simple and Effective Pruning Approach for Large Language Models, 2024): <c>|w| · ‖x‖</c> with the norm of the weight's input.
    /// </summary>
    /// <param name="dense">The weights.</param>
    /// <param name="pattern">Where zeros may be.</param>
    /// <param name="statistics">The layer's inputs.</param>
    /// <param name="byRow">Whether weights are compared for each output alone, as in the paper.</param>
    public static LayerSolution Wanda(Matrix<float> dense, PruningPattern pattern, LayerStatistics statistics, bool byRow) =>
        Apply(dense, pattern, Score(dense, i => Math.Sqrt(statistics.MeanSquare[i])), byRow);

    private static Matrix<double> Score(Matrix<float> dense, Func<int, double> norm)
    {
        var scores = new Matrix<double>(dense.Rows, dense.Columns);
        for (var i = 0; i < dense.Columns; i++)
        {
            var factor = norm(i);
            for (var o = 0; o < dense.Rows; o++)
            {
                scores[o, i] = Math.Abs(dense[o, i]) * factor;
            }
        }

        return scores;
    }

    private static LayerSolution Apply(Matrix<float> dense, PruningPattern pattern, Matrix<double> scores, bool byRow)
    {
        var keep = MaskSelection.Keep(pattern, scores, byRow);
        var pruned = dense.Copy();
        for (var i = 0; i < keep.Length; i++)
        {
            if (!keep[i])
            {
                pruned[i / dense.Columns, i % dense.Columns] = 0;
            }
        }

        return new LayerSolution(pattern, pruned, null);
    }
}
