using SparseDsl.Compiler;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Backends.Reference;

/// <summary>
/// Arithmetic on lanes. A lane is 64 bits: an integer, or the bits of a double. Integers wrap like their type; floats are rounded to it when
/// asked to.
/// </summary>
internal sealed class LoopNumbers(bool roundToElement)
{
    public static double ToDouble(long lane) => BitConverter.Int64BitsToDouble(lane);

    public static long FromDouble(double value) => BitConverter.DoubleToInt64Bits(value);

    /// <summary>A double as a lane of a type: rounded, or cut to an integer.</summary>
    public long Constant(double value, ElementType element) => element.IsFloat() ? FromDouble(Round(value, element)) : IntegerArithmetic.Saturate(value, element);

    /// <summary>The value rounded to a floating type.</summary>
    public double Round(double value, ElementType element) => !roundToElement ? value : element switch
    {
        ElementType.F32 => (float)value,
        ElementType.F16 => (double)(Half)value,
        ElementType.BF16 => RoundToBFloat16(value),
        _ => value,
    };

    /// <summary>An integer wrapped to a type.</summary>
    public static long Wrap(long value, ElementType element) => IntegerArithmetic.Wrap(value, element);

    /// <summary>A conversion of one lane.</summary>
    public Func<long, long> Cast(ElementType from, ElementType to)
    {
        if (to == ElementType.Bool)
        {
            return from.IsFloat() ? v => ToDouble(v) != 0 ? 1 : 0 : v => v != 0 ? 1 : 0;
        }

        if (to.IsFloat())
        {
            return from.IsFloat() ? v => FromDouble(Round(ToDouble(v), to)) : v => FromDouble(Round(v, to));
        }

        return from.IsFloat() ? v => IntegerArithmetic.Saturate(ToDouble(v), to) : v => IntegerArithmetic.Saturate(v, to);
    }

    /// <summary>The same bits as another type of the same size.</summary>
    public static Func<long, long> BitCast(ElementType from, ElementType to) => (from.IsFloat(), to.IsFloat(), to.Size()) switch
    {
        (true, false, 4) => v => Wrap(BitConverter.SingleToInt32Bits((float)ToDouble(v)), to),
        (false, true, 4) => v => FromDouble(BitConverter.Int32BitsToSingle((int)v)),
        (true, false, 2) when from == ElementType.F16 => v => Wrap(BitConverter.HalfToInt16Bits((Half)ToDouble(v)), to),
        (false, true, 2) when to == ElementType.F16 => v => FromDouble((double)BitConverter.Int16BitsToHalf((short)v)),
        (_, _, 8) => v => v,
        (false, false, _) => v => Wrap(v, to),
        _ => throw new CompilerBugException($"no bit cast from {from.Name()} to {to.Name()}"),
    };

    /// <summary>An operation on one lane of each operand.</summary>
    /// <param name="op">The row.</param>
    /// <param name="operand">Element type of the operands (of the chosen values, for a select).</param>
    public Func<long, long, long, long> Operation(CoreOp op, ElementType operand)
    {
        if (op == CoreOps.Select)
        {
            return (c, a, b) => c != 0 ? a : b;
        }

        return op == MachineOps.Dot2 ? Dot2 : operand.IsFloat() ? OfFloats(op, operand) : OfIntegers(op, operand);
    }

    private long Dot2(long a, long b, long c)
    {
        double Product(int shift) => PackedOps.BFloat16(a >> shift) * PackedOps.BFloat16(b >> shift);
        var first = Round(ToDouble(c) + Product(16), ElementType.F32);
        return FromDouble(Round(first + Product(0), ElementType.F32));
    }

    private Func<long, long, long, long> OfFloats(CoreOp op, ElementType element)
    {
        if (op.Rule == ResultRule.Bool)
        {
            return (a, b, _) => (long)op.Fold([ToDouble(a), ToDouble(b)]);
        }

        if (op == MachineOps.Fma)
        {
            return element == ElementType.F32 && roundToElement
                ? (a, b, c) => FromDouble(MathF.FusedMultiplyAdd((float)ToDouble(a), (float)ToDouble(b), (float)ToDouble(c)))
                : (a, b, c) => FromDouble(Round(Math.FusedMultiplyAdd(ToDouble(a), ToDouble(b), ToDouble(c)), element));
        }

        return op.Arity switch
        {
            1 => (a, _, _) => FromDouble(Round(op.Fold([ToDouble(a)]), element)),
            2 => (a, b, _) => FromDouble(Round(op.Fold([ToDouble(a), ToDouble(b)]), element)),
            _ => (a, b, c) => FromDouble(Round(op.Fold([ToDouble(a), ToDouble(b), ToDouble(c)]), element)),
        };
    }

    private static Func<long, long, long, long> OfIntegers(CoreOp op, ElementType element)
    {
        var bits = element.Size() * 8;
        Func<long, long, long, long> exact = op.Name switch
        {
            "add" => (a, b, _) => a + b,
            "sub" => (a, b, _) => a - b,
            "mul" => (a, b, _) => a * b,
            "fma" => (a, b, c) => (a * b) + c,
            "div" => (a, b, _) => IntegerArithmetic.FloorDivide(a, b),
            "mod" => (a, b, _) => IntegerArithmetic.FloorModulo(a, b),
            "neg" => (a, _, _) => -a,
            "abs" => (a, _, _) => a < 0 ? -a : a,
            "min" => (a, b, _) => Math.Min(a, b),
            "max" => (a, b, _) => Math.Max(a, b),
            "floor" or "round" => (a, _, _) => a,
            "eq" => (a, b, _) => a == b ? 1 : 0,
            "ne" => (a, b, _) => a != b ? 1 : 0,
            "lt" => (a, b, _) => a < b ? 1 : 0,
            "le" => (a, b, _) => a <= b ? 1 : 0,
            "gt" => (a, b, _) => a > b ? 1 : 0,
            "ge" => (a, b, _) => a >= b ? 1 : 0,
            "and" or "bitand" => (a, b, _) => a & b,
            "or" or "bitor" => (a, b, _) => a | b,
            "not" => (a, _, _) => a == 0 ? 1 : 0,
            "shl" => (a, b, _) => a << Shift(b, bits),
            "shr" => (a, b, _) => a >> Shift(b, bits),
            "dot4" => (a, b, c) => PackedOps.Bytes(a, b) + c,
            "ctz" => (a, _, _) => Math.Min(bits, a == 0 ? bits : System.Numerics.BitOperations.TrailingZeroCount(a)),
            _ => throw new CompilerBugException($"'{op}' has no meaning on {element.Name()}"),
        };
        return op.Rule == ResultRule.Bool ? exact : (a, b, c) => Wrap(exact(a, b, c), element);
    }

    private static int Shift(long count, int bits) =>
        count >= 0 && count < bits ? (int)count : throw new LoopExecutionException($"a shift by {count} of {bits} bits");

    // A quantum is a power of two, so dividing by it is exact and the value is rounded once.
    private static double RoundToBFloat16(double value)
    {
        if (double.IsNaN(value) || double.IsInfinity(value) || value == 0)
        {
            return value;
        }

        var quantum = Math.Pow(2, Math.Max(Math.ILogB(value), -126) - 7);
        return (float)(Math.Round(value / quantum, MidpointRounding.ToEven) * quantum);
    }
}
