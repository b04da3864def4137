using SparseDsl.Compiler.Loops;

namespace SparseDsl.Compiler.Passes.Loops;

/// <summary>Size of a kernel, for emitters that must bound the size of a method.</summary>
/// <param name="Statements">Statements, blocks not counted.</param>
/// <param name="VectorStatements">Those that compute or store a vector.</param>
/// <param name="LongestRun">Most statements directly in one block: straight-line code.</param>
/// <param name="Variables">Lets, registers and loop variables: what a compiler has to keep in registers or on the stack.</param>
/// <param name="VectorOperations">Operations, loads and conversions on vectors, as written.</param>
public sealed record KernelStats(int Statements, int VectorStatements, int LongestRun, int Variables, int VectorOperations)
{
    /// <summary>Counts a kernel.</summary>
    public static KernelStats Of(Kernel kernel)
    {
        var all = kernel.Body.All().Where(s => s is not Stmt.Block).ToList();
        return new KernelStats(
            all.Count,
            all.Count(s => s.Expressions().Any(e => e.Type.Lanes > 1)),
            kernel.Body.All().Select(Run).DefaultIfEmpty(0).Max(),
            all.Count(s => s.Declares() is not null),
            kernel.Body.AllExpressions().Count(e => e.Type.Lanes > 1 && e is not (LoopExpr.Var or LoopExpr.Const)));
    }

    private static int Run(Stmt statement) => statement is Stmt.Block ? statement.Flat().Count(s => s.Bodies().Length == 0) : 0;
}
