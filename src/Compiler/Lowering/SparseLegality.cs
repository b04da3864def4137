using SparseDsl.Compiler.Graphs;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Lowering;

/// <summary>Whether what is not stored may be skipped.</summary>
internal static class SparseLegality
{
    /// <summary>Whether an expression is 0 wherever the given reads are 0, whatever everything else is.</summary>
    public static bool IsZeroWhere(ScalarExpr expr, Func<ScalarExpr.Read, bool> isZero) => expr switch
    {
        ScalarExpr.Read read => isZero(read),
        ScalarExpr.Literal literal => literal.Value == 0,
        ScalarExpr.Cast cast => IsZeroWhere(cast.Operand, isZero),
        ScalarExpr.Apply { Op: var op } apply when op == CoreOps.Select => apply.Arguments.Skip(1).All(a => IsZeroWhere(a, isZero)),
        ScalarExpr.Apply apply => (apply.Op.Annihilates && apply.Arguments.Any(a => IsZeroWhere(a, isZero)))
            || (apply.Op.ZeroAtZero && apply.Arguments.All(a => IsZeroWhere(a, isZero))),
        _ => false,
    };

    /// <summary>Whether a reduction may visit only the elements at which the given reads are stored.</summary>
    public static bool MaySkip(ScalarExpr.Reduce reduce, Func<ScalarExpr.Read, bool> isZero) =>
        reduce.Kind == ReduceKind.Sum && IsZeroWhere(reduce.Body, isZero);

    /// <summary>Whether every subscript of a read is an index variable that runs over exactly the operand's extent, or the only element of an extent of 1.</summary>
    public static bool IsIndexed(ComputeNode node, ScalarExpr.Read read, TensorType operand)
    {
        var ranges = Bounds.Variables(node).ToDictionary(v => v.Name, StringComparer.Ordinal);
        return read.Subscripts.Zip(operand.Shape, (s, e) => (s, e)).All(x =>
            (x.s.Constant == 0 && x.e.Constant == 1) || (x.s.SymbolName is { } name && ranges.TryGetValue(name, out var range) && range.Extent.Equals(x.e)));
    }
}
