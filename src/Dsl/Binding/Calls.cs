using System.Collections.Immutable;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Scalars;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Dsl.Binding;

/// <summary>An argument of a call.</summary>
/// <param name="Name">The parameter that it names; null for one that counts by its position, such as what is piped in.</param>
/// <param name="Value">Its value.</param>
/// <param name="Span">Where it is written.</param>
internal sealed record GivenArgument(Name? Name, Value Value, SourceSpan Span);

/// <summary>Arguments of a call, matched with parameters.</summary>
/// <param name="Tensors">Values of the parameters before the semicolon, in order.</param>
/// <param name="Attributes">Values of the parameters after it, by name.</param>
/// <param name="Given">Names of the attributes that the call gives itself.</param>
internal sealed record MatchedArguments(ImmutableArray<Value> Tensors, Dictionary<string, Value> Attributes, ImmutableArray<string> Given);

/// <summary>Calls of operators, functions, layers, masks and built-in functions.</summary>
internal sealed class Calls(Elaborator code)
{
    private readonly BindingContext context = code.Context;

    /// <summary>A call; piped values come before the written arguments.</summary>
    public Value Call(CallExpr syntax, ImmutableArray<GivenArgument> piped)
    {
        var arguments = ImmutableArray<GivenArgument>.Empty;
        var result = Run(syntax, piped, ref arguments);
        if (syntax.Target is NameExpr target)
        {
            context.Index?.AddResult(code, code.Home.Source, target.Span, result, arguments.Select(a => a.Value));
        }

        return result;
    }

    private Value Run(CallExpr syntax, ImmutableArray<GivenArgument> piped, ref ImmutableArray<GivenArgument> arguments)
    {
        var target = code.Evaluate(syntax.Target);
        var name = syntax.Target is NameExpr named ? named.Name.Text : "this";
        if (target is Value.Error || piped.Any(p => p.Value is Value.Error))
        {
            return new Value.Error();
        }

        arguments = [.. piped, .. syntax.Arguments.Select(a => new GivenArgument(a.Name, code.Evaluate(a.Value), a.Span))];
        if (arguments.Any(a => a.Value is Value.Error))
        {
            return new Value.Error();
        }

        switch (target)
        {
            case Value.BuiltIn builtIn:
                return new BuiltIns(code).Call(builtIn.Name, syntax, arguments);
            case Value.Item { Syntax: OpItem op } item:
                return Operator(syntax, item, op, arguments);
            case Value.Item { Syntax: FunctionItem function } item:
                return Function(syntax, item, function, arguments);
            case Value.Item { Syntax: MaskItem { Attributes: [] } } when arguments.Length > 0 && BuiltIns.Has(name):
                // A mask without attributes is never called: 'full([4], 0.5)' is the constant, also beside 'mask full'.
                return new BuiltIns(code).Call(name, syntax, arguments);
            case Value.Item { Syntax: MaskItem or PatternItem } item:
                return new Masks(code).Instance(syntax, item, arguments);
            default:
                return code.Fail(NameDiagnostics.NotCallable, syntax.Target.Span, name, target.Describe());
        }
    }

    private Value Operator(CallExpr syntax, Value.Item item, OpItem op, ImmutableArray<GivenArgument> arguments)
    {
        if (Match(syntax, item, [.. op.Operands.Select(o => o.Name.Text)], op.Attributes, arguments, _ => false) is not { } matched)
        {
            return new Value.Error();
        }

        for (var i = 0; i < op.Operands.Length; i++)
        {
            if (matched.Tensors[i] is not (Value.Tensor or Value.Integer or Value.Number or Value.Boolean) || (op.Operands[i].Indices is not null && matched.Tensors[i] is not Value.Tensor))
            {
                return code.Fail(NameDiagnostics.WrongKind, syntax.Span, $"a tensor for '{op.Operands[i].Name.Text}'", matched.Tensors[i].Describe(), Signature(item));
            }
        }

        if (op.Operands.Length > 0 && matched.Tensors.All(t => t is not Value.Tensor))
        {
            return ScalarCall(syntax, item, matched);
        }

        return At(syntax, () =>
        {
            var applied = new OpBinder(context).Instantiate(item, matched.Tensors, matched.Attributes, matched.Given, code.Path);
            return applied is null ? new Value.Error() : new Value.Tensor(applied);
        });
    }

    /// <summary>An elementwise operator over compile-time numbers: computed at once.</summary>
    private Value ScalarCall(CallExpr syntax, Value.Item item, MatchedArguments matched)
    {
        ImmutableArray<ScalarExpr> literals = [.. matched.Tensors.Select(t => t switch
        {
            Value.Number n => new ScalarExpr.Literal(n.Real, ElementType.F32),
            Value.Integer { Exact: { } exact } => new ScalarExpr.Literal(exact, ElementType.F32),
            Value.Integer { Dim.Constant: { } c } => new ScalarExpr.Literal(c, ElementType.I32),
            Value.Boolean b => (ScalarExpr)new ScalarExpr.Literal(b.Truth ? 1 : 0, ElementType.Bool),
            _ => new ScalarExpr.Literal(double.NaN, ElementType.F32),
        })];
        if (new OpBinder(context).Inline(item, literals, matched.Attributes, code.Home, syntax.Span) is not { } inlined)
        {
            return new Value.Error();
        }

        var body = inlined.Rewrite(e =>
            e is ScalarExpr.Apply a && a.Arguments.All(x => x is ScalarExpr.Literal)
                ? new ScalarExpr.Literal(a.Op.Fold([.. a.Arguments.Select(x => ((ScalarExpr.Literal)x).Value)]), a.Type)
                : e);
        return body is ScalarExpr.Literal result ? new Value.Number(result.Value)
            : code.Fail(NameDiagnostics.NotStatic, syntax.Span);
    }

    private Value Function(CallExpr syntax, Value.Item item, FunctionItem function, ImmutableArray<GivenArgument> arguments)
    {
        if (context.Model is not { } model)
        {
            return code.Fail(NameDiagnostics.NotStatic, syntax.Span);
        }

        var names = function.Parameters.Select(p => p.Name.Text).ToImmutableArray();
        var inferable = new HashSet<string>(function.Parameters.SelectMany(p => Names(p.Type)), StringComparer.Ordinal);
        if (Match(syntax, item, names, function.Attributes, arguments, inferable.Contains) is not { } matched)
        {
            return new Value.Error();
        }

        if (model.Expanding.Contains(function))
        {
            return code.Fail(NameDiagnostics.Recursion, syntax.Span, function.Name.Text);
        }

        if (model.Expansions++ >= ModelState.MostExpansions)
        {
            return code.Fail(NameDiagnostics.TooLarge, syntax.Span, "this model");
        }

        model.Expanding.Push(function);
        try
        {
            return At(syntax, () => Expand(syntax, item, function, matched));
        }
        finally
        {
            model.Expanding.Pop();
        }
    }

    private Value Expand(CallExpr syntax, Value.Item item, FunctionItem function, MatchedArguments matched)
    {
        var scope = new Scope(null);
        foreach (var attribute in matched.Attributes)
        {
            scope.Set(attribute.Key, attribute.Value);
        }

        var path = function.IsLayer ? InstancePath(syntax, function) : code.Path;
        var body = new Elaborator(context, item.Home, scope, path, function);
        if (!new TypeBinder(body).Unify(function, matched.Tensors))
        {
            return new Value.Error();
        }

        for (var i = 0; i < function.Parameters.Length; i++)
        {
            scope.Set(function.Parameters[i].Name.Text, matched.Tensors[i]);
        }

        foreach (var parameter in function.Parameters)
        {
            new Annotations(body).NotHere(parameter.Type);
        }

        new Annotations(body).NotHere(function.ResultType);
        NoteParameters(body, function);
        var result = body.Block(function.Body.Statements);
        context.Index?.AddResult(body, item.Home.Source, function.Name.Span, result, matched.Tensors);
        if (result is Value.None && !function.Body.Statements.Any(s => s is ValueStmt or ErrorStmt))
        {
            return body.Fail(NameDiagnostics.NoValue, function.Body.Span, function.Name.Text);
        }

        if (function.ResultType is { } declared && result is Value.Tensor tensor && new TypeBinder(body).Bind(declared) is { } type && !type.Equals(tensor.Bound.Type))
        {
            return body.Fail(NameDiagnostics.TypeMismatch, declared.Span, function.Name.Text, type.ToString(), tensor.Bound.Type.ToString());
        }

        return result;
    }

    private void NoteParameters(Elaborator body, FunctionItem function)
    {
        if (context.Index is null)
        {
            return;
        }

        foreach (var name in function.Parameters.Select(p => p.Name).Concat(function.Attributes.Select(a => a.Name)))
        {
            body.Declare(name, body.Scope.Find(name.Text) ?? new Value.Error());
        }
    }

    private string InstancePath(CallExpr syntax, FunctionItem layer) => syntax.Label is { } label
        ? context.Model!.Labelled(code.Path, label.Text + LabelIndex(syntax))
        : context.Model!.Instance(code.Path, layer.Name.Text);

    private string LabelIndex(CallExpr syntax) =>
        syntax.LabelIndex is { } index && code.Static(index) is Value.Integer { Dim: var number } ? $"[{number}]" : "";

    private static IEnumerable<string> Names(TypeSyntax? type) =>
        type is null ? [] : new[] { type.Element.Text }.Concat(type.Shape?.OfType<NameExpr>().Select(n => n.Name.Text) ?? []);

    /// <summary>Does something with this call as the one messages point at, unless it stands in the library.</summary>
    private Value At(CallExpr syntax, Func<Value> action)
    {
        var outer = context.CallLocation;
        if (!code.Home.IsLibrary)
        {
            context.CallLocation = new SourceLocation(code.Home.Source, syntax.Span);
        }

        try
        {
            return action();
        }
        finally
        {
            context.CallLocation = outer;
        }
    }

    /// <summary>
    /// Positional arguments fill tensor parameters, then attributes in order; named ones follow; defaults fill the rest. Attributes that follow from the
    /// types of tensors have no position.
    /// </summary>
    private MatchedArguments? Match(
        CallExpr syntax,
        Value.Item item,
        ImmutableArray<string> tensors,
        ImmutableArray<AttributeParameter> attributes,
        ImmutableArray<GivenArgument> arguments,
        Func<string, bool> isInferred)
    {
        var names = tensors.Concat(attributes.Select(a => a.Name.Text)).ToArray();
        string[] positional = [.. names.Where(n => tensors.Contains(n) || !isInferred(n))];
        var given = new Dictionary<string, Value>(StringComparer.Ordinal);
        var position = 0;
        foreach (var argument in arguments)
        {
            var name = argument.Name?.Text ?? (position < positional.Length ? positional[position++] : null);
            if (name is null)
            {
                code.Fail(NameDiagnostics.TooManyArguments, argument.Span, item.Syntax.Name.Text, FormattableString.Invariant($"{positional.Length}"), FormattableString.Invariant($"{arguments.Length}"), Signature(item));
                return null;
            }

            if (!names.Contains(name))
            {
                code.Fail(NameDiagnostics.UnknownArgument, argument.Name!.Span, item.Syntax.Name.Text, name, Suggestions.Before(name, names, $"it is {Signature(item)}"));
                return null;
            }

            if (given.ContainsKey(name))
            {
                code.Fail(NameDiagnostics.ArgumentTwice, argument.Span, item.Syntax.Name.Text, name);
                return null;
            }

            given.Add(name, argument.Value);
        }

        if (tensors.FirstOrDefault(t => !given.ContainsKey(t)) is { } missing)
        {
            code.Fail(NameDiagnostics.MissingArgument, syntax.Span, item.Syntax.Name.Text, missing, Signature(item));
            return null;
        }

        var values = new Dictionary<string, Value>(StringComparer.Ordinal);
        var dims = DimsOf(item.Syntax, given);
        foreach (var attribute in attributes)
        {
            if (!Attribute(syntax, item, attribute, given, dims, values, isInferred))
            {
                return null;
            }
        }

        return new MatchedArguments([.. tensors.Select(t => given[t])], values, [.. attributes.Select(a => a.Name.Text).Where(given.ContainsKey)]);
    }

    private bool Attribute(
        CallExpr syntax, Value.Item item, AttributeParameter attribute, Dictionary<string, Value> given, Dictionary<string, Value> dims, Dictionary<string, Value> values, Func<string, bool> isInferred)
    {
        var name = attribute.Name.Text;
        if (given.TryGetValue(name, out var value))
        {
            if (Kind(attribute, value) is not { } converted)
            {
                code.Fail(NameDiagnostics.WrongKind, syntax.Span, $"{attribute.Kind.Text} for '{name}'", value.Describe(), Signature(item));
                return false;
            }

            values[name] = converted;
            return true;
        }

        if (context.Static(item.Home, attribute.Default, dims, values) is { } byDefault)
        {
            values[name] = Kind(attribute, byDefault) ?? byDefault;
            return byDefault is not Value.Error;
        }

        if (isInferred(name))
        {
            return true;
        }

        code.Fail(NameDiagnostics.MissingArgument, syntax.Span, item.Syntax.Name.Text, name, Signature(item));
        return false;
    }

    /// <summary>What the names in the types of a function's tensors are in a call: a default may use them, as in <c>out: dim = C</c>.</summary>
    private static Dictionary<string, Value> DimsOf(ItemSyntax item, Dictionary<string, Value> given)
    {
        var dims = new Dictionary<string, Value>(StringComparer.Ordinal);
        foreach (var parameter in (item as FunctionItem)?.Parameters ?? [])
        {
            if (parameter.Type?.Shape is not { } written || given[parameter.Name.Text] is not Value.Tensor { Bound.Type.Shape: var shape })
            {
                continue;
            }

            var ellipsis = written.ToList().FindIndex(e => e is EllipsisExpr);
            for (var i = 0; i < written.Length; i++)
            {
                var at = ellipsis >= 0 && i > ellipsis ? shape.Length - written.Length + i : i;
                if (i != ellipsis && at >= 0 && at < shape.Length && written[i] is NameExpr { Name.Text: var name } && !dims.ContainsKey(name))
                {
                    dims.Add(name, new Value.Integer(shape[at]));
                }
            }
        }

        return dims;
    }

    /// <summary>The value as an attribute of its kind: a number where a float is asked for may be an integer.</summary>
    private static Value? Kind(AttributeParameter attribute, Value value) => (attribute.Kind.Text, value) switch
    {
        ("float", Value.Integer { Real: { } real }) => new Value.Number(real),
        ("int" or "dim", Value.Integer integer) => new Value.Integer(integer.Dim),
        ("float", Value.Number) or ("bool", Value.Boolean) or ("string", Value.Text) or ("type", Value.Element) => value,
        ("list", Value.List) or (_, Value.None) => value,
        _ => null,
    };

    private static string Signature(Value.Item item) => item.Syntax switch
    {
        OpItem op => Signature(op.Name.Text, op.Operands.Select(o => o.Name.Text), op.Attributes),
        FunctionItem function => Signature(function.Name.Text, function.Parameters.Select(p => p.Name.Text), function.Attributes),
        _ => item.Syntax.Name.Text,
    };

    private static string Signature(string name, IEnumerable<string> tensors, ImmutableArray<AttributeParameter> attributes)
    {
        var after = attributes.Length == 0 ? "" : "; " + string.Join(", ", attributes.Select(a => $"{a.Name.Text}: {a.Kind.Text}"));
        return $"{name}({string.Join(", ", tensors)}{after})";
    }
}
