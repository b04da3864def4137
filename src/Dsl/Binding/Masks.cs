using System.Collections.Immutable;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Scalars;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Dsl.Binding;

/// <summary>The algebra of attention masks: conditions on a query position q and a key position k.</summary>
internal sealed class Masks(Elaborator code)
{
    /// <summary>The query position.</summary>
    public static Dim Query { get; } = Dim.Symbol("q");

    /// <summary>The key position.</summary>
    public static Dim Key { get; } = Dim.Symbol("k");

    /// <summary>A mask with its attributes filled in.</summary>
    public Value Instance(CallExpr syntax, Value.Item item, ImmutableArray<(Name? Name, Value Value, SourceSpan Span)> arguments)
    {
        var attributes = item.Syntax is MaskItem mask ? mask.Attributes : ((PatternItem)item.Syntax).Attributes;
        if (arguments.Length > attributes.Length)
        {
            return code.Fail(NameDiagnostics.TooManyArguments, syntax.Span, item.Syntax.Name.Text, FormattableString.Invariant($"{attributes.Length}"), FormattableString.Invariant($"{arguments.Length}"), item.Describe());
        }

        var values = new Dictionary<string, Value>(StringComparer.Ordinal);
        var position = 0;
        foreach (var (name, value, _) in arguments)
        {
            values[name?.Text ?? attributes[position++].Text] = value;
        }

        return attributes.FirstOrDefault(a => !values.ContainsKey(a.Text)) is { } missing
            ? code.Fail(NameDiagnostics.MissingArgument, syntax.Span, item.Syntax.Name.Text, missing.Text, item.Describe())
            : Expand(syntax.Span, item, values);
    }

    /// <summary>A mask named without arguments, as a condition.</summary>
    public Value Of(Expr syntax, Value value) => value switch
    {
        Value.Mask or Value.Error => value,
        Value.Item { Syntax: MaskItem { Attributes.Length: 0 } or PatternItem { Attributes.Length: 0 } } item => Expand(syntax.Span, item, []),
        Value.Item { Syntax: MaskItem or PatternItem } item => Instance(new CallExpr(syntax, [], null, null, syntax.Span), item, []),
        _ => code.Fail(NameDiagnostics.WrongKind, syntax.Span, "a mask", value.Describe(), "declare one: 'mask causal(q, k) = k <= q'"),
    };

    /// <summary><c>a &amp; b</c>, <c>a | b</c></summary>
    public Value Binary(BinaryExpr syntax, Value left, Value right)
    {
        if (syntax.Operator is not (BinaryOperator.And or BinaryOperator.Or))
        {
            return code.Fail(NameDiagnostics.Misplaced, syntax.Span, "this operator", "numbers; masks are combined with '&', '|' and '!'");
        }

        return Of(syntax.Left, left) is Value.Mask a && Of(syntax.Right, right) is Value.Mask b
            ? new Value.Mask(ScalarExpr.Of(syntax.Operator == BinaryOperator.And ? CoreOps.And : CoreOps.Or, a.Condition, b.Condition))
            : new Value.Error();
    }

    /// <summary><c>!a</c></summary>
    public Value Not(UnaryExpr syntax, Value operand) =>
        Of(syntax.Operand, operand) is Value.Mask mask ? new Value.Mask(ScalarExpr.Of(CoreOps.Not, mask.Condition)) : new Value.Error();

    private Value Expand(SourceSpan span, Value.Item item, Dictionary<string, Value> attributes)
    {
        if (item.Syntax is MaskItem mask)
        {
            return Condition(item, mask, attributes);
        }

        var pattern = (PatternItem)item.Syntax;
        if (pattern.Operands.Length > 0 || pattern.Body is BlockExpr)
        {
            return code.Fail(SparsityDiagnostics.NotCompiledYet, span, pattern.Name.Text, "patterns that depend on data are checked, and compiled by a later version");
        }

        var scope = new Scope(null);
        foreach (var attribute in attributes)
        {
            scope.Set(attribute.Key, attribute.Value);
        }

        var body = new Elaborator(code.Context, item.Home, scope, code.Path, null);
        return new Masks(body).Of(pattern.Body, body.Evaluate(pattern.Body));
    }

    private Value Condition(Value.Item item, MaskItem mask, Dictionary<string, Value> attributes)
    {
        if (mask.IsScore || mask.Indices.Length != 2)
        {
            return code.Fail(SparsityDiagnostics.NotCompiledYet, mask.Span, mask.Name.Text, "masks of a query and a key position are compiled; scores are by a later version");
        }

        var op = new OpItem(mask.Name, [], [], null, mask.Body, mask.Span);
        var frame = new OpFrame(op, item.Home, new HashSet<string>(StringComparer.Ordinal));
        foreach (var attribute in attributes)
        {
            frame.Attributes.Add(attribute.Key, attribute.Value);
        }

        frame.Variables[mask.Indices[0].Text] = new IndexRange("q", Dim.Symbol("Q"));
        frame.Variables[mask.Indices[1].Text] = new IndexRange("k", Dim.Symbol("K"));
        var body = new ScalarBinder(code.Context, new OpBinder(code.Context), frame).Body(mask.Body);
        return body is null ? new Value.Error() : new Value.Mask(ScalarTyping.Convert(body, ElementType.Bool));
    }
}
