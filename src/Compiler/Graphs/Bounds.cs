using System.Collections.Immutable;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Graphs;

/// <summary>Where subscripts can point.</summary>
public static class Bounds
{
    /// <summary>Whether a read of an operand can lie outside the operand's shape, as far as ranges tell.</summary>
    public static bool MayLeave(ScalarExpr.Read read, Node operand, ComputeNode reader, Graph graph) =>
        read.Subscripts.Zip(operand.Type.Shape, (s, extent) => MayLeave(s, extent, reader, graph)).Any(x => x);

    /// <summary>Whether a subscript can be below 0 or at or above the extent.</summary>
    public static bool MayLeave(Dim subscript, Dim extent, ComputeNode reader, Graph graph)
    {
        // A variable used alone runs over its own extent, whatever that is.
        if (subscript.SymbolName is { } name && Variables(reader).FirstOrDefault(v => v.Name == name) is { } range && range.Extent.Equals(extent))
        {
            return false;
        }

        var (low, high) = Extremes(subscript, reader);
        return low is null || high is null
            || !(low.Range(graph.RangeOf).Low >= 0)
            || !((extent - high).Range(graph.RangeOf).Low >= 1);
    }

    /// <summary>
    /// The smallest and largest value of a subscript over all values of the reader's variables, over dims only; null where the subscript is not
    /// linear in them (with constant coefficients) and ranges do not help.
    /// </summary>
    public static (Dim? Low, Dim? High) Extremes(Dim subscript, ComputeNode reader)
    {
        Dim? low = subscript;
        Dim? high = subscript;
        foreach (var variable in Variables(reader))
        {
            low = low is null ? null : Extreme(low, variable, largest: false);
            high = high is null ? null : Extreme(high, variable, largest: true);
        }

        return (low, high);
    }

    /// <summary>Index and reduction variables of a node.</summary>
    public static IEnumerable<IndexRange> Variables(ComputeNode node) =>
        node.Indices.Concat(node.Body.All().OfType<ScalarExpr.Reduce>().SelectMany(r => r.Vars));

    private static Dim? Extreme(Dim dim, IndexRange variable, bool largest)
    {
        if (!dim.Mentions(variable.Name))
        {
            return dim;
        }

        if (dim.Linear(variable.Name) is var (coefficient, rest))
        {
            return coefficient > 0 == largest ? rest + (Dim.Const(coefficient) * (variable.Extent - Dim.One)) : rest;
        }

        // Inside a division or remainder: monotone in the variable when it occurs with positive coefficients below floor divisions only.
        return IsIncreasing(dim, variable.Name)
            ? dim.Substitute(n => n == variable.Name ? (largest ? variable.Extent - Dim.One : Dim.Zero) : null)
            : RangeOf(dim, variable, largest);
    }

    private static bool IsIncreasing(Dim dim, string symbol) => dim.Terms().All(t =>
        !t.Factors.Any(f => Mentions(f, symbol))
        || (t.Coefficient > 0 && t.Factors.Count == 1 && (t.Factors[0].Kind == Dim.AtomKind.Symbol
            || (t.Factors[0].Kind == Dim.AtomKind.FloorDiv && t.Factors[0].Right!.Constant > 0 && IsIncreasing(t.Factors[0].Left!, symbol)))));

    private static bool Mentions(Dim.Atom atom, string symbol) =>
        atom.Name == symbol || (atom.Left?.Mentions(symbol) ?? false) || (atom.Right?.Mentions(symbol) ?? false);

    private static Dim? RangeOf(Dim dim, IndexRange variable, bool largest)
    {
        var extent = variable.Extent.Constant;
        var (low, high) = dim.Range(n => n == variable.Name ? (0, extent - 1) : (null, null));
        var bound = largest ? high : low;
        return bound is { } value ? Dim.Const(value) : null;
    }
}
