using SparseDsl.Pruning.Numerics;

namespace SparseDsl.Pruning.Methods;

/// <summary>Chooses which weights of a layer survive: those of the largest scores that a pattern admits. Of equal scores the first survives.</summary>
internal static class MaskSelection
{
    /// <summary>The weights that survive, row-major over outputs × inputs.</summary>
    /// <param name="pattern">Where zeros may be.</param>
    /// <param name="scores">What the loss of each weight costs, 0 or more; less than 0 for one that is lost already.</param>
    /// <param name="byRow">Whether every output loses the same fraction; only unstructured zeros can choose.</param>
    public static bool[] Keep(PruningPattern pattern, Matrix<double> scores, bool byRow = false) => pattern switch
    {
        PruningPattern.Unstructured p when byRow => Rows(p.Share, scores),
        PruningPattern.Unstructured p => Anywhere(p.Share, scores),
        PruningPattern.NOfM p => Groups(p, scores),
        PruningPattern.Block p => Blocks(p, scores),
        _ => throw new ArgumentOutOfRangeException(nameof(pattern)),
    };

    private static bool[] Anywhere(double zeros, Matrix<double> scores)
    {
        var all = new double[scores.Rows * scores.Columns];
        for (var row = 0; row < scores.Rows; row++)
        {
            scores.Row(row).CopyTo(all.AsSpan(row * scores.Columns));
        }

        return Largest(all, Count(zeros, all.Length));
    }

    private static bool[] Rows(double zeros, Matrix<double> scores)
    {
        var keep = new bool[scores.Rows * scores.Columns];
        for (var row = 0; row < scores.Rows; row++)
        {
            Largest(scores.Row(row), Count(zeros, scores.Columns)).CopyTo(keep, row * scores.Columns);
        }

        return keep;
    }

    private static bool[] Groups(PruningPattern.NOfM pattern, Matrix<double> scores)
    {
        var keep = new bool[scores.Rows * scores.Columns];
        for (var row = 0; row < scores.Rows; row++)
        {
            for (var first = 0; first < scores.Columns; first += pattern.M)
            {
                // The last group of a row may be smaller and then loses less.
                var group = scores.Row(row)[first..Math.Min(first + pattern.M, scores.Columns)];
                Largest(group, Math.Max(0, group.Length - pattern.N)).CopyTo(keep, (row * scores.Columns) + first);
            }
        }

        return keep;
    }

    // Blocks at the edges are smaller, so what counts is the score of an element, and elements are counted until there are enough.
    private static bool[] Blocks(PruningPattern.Block pattern, Matrix<double> scores)
    {
        var across = (scores.Columns + pattern.Columns - 1) / pattern.Columns;
        var down = (scores.Rows + pattern.Rows - 1) / pattern.Rows;
        var (means, sizes) = (new double[across * down], new int[across * down]);
        for (var row = 0; row < scores.Rows; row++)
        {
            for (var column = 0; column < scores.Columns; column++)
            {
                var block = (row / pattern.Rows * across) + (column / pattern.Columns);
                means[block] += scores[row, column];
                sizes[block]++;
            }
        }

        var order = Enumerable.Range(0, means.Length).OrderBy(b => means[b] / sizes[b]).ThenByDescending(b => b);
        var lost = new bool[means.Length];
        var missing = Count(pattern.Share, scores.Rows * scores.Columns);
        foreach (var block in order.TakeWhile(_ => missing > 0))
        {
            lost[block] = true;
            missing -= sizes[block];
        }

        return [.. Enumerable.Range(0, scores.Rows * scores.Columns)
            .Select(i => !lost[(i / scores.Columns / pattern.Rows * across) + (i % scores.Columns / pattern.Columns)])];
    }

    // All but `lost` elements.
    private static bool[] Largest(ReadOnlySpan<double> scores, int lost)
    {
        var keep = new bool[scores.Length];
        if (lost == 0)
        {
            Array.Fill(keep, true);
            return keep;
        }

        var sorted = scores.ToArray();
        Array.Sort(sorted);
        var threshold = sorted[lost - 1];
        var below = 0;
        for (var i = 0; i < scores.Length; i++)
        {
            keep[i] = scores[i] >= threshold;
            below += keep[i] ? 0 : 1;
        }

        for (var i = scores.Length - 1; i >= 0 && below < lost; i--)
        {
            if (keep[i] && scores[i] == threshold)
            {
                keep[i] = false;
                below++;
            }
        }

        return keep;
    }

    // At least the fraction: it is promised of the data. Rounding of the product itself does not count.
    private static int Count(double zeros, int elements) => Math.Min(elements, (int)Math.Ceiling((zeros * elements) - 1e-6));
}
