using System.Collections.Immutable;
using System.Globalization;
using SparseDsl.Compiler.Data;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Compiler.Weights;

/// <summary>A promise the data does not keep.</summary>
/// <param name="Row">The diagnostic.</param>
/// <param name="Arguments">Its arguments, from the tensor's path and the file's name.</param>
public sealed record PromiseBreach(DiagnosticDescriptor Row, Func<string, string, string[]> Arguments);

/// <summary>Checks promises about zeros against data.</summary>
/// <remarks>
/// A promise is about a matrix: the tensor's first index, and all others as one in row-major order. For a filter [o, c, r, s] a block of 4 x 1 is a
/// weight that is zero for four neighbouring outputs. Groups of <c>nm</c> lie along the last index that is longer than 1, alone.
/// </remarks>
public static class PromiseCheck
{
    /// <summary>What is wrong, or null when the promise is kept. Tensors without elements keep every promise.</summary>
    public static PromiseBreach? Run(Sparsity promise, TensorData tensor) => tensor.Count == 0 ? null : promise switch
    {
        Sparsity.Unstructured p => Zeros(p.MinZeros, tensor),
        Sparsity.Block p => Blocks(p, tensor),
        Sparsity.NOfM p => Groups(p, tensor),
        Sparsity.Channels p => Channels(p.MinZeros, tensor),
        _ => null,
    };

    private static PromiseBreach? Zeros(double promised, TensorData tensor)
    {
        var zeros = 1 - ((double)tensor.CountNonZeros() / tensor.Count);
        return Falls(zeros, promised, (path, file, holds) => [path, Percent(promised, 6), file, holds], WeightDiagnostics.FewerZeros);
    }

    private static PromiseBreach? Blocks(Sparsity.Block block, TensorData tensor)
    {
        var zeros = 1 - BlockDensity.Of(tensor, block.Rows, block.Columns);
        var size = FormattableString.Invariant($"{block.Rows} x {block.Columns}");
        return Falls(zeros, block.MinZeros, (path, file, holds) => [path, Percent(block.MinZeros, 6), size, file, holds], WeightDiagnostics.FewerZeroBlocks);
    }

    private static PromiseBreach? Channels(double promised, TensorData tensor)
    {
        var channels = tensor.Rank == 0 ? 1 : tensor.Shape[0];
        var zeros = 1 - BlockDensity.Of(tensor, 1, tensor.Count / channels);
        return Falls(zeros, promised, (path, file, holds) => [path, Percent(promised, 6), file, holds], WeightDiagnostics.FewerZeroChannels);
    }

    private static PromiseBreach? Groups(Sparsity.NOfM promise, TensorData tensor)
    {
        // Filters of a 1 x 1 convolution are groups of channels: [o, c, 1, 1] is a matrix.
        var rank = tensor.Shape.Length;
        while (rank > 1 && tensor.Shape[rank - 1] == 1)
        {
            rank--;
        }

        var shape = tensor.Shape.Take(rank).ToImmutableArray();
        var row = rank == 0 ? 1 : shape[rank - 1];
        for (var start = 0; start < tensor.Count; start += row)
        {
            for (var group = 0; group < row; group += promise.M)
            {
                var size = Math.Min(promise.M, row - group);
                var nonZeros = Enumerable.Range(start + group, size).Count(i => tensor.GetDouble(i) != 0);
                if (nonZeros > promise.N)
                {
                    var place = Places.Text(shape, start + group, size);
                    return new PromiseBreach(WeightDiagnostics.GroupTooFull, (path, file) => [path, Number(promise.N), Number(promise.M), file, Number(nonZeros), place]);
                }
            }
        }

        return null;
    }

    private static PromiseBreach? Falls(double zeros, double promised, Func<string, string, string, string[]> arguments, DiagnosticDescriptor row)
    {
        // 90% of 784 columns is not a whole number of elements: half of one element is no breach.
        const double rounding = 1e-9;
        return zeros >= promised - rounding ? null : new PromiseBreach(row, (path, file) => arguments(path, file, Below(zeros, promised)));
    }

    /// <summary>A percentage with as many decimals as it takes to look different from the promise.</summary>
    private static string Below(double zeros, double promised)
    {
        for (var decimals = 1; decimals < 8; decimals++)
        {
            var text = Percent(zeros, decimals);
            if (text != Percent(promised, decimals))
            {
                return text;
            }
        }

        return Percent(zeros, 8);
    }

    private static string Percent(double fraction, int decimals) => (fraction * 100).ToString("0." + new string('#', decimals), CultureInfo.InvariantCulture) + "%";

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
