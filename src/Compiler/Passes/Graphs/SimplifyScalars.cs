using System.Collections.Immutable;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Passes.Graphs;

/// <summary>Arithmetic that needs no computer: constants folded, neutral elements dropped, reductions over one element removed.</summary>
/// <remarks>
/// Needs: normal form. Gives: the same values; no operation over literals only; no reduction variable of extent 1.
/// <c>x * 1 + 0</c> becomes <c>x</c>; <c>sum(r &lt; 1) x[p + r]</c> becomes <c>x[p]</c>. Products with 0 stay: 0 * NaN is NaN in dense data.
/// </remarks>
public static class SimplifyScalars
{
    /// <summary>Runs the pass.</summary>
    public static Graph Run(Graph graph) => Rewriter.Rewrite(graph, node => node is ComputeNode compute ? Run(compute) : node);

    /// <summary>Simplifies one node.</summary>
    public static ComputeNode Run(ComputeNode node)
    {
        var body = node.Body.Rewrite(Simplify);
        return ReferenceEquals(body, node.Body) || body.Type != node.Type.Element
            ? node
            : Operands.Pruned(node.Name, node.Type, node.Indices, body, node.Operands, node.Origin);
    }

    private static ScalarExpr Simplify(ScalarExpr expr) => expr switch
    {
        ScalarExpr.Reduce reduce => DropSingles(reduce),
        ScalarExpr.Cast { Operand: var inner } cast when inner.Type == cast.Type => inner,
        ScalarExpr.Cast { Operand: ScalarExpr.Literal literal } cast when cast.Type.IsFloatingOrFits(literal.Value) => new ScalarExpr.Literal(literal.Value, cast.Type),
        ScalarExpr.Apply apply => Simplify(apply),
        _ => expr,
    };

    private static ScalarExpr Simplify(ScalarExpr.Apply apply)
    {
        if (apply.Arguments.All(a => a is ScalarExpr.Literal) && (apply.Type == ElementType.F32 || apply.Type == ElementType.F64))
        {
            return new ScalarExpr.Literal(apply.Op.Fold([.. apply.Arguments.Select(a => ((ScalarExpr.Literal)a).Value)]), apply.Type);
        }

        if (apply.Op == CoreOps.Select && apply.Arguments[0] is ScalarExpr.Literal condition)
        {
            return SameType(apply, condition.Value != 0 ? apply.Arguments[1] : apply.Arguments[2]);
        }

        if (apply.Arguments.Length == 2)
        {
            var (a, b) = (apply.Arguments[0], apply.Arguments[1]);
            if (Is(b, 0) && (apply.Op == CoreOps.Add || apply.Op == CoreOps.Sub))
            {
                return SameType(apply, a);
            }

            if (Is(b, 1) && (apply.Op == CoreOps.Mul || apply.Op == CoreOps.Div))
            {
                return SameType(apply, a);
            }

            if ((Is(a, 0) && apply.Op == CoreOps.Add) || (Is(a, 1) && apply.Op == CoreOps.Mul))
            {
                return SameType(apply, b);
            }

            if (apply.Op == CoreOps.Div && apply.Type.IsFloat32Or64() && b is ScalarExpr.Literal divisor && IsPowerOfTwo(divisor.Value))
            {
                // Exact: the reciprocal of a power of two has no rounding.
                return ScalarExpr.Of(CoreOps.Mul, a, new ScalarExpr.Literal(1 / divisor.Value, divisor.Type));
            }
        }

        return apply;
    }

    private static ScalarExpr SameType(ScalarExpr whole, ScalarExpr part) => part.Type == whole.Type ? part : whole;

    private static bool Is(ScalarExpr expr, double value) => expr is ScalarExpr.Literal literal && literal.Value == value;

    private static bool IsPowerOfTwo(double value)
    {
        var magnitude = Math.Abs(value);
        return magnitude is > 1e-30 and < 1e30 && Math.Log(magnitude, 2) is var log && log == Math.Round(log);
    }

    private static bool IsFloat32Or64(this ElementType type) => type is ElementType.F32 or ElementType.F64;

    private static bool IsFloatingOrFits(this ElementType type, double value) =>
        type.IsFloat32Or64() || (type is ElementType.I32 or ElementType.I64 && value == Math.Floor(value) && Math.Abs(value) < int.MaxValue);

    private static ScalarExpr DropSingles(ScalarExpr.Reduce reduce)
    {
        ImmutableArray<IndexRange> kept = [.. reduce.Vars.Where(v => v.Extent.Constant != 1)];
        if (kept.Length == reduce.Vars.Length)
        {
            return reduce;
        }

        var singles = new HashSet<string>(reduce.Vars.Where(v => v.Extent.Constant == 1).Select(v => v.Name), StringComparer.Ordinal);
        var body = reduce.Body.Substitute(n => singles.Contains(n) ? Dim.Zero : null);
        return kept.Length > 0 ? new ScalarExpr.Reduce(reduce.Kind, kept, body) : body.Type == reduce.Type ? body : new ScalarExpr.Cast(reduce.Type, body);
    }
}
