using System.Collections.Immutable;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Loops;

/// <summary>Builds loop IR; integer constants fold on the way.</summary>
public static class Loop
{
    /// <summary>An i32 constant.</summary>
    public static LoopExpr Int(long value) => new LoopExpr.Const(value, LoopType.Index);

    /// <summary>The value of a variable.</summary>
    public static LoopExpr Get(Variable variable) => new LoopExpr.Var(variable);

    /// <summary>The value of an i32 constant, or null.</summary>
    public static long? AsInt(LoopExpr expr) => expr is LoopExpr.Const { Type: { Lanes: 1, Element: ElementType.I32 } } c ? (long)c.Value : null;

    /// <summary>Integer a + b.</summary>
    public static LoopExpr Add(LoopExpr a, LoopExpr b) => (AsInt(a), AsInt(b)) switch
    {
        ({ } x, { } y) => Int(x + y),
        (0, _) => b,
        (_, 0) => a,
        (_, { } y) when a is LoopExpr.Op { Operation: var op, Children: [var left, var right] } && op == CoreOps.Add && AsInt(right) is { } inner => Add(left, Int(inner + y)),
        _ => Apply(CoreOps.Add, a, b),
    };

    /// <summary>Integer a - b.</summary>
    public static LoopExpr Sub(LoopExpr a, LoopExpr b) => AsInt(b) is { } y ? Add(a, Int(-y)) : Apply(CoreOps.Sub, a, b);

    /// <summary>Integer a * b.</summary>
    public static LoopExpr Mul(LoopExpr a, LoopExpr b) => (AsInt(a), AsInt(b)) switch
    {
        ({ } x, { } y) => Int(x * y),
        (0, _) or (_, 0) => Int(0),
        (1, _) => b,
        (_, 1) => a,
        ({ }, _) => Apply(CoreOps.Mul, b, a),
        _ => Apply(CoreOps.Mul, a, b),
    };

    /// <summary>The smaller of two integers.</summary>
    public static LoopExpr Min(LoopExpr a, LoopExpr b) => (AsInt(a), AsInt(b)) is ({ } x, { } y) ? Int(Math.Min(x, y)) : Apply(CoreOps.Min, a, b);

    /// <summary>The larger of two integers.</summary>
    public static LoopExpr Max(LoopExpr a, LoopExpr b) => (AsInt(a), AsInt(b)) is ({ } x, { } y) ? Int(Math.Max(x, y)) : Apply(CoreOps.Max, a, b);

    /// <summary>A core or machine operation over operands of equal lanes; the result type follows from the operation.</summary>
    public static LoopExpr Apply(CoreOp op, params LoopExpr[] arguments)
    {
        var element = op.Rule switch
        {
            ResultRule.Bool => ElementType.Bool,
            ResultRule.Select => arguments[1].Type.Element,
            ResultRule.Single => ElementType.F32,
            ResultRule.Last => arguments[arguments.Length - 1].Type.Element,
            _ => arguments[0].Type.Element,
        };
        return new LoopExpr.Op(op, [.. arguments], new LoopType(element, arguments[0].Type.Lanes));
    }

    /// <summary>Statements in order; nested blocks are opened, empty ones vanish.</summary>
    public static Stmt Block(params IEnumerable<Stmt> statements)
    {
        ImmutableArray<Stmt> flat = [.. statements.SelectMany(s => s is Stmt.Block inner ? inner.Statements : [s])];
        return flat.Length == 1 && flat[0] is Stmt.For or Stmt.If or Stmt.While or Stmt.Store or Stmt.Assign ? flat[0] : new Stmt.Block(flat);
    }

    /// <summary>An integer expression in loop IR; symbols are looked up.</summary>
    public static LoopExpr Lower(Dim dim, Func<string, LoopExpr> symbol)
    {
        LoopExpr? sum = null;
        long constant = 0;
        foreach (var (coefficient, factors) in dim.Terms())
        {
            if (factors.Count == 0)
            {
                constant = coefficient;
                continue;
            }

            var product = Mul(factors.Select(f => Lower(f, symbol)).Aggregate(Mul), Int(coefficient));
            sum = sum is null ? product : Add(sum, product);
        }

        return sum is null ? Int(constant) : Add(sum, Int(constant));
    }

    private static LoopExpr Lower(Dim.Atom atom, Func<string, LoopExpr> symbol)
    {
        if (atom.Kind == Dim.AtomKind.Symbol)
        {
            return symbol(atom.Name);
        }

        var left = Lower(atom.Left!, symbol);
        var right = Lower(atom.Right!, symbol);
        return atom.Kind switch
        {
            Dim.AtomKind.FloorDiv => Apply(CoreOps.Div, left, right),
            Dim.AtomKind.Mod => Apply(CoreOps.Mod, left, right),
            Dim.AtomKind.Min => Min(left, right),
            _ => Max(left, right),
        };
    }
}
