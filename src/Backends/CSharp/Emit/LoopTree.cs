using SparseDsl.Compiler.Loops;

namespace SparseDsl.Backends.CSharp.Emit;

/// <summary>Walks over loop IR.</summary>
internal static class LoopTree
{
    /// <summary>The statements directly inside.</summary>
    public static IEnumerable<Stmt> Children(Stmt statement) => statement switch
    {
        Stmt.Block block => block.Statements,
        Stmt.For loop => [loop.Body],
        Stmt.While loop => [loop.Body],
        Stmt.If { Otherwise: { } otherwise } choice => [choice.Then, otherwise],
        Stmt.If choice => [choice.Then],
        _ => [],
    };

    /// <summary>The values a statement itself uses.</summary>
    public static IEnumerable<LoopExpr> Values(Stmt statement) => statement switch
    {
        Stmt.Let let => [let.Value],
        Stmt.Local local => [local.Value],
        Stmt.Assign assign => [assign.Value],
        Stmt.Store { Mask: { } mask } store => [store.Offset, store.Value, mask],
        Stmt.Store store => [store.Offset, store.Value],
        Stmt.For loop => [loop.Begin, loop.End],
        Stmt.While loop => [loop.Condition],
        Stmt.If choice => [choice.Condition],
        Stmt.CompressStore store => [store.Value, store.Mask],
        _ => [],
    };

    /// <summary>The statement and all inside, outermost first.</summary>
    public static IEnumerable<Stmt> All(Stmt statement) => new[] { statement }.Concat(Children(statement).SelectMany(All));

    /// <summary>The expression and all inside.</summary>
    public static IEnumerable<LoopExpr> All(LoopExpr value) => new[] { value }.Concat(value.Children.SelectMany(All));
}
