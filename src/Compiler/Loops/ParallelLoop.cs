using System.Collections.Immutable;

namespace SparseDsl.Compiler.Loops;

/// <summary>A parallel loop on its way to a function of its own, which threads call for parts of its iterations.</summary>
/// <param name="Loop">The loop.</param>
/// <param name="Buffers">What memory of the kernel its body uses.</param>
/// <param name="Variables">Which variables from outside its body uses, among them the dims that lengths of compressed buffers are made of.</param>
/// <param name="IsUneven">Whether iterations cost differently, because bounds inside come from memory (the rows of a sparse matrix): threads then take small pieces.</param>
public sealed record ParallelLoop(Stmt.For Loop, ImmutableArray<Buffer> Buffers, ImmutableArray<Variable> Variables, bool IsUneven)
{
    /// <summary>Whether a kernel has one.</summary>
    public static bool IsIn(Kernel kernel) => kernel.Body.All().Any(s => s is Stmt.For { Kind: LoopKind.Parallel });

    /// <summary>Analyses a loop of a kernel.</summary>
    public static ParallelLoop Of(Stmt.For loop, Kernel kernel)
    {
        List<Stmt> statements = [.. loop.Body.All()];
        var inside = new HashSet<Buffer>(statements.OfType<Stmt.Scratch>().Select(s => s.Buffer));
        var declared = new HashSet<Variable>(statements.Select(s => s.Declares()).OfType<Variable>().Concat([loop.Variable]));
        var capacities = new HashSet<string>(statements.OfType<Stmt.CompressStore>().SelectMany(s => s.Buffer.Count.Symbols()), StringComparer.Ordinal);
        List<Variable> variables = [.. statements.SelectMany(Mentioned).Distinct().Where(v => !declared.Contains(v))];
        variables.AddRange(kernel.Scalars.Where(s => capacities.Contains(s.Name) && !variables.Contains(s)));
        return new ParallelLoop(loop, [.. statements.SelectMany(Touched).Distinct().Where(b => !inside.Contains(b))], [.. variables], Uneven(statements));
    }

    private static IEnumerable<Variable> Mentioned(Stmt statement) =>
        statement.Expressions().SelectMany(e => e.All()).OfType<LoopExpr.Var>().Select(v => v.Variable).Concat(statement is Stmt.CompressStore store ? [store.Position] : []);

    private static IEnumerable<Buffer> Touched(Stmt statement) => statement.Expressions().SelectMany(e => e.All()).Select(e => e.Reads())
        .Concat([statement is Stmt.Scratch ? null : statement.Writes()]).OfType<Buffer>();

    private static bool Uneven(List<Stmt> statements)
    {
        var loaded = new HashSet<Variable>();
        foreach (var let in statements.OfType<Stmt.Let>().Where(l => IsLoaded(l.Value, loaded)))
        {
            loaded.Add(let.Variable);
        }

        return statements.Any(s => s is Stmt.While || (s is Stmt.For loop && (IsLoaded(loop.Begin, loaded) || IsLoaded(loop.End, loaded))));
    }

    private static bool IsLoaded(LoopExpr value, HashSet<Variable> loaded) =>
        value.All().Any(v => v is LoopExpr.Load or LoopExpr.Gather || (v is LoopExpr.Var variable && loaded.Contains(variable.Variable)));
}
