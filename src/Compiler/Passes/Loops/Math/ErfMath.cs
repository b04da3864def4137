using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Passes.Loops;

/// <summary>
/// erf: an odd polynomial below 0.927734375; above, 1 - e^q with q a polynomial in |x| (minimax coefficients published by N. Juffa).
/// Error below 1.5 ulp; odd to the bit, erf(±inf) = ±1.
/// </summary>
internal static class ErfMath
{
    public static LoopExpr Erf(MathBuilder b, LoopExpr x)
    {
        x = b.Name("erf_x", x);
        var t = b.Name("erf_t", LoopOps.Of(CoreOps.Abs, x));
        var s = b.Name("erf_s", LoopOps.Mul(x, x));
        var small = LoopOps.Fma(
            MathBuilder.Polynomial(s, -5.96761703e-4, 4.99119423e-3, -2.67681349e-2, 1.12819925e-1, -3.76125336e-1, 1.28379166e-1), x, x);
        var upper = LoopOps.Fma(MathBuilder.Like(x, -1.72853470e-5), t, MathBuilder.Like(x, 3.83197126e-4));
        var lower = LoopOps.Fma(MathBuilder.Like(x, -3.88396438e-3), t, MathBuilder.Like(x, 2.42546219e-2));
        var q = LoopOps.Fma(upper, s, lower);
        foreach (var c in new[] { -1.06777877e-1, -6.34846687e-1, -1.28717512e-1 })
        {
            q = LoopOps.Fma(q, t, MathBuilder.Like(x, c));
        }

        var power = ExpMath.Exp(b, LoopOps.Fma(q, t, LoopOps.Negate(t)));
        var large = MathBuilder.CopySign(LoopOps.Sub(MathBuilder.Like(x, 1), power), x);
        return LoopOps.Select(LoopOps.Of(CoreOps.Gt, t, MathBuilder.Like(x, 0.927734375)), large, small);
    }
}
