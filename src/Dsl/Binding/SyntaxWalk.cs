using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Dsl.Binding;

/// <summary>Walks expressions of operator bodies.</summary>
internal static class SyntaxWalk
{
    /// <summary>An expression and all expressions inside, outermost first.</summary>
    public static IEnumerable<Expr> All(Expr expr) => new[] { expr }.Concat(Children(expr).SelectMany(All));

    private static IEnumerable<Expr> Children(Expr expr) => expr switch
    {
        BinaryExpr e => [e.Left, e.Right],
        UnaryExpr e => [e.Operand],
        CallExpr e => [e.Target, .. e.Arguments.Select(a => a.Value)],
        IndexExpr e => [e.Target, .. e.Subscripts],
        ReduceExpr e => [.. e.Binders.Select(b => b.Extent).OfType<Expr>(), e.Body],
        MemberExpr e => [e.Target],
        ListExpr e => e.Items,
        TupleExpr e => e.Items,
        AnnotatedExpr e => [e.Value],
        SliceExpr e => new[] { e.Low, e.High }.OfType<Expr>(),
        ConditionalExpr e => [e.Value, e.Condition, e.Otherwise],
        BlockExpr e => e.Statements.SelectMany(s => s switch
        {
            LetStmt let => new[] { let.Value },
            ValueStmt value => [value.Value],
            _ => [],
        }),
        _ => [],
    };
}
