using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Passes.Loops;

/// <summary>
/// exp: x = n*ln 2 + r with |r| &lt;= ln 2 / 2, e^r by a polynomial (coefficients of Cephes' expf), 2^n added to the exponent. Error below 1.1 ulp;
/// results below the smallest normal number are 0; exp(inf) = inf, exp(-inf) = 0, exp(NaN) = NaN.
/// </summary>
internal static class ExpMath
{
    // ln of the largest finite and of the smallest normal f32.
    private const double Largest = 88.72283;
    private const double Smallest = -87.33654;

    public static LoopExpr Exp(MathBuilder b, LoopExpr x)
    {
        x = b.Name("exp_x", x);
        var n = b.Name("exp_n", LoopOps.Of(CoreOps.Round, LoopOps.Mul(x, MathBuilder.Like(x, 1.44269504088896341))));
        var r = LoopOps.Fma(n, MathBuilder.Like(x, -0.693359375), x);
        r = b.Name("exp_r", LoopOps.Fma(n, MathBuilder.Like(x, 2.12194440e-4), r));
        var p = MathBuilder.Polynomial(r, 1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1);
        var e = LoopOps.Add(LoopOps.Fma(p, LoopOps.Mul(r, r), r), MathBuilder.Like(x, 1));

        // Within the limits below, e * 2^n is normal: its exponent is e's plus n.
        var exponent = LoopOps.Of(MachineOps.ShiftLeft, new LoopExpr.Cast(ElementType.I32, n), MathBuilder.Int(x, 23));
        var scaled = MathBuilder.FromBits(LoopOps.Add(MathBuilder.Bits(e), exponent));
        var high = LoopOps.Select(LoopOps.Of(CoreOps.Gt, x, MathBuilder.Like(x, Largest)), MathBuilder.Like(x, double.PositiveInfinity), scaled);
        return LoopOps.Select(LoopOps.Of(CoreOps.Lt, x, MathBuilder.Like(x, Smallest)), MathBuilder.Like(x, 0), high);
    }
}
