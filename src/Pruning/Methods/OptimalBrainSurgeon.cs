using SparseDsl.Pruning.Numerics;

namespace SparseDsl.Pruning.Methods;

/// <summary>
/// Layer-wise optimal brain surgeon (Hassibi and Stork 1993; Frantar and Alistarh, SparseGPT, 2023): the weight whose loss costs least, given that the others
/// adapt, has the smallest <c>w² / [H⁻¹]jj</c>. Weights go in steps; after each the survivors of every output are the exact least-squares fit to the
/// dense layer's output on the pruned network's inputs.
/// </summary>
/// <remarks>
/// For an output with the dense weights d and survivors S the fit solves <c>(H_SS + λ) w = (C d)_S + λ d_S</c>, H and C the moments of
/// <see cref="LayerStatistics"/>: λ, a fraction of H's mean diagonal, holds weights that the samples say nothing of at their dense values.
/// </remarks>
internal sealed class OptimalBrainSurgeon
{
    // More is added to the diagonal, from this fraction of its mean on and ten times as much each time, until H has a factor: as a Gram matrix it has
    // one but for rounding.
    private const double LeastExtra = 1e-10;
    private const double ExtraGrowth = 10;

    private readonly Matrix<float> _dense;
    private readonly LayerStatistics _statistics;
    private readonly bool _hasBias;
    private readonly int _threads;
    private readonly double _damping;
    private readonly double _leastExtra;
    private readonly Matrix<double> _targets;

    /// <param name="dense">The dense weights, outputs × inputs.</param>
    /// <param name="statistics">The layer's inputs.</param>
    /// <param name="hasBias">Whether a bias takes up a change of the outputs' means.</param>
    /// <param name="damping">λ over the mean of H's diagonal.</param>
    /// <param name="threads">Number of threads; results do not depend on it.</param>
    public OptimalBrainSurgeon(Matrix<float> dense, LayerStatistics statistics, bool hasBias, double damping, int threads)
    {
        (_dense, _statistics, _hasBias, _threads) = (dense, statistics, hasBias, threads);
        var mean = Enumerable.Range(0, dense.Columns).Average(i => statistics.Gram[i, i]);
        _damping = mean > 0 ? damping * mean : 1;
        _leastExtra = LeastExtra * (mean > 0 ? mean : 1);
        _targets = Targets();
    }

    /// <summary>The layer pruned to each of some patterns, every one a subset of the one before.</summary>
    public IEnumerable<LayerSolution> Solve(IReadOnlyList<PruningPattern> patterns)
    {
        var keep = new bool[_dense.Rows * _dense.Columns];
        Array.Fill(keep, true);
        var (_, scores) = Fit(keep, withScores: true);
        for (var i = 0; i < patterns.Count; i++)
        {
            keep = MaskSelection.Keep(patterns[i], scores!);
            var last = i == patterns.Count - 1;
            (var weights, scores) = Fit(keep, withScores: !last);
            yield return new LayerSolution(patterns[i], weights, _hasBias ? Shift(weights) : null);
        }
    }

    // C d + λ d, for every output.
    private Matrix<double> Targets()
    {
        var targets = new Matrix<double>(_dense.Rows, _dense.Columns);
        InParallel(_dense.Rows, o =>
        {
            double[] dense = [.. Widen(_dense.Row(o))];
            var target = targets.Row(o);
            for (var i = 0; i < target.Length; i++)
            {
                target[i] = Products.Dot(_statistics.Cross.Row(i), dense) + (_damping * dense[i]);
            }
        });
        return targets;
    }

    private (Matrix<float> Weights, Matrix<double>? Scores) Fit(bool[] keep, bool withScores)
    {
        var weights = new Matrix<float>(_dense.Rows, _dense.Columns);
        var scores = withScores ? new Matrix<double>(_dense.Rows, _dense.Columns) : null;
        var (groups, longest) = Groups(keep);
        var options = new ParallelOptions { MaxDegreeOfParallelism = _threads };
        Parallel.For(0, groups.Count, options, () => new Workspace(longest), (group, _, workspace) =>
        {
            Fit(groups[group].Kept, groups[group].Outputs, workspace, weights, scores);
            return workspace;
        }, _ => { });
        return (weights, scores);
    }

    // Outputs with equal survivors share a factor: all of them before the first step, and those of a block of rows.
    private (List<(int[] Kept, List<int> Outputs)> Groups, int Longest) Groups(bool[] keep)
    {
        var groups = new List<(int[] Kept, List<int> Outputs)>();
        var longest = 0;
        for (var o = 0; o < _dense.Rows; o++)
        {
            var row = keep.AsSpan(o * _dense.Columns, _dense.Columns);
            if (o > 0 && row.SequenceEqual(keep.AsSpan((o - 1) * _dense.Columns, _dense.Columns)))
            {
                groups[^1].Outputs.Add(o);
                continue;
            }

            var kept = new List<int>();
            for (var i = 0; i < row.Length; i++)
            {
                if (row[i])
                {
                    kept.Add(i);
                }
            }

            longest = Math.Max(longest, kept.Count);
            groups.Add(([.. kept], [o]));
        }

        return (groups, longest);
    }

    private void Fit(int[] kept, List<int> outputs, Workspace workspace, Matrix<float> weights, Matrix<double>? scores)
    {
        var n = kept.Length;
        Factor(kept, workspace);
        if (scores is not null)
        {
            Cholesky.InverseDiagonal(workspace.Factor, n, workspace.Stride, workspace.Inverse, workspace.Diagonal);
        }

        foreach (var o in outputs)
        {
            var x = workspace.Vector.AsSpan(0, n);
            for (var i = 0; i < n; i++)
            {
                x[i] = _targets[o, kept[i]];
            }

            Cholesky.Solve(workspace.Factor, n, workspace.Stride, x);
            scores?.Row(o).Fill(-1);
            for (var i = 0; i < n; i++)
            {
                weights[o, kept[i]] = (float)x[i];
                if (scores is not null)
                {
                    scores[o, kept[i]] = x[i] * x[i] / workspace.Diagonal[i];
                }
            }
        }
    }

    private void Factor(int[] kept, Workspace workspace)
    {
        for (var extra = 0.0; ; extra = Math.Max(_leastExtra, extra * ExtraGrowth))
        {
            for (var i = 0; i < kept.Length; i++)
            {
                var source = _statistics.Gram.Row(kept[i]);
                var target = workspace.Factor.AsSpan(i * workspace.Stride, i + 1);
                for (var j = 0; j <= i; j++)
                {
                    target[j] = source[kept[j]];
                }

                target[i] += _damping + extra;
            }

            if (Cholesky.Factor(workspace.Factor, kept.Length, workspace.Stride))
            {
                return;
            }
        }
    }

    // The mean of the outputs stays that of the dense layer.
    private double[] Shift(Matrix<float> weights)
    {
        var shift = new double[weights.Rows];
        for (var o = 0; o < weights.Rows; o++)
        {
            double[] dense = [.. Widen(_dense.Row(o))], pruned = [.. Widen(weights.Row(o))];
            shift[o] = Products.Dot(_statistics.DenseMean, dense) - Products.Dot(_statistics.Mean, pruned);
        }

        return shift;
    }

    private void InParallel(int count, Action<int> body) => Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = _threads }, body);

    private static double[] Widen(ReadOnlySpan<float> values)
    {
        var result = new double[values.Length];
        for (var i = 0; i < result.Length; i++)
        {
            result[i] = values[i];
        }

        return result;
    }

    /// <summary>Memory of one thread, for the longest row.</summary>
    private sealed class Workspace(int longest)
    {
        public int Stride { get; } = Matrix<double>.Padded(Math.Max(1, longest));

        public double[] Factor { get; } = new double[Matrix<double>.Padded(Math.Max(1, longest)) * Math.Max(1, longest)];

        public double[] Inverse { get; } = new double[Matrix<double>.Padded(Math.Max(1, longest)) * Math.Max(1, longest)];

        public double[] Diagonal { get; } = new double[Math.Max(1, longest)];

        public double[] Vector { get; } = new double[Math.Max(1, longest)];
    }
}
