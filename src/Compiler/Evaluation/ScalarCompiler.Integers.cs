using System.Collections.Immutable;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Evaluation;

/// <content>Expressions of integer types: exact in 64 bits, wrapped to their types.</content>
internal sealed partial class ScalarCompiler
{
    private readonly Dictionary<ScalarExpr, Func<long>> integers = [];

    private Func<long> Integer(ScalarExpr expr)
    {
        if (integers.TryGetValue(expr, out var known))
        {
            return known;
        }

        var result = CreateInteger(expr);
        if (shared.Contains(expr))
        {
            result = Remember(result);
        }

        integers.Add(expr, result);
        return result;
    }

    private Func<long> CreateInteger(ScalarExpr expr)
    {
        switch (expr)
        {
            case ScalarExpr.Literal literal:
                var number = IntegerArithmetic.Saturate(literal.Value, literal.Type);
                return () => number;
            case ScalarExpr.Index index:
                return Compile(index.Value);
            case ScalarExpr.Read read:
                return ReadInteger(read);
            case ScalarExpr.Cast cast:
                return ToInteger(cast.Operand, cast.Type);
            case ScalarExpr.Reduce reduce:
                return Reduce(reduce, ToInteger(reduce.Body, reduce.Type), IntegerArithmetic.Saturate(reduce.Kind.Identity(reduce.Type), reduce.Type), Pair(reduce.Kind.Combine(), reduce.Type));
            case ScalarExpr.Apply apply:
                return ApplyInteger(apply);
            default:
                throw new InvalidOperationException(expr.GetType().Name);
        }
    }

    private Func<long> ReadInteger(ScalarExpr.Read read)
    {
        var (values, exact) = (operands[read.Operand].Values, operands[read.Operand].Integers);
        var fill = IntegerArithmetic.Saturate(read.Fill, read.Type);
        var position = Position(read);
        return exact is null
            ? () => position() is >= 0 and var offset ? (long)values[offset] : fill
            : () => position() is >= 0 and var offset ? exact[offset] : fill;
    }

    /// <summary>An expression of any type in an integer type: truncated and saturated.</summary>
    private Func<long> ToInteger(ScalarExpr expr, ElementType type)
    {
        if (expr.Type == type)
        {
            return Integer(expr);
        }

        if (expr.Type.IsInteger())
        {
            var integer = Integer(expr);
            return () => IntegerArithmetic.Saturate(integer(), type);
        }

        var value = Visit(expr);
        return () => IntegerArithmetic.Saturate(value(), type);
    }

    private Func<long> ApplyInteger(ScalarExpr.Apply apply)
    {
        var type = apply.Type;
        if (apply.Op == CoreOps.Select)
        {
            var condition = Visit(apply.Arguments[0]);
            var (then, otherwise) = (ToInteger(apply.Arguments[1], type), ToInteger(apply.Arguments[2], type));
            return () => condition() != 0 ? then() : otherwise();
        }

        if (apply.Op == PackedOps.Pair)
        {
            var (low, high) = (Visit(apply.Arguments[0]), Visit(apply.Arguments[1]));
            return () => PackedOps.Halves(low(), high());
        }

        ImmutableArray<Func<long>> arguments = [.. apply.Arguments.Select(a => ToInteger(a, type))];
        var a = arguments[0];
        if (arguments.Length == 1)
        {
            return apply.Op == CoreOps.Neg ? () => IntegerArithmetic.Wrap(unchecked(-a()), type)
                : apply.Op == CoreOps.Abs ? () => a() is < 0 and var negative ? IntegerArithmetic.Wrap(unchecked(-negative), type) : a()
                : a; // floor, round
        }

        var (b, combine) = (arguments[1], Pair(apply.Op, type));
        return () => combine(a(), b());
    }

    private static Func<long, long, long> Pair(CoreOp op, ElementType type) => op.Name switch
    {
        "add" => (a, b) => IntegerArithmetic.Wrap(unchecked(a + b), type),
        "sub" => (a, b) => IntegerArithmetic.Wrap(unchecked(a - b), type),
        "mul" => (a, b) => IntegerArithmetic.Wrap(unchecked(a * b), type),
        "div" => (a, b) => IntegerArithmetic.Wrap(IntegerArithmetic.FloorDivide(a, b), type),
        "mod" => (a, b) => IntegerArithmetic.Wrap(IntegerArithmetic.FloorModulo(a, b), type),
        "mul4" => PackedOps.Bytes,
        "min" => Math.Min,
        "max" => Math.Max,
        _ => throw new CompilerBugException($"'{op}' has no meaning on {type.Name()}"),
    };

    /// <summary>A comparison of integers, or a logical operation on them.</summary>
    private Func<double> Comparison(ScalarExpr.Apply apply, ElementType common)
    {
        ImmutableArray<Func<long>> arguments = [.. apply.Arguments.Select(a => ToInteger(a, common))];
        var a = arguments[0];
        var b = arguments[arguments.Length - 1];
        return apply.Op.Name switch
        {
            "eq" => () => a() == b() ? 1 : 0,
            "ne" => () => a() != b() ? 1 : 0,
            "lt" => () => a() < b() ? 1 : 0,
            "le" => () => a() <= b() ? 1 : 0,
            "gt" => () => a() > b() ? 1 : 0,
            "ge" => () => a() >= b() ? 1 : 0,
            "and" => () => a() != 0 && b() != 0 ? 1 : 0,
            "or" => () => a() != 0 || b() != 0 ? 1 : 0,
            _ => () => a() == 0 ? 1 : 0,
        };
    }
}
