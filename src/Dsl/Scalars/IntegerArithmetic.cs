namespace SparseDsl.Dsl.Scalars;

/// <summary>
/// Integer arithmetic of the language: results wrap modulo 2^n in their type, division rounds down and by zero gives zero, conversions saturate.
/// Every backend and every fold of constants follows it.
/// </summary>
public static class IntegerArithmetic
{
    /// <summary>The smallest and the largest value of an integer type; 0 and 1 of <c>bool</c>.</summary>
    public static (long Min, long Max) Range(ElementType type) => type switch
    {
        ElementType.Bool => (0, 1),
        ElementType.U8 => (byte.MinValue, byte.MaxValue),
        ElementType.I8 => (sbyte.MinValue, sbyte.MaxValue),
        ElementType.I16 => (short.MinValue, short.MaxValue),
        ElementType.U16 => (ushort.MinValue, ushort.MaxValue),
        ElementType.I32 => (int.MinValue, int.MaxValue),
        ElementType.U32 => (uint.MinValue, uint.MaxValue),
        ElementType.I64 => (long.MinValue, long.MaxValue),
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };

    /// <summary>The value modulo 2^n.</summary>
    public static long Wrap(long value, ElementType type) => unchecked(type switch
    {
        ElementType.Bool => value != 0 ? 1 : 0,
        ElementType.U8 => (byte)value,
        ElementType.I8 => (sbyte)value,
        ElementType.I16 => (short)value,
        ElementType.U16 => (ushort)value,
        ElementType.I32 => (int)value,
        ElementType.U32 => (uint)value,
        _ => value,
    });

    /// <summary>The nearest value of an integer type.</summary>
    public static long Saturate(long value, ElementType type)
    {
        var (min, max) = Range(type);
        return Math.Min(Math.Max(value, min), max);
    }

    /// <summary>The number truncated towards zero, or the nearest value of the type; 0 for NaN.</summary>
    public static long Saturate(double value, ElementType type)
    {
        // 2^63 is a double, 2^63 - 1 is not: compare against the former.
        const double limit = 9223372036854775808.0;
        return double.IsNaN(value) ? 0 : Saturate(value >= limit ? long.MaxValue : value < -limit ? long.MinValue : (long)value, type);
    }

    /// <summary>A number kept within the range of an integer type; itself in a floating type.</summary>
    public static double Limit(double value, ElementType type)
    {
        if (type.IsFloat())
        {
            return value;
        }

        var (min, max) = Range(type);
        return value < min ? min : value > max ? max : value;
    }

    /// <summary>The quotient rounded down; 0 when the divisor is 0. The smallest i64 over -1 wraps to itself.</summary>
    public static long FloorDivide(long a, long b)
    {
        if (b is 0 or -1)
        {
            return b == 0 ? 0 : unchecked(-a);
        }

        var quotient = a / b;
        return quotient * b != a && (a < 0) != (b < 0) ? quotient - 1 : quotient;
    }

    /// <summary>The remainder of <see cref="FloorDivide"/>, of the sign of the divisor; 0 when the divisor is 0.</summary>
    public static long FloorModulo(long a, long b) => b == 0 ? 0 : unchecked(a - (b * FloorDivide(a, b)));
}
