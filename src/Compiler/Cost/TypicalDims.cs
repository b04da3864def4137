using SparseDsl.Compiler.Graphs;
using SparseDsl.Dsl.Binding;

namespace SparseDsl.Compiler.Cost;

/// <summary>One value for each symbolic dim, where a single estimate is wanted.</summary>
public static class TypicalDims
{
    /// <summary>The geometric middle of each dim's range, from 1 on, rounded to its step: half of all scales lie on either side.</summary>
    public static Func<string, long> Of(Graph graph)
    {
        var values = graph.Dims.ToDictionary(d => d.Name, Middle, StringComparer.Ordinal);
        return name => values[name];
    }

    private static long Middle(SymbolicDim dim)
    {
        var low = Math.Max(1, dim.Low);
        var middle = (long)Math.Round(Math.Sqrt((double)low * Math.Max(low, dim.High)));
        var rounded = (middle + (dim.Step / 2)) / dim.Step * dim.Step;
        return Math.Min(Math.Max(rounded, FirstFrom(low, dim.Step)), Math.Max(dim.High, low));
    }

    private static long FirstFrom(long low, long step) => (low + step - 1) / step * step;
}
