namespace SparseDsl.Dsl.Scalars;

/// <summary>Float64 functions the base library lacks.</summary>
public static class SpecialFunctions
{
    /// <summary>The error function, to about 1e-15: the Maclaurin series below 2.5, the continued fraction of erfc above.</summary>
    public static double Erf(double x)
    {
        if (double.IsNaN(x))
        {
            return x;
        }

        var magnitude = Math.Abs(x);
        var value = magnitude < 2.5 ? Series(magnitude) : magnitude > 6 ? 1 : 1 - Complement(magnitude);
        return x < 0 ? -value : value;
    }

    private static double Series(double x)
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

    private static double Complement(double x)
    {
        var fraction = x;
        for (var n = 80; n > 0; n--)
        {
            fraction = x + (n / 2.0 / fraction);
        }

        return Math.Exp(-x * x) / (fraction * 1.772453850905516);
    }
}
