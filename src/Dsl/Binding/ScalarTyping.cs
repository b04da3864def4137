using System.Collections.Immutable;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Dsl.Binding;

/// <summary>Applies core operations with the language's rule for literals: they take the type of what they meet.</summary>
internal static class ScalarTyping
{
    /// <summary>
    /// <c>x * 0.5</c> with x of type f16 is f16; <c>x * 0.5</c> with x an integer is f32; without other operands literals keep their own types.
    /// </summary>
    public static ScalarExpr Apply(CoreOp op, params ScalarExpr[] arguments)
    {
        if (Integers(op, arguments) is { } whole)
        {
            return whole;
        }

        var first = op.Rule == ResultRule.Select ? 1 : 0;
        var typed = arguments.Skip(first).Where(a => a is not ScalarExpr.Literal).Select(a => a.Type).ToArray();
        if (typed.Length > 0)
        {
            var common = typed.Aggregate(ScalarExpr.Common);
            for (var i = first; i < arguments.Length; i++)
            {
                if (arguments[i] is ScalarExpr.Literal literal)
                {
                    arguments[i] = Adapt(literal, common);
                }
            }
        }

        return ScalarExpr.Of(op, arguments);
    }

    /// <summary>Whether the operation is arithmetic and an operand a truth value, which has to be cast first.</summary>
    public static bool IsArithmeticOfBool(CoreOp op, params ScalarExpr[] arguments) =>
        op.Rule is ResultRule.Same or ResultRule.Float && arguments.Any(a => a.Type == ElementType.Bool);

    /// <summary>The one answer a comparison has over the ranges of the dims in it, or null.</summary>
    public static bool? Compare(CoreOp op, Dim a, Dim b, Func<string, (long? Low, long? High)> rangeOf)
    {
        var (low, high) = (a - b).Range(rangeOf);
        return op.Name switch
        {
            "eq" => a.Equals(b) ? true : low > 0 || high < 0 ? false : null,
            "ne" => a.Equals(b) ? false : low > 0 || high < 0 ? true : null,
            "lt" => high < 0 ? true : low >= 0 ? false : null,
            "le" => high <= 0 ? true : low > 0 ? false : null,
            "gt" => low > 0 ? true : high <= 0 ? false : null,
            "ge" => low >= 0 ? true : high < 0 ? false : null,
            _ => null,
        };
    }

    /// <summary>
    /// Integer arithmetic over indices and dims is one subscript expression, so that range analysis and lowering see it whole. Two numbers
    /// that do not divide evenly are a number with a fraction: 1 / 6 is not 0.
    /// </summary>
    private static ScalarExpr? Integers(CoreOp op, ScalarExpr[] arguments)
    {
        if (arguments.Length is 0 or > 2 || arguments.Any(a => Whole(a) is null))
        {
            return null;
        }

        var (a, b) = (Whole(arguments[0])!, arguments.Length > 1 ? Whole(arguments[1])! : Dim.Zero);
        if (ReferenceEquals(op, CoreOps.Div) && a.Constant is { } x && b.Constant is { } y && y != 0 && x % y != 0)
        {
            return new ScalarExpr.Literal((double)x / y, ElementType.F32);
        }

        Dim? value = op.Name switch
        {
            "add" => a + b,
            "sub" => a - b,
            "mul" => a * b,
            "div" when b.Constant != 0 => Dim.FloorDiv(a, b),
            "mod" when b.Constant != 0 => Dim.Mod(a, b),
            "min" => Dim.Min(a, b),
            "max" => Dim.Max(a, b),
            "neg" => -a,
            _ => null,
        };
        return value is null ? null : value.Constant is { } constant ? new ScalarExpr.Literal(constant, ElementType.I32) : new ScalarExpr.Index(value);
    }

    private static Dim? Whole(ScalarExpr expr) => expr switch
    {
        ScalarExpr.Index { Type: ElementType.I32 } index => index.Value,
        ScalarExpr.Literal { Type: ElementType.I32 } literal => Dim.Const((long)literal.Value),
        _ => null,
    };

    /// <summary>The expression in a type; literals change theirs as a conversion would, everything else is converted.</summary>
    public static ScalarExpr Convert(ScalarExpr expr, ElementType type) =>
        expr.Type == type ? expr
        : expr is ScalarExpr.Literal literal && type != ElementType.Bool ? new ScalarExpr.Literal(type.IsFloat() ? literal.Value : Truncated(literal.Value, type), type)
        : new ScalarExpr.Cast(type, expr);

    private static double Truncated(double value, ElementType type) => double.IsNaN(value) ? 0 : IntegerArithmetic.Limit(Math.Truncate(value), type);

    // A whole number that the type has no place for stays what it is: x > 300 of a u8 tensor compares in i32.
    private static ScalarExpr.Literal Adapt(ScalarExpr.Literal literal, ElementType type)
    {
        if (type == ElementType.Bool)
        {
            return literal;
        }

        var whole = literal.Type.IsInteger() && literal.Value == Math.Floor(literal.Value) && !double.IsInfinity(literal.Value);
        return type.IsFloat() ? new ScalarExpr.Literal(literal.Value, type)
            : !whole ? new ScalarExpr.Literal(literal.Value, ElementType.F32)
            : IntegerArithmetic.Limit(literal.Value, type) == literal.Value ? new ScalarExpr.Literal(literal.Value, type)
            : new ScalarExpr.Literal(literal.Value, IntegerArithmetic.Limit(literal.Value, ElementType.I32) == literal.Value ? ElementType.I32 : ElementType.I64);
    }
}
