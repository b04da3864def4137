using System.Collections.Immutable;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Scalars;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Dsl.Binding;

/// <content>Calls inside a body: core operations, casts, and elementwise operators put in place.</content>
internal sealed partial class ScalarBinder
{
    private ScalarExpr? Call(CallExpr call)
    {
        if (call.Target is not NameExpr { Name.Text: var name })
        {
            return Misplaced(call, "this call", "network code");
        }

        if (name == "cast")
        {
            return Cast(call);
        }

        if (name == Requirement)
        {
            return Misplaced(call, $"'{Requirement}'", "the block of an operator, on a line of its own");
        }

        if (name == "extent")
        {
            return ExtentOf(call) is { } extent ? Whole(extent) : null;
        }

        var item = context.Find(frame.Home, name);
        if (item is not { Syntax: OpItem { Result: null } op } && CoreOps.Find(name) is { } core)
        {
            return Core(call, core);
        }

        if (item is not { Syntax: OpItem { Result: null } elementwise })
        {
            if (item is null)
            {
                context.ReportIn(frame.Home, NameDiagnostics.UnknownName, call.Target.Span, name,
                    context.Nearest(name, CoreOps.All.Select(o => o.Name).Concat(frame.Home.Names), "core operations and elementwise operators can be called here"));
            }
            else
            {
                Misplaced(call, $"a call of '{name}', which is not elementwise,", "network code");
            }

            return null;
        }

        return Inlined(call, item, elementwise);
    }

    private ScalarExpr? Inlined(CallExpr call, Value.Item item, OpItem op)
    {
        var positional = call.Arguments.Where(a => a.Name is null).ToArray();
        if (!AreKnown(call, op, positional))
        {
            return null;
        }

        ScalarExpr?[] values = [.. positional.Take(op.Operands.Length).Select(a => Expression(a.Value))];
        if (values.Any(v => v is null))
        {
            return null;
        }

        if (values.Length < op.Operands.Length)
        {
            context.ReportIn(frame.Home, NameDiagnostics.MissingArgument, call.Span, op.Name.Text, op.Operands[values.Length].Name.Text, op.Name.Text);
            return null;
        }

        var attributes = new Dictionary<string, Value>(StringComparer.Ordinal);
        for (var i = 0; i < op.Attributes.Length; i++)
        {
            var attribute = op.Attributes[i];
            var given = call.Arguments.FirstOrDefault(a => a.Name?.Text == attribute.Name.Text)?.Value
                ?? positional.Skip(op.Operands.Length + i).FirstOrDefault()?.Value;
            var value = given is null ? context.Static(item.Home, attribute.Default, attributes) : Attribute(given);
            if (value is null)
            {
                context.ReportIn(frame.Home, NameDiagnostics.MissingArgument, call.Span, op.Name.Text, attribute.Name.Text, op.Name.Text);
                return null;
            }

            attributes[attribute.Name.Text] = value;
        }

        return operators.Inline(item, [.. values.Select(v => v!)], attributes, frame.Home, call.Span);
    }

    /// <summary>Whether there are not too many arguments, and the named ones are attributes given once.</summary>
    private bool AreKnown(CallExpr call, OpItem op, Argument[] positional)
    {
        string[] attributes = [.. op.Attributes.Select(a => a.Name.Text)];
        var most = op.Operands.Length + attributes.Length;
        var text = $"it is an elementwise operator of {string.Join(", ", op.Operands.Select(o => o.Name.Text).Concat(attributes))}";
        if (positional.Length > most)
        {
            context.ReportIn(frame.Home, NameDiagnostics.TooManyArguments, positional[most].Span, op.Name.Text, FormattableString.Invariant($"{most}"), FormattableString.Invariant($"{call.Arguments.Length}"), text);
            return false;
        }

        var given = new HashSet<string>(attributes.Take(Math.Max(0, positional.Length - op.Operands.Length)), StringComparer.Ordinal);
        foreach (var argument in call.Arguments.Where(a => a.Name is not null))
        {
            var name = argument.Name!.Text;
            if (!attributes.Contains(name))
            {
                context.ReportIn(frame.Home, NameDiagnostics.UnknownArgument, argument.Name.Span, op.Name.Text, name, Suggestions.Before(name, attributes, text));
                return false;
            }

            if (!given.Add(name))
            {
                context.ReportIn(frame.Home, NameDiagnostics.ArgumentTwice, argument.Span, op.Name.Text, name);
                return false;
            }
        }

        return true;
    }

    private Value? Attribute(Expr expr) => context.Static(frame.Home, expr, frame.Attributes);

    private ScalarExpr? Core(CallExpr call, CoreOp op)
    {
        if (call.Arguments.FirstOrDefault(a => a.Name is not null) is { Name: { } named })
        {
            context.ReportIn(frame.Home, NameDiagnostics.UnknownArgument, named.Span, op.Name, named.Text, FormattableString.Invariant($"it is a core operation of {op.Arity} operands"));
            return null;
        }

        ScalarExpr?[] values = [.. call.Arguments.Select(a => Expression(a.Value))];
        if (values.Any(v => v is null))
        {
            return null;
        }

        if (values.Length != op.Arity)
        {
            var arity = FormattableString.Invariant($"{op.Arity}");
            context.ReportIn(frame.Home, NameDiagnostics.TooManyArguments, call.Span, op.Name, arity, FormattableString.Invariant($"{values.Length}"), $"a core operation of {arity} operands");
            return null;
        }

        return Applied(call.Span, op, [.. values.Select(v => v!)]);
    }

    private ScalarExpr? Cast(CallExpr call)
    {
        if (call.Arguments is not [{ Value: var operand }, { Value: NameExpr { Name.Text: var typeName } }])
        {
            context.ReportIn(frame.Home, NameDiagnostics.MissingArgument, call.Span, "cast", "type", "cast(x, f32)");
            return null;
        }

        var type = ElementTypes.Parse(typeName) ?? (frame.Attributes.TryGetValue(typeName, out var attribute) && attribute is Value.Element element ? element.Type : null);
        if (type is not { } known)
        {
            context.ReportIn(frame.Home, NameDiagnostics.UnknownElementType, call.Arguments[1].Span, typeName);
            return null;
        }

        return Expression(operand) is { } value ? ScalarTyping.Convert(value, known) : null;
    }
}
