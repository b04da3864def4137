using System.Collections.Immutable;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Loops;

/// <summary>Makes expressions. Operands must agree in type and lanes: nothing is converted or splatted silently.</summary>
public static class LoopOps
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

    /// <summary>The second where the first holds, else the third.</summary>
    public static LoopExpr Select(LoopExpr condition, LoopExpr then, LoopExpr otherwise) => Of(CoreOps.Select, condition, then, otherwise);

    /// <summary>A scalar in so many lanes; the scalar itself for 1.</summary>
    public static LoopExpr Splat(LoopExpr scalar, int lanes) => lanes == 1 ? scalar : new LoopExpr.Splat(scalar, lanes);

    /// <summary>The type of an operation over operands of one type.</summary>
    public static LoopType ResultType(CoreOp op, IReadOnlyList<LoopExpr> arguments) => op.Rule switch
    {
        ResultRule.Bool => arguments[0].Type with { Element = ElementType.Bool },
        ResultRule.Select => arguments[1].Type,
        _ => arguments[0].Type,
    };

    /// <summary>The integer when the expression is a constant i32, else null.</summary>
    public static long? IntValue(this LoopExpr expr) =>
        expr is LoopExpr.Const { Type: { Lanes: 1, Element: not (ElementType.F32 or ElementType.F64 or ElementType.F16 or ElementType.BF16) } } c ? (long)c.Value : null;

    /// <summary>A Dim as an expression; symbols become what <paramref name="valueOf"/> gives.</summary>
    public static LoopExpr FromDim(Dim dim, Func<string, LoopExpr> valueOf)
    {
        LoopExpr? sum = null;
        foreach (var (coefficient, factors) in dim.Terms().OrderBy(t => t.Factors.Count == 0))
        {
            var product = factors.Select(f => FromAtom(f, valueOf)).Aggregate((LoopExpr?)null, (a, b) => a is null ? b : Mul(a, b));
            var magnitude = sum is null ? coefficient : Math.Abs(coefficient);
            var term = product is null ? Int(magnitude) : magnitude == 1 ? product : Mul(product, Int(magnitude));
            sum = sum is null ? term : coefficient < 0 ? Sub(sum, term) : Add(sum, term);
        }

        return sum ?? Int(0);
    }

    private static LoopExpr FromAtom(Dim.Atom atom, Func<string, LoopExpr> valueOf)
    {
        if (atom.Kind == Dim.AtomKind.Symbol)
        {
            return valueOf(atom.Name);
        }

        var left = FromDim(atom.Left!, valueOf);
        var right = FromDim(atom.Right!, valueOf);
        return atom.Kind switch
        {
            Dim.AtomKind.FloorDiv => Div(left, right),
            Dim.AtomKind.Mod => Mod(left, right),
            Dim.AtomKind.Min => Min(left, right),
            _ => Max(left, right),
        };
    }
}
