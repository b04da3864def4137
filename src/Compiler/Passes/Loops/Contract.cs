using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Passes.Loops;

/// <summary>Makes a product that is directly added to something a fused multiply-add, which rounds once. Decided here, so that all backends give the same bits.</summary>
/// <remarks>
/// Needs: nothing; runs before common subexpressions get names. Gives: no sum of f32 or f64 with a product as operand, on targets with fma.
/// <code>
/// a*b + c      →   fma(a, b, c)           the left operand first: a*b + c*d  →  fma(a, b, c*d)
/// c + a*b      →   fma(a, b, c)
/// a*b - c      →   fma(a, b, -c)
/// c - a*b      →   fma(-a, b, c)
/// </code>
/// </remarks>
public static class Contract
{
    /// <summary>The kernel with fused multiply-adds.</summary>
    public static Kernel Run(Kernel kernel, Target target) =>
        target.HasFma ? kernel with { Body = kernel.Body.RewriteExpressions(Fuse) } : kernel;

    private static LoopExpr Fuse(LoopExpr expr)
    {
        if (expr is not LoopExpr.Op { Type.Element: ElementType.F32 or ElementType.F64 } op || (op.Operation != CoreOps.Add && op.Operation != CoreOps.Sub))
        {
            return expr;
        }

        var (left, right, subtracts) = (op.Children[0], op.Children[1], op.Operation == CoreOps.Sub);
        if (Product(left) is var (a, b))
        {
            return LoopOps.Fma(a, b, subtracts ? LoopOps.Negate(right) : right);
        }

        return Product(right) is var (c, d) ? LoopOps.Fma(subtracts ? LoopOps.Negate(c) : c, d, left) : expr;
    }

    private static (LoopExpr Left, LoopExpr Right)? Product(LoopExpr expr) =>
        expr is LoopExpr.Op { Operation: var op } product && op == CoreOps.Mul ? (product.Children[0], product.Children[1]) : null;
}
