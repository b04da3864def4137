using System.Collections.Immutable;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Scalars;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Dsl.Binding;

/// <summary>The algebra of attention masks: conditions on a query position q and a key position k.</summary>
internal sealed class Masks(Elaborator code)
{
    /// <summary>The query position; no name of a dim looks like it.</summary>
    public const string Query = "?q";

    /// <summary>The key position.</summary>
    public const string Key = "?k";

    /// <summary>A mask or pattern with its attributes filled in.</summary>
    public Value Instance(CallExpr syntax, Value.Item item, ImmutableArray<GivenArgument> arguments)
    {
        var attributes = item.Syntax is MaskItem mask ? mask.Attributes : ((PatternItem)item.Syntax).Attributes;
        var called = item.Syntax.Name.Text;
        var signature = $"{called}({string.Join(", ", attributes.Select(a => a.Text))})";
        var values = new Dictionary<string, Value>(StringComparer.Ordinal);
        var position = 0;
        foreach (var (name, value, span) in arguments)
        {
            var attribute = name?.Text ?? (position < attributes.Length ? attributes[position++].Text : null);
            if (attribute is null)
            {
                return code.Fail(NameDiagnostics.TooManyArguments, span, called, FormattableString.Invariant($"{attributes.Length}"), FormattableString.Invariant($"{arguments.Length}"), signature);
            }

            if (attributes.All(a => a.Text != attribute))
            {
                return code.Fail(NameDiagnostics.UnknownArgument, name!.Span, called, attribute, Suggestions.Before(attribute, attributes.Select(a => a.Text), $"it is {signature}"));
            }

            if (values.ContainsKey(attribute))
            {
                return code.Fail(NameDiagnostics.ArgumentTwice, span, called, attribute);
            }

            values.Add(attribute, value);
        }

        return attributes.FirstOrDefault(a => !values.ContainsKey(a.Text)) is { } missing
            ? code.Fail(NameDiagnostics.MissingArgument, syntax.Span, called, missing.Text, signature)
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

        return Part(syntax.Left, left) is Value.Mask a && Part(syntax.Right, right) is Value.Mask b
            ? new Value.Mask(ScalarExpr.Of(syntax.Operator == BinaryOperator.And ? CoreOps.And : CoreOps.Or, a.Condition, b.Condition))
            : new Value.Error();
    }

    /// <summary><c>!a</c></summary>
    public Value Not(UnaryExpr syntax, Value operand) =>
        Part(syntax.Operand, operand) is Value.Mask mask ? new Value.Mask(ScalarExpr.Of(CoreOps.Not, mask.Condition)) : new Value.Error();

    /// <summary>A mask inside another one: the union of tiles belongs outside.</summary>
    private Value Part(Expr syntax, Value value)
    {
        var part = Of(syntax, value);
        return part is Value.Mask { Tile: not null, Name: var name } ? code.Fail(SparsityDiagnostics.CoverInside, syntax.Span, name) : part;
    }

    private Value Expand(SourceSpan span, Value.Item item, Dictionary<string, Value> attributes)
    {
        if (!code.Context.Enter(item.Syntax, code.Home, span))
        {
            return new Value.Error();
        }

        var expanded = Body(span, item, attributes);
        code.Context.Leave();
        return expanded;
    }

    private Value Body(SourceSpan span, Value.Item item, Dictionary<string, Value> attributes)
    {
        if (item.Syntax is MaskItem mask)
        {
            return Condition(span, item, mask, attributes);
        }

        var pattern = (PatternItem)item.Syntax;
        if (pattern.Operands.Length > 0 || pattern.Body is BlockExpr)
        {
            return code.Fail(SparsityDiagnostics.PatternNotCompiledYet, span, pattern.Name.Text);
        }

        var scope = new Scope(null);
        foreach (var attribute in attributes)
        {
            scope.Set(attribute.Key, attribute.Value);
        }

        var body = new Elaborator(code.Context, item.Home, scope, code.Path, null);
        var whole = new Masks(body).Of(pattern.Body, body.Evaluate(pattern.Body));
        return whole is Value.Mask found ? Covered(body, pattern, found) : whole;
    }

    private static Value Covered(Elaborator body, PatternItem pattern, Value.Mask mask)
    {
        switch (pattern.Cover)
        {
            case null or NameExpr { Name.Text: "exact" }:
                return mask;
            case CallExpr { Target: NameExpr { Name.Text: "tile" }, Arguments: [{ Value: var rows }, { Value: var columns }, .. var rest] }
                when rest.Length == 0 || rest is [{ Value: NameExpr { Name.Text: "unaligned" } }]:
                var sizes = new[] { rows, columns }.Select(e => body.Static(e) is Value.Integer { Dim.Constant: { } c and > 0 and <= 4096 } ? (int)c : 0).ToArray();
                if (sizes.All(s => s > 0) && mask.Tile is null)
                {
                    return new Value.Mask(mask.Condition, (sizes[0], sizes[1]), pattern.Name.Text);
                }

                break;
        }

        return mask.Tile is not null
            ? body.Fail(SparsityDiagnostics.CoverInside, pattern.Body.Span, mask.Name)
            : body.Fail(SparsityDiagnostics.BadCover, pattern.Cover.Span);
    }

    private Value Condition(SourceSpan span, Value.Item item, MaskItem mask, Dictionary<string, Value> attributes)
    {
        if (mask.IsScore)
        {
            return code.Fail(SparsityDiagnostics.ScoresNotCompiledYet, span, mask.Name.Text);
        }

        return mask.Indices.Length == 2
            ? Bind(code.Context, item.Home, mask, attributes)
            : code.Fail(SparsityDiagnostics.MaskRankNotCompiledYet, span, mask.Name.Text, FormattableString.Invariant($"{mask.Indices.Length}"));
    }

    /// <summary>The condition of a mask of two index variables.</summary>
    public static Value Bind(BindingContext context, ModuleScope home, MaskItem mask, IReadOnlyDictionary<string, Value> attributes)
    {
        var op = new OpItem(mask.Name, [], [], null, mask.Body, mask.Span);
        var frame = new OpFrame(op, home, new HashSet<string>(StringComparer.Ordinal));
        foreach (var attribute in attributes)
        {
            frame.Attributes.Add(attribute.Key, attribute.Value);
        }

        frame.Variables[mask.Indices[0].Text] = new IndexRange(Query, Dim.Symbol("?Q"));
        frame.Variables[mask.Indices[1].Text] = new IndexRange(Key, Dim.Symbol("?K"));
        var body = new ScalarBinder(context, new OpBinder(context), frame).Body(mask.Body);
        return body is null ? new Value.Error() : new Value.Mask(ScalarTyping.Convert(body, ElementType.Bool), null, mask.Name.Text);
    }
}
