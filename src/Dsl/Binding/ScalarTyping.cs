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

    /// <summary>The expression in a type; literals change theirs, everything else is converted.</summary>
    public static ScalarExpr Convert(ScalarExpr expr, ElementType type) =>
        expr.Type == type ? expr
        : expr is ScalarExpr.Literal literal && (type.IsFloat() || literal.Value == Math.Floor(literal.Value)) ? new ScalarExpr.Literal(literal.Value, type)
        : new ScalarExpr.Cast(type, expr);

    private static ScalarExpr.Literal Adapt(ScalarExpr.Literal literal, ElementType type)
    {
        var whole = literal.Value == Math.Floor(literal.Value) && !double.IsInfinity(literal.Value);
        if (type == ElementType.Bool)
        {
            return literal;
        }

        return type.IsFloat() ? new ScalarExpr.Literal(literal.Value, type)
            : whole && literal.Type.IsInteger() ? new ScalarExpr.Literal(literal.Value, type)
            : new ScalarExpr.Literal(literal.Value, ElementType.F32);
    }
}
