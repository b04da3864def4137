using System.Collections.Immutable;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Loops;

/// <summary>
/// Brings arithmetic to the types that backends compute in: 8- and 16-bit integers go through i32, the 16-bit floating types through f32.
/// One f32 operation on them rounds like the narrow operation itself, because f32 has more than twice their digits.
/// </summary>
public static class Legalise
{
    /// <summary>The same value with no operation on narrow types left, only loads and conversions.</summary>
    public static LoopExpr Expression(LoopExpr expression)
    {
        ImmutableArray<LoopExpr> children = [.. expression.Children.Select(Expression)];
        var same = expression.Children.Zip(children, ReferenceEquals).All(equal => equal);
        var node = same ? expression : expression.WithChildren(children);
        return node switch
        {
            LoopExpr.Op op => Operation(op),
            LoopExpr.Horizontal horizontal when Wide(horizontal.Type.Element) is var wide && wide != horizontal.Type.Element =>
                new LoopExpr.Cast(horizontal.Type.Element, new LoopExpr.Horizontal(horizontal.Kind, Convert(horizontal.Children[0], wide))),
            LoopExpr.Cast { Type.Element: ElementType.Bool } cast when cast.Children[0].Type.Element is ElementType.F16 or ElementType.BF16 =>
                new LoopExpr.Cast(ElementType.Bool, Convert(cast.Children[0], ElementType.F32)), // the bits of -0 are not 0
            _ => node,
        };
    }

    private static LoopExpr Operation(LoopExpr.Op op)
    {
        var element = op.Children[op.Children.Length - 1].Type.Element;
        var wide = Wide(element);
        if (wide == element)
        {
            return op;
        }

        ImmutableArray<LoopExpr> arguments = [.. op.Children.Select(c => c.Type.Element == ElementType.Bool ? c : Convert(c, wide))];
        if (op.Operation.Rule == ResultRule.Bool)
        {
            return new LoopExpr.Op(op.Operation, arguments, op.Type);
        }

        var type = new LoopType(wide, op.Type.Lanes);
        if (op.Operation == MachineOps.TrailingZeros)
        {
            // A bit above the narrow type ends the count there.
            arguments = [new LoopExpr.Op(MachineOps.BitOr, [arguments[0], new LoopExpr.Const(1 << (8 * element.Size()), type)], type)];
        }

        var result = new LoopExpr.Op(op.Operation, arguments, type);
        return new LoopExpr.Cast(op.Type.Element, element.IsInteger() && MayLeaveRange(op.Operation.Name) ? Wrap(result, element) : result);
    }

    private static bool MayLeaveRange(string operation) => operation is "add" or "sub" or "mul" or "neg" or "abs" or "div" or "shl" or "fma";

    // Integers wrap like their type; the conversion alone would saturate.
    private static LoopExpr Wrap(LoopExpr value, ElementType element)
    {
        LoopExpr Const(long number) => new LoopExpr.Const(number, value.Type);
        var bits = 8 * element.Size();
        if (element is ElementType.U8 or ElementType.U16)
        {
            return new LoopExpr.Op(MachineOps.BitAnd, [value, Const((1L << bits) - 1)], value.Type);
        }

        var shifted = new LoopExpr.Op(MachineOps.ShiftLeft, [value, Const(32 - bits)], value.Type);
        return new LoopExpr.Op(MachineOps.ShiftRight, [shifted, Const(32 - bits)], value.Type);
    }

    private static LoopExpr Convert(LoopExpr value, ElementType element) =>
        value is LoopExpr.Const constant ? new LoopExpr.Const(constant.Value, new LoopType(element, value.Type.Lanes)) : new LoopExpr.Cast(element, value);

    private static ElementType Wide(ElementType element) => element switch
    {
        ElementType.U8 or ElementType.I8 or ElementType.I16 or ElementType.U16 => ElementType.I32,
        ElementType.F16 or ElementType.BF16 => ElementType.F32,
        _ => element,
    };
}
