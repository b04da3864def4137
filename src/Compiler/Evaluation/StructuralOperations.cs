using SparseDsl.Compiler.Graphs;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Evaluation;

/// <summary>The meaning, in float64, of each row of the table of structural operations.</summary>
internal static class StructuralOperations
{
    /// <summary>The value of a structural node.</summary>
    public static DenseTensor Evaluate(StructuralNode node, int[] shape, IReadOnlyList<DenseTensor> operands, Func<string, long> dims) => node.Operation switch
    {
        "argmax" => ArgMax(shape, operands[0]),
        "gather" => Gather(DenseTensor.Zeros(shape, node.Type.Element), operands[0], operands[1]),
        "select" => Select((Sparsity)node.Attributes["selection"], operands[0], dims),
        _ => throw new InvalidOperationException($"no structural operation '{node.Operation}'"),
    };

    /// <summary>Position of the largest element along the last index; the lowest of equals.</summary>
    private static DenseTensor ArgMax(int[] shape, DenseTensor x)
    {
        var result = DenseTensor.Zeros(shape);
        var n = x.Shape[x.Shape.Length - 1];
        bool Exceeds(int a, int b) => x.Integers is { } exact ? exact[a] > exact[b] : x.Values[a] > x.Values[b];
        for (var row = 0; row < result.Values.Length; row++)
        {
            var best = 0;
            for (var j = 1; j < n; j++)
            {
                if (Exceeds((row * n) + j, (row * n) + best))
                {
                    best = j;
                }
            }

            result.Values[row] = best;
        }

        return result;
    }

    /// <summary>Rows of the first operand at the positions in the second; zeros where it has no such row.</summary>
    private static DenseTensor Gather(DenseTensor result, DenseTensor x, DenseTensor positions)
    {
        var run = x.Shape.Skip(1).Aggregate(1, (a, b) => a * b);
        for (var i = 0; i < positions.Values.Length; i++)
        {
            var position = Math.Truncate(positions.Values[i]);
            if (position >= 0 && position < x.Shape[0])
            {
                result.Copy(x, (int)position * run, i * run, run);
            }
        }

        return result;
    }

    private static DenseTensor Select(Sparsity selection, DenseTensor x, Func<string, long> dims) => selection switch
    {
        Sparsity.TopK top => TopK(x, (int)top.K.Evaluate(dims)),
        Sparsity.Threshold { Parameter: null } threshold => new DenseTensor(x.Shape, [.. x.Values.Select(v => Math.Abs(v) > threshold.Value ? v : 0)]),
        _ => throw new InvalidOperationException($"no selection {selection}"),
    };

    /// <summary>Along the last index only the k largest survive; of equals the lower index.</summary>
    private static DenseTensor TopK(DenseTensor x, int k)
    {
        var result = DenseTensor.Zeros(x.Shape);
        var n = x.Shape[x.Shape.Length - 1];
        for (var start = 0; start < x.Values.Length; start += n)
        {
            foreach (var j in Enumerable.Range(0, n).OrderByDescending(j => x.Values[start + j]).ThenBy(j => j).Take(k))
            {
                result.Values[start + j] = x.Values[start + j];
            }
        }

        return result;
    }
}
