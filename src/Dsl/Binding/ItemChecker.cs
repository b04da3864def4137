using System.Collections.Immutable;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Scalars;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Dsl.Binding;

/// <summary>
/// Checks the declarations of a module that may never be used: operators with a fresh symbol for every extent, functions for names and arguments, masks,
/// patterns and formats with sample attributes.
/// </summary>
internal sealed class ItemChecker(BindingContext context, ModuleScope scope)
{
    /// <summary>What is certainly wrong in a function whatever it is called with; shapes and types depend on the call.</summary>
    private static readonly HashSet<DiagnosticDescriptor> Certain =
    [
        NameDiagnostics.UnknownName, NameDiagnostics.MissingArgument, NameDiagnostics.TooManyArguments, NameDiagnostics.UnknownArgument, NameDiagnostics.ArgumentTwice,
        NameDiagnostics.NotCallable, NameDiagnostics.UnknownElementType, NameDiagnostics.Misplaced, NameDiagnostics.Recursion, NameDiagnostics.ReductionOutsideOp,
        NameDiagnostics.NoValue, NameDiagnostics.DivisionByZero, NameDiagnostics.UnknownAttributeKind,
        SparsityDiagnostics.UnknownAnnotation, SparsityDiagnostics.AnnotationArguments, SparsityDiagnostics.BadFraction, SparsityDiagnostics.BadNm,
        SparsityDiagnostics.ConflictingAnnotations, SparsityDiagnostics.UnknownFormat, SparsityDiagnostics.SelectionOnParameter, SparsityDiagnostics.PromiseOnValue,
        SparsityDiagnostics.SelectionOnType, SparsityDiagnostics.CoverInside, SparsityDiagnostics.BadCover,
    ];

    public static readonly string[] Kinds = ["int", "float", "bool", "string", "dim", "type", "list"];

    // What the body of a pattern that depends on data may name besides the operators of the library.
    private static readonly HashSet<string> PatternWords = new(StringComparer.Ordinal)
    {
        "cols", "rows", "diags", "blocks", "keys", "topk", "mass", "above", "colsum", "rowsum", "diagsum", "last", "first", "nearest", "token", "segment", "same",
        "sort_within", "permute", "softmax", "rsqrt", "extent", "pooled", "force", "where", "exact", "tile", "unaligned", "neighbourhood", "per_head",
    };

    /// <summary>Reports the mistakes of every declaration.</summary>
    public void Check()
    {
        foreach (var item in scope.Syntax.Items)
        {
            context.CallLocation = new SourceLocation(scope.Source, item.Name.Span);
            try
            {
                Check(item);
            }
            catch (OverflowException)
            {
                context.Diagnostics.Report(NameDiagnostics.TooLarge, context.CallLocation, $"a number in '{item.Name.Text}'");
            }
        }
    }

    private void Check(ItemSyntax item)
    {
        switch (item)
        {
            case OpItem op when HasKnownKinds(op.Attributes):
                Op(op);
                break;
            case FunctionItem function when HasKnownKinds(function.Attributes):
                Function(function);
                break;
            case MaskItem mask:
                Names(mask.Body, [.. mask.Indices, .. mask.Attributes], allowsPatternWords: false);
                break;
            case PatternItem pattern:
                Names(pattern.Body, [.. pattern.Attributes, .. pattern.Operands], allowsPatternWords: pattern.Operands.Length > 0 || pattern.Body is BlockExpr);
                break;
            case FormatItem format:
                // Blocks of four and extents that all differ, divisible by four.
                new FormatBinder(new Elaborator(context, scope, new Scope(null), "", null)).Instance(
                    format, scope, [.. format.Parameters.Select(_ => 4)], format.Name.Span, [.. format.Indices.Select((_, i) => Dim.Const(8 + (4 * i)))]);
                break;
        }
    }

    private bool HasKnownKinds(ImmutableArray<AttributeParameter> attributes)
    {
        var unknown = attributes.Where(a => !Kinds.Contains(a.Kind.Text)).ToArray();
        foreach (var attribute in unknown)
        {
            context.ReportIn(scope, NameDiagnostics.UnknownAttributeKind, attribute.Kind.Span, attribute.Kind.Text,
                Suggestions.For(attribute.Kind.Text, Kinds, "kinds are " + string.Join(", ", Kinds)));
        }

        return unknown.Length == 0;
    }

    private void Op(OpItem op)
    {
        if (Samples(op.Attributes) is not { } attributes)
        {
            return;
        }

        ImmutableArray<Value> operands = [.. op.Operands.Select(o => (Value)new Value.Tensor(Operand(o)))];
        new OpBinder(context).Instantiate(new Value.Item(op, scope), operands, attributes, [], "");
    }

    private Dictionary<string, Value>? Samples(ImmutableArray<AttributeParameter> parameters)
    {
        var attributes = new Dictionary<string, Value>(StringComparer.Ordinal);
        foreach (var attribute in parameters)
        {
            if ((context.Static(scope, attribute.Default, attributes) ?? Sample(attribute)) is not { } value || value is Value.Error)
            {
                return null;
            }

            attributes[attribute.Name.Text] = value;
        }

        return attributes;
    }

    private static Value? Sample(AttributeParameter attribute) => attribute.Kind.Text switch
    {
        "int" => new Value.Integer(Dim.Const(2)),
        "dim" => new Value.Integer(Dim.Symbol("extent_of_" + attribute.Name.Text)),
        "float" => new Value.Number(0.5),
        "bool" => new Value.Boolean(true),
        "type" => new Value.Element(ElementType.F32),
        "string" => new Value.Text(""),
        _ => null,
    };

    /// <summary>An operand in which an index name has the same extent everywhere.</summary>
    private BoundInput Operand(OpOperand operand)
    {
        ImmutableArray<Dim> shape = operand.Indices is null
            ? [Dim.Symbol("E")]
            : [.. operand.Indices.Value.Select(i => Dim.Symbol(i.IsEllipsis ? "E" : "extent_of_" + i.Name.Text))];
        return Tensor(operand.Name.Text, ElementType.F32, shape, operand.Span);
    }

    private BoundInput Tensor(string name, ElementType type, ImmutableArray<Dim> shape, SourceSpan span) =>
        new(name, new TensorType(type, shape), null, new SourceLocation(scope.Source, span));

    /// <summary>Runs a body with operands of the declared types; an operand without one silences what depends on it.</summary>
    private void Function(FunctionItem function)
    {
        var bag = new DiagnosticBag();
        var inner = new BindingContext(bag, scope)
        {
            Model = new ModelState("", new Dictionary<string, int>(StringComparer.Ordinal), new OverlayRules([])),
            CallLocation = context.CallLocation,
            Index = context.Index,
            IsGeneric = true,
        };
        inner.Model.Expanding.Push(function);
        var names = new Scope(null);
        var body = new Elaborator(inner, scope, names, "", function);
        DeclareDims(body, function);
        foreach (var attribute in function.Attributes)
        {
            var value = attribute.Default is { } written ? body.Static(written) : Sample(attribute) ?? new Value.Error();
            body.Declare(attribute.Name, value);
        }

        foreach (var parameter in function.Parameters)
        {
            body.Declare(parameter.Name, Parameter(body, parameter));
        }

        new Annotations(body).NotHere(function.ResultType);
        var result = body.Block(function.Body.Statements);
        context.Index?.AddResult(body, scope.Source, function.Name.Span, result, function.Parameters.Select(p => names.Find(p.Name.Text)!));
        if (result is Value.None && !function.Body.Statements.Any(s => s is ValueStmt or ErrorStmt))
        {
            body.Fail(NameDiagnostics.NoValue, function.Body.Span, function.Name.Text);
        }

        foreach (var diagnostic in bag.Items.Where(d => Certain.Contains(d.Descriptor)))
        {
            context.Diagnostics.Add(diagnostic);
        }
    }

    /// <summary>Names in the types of tensors that are no attributes: extents nobody gave.</summary>
    private void DeclareDims(Elaborator body, FunctionItem function)
    {
        foreach (var extent in function.Parameters.SelectMany(p => p.Type?.Shape ?? []).OfType<NameExpr>())
        {
            var name = extent.Name.Text;
            if (function.Attributes.All(a => a.Name.Text != name) && body.Context.Constant(scope, extent) is null)
            {
                body.Scope.Set(name, new Value.Integer(Dim.Symbol(name)));
            }
        }
    }

    private Value Parameter(Elaborator body, ValueParameter parameter)
    {
        if (parameter.Type is not { } type)
        {
            return new Value.Error();
        }

        new Annotations(body).NotHere(type);
        var element = ElementTypes.Parse(type.Element.Text) ?? (body.Scope.Find(type.Element.Text) as Value.Element)?.Type;
        if (element is null)
        {
            return body.Fail(NameDiagnostics.UnknownElementType, type.Element.Span, type.Element.Text);
        }

        var shape = ImmutableArray.CreateBuilder<Dim>();
        foreach (var extent in type.Shape ?? [])
        {
            if (extent is NameExpr { Name.Text: var name } written && body.Scope.Find(name) is null && body.Context.Constant(scope, written) is null)
            {
                body.Scope.Set(name, new Value.Integer(Dim.Symbol(name)));
            }

            shape.Add(extent is EllipsisExpr ? Dim.Symbol("E") : body.Static(extent) is Value.Integer known ? known.Dim : Dim.One);
        }

        return new Value.Tensor(Tensor(parameter.Name.Text, element.Value, shape.ToImmutable(), parameter.Span));
    }

    /// <summary>Every name in a body must be one of its own, an item, or a word of the language.</summary>
    private void Names(Expr body, ImmutableArray<Name> own, bool allowsPatternWords)
    {
        var known = new HashSet<string>(own.Select(n => n.Text), StringComparer.Ordinal);
        if (body is BlockExpr block)
        {
            known.UnionWith(block.Statements.OfType<LetStmt>().SelectMany(l => l.Names).Select(n => n.Text));
        }

        foreach (var name in SyntaxWalk.All(body).OfType<NameExpr>())
        {
            var text = name.Name.Text;
            if (!known.Contains(text) && scope.Find(text) is null && CoreOps.Find(text) is null && !BuiltIns.Has(text) && text != "none" && text != "inf"
                && !(allowsPatternWords && PatternWords.Contains(text)))
            {
                var names = known.Concat(scope.Names).Concat(allowsPatternWords ? PatternWords : []);
                context.ReportIn(scope, NameDiagnostics.UnknownName, name.Span, text, context.Nearest(text, names, "declare it, or make it an attribute"));
            }
        }
    }
}
