using System.Collections.Immutable;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Scalars;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Dsl.Binding;

/// <content>Reads of operands and of stages.</content>
internal sealed partial class ScalarBinder
{
    /// <summary>An operand without subscripts: elementwise, or of rank 0.</summary>
    private ScalarExpr.Read? Whole(NameExpr name, OpOperandValue operand)
    {
        if (operand.EllipsisLength != operand.Type.Rank)
        {
            context.ReportIn(frame.Home, NameDiagnostics.SubscriptCount, name.Span, name.Name.Text, FormattableString.Invariant($"{operand.Type.Rank}"), "no");
            return null;
        }

        return new ScalarExpr.Read(operand.Number, [.. EllipsisSubscripts(operand)], operand.Type.Element, frame.Fill);
    }

    /// <summary>What <c>..</c> stands for in one operand: the common indices, from the last on; 0 where the operand has one element.</summary>
    private IEnumerable<Dim> EllipsisSubscripts(OpOperandValue operand)
    {
        var skip = frame.Ellipsis.Length - operand.EllipsisLength;
        for (var i = 0; i < operand.EllipsisLength; i++)
        {
            var index = frame.Ellipsis[skip + i];
            yield return operand.Type.Shape[operand.EllipsisStart + i].Constant == 1 && index.Extent.Constant != 1 ? Dim.Zero : index.Symbol;
        }
    }

    private ScalarExpr.Read? Read(IndexExpr index)
    {
        if (index.Target is not NameExpr { Name.Text: var name } || !frame.Operands.TryGetValue(name, out var operand) || operand.Number < 0)
        {
            if (index.Target is NameExpr target)
            {
                context.ReportIn(frame.Home, NameDiagnostics.UnknownName, target.Span, target.Name.Text,
                    Suggestions.For(target.Name.Text, frame.Operands.Keys, "only operands and indexed lets have subscripts"));
                return null;
            }

            context.ReportIn(frame.Home, NameDiagnostics.NotAnInteger, index.Span);
            return null;
        }

        var subscripts = new List<Dim>();
        foreach (var subscript in index.Subscripts)
        {
            if (subscript is EllipsisExpr)
            {
                subscripts.AddRange(EllipsisSubscripts(operand));
            }
            else if (Integer(subscript) is { } dim)
            {
                subscripts.Add(dim);
            }
            else
            {
                return null;
            }
        }

        if (subscripts.Count != operand.Type.Rank)
        {
            context.ReportIn(frame.Home, NameDiagnostics.SubscriptCount, index.Span, name,
                FormattableString.Invariant($"{operand.Type.Rank}"), FormattableString.Invariant($"{subscripts.Count}"));
            return null;
        }

        return new ScalarExpr.Read(operand.Number, [.. subscripts], operand.Type.Element, frame.Fill);
    }

    private static int? Position(IndexExpr index, string name, OpOperandValue operand)
    {
        var position = 0;
        foreach (var subscript in index.Subscripts)
        {
            if (subscript is NameExpr { Name.Text: var text } && text == name)
            {
                return position;
            }

            position += subscript is EllipsisExpr ? operand.EllipsisLength : 1;
        }

        return null;
    }
}
