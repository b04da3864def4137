using System.Collections.Immutable;
using SparseDsl.Compiler.Loops;

namespace SparseDsl.Compiler.Passes.Loops;

/// <summary>Repeats the body of every Unrolled loop, the variable a constant each time.</summary>
/// <remarks>
/// Needs: constant bounds, once outer Unrolled variables are constants. Gives: no Unrolled loops; what a copy declares has its own name.
/// <code>
/// unroll o in 0..2                 let a = w[0]
///   let a = w[o]             →     acc[0] = acc[0] + a
///   acc[o] = acc[o] + a            let a_1 = w[1]
///                                  acc[1] = acc[1] + a_1
/// </code>
/// </remarks>
public static class Unroll
{
    /// <summary>The kernel without Unrolled loops.</summary>
    public static Kernel Run(Kernel kernel, Target target)
    {
        var names = new LoopNames(kernel);
        return kernel with { Body = Expand(kernel.Body, names) };
    }

    private static Stmt Expand(Stmt statement, LoopNames names) =>
        statement is Stmt.For { Kind: LoopKind.Unrolled } loop ? Repeat(loop, names) : statement.MapBodies(s => Expand(s, names));

    private static Stmt.Block Repeat(Stmt.For loop, LoopNames names)
    {
        var (begin, end) = (Bound(loop.Begin), Bound(loop.End));
        var copies = ImmutableArray.CreateBuilder<Stmt>();
        for (var i = begin; i < end; i++)
        {
            // The first copy keeps the names.
            var body = loop.Body.RewriteExpressions(e => e is LoopExpr.Var v && v.Variable == loop.Variable ? LoopOps.Int(i) : e);
            copies.AddRange((i == begin ? Expand(body, names) : Expand(new LoopCloner(names).Clone(body), names)).Flat());
        }

        return new Stmt.Block(copies.ToImmutable());
    }

    private static long Bound(LoopExpr bound) =>
        IndexAlgebra.Fold(bound).IntValue() ?? throw new CompilerBugException($"the bound {LoopPrinter.Print(bound)} of an unrolled loop is not constant");
}
