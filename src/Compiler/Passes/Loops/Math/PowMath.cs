using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Passes.Loops;

/// <summary>
/// pow: e^(b * log|a|) with the logarithm and the product in two f32 each, so that the error stays below 3 ulp. pow(a, 0) = 1, pow(1, b) = 1; negative a
/// with an integer b has the sign of the parity, with another b gives NaN; subnormal results are 0.
/// </summary>
internal static class PowMath
{
    public static LoopExpr Pow(MathBuilder b, LoopExpr x, LoopExpr y)
    {
        x = b.Name("pow_x", x);
        y = b.Name("pow_y", y);
        var magnitude = b.Name("pow_a", LoopOps.Of(CoreOps.Abs, x));
        var (high, low) = Logarithm(b, magnitude);
        var product = b.Name("pow_p", LoopOps.Mul(y, high));
        var rest = LoopOps.Fma(y, low, LoopOps.Fma(y, high, LoopOps.Negate(product)));
        var power = b.Name("pow_e", ExpMath.Exp(b, product));
        var isProper = LoopOps.Of(CoreOps.And, Is(CoreOps.Gt, power, 0), Is(CoreOps.Lt, power, double.PositiveInfinity));
        var refined = LoopOps.Select(isProper, LoopOps.Fma(power, rest, power), power);
        return Special(b, x, y, magnitude, refined);
    }

    // log m = 2 atanh q with q = (m - 1) / (m + 1); q and the sum with k * ln 2 as high and low part.
    private static (LoopExpr High, LoopExpr Low) Logarithm(MathBuilder b, LoopExpr a)
    {
        var (k, m) = LogMath.Split(b, a);
        var one = MathBuilder.Like(a, 1);
        var f = b.Name("pow_f", LoopOps.Sub(m, one));
        var d = b.Name("pow_d", LoopOps.Add(m, one));
        var r = b.Name("pow_r", LoopOps.Div(one, d));
        var q = b.Name("pow_q", LoopOps.Mul(f, r));

        // What the rounded quotient misses: f - q*(m + 1), where m + 1 = d + dropped.
        var dropped = LoopOps.Sub(m, LoopOps.Sub(d, one));
        var minus = LoopOps.Negate(q);
        var error = LoopOps.Mul(r, LoopOps.Fma(minus, dropped, LoopOps.Fma(minus, d, f)));
        var s = b.Name("pow_s", LoopOps.Mul(q, q));
        var series = MathBuilder.Polynomial(s, 0.1293334961, 0.1419928074, 0.2000148296, 0.3333332539);
        var twice = b.Name("pow_h", LoopOps.Add(q, q));
        var rest = LoopOps.Fma(MathBuilder.Like(a, 2), error, LoopOps.Mul(LoopOps.Mul(twice, s), series));
        var whole = b.Name("pow_w", LoopOps.Mul(k, MathBuilder.Like(a, 0.693359375)));
        var sum = b.Name("pow_l", LoopOps.Add(whole, twice));
        var lost = LoopOps.Add(LoopOps.Sub(whole, sum), twice);
        var low = b.Name("pow_t", LoopOps.Add(lost, LoopOps.Fma(k, MathBuilder.Like(a, -2.12194440e-4), rest)));

        // Once more, so that the low part is below half a unit of the high part.
        var high = b.Name("pow_u", LoopOps.Add(sum, low));
        return (high, b.Name("pow_v", LoopOps.Add(LoopOps.Sub(sum, high), low)));
    }

    private static LoopExpr Special(MathBuilder b, LoopExpr x, LoopExpr y, LoopExpr magnitude, LoopExpr power)
    {
        // 0 and inf to a positive power stay, to a negative power they change places.
        var isZero = b.Name("pow_z", Is(CoreOps.Eq, magnitude, 0));
        var isEdge = LoopOps.Of(CoreOps.Or, isZero, Is(CoreOps.Eq, magnitude, double.PositiveInfinity));
        var edge = LoopOps.Select(LoopOps.Of(CoreOps.Eq, isZero, Is(CoreOps.Gt, y, 0)), MathBuilder.Like(x, 0), MathBuilder.Like(x, double.PositiveInfinity));
        power = LoopOps.Select(isEdge, edge, power);
        power = b.Name("pow_m", LoopOps.Select(Is(CoreOps.Eq, magnitude, 1), MathBuilder.Like(x, 1), power));

        // A number of 2^24 or more is an even integer; halves below tell odd integers.
        var isInteger = LoopOps.Of(CoreOps.Eq, LoopOps.Of(CoreOps.Floor, y), y);
        var half = b.Name("pow_y2", LoopOps.Mul(y, MathBuilder.Like(y, 0.5)));
        var isOdd = LoopOps.Of(CoreOps.Ne, LoopOps.Of(CoreOps.Floor, half), half);
        var ofNegative = LoopOps.Select(isInteger, LoopOps.Select(isOdd, LoopOps.Negate(power), power), NegativeBase(magnitude, power));
        power = LoopOps.Select(Is(CoreOps.Lt, x, 0), ofNegative, power);
        power = LoopOps.Select(MathBuilder.IsNumber(x), LoopOps.Select(MathBuilder.IsNumber(y), power, y), x);
        var isOne = LoopOps.Of(CoreOps.Or, Is(CoreOps.Eq, x, 1), Is(CoreOps.Eq, y, 0));
        return LoopOps.Select(isOne, MathBuilder.Like(x, 1), power);
    }

    // (-inf)^b for a fraction b is like inf^b; every other negative base gives NaN.
    private static LoopExpr NegativeBase(LoopExpr magnitude, LoopExpr power) =>
        LoopOps.Select(Is(CoreOps.Eq, magnitude, double.PositiveInfinity), power, MathBuilder.Like(magnitude, double.NaN));

    private static LoopExpr Is(CoreOp comparison, LoopExpr x, double value) => LoopOps.Of(comparison, x, MathBuilder.Like(x, value));
}
