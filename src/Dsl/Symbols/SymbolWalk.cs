using System.Collections.Immutable;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Dsl.Symbols;

/// <summary>Walks a module in the order in which names come into being, and notes what every name refers to.</summary>
internal sealed class SymbolWalk(SourceText source, ModuleSyntax module)
{
    private readonly List<SymbolUse> uses = [];
    private readonly SymbolScope root = new(new SourceSpan(0, source.Text.Length), null);
    private readonly List<Symbol> imported = [];

    /// <summary>The table, with the items of directly imported modules.</summary>
    public SymbolTable Run(IEnumerable<(ImportSyntax Import, SourceText Text, ModuleSyntax Tree)> imports)
    {
        foreach (var (import, text, tree) in imports)
        {
            uses.Add(new(import.Path.Span, new Symbol(import.Path.Text, SymbolKind.Module, new SourceLocation(text, new SourceSpan(0, 0)), tree)));
            imported.AddRange(tree.Items.Where(i => i is not SparsifyItem).Select(i => Item(i, text)));
        }

        foreach (var item in module.Items)
        {
            var symbol = Item(item, source);
            uses.Add(new(item.Name.Span, item is SparsifyItem ? Find(root, item.Name.Text) ?? symbol : symbol));
            if (item is not SparsifyItem && root.Find(symbol.Name) is null)
            {
                root.Add(symbol, 0);
            }
        }

        for (var i = 0; i < module.Items.Length; i++)
        {
            // What is being typed behind an item belongs to it until the next one begins.
            var end = i + 1 < module.Items.Length ? module.Items[i + 1].Span.Start - 1 : source.Text.Length;
            Walk(module.Items[i], root.Add(SourceSpan.FromBounds(module.Items[i].Span.Start, Math.Max(end, module.Items[i].Span.End))));
        }

        ResolveOverlays();
        return new SymbolTable(source, module, root, uses, imported);
    }

    private static Symbol Item(ItemSyntax item, SourceText text) => new(item.Name.Text, KindOf(item), new SourceLocation(text, item.Name.Span), item);

    private static SymbolKind KindOf(ItemSyntax item) => item switch
    {
        ConstItem => SymbolKind.Constant,
        OpItem => SymbolKind.Operator,
        FunctionItem { IsLayer: true } => SymbolKind.Layer,
        FunctionItem => SymbolKind.Function,
        ModelItem => SymbolKind.Model,
        FormatItem => SymbolKind.Format,
        MaskItem { IsScore: true } => SymbolKind.Score,
        MaskItem => SymbolKind.Mask,
        PatternItem => SymbolKind.Pattern,
        _ => SymbolKind.Overlay,
    };

    /// <summary>An overlay may stand before its model.</summary>
    private void ResolveOverlays()
    {
        for (var i = 0; i < uses.Count; i++)
        {
            if (uses[i].Symbol.Kind == SymbolKind.Overlay && Find(root, uses[i].Symbol.Name) is { } model)
            {
                uses[i] = new SymbolUse(uses[i].Span, model);
            }
        }
    }

    private Symbol? Find(SymbolScope scope, string name) => scope.Find(name) ?? imported.FirstOrDefault(s => s.Name == name);

    private Symbol Declare(SymbolScope scope, Name name, SymbolKind kind, SyntaxNode declaration, int? from = null)
    {
        var symbol = new Symbol(name.Text, kind, new SourceLocation(source, name.Span), declaration);
        scope.Add(symbol, from ?? name.Span.End);
        uses.Add(new(name.Span, symbol));
        return symbol;
    }

    private void Use(SymbolScope scope, Name name)
    {
        if (Find(scope, name.Text) is { } symbol)
        {
            uses.Add(new(name.Span, symbol));
        }
    }

    // -------------------------------------------------------------------------------------------------------------- items

    private void Walk(ItemSyntax item, SymbolScope scope)
    {
        switch (item)
        {
            case ConstItem constant:
                Walk(scope, constant.Value);
                break;
            case OpItem op:
                Operator(scope, op);
                break;
            case FunctionItem function:
                Function(scope, function);
                break;
            case ModelItem model:
                Model(scope, model);
                break;
            case FormatItem format:
                DeclareAll(scope, format.Parameters, SymbolKind.Attribute, format);
                DeclareAll(scope, format.Indices, SymbolKind.Index, format);
                WalkAll(scope, format.Levels);
                break;
            case MaskItem mask:
                DeclareAll(scope, mask.Indices, SymbolKind.Index, mask);
                DeclareAll(scope, mask.Attributes, SymbolKind.Attribute, mask);
                Walk(scope, mask.Body);
                break;
            case PatternItem pattern:
                DeclareAll(scope, pattern.Attributes, SymbolKind.Attribute, pattern);
                DeclareAll(scope, pattern.Operands, SymbolKind.Operand, pattern);
                Walk(scope, pattern.Body);
                Walk(scope, pattern.Cover);
                break;
            case SparsifyItem overlay:
                Annotations(scope, overlay.Rules.SelectMany(r => r.Annotations));
                break;
        }
    }

    private void DeclareAll(SymbolScope scope, ImmutableArray<Name> names, SymbolKind kind, SyntaxNode declaration)
    {
        foreach (var name in names)
        {
            Declare(scope, name, kind, declaration);
        }
    }

    private void Operator(SymbolScope scope, OpItem op)
    {
        foreach (var operand in op.Operands)
        {
            Declare(scope, operand.Name, SymbolKind.Operand, operand);
            IndexUses(scope, operand.Indices);
        }

        Attributes(scope, op.Attributes);
        if (op.Result is { } result)
        {
            IndexUses(scope, result.Indices);
        }

        Walk(scope, op.Body);
    }

    /// <summary>Index names of operands and results: the first occurrence declares, the others refer to it.</summary>
    private void IndexUses(SymbolScope scope, ImmutableArray<IndexBinder>? binders)
    {
        foreach (var binder in binders ?? [])
        {
            Walk(scope, binder.Extent);
            if (!binder.IsEllipsis && scope.Find(binder.Name.Text) is { Kind: SymbolKind.Index } known)
            {
                uses.Add(new(binder.Name.Span, known));
            }
            else if (!binder.IsEllipsis)
            {
                Declare(scope, binder.Name, SymbolKind.Index, binder);
            }
        }
    }

    private void Attributes(SymbolScope scope, ImmutableArray<AttributeParameter> attributes)
    {
        foreach (var attribute in attributes)
        {
            Walk(scope, attribute.Default);
            Declare(scope, attribute.Name, SymbolKind.Attribute, attribute);
        }
    }

    private void Function(SymbolScope scope, FunctionItem function)
    {
        var attributes = new HashSet<string>(function.Attributes.Select(a => a.Name.Text), StringComparer.Ordinal);
        foreach (var parameter in function.Parameters)
        {
            Inferred(scope, parameter.Type, attributes);
            Declare(scope, parameter.Name, SymbolKind.Operand, parameter);
        }

        Attributes(scope, function.Attributes);
        // Attributes may be named by the types before them.
        foreach (var parameter in function.Parameters)
        {
            Type(scope, parameter.Type);
        }

        Type(scope, function.ResultType);
        Block(scope, function.Body);
    }

    /// <summary>Names of extents that a function infers from its arguments are declared where they first occur.</summary>
    private void Inferred(SymbolScope scope, TypeSyntax? type, HashSet<string> attributes)
    {
        foreach (var extent in (type?.Shape ?? []).OfType<NameExpr>())
        {
            var name = extent.Name;
            if (!attributes.Contains(name.Text) && Find(scope, name.Text) is not { Kind: SymbolKind.Dim or SymbolKind.Constant })
            {
                var symbol = new Symbol(name.Text, SymbolKind.Dim, new SourceLocation(source, name.Span), type!);
                scope.Add(symbol, name.Span.End);
            }
        }
    }

    private void Model(SymbolScope scope, ModelItem model)
    {
        foreach (var dim in model.Dims)
        {
            Walk(scope, dim.Low);
            Walk(scope, dim.High);
            Walk(scope, dim.Step);
            Declare(scope, dim.Name, SymbolKind.Dim, dim);
        }

        Statements(scope, model.Body);
    }

    // --------------------------------------------------------------------------------------------------- types, annotations

    private void Type(SymbolScope scope, TypeSyntax? type)
    {
        if (type is null)
        {
            return;
        }

        Use(scope, type.Element);
        WalkAll(scope, type.Shape ?? []);
        Annotations(scope, type.Annotations);
    }

    private void Annotations(SymbolScope scope, IEnumerable<AnnotationSyntax> annotations)
    {
        foreach (var argument in annotations.SelectMany(a => a.Arguments))
        {
            Walk(scope, argument.Value);
        }
    }

    // ---------------------------------------------------------------------------------------------------------- statements

    private void Block(SymbolScope scope, BlockExpr block) => Statements(scope.Add(block.Span), block.Statements);

    private void Statements(SymbolScope scope, ImmutableArray<StatementSyntax> statements)
    {
        foreach (var statement in statements)
        {
            Walk(scope, statement);
        }
    }

    private void Walk(SymbolScope scope, StatementSyntax statement)
    {
        switch (statement)
        {
            case InputStmt input:
                Type(scope, input.Type);
                Declare(scope, input.Name, SymbolKind.Input, input, input.Span.End);
                break;
            case ParamStmt param:
                Type(scope, param.Type);
                Declare(scope, param.Name, SymbolKind.Param, param, param.Span.End);
                break;
            case StateStmt state:
                Type(scope, state.Type);
                Declare(scope, state.Name, SymbolKind.State, state, state.Span.End);
                break;
            case LetStmt let:
                Let(scope, let);
                break;
            case OutputStmt output:
                Output(scope, output);
                break;
            case ValueStmt value:
                Walk(scope, value.Value);
                break;
        }
    }

    private void Let(SymbolScope scope, LetStmt let)
    {
        // The names of a loop's let are visible in its body even when nothing had the name before, and so are indices of an intermediate tensor.
        var inner = let.Indices is null ? scope : scope.Add(let.Span);
        foreach (var binder in let.Indices ?? [])
        {
            Walk(inner, binder.Extent);
            if (!binder.IsEllipsis)
            {
                Declare(inner, binder.Name, SymbolKind.Index, binder);
            }
        }

        Walk(inner, let.Value);
        foreach (var name in let.Names)
        {
            Declare(scope, name, SymbolKind.Let, let, let.Span.End);
        }
    }

    private void Output(SymbolScope scope, OutputStmt output)
    {
        Type(scope, output.Type);
        if (output.Value is null && Find(scope, output.Name.Text) is { } named)
        {
            uses.Add(new(output.Name.Span, named));
            return;
        }

        Walk(scope, output.Value);
        Declare(scope, output.Name, SymbolKind.Output, output, output.Span.End);
    }

    // --------------------------------------------------------------------------------------------------------- expressions

    private void WalkAll(SymbolScope scope, IEnumerable<Expr> expressions)
    {
        foreach (var expression in expressions)
        {
            Walk(scope, expression);
        }
    }

    private void Walk(SymbolScope scope, Expr? expression)
    {
        switch (expression)
        {
            case NameExpr name:
                Use(scope, name.Name);
                break;
            case BinaryExpr binary:
                Binary(scope, binary);
                break;
            case CallExpr call:
                Call(scope, call);
                break;
            case ReduceExpr reduce:
                Reduce(scope, reduce);
                break;
            case BlockExpr block:
                Block(scope, block);
                break;
            case ForExpr loop:
                Loop(scope, loop);
                break;
            case IfExpr choice:
                Walk(scope, choice.Condition);
                Block(scope, choice.Then);
                Walk(scope, choice.Else);
                break;
            case AnnotatedExpr annotated:
                Walk(scope, annotated.Value);
                Annotations(scope, annotated.Annotations);
                break;
            case not null:
                WalkAll(scope, Parts(expression));
                break;
        }
    }

    private static IEnumerable<Expr> Parts(Expr expression) => expression switch
    {
        MemberExpr e => [e.Target],
        IndexExpr e => [e.Target, .. e.Subscripts],
        SliceExpr e => new[] { e.Low, e.High }.OfType<Expr>(),
        UnaryExpr e => [e.Operand],
        ConditionalExpr e => [e.Value, e.Condition, e.Otherwise],
        ListExpr e => e.Items,
        TupleExpr e => e.Items,
        _ => [],
    };

    /// <summary>Long sums and pipelines lean left: a loop instead of recursion along the spine.</summary>
    private void Binary(SymbolScope scope, BinaryExpr binary)
    {
        var rights = new Stack<Expr>();
        Expr first = binary;
        while (first is BinaryExpr step)
        {
            rights.Push(step.Right);
            first = step.Left;
        }

        Walk(scope, first);
        while (rights.Count > 0)
        {
            Walk(scope, rights.Pop());
        }
    }

    private void Call(SymbolScope scope, CallExpr call)
    {
        Walk(scope, call.Target);
        Walk(scope, call.LabelIndex);
        var callee = call.Target is NameExpr target ? Find(scope, target.Name.Text) : null;
        foreach (var argument in call.Arguments)
        {
            Walk(scope, argument.Value);
            if (argument.Name is { } name && callee is not null && Parameters.Of(callee).FirstOrDefault(p => p.Name == name.Text) is { } parameter)
            {
                uses.Add(new(name.Span, parameter));
            }
        }
    }

    private void Reduce(SymbolScope scope, ReduceExpr reduce)
    {
        var inner = scope.Add(reduce.Span);
        foreach (var binder in reduce.Binders)
        {
            Walk(inner, binder.Extent);
            if (scope.Find(binder.Name.Text) is { Kind: SymbolKind.Index } known)
            {
                // An index of an operand: the reduction runs over its extent.
                uses.Add(new(binder.Name.Span, known));
            }
            else
            {
                Declare(inner, binder.Name, SymbolKind.Index, binder);
            }
        }

        Walk(inner, reduce.Body);
    }

    private void Loop(SymbolScope scope, ForExpr loop)
    {
        Walk(scope, loop.Items);
        var inner = scope.Add(SourceSpan.Union(loop.Variables[0].Span, loop.Body.Span));
        foreach (var variable in loop.Variables)
        {
            Declare(inner, variable, SymbolKind.LoopVariable, loop);
        }

        Block(inner, loop.Body);
    }
}
