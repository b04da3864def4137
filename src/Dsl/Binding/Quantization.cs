using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Dsl.Binding;

/// <summary>
/// What is done to tensors that a quantised parameter is multiplied with in a sum: <c>@quant(i8, per: row, input: 0.02, zero: 128)</c>. They are brought to
/// the numbers that narrow ones stand for, as <c>x @quant(u8, scale: 0.02, zero: 128)</c> does.
/// </summary>
public abstract record InputQuantization
{
    private InputQuantization()
    {
    }

    /// <summary>To u8, with numbers from calibration.</summary>
    /// <param name="Scale">Distance of neighbouring numbers; positive, exact as f32.</param>
    /// <param name="Zero">What stands for 0: 0 to 255.</param>
    public sealed record Static(double Scale, int Zero) : InputQuantization;

    /// <summary>To u8, over the range that a tensor has at run time.</summary>
    public sealed record Dynamic : InputQuantization;

    /// <summary>To bf16.</summary>
    public sealed record Rounded : InputQuantization;
}

/// <summary>Quantisation of values as index notation, for whoever builds it: the binder and the graph.</summary>
public static class QuantizedValues
{
    /// <summary>The narrow number that stands for x: <c>cast(min(max(round(x * (1 / scale)) + zero, 0), 255), u8)</c>, computed in f32.</summary>
    /// <param name="x">A real number, f32.</param>
    /// <param name="reciprocal">1 / scale, f32.</param>
    /// <param name="zero">What stands for 0.</param>
    public static ScalarExpr Narrow(ScalarExpr x, ScalarExpr reciprocal, int zero)
    {
        var steps = ScalarExpr.Of(CoreOps.Round, ScalarExpr.Of(CoreOps.Mul, x, reciprocal));
        var shifted = zero == 0 ? steps : ScalarExpr.Of(CoreOps.Add, steps, Number(zero));
        var kept = ScalarExpr.Of(CoreOps.Min, ScalarExpr.Of(CoreOps.Max, shifted, Number(0)), Number(255));
        return new ScalarExpr.Cast(ElementType.U8, kept);
    }

    /// <summary>What a narrow number stands for: <c>(cast(q, f32) - zero) * scale</c>.</summary>
    public static ScalarExpr Real(ScalarExpr q, ScalarExpr scale, int zero)
    {
        ScalarExpr wide = new ScalarExpr.Cast(ElementType.F32, q);
        return ScalarExpr.Of(CoreOps.Mul, zero == 0 ? wide : ScalarExpr.Of(CoreOps.Sub, wide, Number(zero)), scale);
    }

    /// <summary>A literal, exact as f32.</summary>
    public static ScalarExpr Number(double value) => new ScalarExpr.Literal((float)value, ElementType.F32);

    /// <summary>The largest distance from zero that a dynamic scale is made for, and what stands for 0 then.</summary>
    public const int DynamicSteps = 127;

    /// <summary>What stands for 0 where the scale is found at run time.</summary>
    public const int DynamicZero = 128;
}
