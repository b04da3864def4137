using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Passes.Loops;

/// <summary>
/// tanh: an odd polynomial below 0.625 (coefficients of Cephes' tanhf), 1 - 2 / (e^2|x| + 1) above. Error below 2 ulp; odd to the bit, tanh(±inf) = ±1.
/// </summary>
internal static class TanhMath
{
    public static LoopExpr Tanh(MathBuilder b, LoopExpr x)
    {
        x = b.Name("tanh_x", x);
        var magnitude = b.Name("tanh_a", LoopOps.Of(CoreOps.Abs, x));
        var z = b.Name("tanh_z", LoopOps.Mul(x, x));
        var p = MathBuilder.Polynomial(z, -5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1);
        var small = LoopOps.Fma(LoopOps.Mul(p, z), x, x);
        var power = ExpMath.Exp(b, LoopOps.Add(magnitude, magnitude));
        var one = MathBuilder.Like(x, 1);
        var large = LoopOps.Sub(one, LoopOps.Div(MathBuilder.Like(x, 2), LoopOps.Add(power, one)));
        return LoopOps.Select(LoopOps.Of(CoreOps.Lt, magnitude, MathBuilder.Like(x, 0.625)), small, MathBuilder.CopySign(large, x));
    }
}
