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
}
