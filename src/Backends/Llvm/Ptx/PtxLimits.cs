using SparseDsl.Compiler;
using SparseDsl.Compiler.Loops;
using SparseDsl.Compiler.Passes.Loops;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Backends.Llvm.Ptx;

/// <summary>Functions that no instruction of a GPU computes, where kernels have them left: those of f32 are arithmetic by now.</summary>
public static class PtxLimits
{
    private static readonly HashSet<CoreOp> Functions = [CoreOps.Exp, CoreOps.Log, CoreOps.Tanh, CoreOps.Erf, CoreOps.Sin, CoreOps.Cos, CoreOps.Pow];

    /// <summary>A function that has no code for a GPU, and the call that asks for it; null when there is none.</summary>
    public static (KernelCall Call, string Function)? Problem(LoopProgram program)
    {
        foreach (var call in program.Calls)
        {
            if (call.Kernel.Body.AllExpressions().OfType<LoopExpr.Op>().FirstOrDefault(op => IsFunction(op) && op.Type.Element == ElementType.F64) is { } op)
            {
                return (call, op.Operation.Name);
            }
        }

        return null;
    }

    /// <summary>The kernel with functions of f16 and bf16 computed in f32.</summary>
    internal static Kernel Widened(Kernel kernel, Target target)
    {
        if (!kernel.Body.AllExpressions().Any(IsNarrow))
        {
            return kernel;
        }

        return ExpandMath.Run(kernel with { Body = kernel.Body.RewriteExpressions(Widened) }, target);
    }

    private static LoopExpr Widened(LoopExpr value) => !IsNarrow(value) ? value
        : new LoopExpr.Cast(value.Type.Element, Loop.Apply(((LoopExpr.Op)value).Operation, [.. value.Children.Select(c => new LoopExpr.Cast(ElementType.F32, c))]));

    private static bool IsNarrow(LoopExpr value) => value is LoopExpr.Op { Type.Element: ElementType.F16 or ElementType.BF16 } op && IsFunction(op);

    private static bool IsFunction(LoopExpr.Op op) => Functions.Contains(op.Operation);
}
