using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Passes.Loops;

/// <summary>
/// log: x = 2^k * m with m in [sqrt(1/2), sqrt(2)), log m by a polynomial in m - 1 (coefficients of Cephes' logf). Error below 1 ulp, subnormal
/// operands included; log(0) = -inf, log(inf) = inf, NaN below 0.
/// </summary>
internal static class LogMath
{
    private const long SqrtHalfBits = 0x3f3504f3;

    public static LoopExpr Log(MathBuilder b, LoopExpr x)
    {
        x = b.Name("log_x", x);
        var (k, m) = Split(b, x);
        var f = b.Name("log_f", LoopOps.Sub(m, MathBuilder.Like(x, 1)));
        var z = b.Name("log_z", LoopOps.Mul(f, f));
        var p = MathBuilder.Polynomial(f, 7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1,
            -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1);
        var tail = LoopOps.Fma(k, MathBuilder.Like(x, -2.12194440e-4), LoopOps.Mul(LoopOps.Mul(f, z), p));
        var small = LoopOps.Add(f, LoopOps.Fma(z, MathBuilder.Like(x, -0.5), tail));
        var log = LoopOps.Fma(k, MathBuilder.Like(x, 0.693359375), small);
        return Special(x, log);
    }

    /// <summary>x = 2^k * m for positive finite x; k as f32, m named.</summary>
    internal static (LoopExpr Exponent, LoopExpr Mantissa) Split(MathBuilder b, LoopExpr x)
    {
        var isSubnormal = b.Name("log_sub", LoopOps.Of(CoreOps.Lt, x, MathBuilder.Like(x, 1.17549435e-38)));
        var scaled = LoopOps.Select(isSubnormal, LoopOps.Mul(x, MathBuilder.Like(x, 8388608)), x);
        var bits = b.Name("log_bits", MathBuilder.Bits(scaled));
        var k = b.Name("log_k", LoopOps.Of(MachineOps.ShiftRight, LoopOps.Sub(bits, MathBuilder.Int(x, SqrtHalfBits)), MathBuilder.Int(x, 23)));
        var m = b.Name("log_m", MathBuilder.FromBits(LoopOps.Sub(bits, LoopOps.Of(MachineOps.ShiftLeft, k, MathBuilder.Int(x, 23)))));
        var exponent = LoopOps.Sub(new LoopExpr.Cast(ElementType.F32, k), LoopOps.Select(isSubnormal, MathBuilder.Like(x, 23), MathBuilder.Like(x, 0)));
        return (b.Name("log_e", exponent), m);
    }

    // x < inf fails for inf and NaN, which are their own logarithms.
    private static LoopExpr Special(LoopExpr x, LoopExpr log)
    {
        var finite = LoopOps.Select(LoopOps.Of(CoreOps.Lt, x, MathBuilder.Like(x, double.PositiveInfinity)), log, x);
        var atZero = LoopOps.Select(LoopOps.Of(CoreOps.Eq, x, MathBuilder.Like(x, 0)), MathBuilder.Like(x, double.NegativeInfinity), finite);
        return LoopOps.Select(LoopOps.Of(CoreOps.Lt, x, MathBuilder.Like(x, 0)), MathBuilder.Like(x, double.NaN), atZero);
    }
}
