using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Scalars;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Dsl.Binding;

/// <content>What an operator demands of extents and attributes beyond equal names: <c>require(extent(m) == groups * extent(c))</c>.</content>
internal sealed partial class ScalarBinder
{
    /// <summary>The name that a requirement is called by.</summary>
    private const string Requirement = "require";

    /// <summary>Checks one requirement; false after a report.</summary>
    private bool Require(CallExpr call)
    {
        if (call.Arguments is [{ Name: null, Value: var condition }])
        {
            return Holds(condition);
        }

        context.ReportIn(frame.Home, NameDiagnostics.MissingArgument, call.Span, Requirement, "condition", "require(extent(i) % 2 == 0)");
        return false;
    }

    private bool Holds(Expr condition)
    {
        if (condition is BinaryExpr { Operator: BinaryOperator.And } both)
        {
            return Holds(both.Left) && Holds(both.Right);
        }

        if (condition is not BinaryExpr binary || Operation(binary.Operator) is not { Rule: ResultRule.Bool } comparison || binary.Operator == BinaryOperator.Or)
        {
            context.ReportIn(frame.Home, NameDiagnostics.WrongKind, condition.Span, "a comparison", "something else", "compare integers over extents and attributes");
            return false;
        }

        if (Integer(binary.Left) is not { } left || Integer(binary.Right) is not { } right)
        {
            return false;
        }

        var truth = ScalarTyping.Compare(comparison, left, right, context.RangeOf);

        // A declaration that is checked on its own has extents nobody gave; a call must meet the requirement for every value of its dims.
        if (truth == true || (truth is null && context.Model is null))
        {
            return true;
        }

        var found = $"{left} {ScalarText.Sign(comparison)} {right}";
        context.ReportCall(NameDiagnostics.Requirement, frame.Op.Name.Text, $"'{frame.Home.Source.Slice(condition.Span)}'", truth is null ? found + ", which is not so for every dim" : found);
        return false;
    }
}
