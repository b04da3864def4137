namespace SparseDsl.Compiler.Loops;

/// <summary>The parts of statements, for code that walks them all.</summary>
public static class StmtParts
{
    /// <summary>The expressions a statement evaluates itself, in order.</summary>
    public static IEnumerable<LoopExpr> Expressions(this Stmt statement)
    {
        IEnumerable<LoopExpr?> parts = statement switch
        {
            Stmt.Let s => [s.Value],
            Stmt.Local s => [s.Value],
            Stmt.Assign s => [s.Value],
            Stmt.DeclareTile s => [s.Value],
            Stmt.SetTile s => [.. s.Subscripts, s.Value],
            Stmt.Store s => [s.Offset, s.Value, s.Mask],
            Stmt.For s => [s.Begin, s.End],
            Stmt.While s => [s.Condition],
            Stmt.If s => [s.Condition],
            Stmt.CompressStore s => [new LoopExpr.Var(s.Position), s.Value, s.Mask],
            _ => [],
        };
        return parts.OfType<LoopExpr>();
    }

    /// <summary>The statements directly inside a statement, in order.</summary>
    public static IEnumerable<Stmt> Bodies(this Stmt statement) => statement switch
    {
        Stmt.Block s => s.Statements,
        Stmt.For s => [s.Body],
        Stmt.While s => [s.Body],
        Stmt.If { Otherwise: { } otherwise } s => [s.Then, otherwise],
        Stmt.If s => [s.Then],
        _ => [],
    };
}
