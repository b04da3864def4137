using SparseDsl.Compiler.Loops;
using Buffer = SparseDsl.Compiler.Loops.Buffer;

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

    /// <summary>Variables a statement mentions, in order of first mention.</summary>
    public static IEnumerable<Variable> Mentioned(Stmt statement) => All(statement)
        .SelectMany(s => Values(s).SelectMany(All).OfType<LoopExpr.Var>().Select(v => v.Variable).Concat(s is Stmt.CompressStore store ? [store.Position] : []))
        .Distinct();

    /// <summary>Variables a statement declares.</summary>
    public static IEnumerable<Variable> Declared(Stmt statement) => All(statement).SelectMany(s => s switch
    {
        Stmt.Let let => new[] { let.Variable },
        Stmt.Local local => [local.Variable],
        Stmt.For loop => [loop.Variable],
        _ => [],
    });

    /// <summary>Buffers a statement mentions, in order of first mention.</summary>
    public static IEnumerable<Buffer> Buffers(Stmt statement) => All(statement)
        .SelectMany(s => Values(s).SelectMany(All).Select(BufferOf).Concat([BufferOf(s)]))
        .OfType<Buffer>()
        .Distinct();

    private static Buffer? BufferOf(LoopExpr value) => value switch
    {
        LoopExpr.Load load => load.Buffer,
        LoopExpr.Gather gather => gather.Buffer,
        _ => null,
    };

    private static Buffer? BufferOf(Stmt statement) => statement switch
    {
        Stmt.Store store => store.Buffer,
        Stmt.CompressStore store => store.Buffer,
        _ => null,
    };
}
