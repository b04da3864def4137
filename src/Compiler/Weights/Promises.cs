using System.Globalization;
using SparseDsl.Compiler.Data;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Compiler.Weights;

/// <summary>Checks what annotations promise about weights against the weights.</summary>
public static class Promises
{
    /// <summary>Reports every parameter whose data does not keep its promise.</summary>
    /// <param name="model">The model.</param>
    /// <param name="weights">A parameter's tensor by path; null when it is not loaded.</param>
    /// <param name="diagnostics">Where broken promises go.</param>
    public static void Check(BoundModel model, Func<string, TensorData?> weights, DiagnosticBag diagnostics)
    {
        foreach (var param in model.Params)
        {
            if (param.Sparsity is { IsPromise: true } promise && weights(param.Path) is { Count: > 0 } data && Broken(promise, data) is var (promised, found))
            {
                diagnostics.Report(SparsityDiagnostics.PromiseBroken, param.AnnotationLocation ?? param.Location, param.Path, promised, found);
            }
        }
    }

    /// <summary>The promise and what the data has instead, or null when it is kept.</summary>
    private static (string Promised, string Found)? Broken(Sparsity promise, TensorData data)
    {
        var zeros = 1 - ((double)data.CountNonZeros() / data.Count);
        return promise switch
        {
            Sparsity.Unstructured u when zeros < u.MinZeros => ($"at least {Percent(u.MinZeros)} zeros", Percent(zeros)),
            Sparsity.Block b when b.MinZeros > 0 && ZeroBlocks(data, b) is var part && part < b.MinZeros =>
                ($"at least {Percent(b.MinZeros)} zero blocks of {b.Rows} x {b.Columns}", Percent(part)),
            Sparsity.Channels c when ZeroChannels(data) is var part && part < c.MinZeros => ($"at least {Percent(c.MinZeros)} zero channels", Percent(part)),
            Sparsity.NOfM nm when FirstFullGroup(data, nm) is { } group =>
                (FormattableString.Invariant($"at most {nm.N} non-zeros in every {nm.M}"), FormattableString.Invariant($"{group.Count} in the group that begins at element {group.Start}")),
            _ => null,
        };
    }

    private static string Percent(double fraction) => (fraction * 100).ToString("0.#", CultureInfo.InvariantCulture) + "%";

    private static double ZeroChannels(TensorData data)
    {
        var size = data.Count / data.Shape[0];
        return Enumerable.Range(0, data.Shape[0]).Count(c => Enumerable.Range(c * size, size).All(i => data.GetDouble(i) == 0)) / (double)data.Shape[0];
    }

    private static double ZeroBlocks(TensorData data, Sparsity.Block block)
    {
        var window = data.Shape.Skip(2).Aggregate(1, (a, b) => a * b);
        var (rows, columns) = (data.Shape[0], data.Shape[1]);
        var kept = new HashSet<(int, int)>();
        for (var i = 0; i < data.Count; i++)
        {
            if (data.GetDouble(i) != 0)
            {
                kept.Add((i / (columns * window) / block.Rows, i / window % columns / block.Columns));
            }
        }

        var blocks = (double)((rows + block.Rows - 1) / block.Rows) * ((columns + block.Columns - 1) / block.Columns);
        return 1 - (kept.Count / blocks);
    }

    private static (int Start, int Count)? FirstFullGroup(TensorData data, Sparsity.NOfM nm)
    {
        for (var start = 0; start < data.Count; start += nm.M)
        {
            var count = Enumerable.Range(start, Math.Min(nm.M, data.Count - start)).Count(i => data.GetDouble(i) != 0);
            if (count > nm.N)
            {
                return (start, count);
            }
        }

        return null;
    }
}
