using SparseDsl.Compiler.Loops;
using Buffer = SparseDsl.Compiler.Loops.Buffer;

namespace SparseDsl.Backends.Llvm.Ptx;

/// <summary>What one launch executes of a kernel.</summary>
/// <param name="Statements">Statements of one warp; empty for a loop.</param>
/// <param name="Loop">A loop whose iterations are spread over warps; null for statements.</param>
internal sealed record PtxPart(IReadOnlyList<Stmt> Statements, Stmt.For? Loop)
{
    /// <summary>Everything that it executes.</summary>
    public IEnumerable<Stmt> All => Loop is null ? Statements : [Loop];
}

/// <summary>
/// A kernel cut into launches: nothing else makes all warps wait for each other. Every launch computes the names it needs anew; a register that would have to live
/// from one to the next keeps the kernel whole, for one warp to run.
/// </summary>
/// <param name="Names">Values named outside of loops, which every part computes for itself.</param>
/// <param name="Scratch">Memory that parts share.</param>
/// <param name="Parts">The launches.</param>
internal sealed record PtxParts(IReadOnlyList<Stmt.Let> Names, IReadOnlyList<Buffer> Scratch, IReadOnlyList<PtxPart> Parts)
{
    /// <summary>Cuts a kernel.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="mayAlias">Whether a store to one of its buffers may be one to another.</param>
    public static PtxParts Of(Kernel kernel, bool mayAlias)
    {
        var statements = kernel.Body.Flat();
        var written = kernel.Body.All().Select(s => s.Writes()).OfType<Buffer>().ToHashSet();
        List<Stmt.Let> names = [.. statements.OfType<Stmt.Let>().Where(l => l.Value.All().All(v => v.Reads() is not { } buffer || !(mayAlias || written.Contains(buffer))))];
        var parts = new List<PtxPart>();
        var before = new List<Stmt>();
        foreach (var statement in statements.Where(s => s is not Stmt.Scratch && !names.Contains(s)))
        {
            if (statement is Stmt.For { Kind: LoopKind.Parallel } loop)
            {
                Close(before, parts);
                parts.Add(new PtxPart([], loop));
            }
            else
            {
                before.Add(statement);
            }
        }

        Close(before, parts);
        return Whole(kernel, statements, names, parts) ?? new PtxParts(names, [.. statements.OfType<Stmt.Scratch>().Select(s => s.Buffer)], parts);
    }

    private static void Close(List<Stmt> statements, List<PtxPart> parts)
    {
        if (statements.Count > 0)
        {
            parts.Add(new PtxPart([.. statements], null));
            statements.Clear();
        }
    }

    // The kernel for one warp, when a part uses what another declares or a name hangs on it, or a parallel loop is not outermost.
    private static PtxParts? Whole(Kernel kernel, IReadOnlyList<Stmt> statements, List<Stmt.Let> names, List<PtxPart> parts)
    {
        var declared = statements.Where(s => s is Stmt.Local or Stmt.Let && !names.Contains(s)).Select(s => (Variable: s.Declares()!, Part: parts.FindIndex(p => p.Statements.Contains(s)))).ToList();
        var isCut = declared.Any(d => names.SelectMany(n => n.Value.All()).Any(v => Uses(v, d.Variable))
            || parts.Where((_, i) => i != d.Part).SelectMany(p => p.All).SelectMany(s => s.All()).Any(s => Mentions(s, d.Variable)));
        var isInside = parts.SelectMany(p => p.Statements).SelectMany(s => s.All()).Any(s => s is Stmt.For { Kind: LoopKind.Parallel });
        return isCut || isInside ? new PtxParts([], [], [new PtxPart([kernel.Body], null)]) : null;
    }

    private static bool Mentions(Stmt statement, Variable variable) => statement.Changes() == variable
        || statement.Expressions().SelectMany(e => e.All()).Any(v => Uses(v, variable)) || (statement is Stmt.CompressStore store && store.Position == variable);

    private static bool Uses(LoopExpr value, Variable variable) => value is LoopExpr.Var use && use.Variable == variable;
}
