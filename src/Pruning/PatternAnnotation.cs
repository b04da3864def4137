using System.Globalization;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Weights;
using SparseDsl.Pruning.Graphs;

namespace SparseDsl.Pruning;

/// <summary>What a <c>sparsify</c> overlay can promise of a pruned weight.</summary>
internal static class PatternAnnotation
{
    // Of @nm in the language.
    private const int LargestGroup = 32;

    /// <summary>The annotation without its <c>@</c>, true of the data: <c>unstructured(zeros &gt;= 50%)</c>.</summary>
    /// <remarks>Where the language has no words for a pattern along this tensor's axes, the zeros alone are promised.</remarks>
    public static string Of(PrunableLayer layer, PruningPattern pattern, TensorData tensor) => pattern switch
    {
        PruningPattern.NOfM p when p.M <= LargestGroup && layer.Inputs % p.M == 0 && IsAlongLastAxis(layer) => string.Create(CultureInfo.InvariantCulture, $"nm({p.N}, {p.M})"),
        PruningPattern.Block p when layer.IsRowMajor => Block(p.Rows, p.Columns, tensor),
        PruningPattern.Block p when layer is { Type.Rank: 2, RowAxes: [1] } => Block(p.Columns, p.Rows, tensor),
        _ => $"unstructured(zeros >= {Percent(1 - ((double)tensor.CountNonZeros() / tensor.Count))})",
    };

    private static string Block(int rows, int columns, TensorData tensor) =>
        string.Create(CultureInfo.InvariantCulture, $"block({rows}, {columns}, zeros >= {Percent(1 - BlockDensity.Of(tensor, rows, columns))})");

    private static bool IsAlongLastAxis(PrunableLayer layer)
    {
        int[] longer = [.. Enumerable.Range(0, layer.Type.Rank).Where(a => layer.Type.Shape[a].Constant > 1)];
        int[] inputs = [.. layer.ColumnAxes.Where(longer.Contains)];
        return inputs is [var only] && only == longer[^1];
    }

    // Rounded down, so that the promise holds.
    private static string Percent(double fraction) => (Math.Floor((fraction * 1000) + 1e-9) / 10).ToString("0.#", CultureInfo.InvariantCulture) + "%";
}
