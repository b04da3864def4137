using System.Collections.Immutable;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Scalars;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Dsl.Binding;

/// <content>Subscripts, extents and sizes: integer expressions over index variables, dims and attributes.</content>
internal sealed partial class ScalarBinder
{
    /// <summary>An integer expression of indices, dims and attributes.</summary>
    public Dim? Integer(Expr expr)
    {
        switch (expr)
        {
            case NumberExpr { IsInteger: true } number:
                return Dim.Const((long)number.Value);
            case NameExpr name when frame.Variables.TryGetValue(name.Name.Text, out var variable):
                return variable.Symbol;
            case NameExpr name when frame.Attributes.TryGetValue(name.Name.Text, out var value) && value is Value.Integer integer:
                return integer.Dim;
            case NameExpr name when context.Constant(frame.Home, name) is Value.Integer constant:
                return constant.Dim;
            case UnaryExpr { Operator: UnaryOperator.Negate } unary:
                return Integer(unary.Operand) is { } operand ? -operand : null;
            case BinaryExpr binary:
                return Arithmetic(binary);
            case CallExpr { Target: NameExpr { Name.Text: "extent" } } call:
                return ExtentOf(call);
            case CallExpr { Target: NameExpr { Name.Text: "min" or "max" } function, Arguments: [var a, var b] }:
                return Integer(a.Value) is { } x && Integer(b.Value) is { } y ? (function.Name.Text == "min" ? Dim.Min(x, y) : Dim.Max(x, y)) : null;
            case NameExpr name:
                Name(name);
                return null;
            case ErrorExpr:
                return null;
            default:
                context.ReportIn(frame.Home, NameDiagnostics.NotAnInteger, expr.Span);
                return null;
        }
    }

    /// <summary>An extent: an integer that depends on no index.</summary>
    public Dim? Size(Expr expr)
    {
        if (Integer(expr) is not { } size)
        {
            return null;
        }

        if (size.Symbols().FirstOrDefault(frame.IsIndex) is { } index)
        {
            context.ReportIn(frame.Home, NameDiagnostics.ExtentOfIndex, expr.Span, index);
            return null;
        }

        if (size.Range(context.RangeOf).High is < 0)
        {
            context.ReportIn(frame.Home, NameDiagnostics.NegativeExtent, expr.Span, size.Text);
            return null;
        }

        return size;
    }

    /// <summary>Whether an extent of the result may be positive; reports it when it is not, unless an operand is empty itself.</summary>
    public bool HasElements(Dim extent, SourceSpan place)
    {
        if (extent.Range(context.RangeOf).High is not <= 0 || frame.Operands.Values.Any(o => o.Type.Shape.Any(d => d.Constant == 0)))
        {
            return true;
        }

        context.ReportIn(frame.Home, NameDiagnostics.NegativeExtent, place, extent.Text);
        return false;
    }

    private Dim? Arithmetic(BinaryExpr binary)
    {
        if (Integer(binary.Left) is not { } left || Integer(binary.Right) is not { } right)
        {
            return null;
        }

        if (binary.Operator is BinaryOperator.Divide or BinaryOperator.Modulo && right.Constant == 0)
        {
            context.ReportIn(frame.Home, NameDiagnostics.DivisionByZero, binary.Span);
            return null;
        }

        switch (binary.Operator)
        {
            case BinaryOperator.Add:
                return left + right;
            case BinaryOperator.Subtract:
                return left - right;
            case BinaryOperator.Multiply:
                return left * right;
            case BinaryOperator.Divide:
                return Dim.FloorDiv(left, right);
            case BinaryOperator.Modulo:
                return Dim.Mod(left, right);
            default:
                context.ReportIn(frame.Home, NameDiagnostics.NotAnInteger, binary.Span);
                return null;
        }
    }

    /// <summary><c>extent(k)</c> of an index name, <c>extent(x, -1)</c> of an operand.</summary>
    private Dim? ExtentOf(CallExpr call)
    {
        switch (call.Arguments)
        {
            case [{ Value: NameExpr { Name.Text: var name } }] when frame.Variables.TryGetValue(name, out var variable) && variable.Extent.SymbolName != OpFrame.Pending:
                return variable.Extent;
            case [{ Value: NameExpr { Name.Text: var name } }] when frame.Extents.TryGetValue(name, out var extent):
                return extent;
            case [{ Value: NameExpr { Name.Text: var name } }, { Value: var axis }] when frame.Operands.TryGetValue(name, out var operand) && Integer(axis)?.Constant is { } position:
                position = position < 0 ? position + operand.Type.Rank : position;
                if (position >= 0 && position < operand.Type.Rank)
                {
                    return operand.Type.Shape[(int)position];
                }

                context.ReportIn(frame.Home, NameDiagnostics.IndexRange, call.Span, FormattableString.Invariant($"{position}"), FormattableString.Invariant($"{operand.Type.Rank}"));
                return null;
            default:
                context.ReportIn(frame.Home, NameDiagnostics.WrongKind, call.Span, "an index name, or an operand and an axis", "something else", "write 'extent(k)' or 'extent(x, -1)'");
                return null;
        }
    }

    private static ScalarExpr Whole(Dim value) => value.Constant is { } constant ? new ScalarExpr.Literal(constant, ElementType.I32) : new ScalarExpr.Index(value);
}
