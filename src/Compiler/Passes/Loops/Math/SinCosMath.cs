using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Passes.Loops;

/// <summary>
/// sin and cos: x = n * pi/2 + r with pi/2 in three parts, then the polynomials of Cephes' sinf and cosf. Error below 2 ulp (and 2^-24 absolute near
/// zeros) for |x| &lt;= 50000; beyond that it grows with x, and above 4e8 the quadrant is arbitrary, but results stay within [-1, 1]. NaN at ±inf.
/// </summary>
internal static class SinCosMath
{
    public static LoopExpr Sin(MathBuilder b, LoopExpr x) => Of(b, x, 0);

    public static LoopExpr Cos(MathBuilder b, LoopExpr x) => Of(b, x, 1);

    private static LoopExpr Of(MathBuilder b, LoopExpr x, int quadrants)
    {
        x = b.Name("sin_x", x);
        var n = b.Name("sin_n", LoopOps.Of(CoreOps.Round, LoopOps.Mul(x, MathBuilder.Like(x, 0.636619772367581343))));
        var r = LoopOps.Fma(n, MathBuilder.Like(x, -1.57079601287841796875), x);
        r = LoopOps.Fma(n, MathBuilder.Like(x, -3.1391647326017846353e-7), r);
        r = LoopOps.Fma(n, MathBuilder.Like(x, -5.390302529957764765e-15), r);

        // Operands in this order keep NaN, which makes the result NaN.
        r = LoopOps.Min(MathBuilder.Like(x, 0.8), LoopOps.Max(MathBuilder.Like(x, -0.8), r));
        r = b.Name("sin_r", r);
        var s = b.Name("sin_s", LoopOps.Mul(r, r));
        var sine = LoopOps.Fma(LoopOps.Mul(r, s), MathBuilder.Polynomial(s, -1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1), r);
        var cosine = LoopOps.Fma(
            MathBuilder.Polynomial(s, 2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2, -0.5), s, MathBuilder.Like(x, 1));
        var limited = LoopOps.Min(LoopOps.Max(n, MathBuilder.Like(x, -1e9)), MathBuilder.Like(x, 1e9));
        var quadrant = b.Name("sin_q", LoopOps.Add(new LoopExpr.Cast(ElementType.I32, limited), MathBuilder.Int(x, quadrants)));
        var value = b.Name("sin_v", LoopOps.Select(HasBit(quadrant, 1), cosine, sine));
        return LoopOps.Select(HasBit(quadrant, 2), LoopOps.Negate(value), value);
    }

    private static LoopExpr HasBit(LoopExpr x, int bit) =>
        LoopOps.Of(CoreOps.Ne, LoopOps.Of(MachineOps.BitAnd, x, MathBuilder.Int(x, bit)), MathBuilder.Int(x, 0));
}
