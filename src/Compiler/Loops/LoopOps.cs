using System.Collections.Immutable;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Loops;

/// <summary>Makes expressions exactly as asked, which passes and the parser need; <see cref="Loop"/> folds on the way. Operands must agree in type and lanes.</summary>
internal static class LoopOps
{
    /// <summary>An i32 scalar.</summary>
    public static LoopExpr Int(long value) => new LoopExpr.Const(value, LoopType.Index);

    /// <summary>A constant, in every lane.</summary>
    public static LoopExpr Const(double value, LoopType type) => new LoopExpr.Const(value, type);

    /// <summary>The value of a variable.</summary>
    public static LoopExpr Read(this Variable variable) => new LoopExpr.Var(variable);

    /// <summary>A core or machine operation.</summary>
    public static LoopExpr Of(CoreOp op, params LoopExpr[] arguments) => new LoopExpr.Op(op, [.. arguments], ResultType(op, arguments));

    /// <summary>a + b</summary>
    public static LoopExpr Add(LoopExpr a, LoopExpr b) => Of(CoreOps.Add, a, b);

    /// <summary>a - b</summary>
    public static LoopExpr Sub(LoopExpr a, LoopExpr b) => Of(CoreOps.Sub, a, b);

    /// <summary>a * b</summary>
    public static LoopExpr Mul(LoopExpr a, LoopExpr b) => Of(CoreOps.Mul, a, b);

    /// <summary>a / b; of integers, rounded down.</summary>
    public static LoopExpr Div(LoopExpr a, LoopExpr b) => Of(CoreOps.Div, a, b);

    /// <summary>a mod b</summary>
    public static LoopExpr Mod(LoopExpr a, LoopExpr b) => Of(CoreOps.Mod, a, b);

    /// <summary>The smaller.</summary>
    public static LoopExpr Min(LoopExpr a, LoopExpr b) => Of(CoreOps.Min, a, b);

    /// <summary>The larger.</summary>
    public static LoopExpr Max(LoopExpr a, LoopExpr b) => Of(CoreOps.Max, a, b);

    /// <summary>a * b + c with one rounding.</summary>
    public static LoopExpr Fma(LoopExpr a, LoopExpr b, LoopExpr c) => Of(MachineOps.Fma, a, b, c);

    /// <summary>-a; a constant at once.</summary>
    public static LoopExpr Negate(LoopExpr a) => a is LoopExpr.Const c ? new LoopExpr.Const(-c.Value, c.Type) : Of(CoreOps.Neg, a);

    /// <summary>The second where the first holds, else the third.</summary>
    public static LoopExpr Select(LoopExpr condition, LoopExpr then, LoopExpr otherwise) => Of(CoreOps.Select, condition, then, otherwise);

    /// <summary>A scalar in so many lanes; the scalar itself for 1.</summary>
    public static LoopExpr Splat(LoopExpr scalar, int lanes) => lanes == 1 ? scalar : new LoopExpr.Splat(scalar, lanes);

    /// <summary>The type of an operation over operands of one type.</summary>
    public static LoopType ResultType(CoreOp op, IReadOnlyList<LoopExpr> arguments) => op.Rule switch
    {
        ResultRule.Bool => arguments[0].Type with { Element = ElementType.Bool },
        ResultRule.Select => arguments[1].Type,
        ResultRule.Single => arguments[0].Type with { Element = ElementType.F32 },
        ResultRule.Last => arguments[arguments.Count - 1].Type,
        _ => arguments[0].Type,
    };

    /// <summary>The integer when the expression is a constant i32, else null.</summary>
    public static long? IntValue(this LoopExpr expr) =>
        expr is LoopExpr.Const { Type: { Lanes: 1, Element: not (ElementType.F32 or ElementType.F64 or ElementType.F16 or ElementType.BF16) } } c ? (long)c.Value : null;
}
