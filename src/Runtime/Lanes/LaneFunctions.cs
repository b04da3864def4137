#if NET9_0_OR_GREATER
namespace SparseDsl.Runtime;

/// <summary>A function that <c>Lanes.Map</c> applies to every lane.</summary>
public interface ILaneFunction
{
    /// <summary>Its value.</summary>
    static abstract double Apply(double x);
}

/// <summary>The functions of the loop IR without a vector instruction, for <c>Lanes.Map</c>.</summary>
#pragma warning disable CA1034, CA1815 // types without members, used as arguments of a generic method only
public static class LaneFunctions
{
    /// <summary>e to the x.</summary>
    public readonly struct Exp : ILaneFunction
    {
        /// <inheritdoc/>
        public static double Apply(double x) => Math.Exp(x);
    }

    /// <summary>Natural logarithm.</summary>
    public readonly struct Log : ILaneFunction
    {
        /// <inheritdoc/>
        public static double Apply(double x) => Math.Log(x);
    }

    /// <summary>Hyperbolic tangent.</summary>
    public readonly struct Tanh : ILaneFunction
    {
        /// <inheritdoc/>
        public static double Apply(double x) => Math.Tanh(x);
    }

    /// <summary>The error function.</summary>
    public readonly struct Erf : ILaneFunction
    {
        /// <inheritdoc/>
        public static double Apply(double x) => Lanes.Erf(x);
    }

    /// <summary>Sine.</summary>
    public readonly struct Sin : ILaneFunction
    {
        /// <inheritdoc/>
        public static double Apply(double x) => Math.Sin(x);
    }

    /// <summary>Cosine.</summary>
    public readonly struct Cos : ILaneFunction
    {
        /// <inheritdoc/>
        public static double Apply(double x) => Math.Cos(x);
    }

    /// <summary>1 / sqrt(x).</summary>
    public readonly struct Rsqrt : ILaneFunction
    {
        /// <inheritdoc/>
        public static double Apply(double x) => 1 / Math.Sqrt(x);
    }
}
#pragma warning restore CA1034, CA1815

/// <content>The error function, which the base library lacks.</content>
public static partial class Lanes
{
    /// <summary>The error function, to about 1e-15: the Maclaurin series below 2.5, the continued fraction of erfc above.</summary>
    public static double Erf(double x)
    {
        if (double.IsNaN(x))
        {
            return x;
        }

        var magnitude = Math.Abs(x);
        var value = magnitude < 2.5 ? ErfSeries(magnitude) : magnitude > 6 ? 1 : 1 - ErfComplement(magnitude);
        return x < 0 ? -value : value;
    }

    private static double ErfSeries(double x)
    {
        var term = x;
        var sum = x;
        for (var n = 1; n < 80; n++)
        {
            term *= -x * x / n;
            sum += term / ((2 * n) + 1);
        }

        return sum * 1.1283791670955126;
    }

    private static double ErfComplement(double x)
    {
        var fraction = x;
        for (var n = 80; n > 0; n--)
        {
            fraction = x + (n / 2.0 / fraction);
        }

        return Math.Exp(-x * x) / (fraction * 1.772453850905516);
    }
}
#endif
