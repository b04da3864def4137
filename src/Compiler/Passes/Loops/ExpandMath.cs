using System.Collections.Immutable;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Passes.Loops;

/// <summary>
/// Replaces library functions of f32 (exp, log, tanh, erf, sin, cos, pow, rsqrt, recip) by arithmetic, scalars and vectors alike. So every backend gives
/// the same bits, and none needs a math library. f64 keeps its operations: it is the oracle's type, not that of fast code.
/// </summary>
/// <remarks>
/// Needs: nothing. Gives: none of these operations on f32; what a function computes on the way is named before the statement.
/// <code>
/// y[i] = tanh(x[i])     →     let v = x[i]
///                             let ...
///                             y[i] = select(...)
/// </code>
/// Errors, in units in the last place, are at each function in Math/ and in the tests. Without fused multiply-adds, exp, log, tanh and erf round their products, at the cost of half
/// a unit more; sin, cos and pow ask for a few exact ones, which backends compute in double precision.
/// </remarks>
public static class ExpandMath
{
    private static readonly Dictionary<CoreOp, Func<MathBuilder, ImmutableArray<LoopExpr>, LoopExpr>> Functions = new()
    {
        [CoreOps.Exp] = (b, a) => ExpMath.Exp(b, a[0]),
        [CoreOps.Log] = (b, a) => LogMath.Log(b, a[0]),
        [CoreOps.Tanh] = (b, a) => TanhMath.Tanh(b, a[0]),
        [CoreOps.Erf] = (b, a) => ErfMath.Erf(b, a[0]),
        [CoreOps.Sin] = (b, a) => SinCosMath.Sin(b, a[0]),
        [CoreOps.Cos] = (b, a) => SinCosMath.Cos(b, a[0]),
        [CoreOps.Pow] = (b, a) => PowMath.Pow(b, a[0], a[1]),
        [CoreOps.Rsqrt] = (_, a) => LoopOps.Div(LoopOps.Const(1, a[0].Type), LoopOps.Of(CoreOps.Sqrt, a[0])),
        [CoreOps.Recip] = (_, a) => LoopOps.Div(LoopOps.Const(1, a[0].Type), a[0]),
    };

    // Their fused multiply-adds hold what a rounded product loses.
    private static readonly HashSet<CoreOp> NeedExactProducts = [CoreOps.Sin, CoreOps.Cos, CoreOps.Pow];

    /// <summary>The operations that are expanded.</summary>
    public static IEnumerable<CoreOp> Expanded => Functions.Keys;

    /// <summary>The kernel without library functions of f32.</summary>
    public static Kernel Run(Kernel kernel, Target target)
    {
        var names = new LoopNames(kernel);
        return kernel with { Body = Statement(kernel.Body, names, target) };
    }

    private static Stmt Statement(Stmt statement, LoopNames names, Target target)
    {
        if (statement is Stmt.While loop && Mentions(loop.Condition))
        {
            return While(loop, names, target);
        }

        var inner = statement.MapBodies(s => Statement(s, names, target));
        if (!inner.Expressions().Any(Mentions))
        {
            return inner is Stmt.Block block ? new Stmt.Block([.. block.Statements.SelectMany(s => s.Flat())]) : inner;
        }

        var builder = new MathBuilder(names, target);
        ImmutableArray<LoopExpr> expressions = [.. inner.Expressions().Select(e => Expand(e, builder))];
        return new Stmt.Block([.. builder.Statements, inner.WithExpressions(expressions)]);
    }

    // The condition is evaluated in every round, so its steps cannot stand before the loop.
    private static Stmt.Block While(Stmt.While loop, LoopNames names, Target target)
    {
        var go = names.Variable("go", loop.Condition.Type);
        var (first, next) = (new MathBuilder(names, target), new MathBuilder(names, target));
        var before = Expand(loop.Condition, first);
        var after = Expand(loop.Condition, next);
        return new Stmt.Block([
            .. first.Statements,
            new Stmt.Local(go, before),
            new Stmt.While(go.Read(), new Stmt.Block([.. Statement(loop.Body, names, target).Flat(), .. next.Statements, new Stmt.Assign(go, after)]))]);
    }

    private static bool Mentions(LoopExpr expr) => expr.All().Any(IsFunction);

    private static bool IsFunction(LoopExpr expr) => expr is LoopExpr.Op { Type.Element: ElementType.F32 } op && Functions.ContainsKey(op.Operation);

    private static LoopExpr Expand(LoopExpr expr, MathBuilder builder) =>
        expr.Rewrite(e => IsFunction(e) && e is LoopExpr.Op op ? builder.Expand(op, Functions[op.Operation], NeedExactProducts.Contains(op.Operation)) : e);
}
