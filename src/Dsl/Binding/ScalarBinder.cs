using System.Collections.Immutable;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Scalars;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Dsl.Binding;

/// <summary>Binds the body of an operator: index notation to scalar expressions. Null means wrong and reported.</summary>
internal sealed class ScalarBinder(BindingContext context, OpBinder operators, OpFrame frame)
{
    private static readonly Dictionary<BinaryOperator, CoreOp> Operations = new()
    {
        [BinaryOperator.Add] = CoreOps.Add,
        [BinaryOperator.Subtract] = CoreOps.Sub,
        [BinaryOperator.Multiply] = CoreOps.Mul,
        [BinaryOperator.Divide] = CoreOps.Div,
        [BinaryOperator.Modulo] = CoreOps.Mod,
        [BinaryOperator.Power] = CoreOps.Pow,
        [BinaryOperator.Equal] = CoreOps.Eq,
        [BinaryOperator.NotEqual] = CoreOps.Ne,
        [BinaryOperator.Less] = CoreOps.Lt,
        [BinaryOperator.LessEqual] = CoreOps.Le,
        [BinaryOperator.Greater] = CoreOps.Gt,
        [BinaryOperator.GreaterEqual] = CoreOps.Ge,
        [BinaryOperator.And] = CoreOps.And,
        [BinaryOperator.Or] = CoreOps.Or,
    };

    /// <summary>The core operation an infix operator spells, or null for those that are not arithmetic.</summary>
    public static CoreOp? Operation(BinaryOperator op) => Operations.TryGetValue(op, out var found) ? found : null;

    /// <summary>A whole body: an expression, or a block of lets and a value.</summary>
    public ScalarExpr? Body(Expr body)
    {
        if (body is not BlockExpr block)
        {
            return Expression(body);
        }

        ScalarExpr? value = null;
        foreach (var statement in block.Statements)
        {
            switch (statement)
            {
                case LetStmt let:
                    if (!Let(let))
                    {
                        return null;
                    }

                    break;
                case ValueStmt last:
                    value = Expression(last.Value);
                    break;
                case ErrorStmt:
                    return null;
                default:
                    return Misplaced(statement, "this statement", "a model or layer");
            }
        }

        return value;
    }

    /// <summary>An expression.</summary>
    public ScalarExpr? Expression(Expr expr)
    {
        switch (expr)
        {
            case NumberExpr number:
                return new ScalarExpr.Literal(number.Value, number.IsInteger ? ElementType.I32 : ElementType.F32);
            case BoolExpr boolean:
                return new ScalarExpr.Literal(boolean.Value ? 1 : 0, ElementType.Bool);
            case NameExpr name:
                return Name(name);
            case IndexExpr index:
                return Read(index);
            case UnaryExpr { Operator: not UnaryOperator.Transpose } unary:
                return Expression(unary.Operand) is { } operand
                    ? unary is { Operator: UnaryOperator.Negate } && operand is ScalarExpr.Literal literal ? new ScalarExpr.Literal(-literal.Value, literal.Type)
                    : ScalarTyping.Apply(unary.Operator == UnaryOperator.Negate ? CoreOps.Neg : CoreOps.Not, operand)
                    : null;
            case BinaryExpr binary when Operation(binary.Operator) is { } op:
                return Both(binary.Left, binary.Right) is var (left, right) ? ScalarTyping.Apply(op, left, right) : null;
            case BinaryExpr { Operator: BinaryOperator.Pipe, Right: CallExpr call } pipe:
                return Call(call with { Arguments = call.Arguments.Insert(0, new Argument(null, pipe.Left, pipe.Left.Span)) });
            case BinaryExpr { Operator: BinaryOperator.Pipe, Right: NameExpr target } pipe:
                return Call(new CallExpr(target, [new Argument(null, pipe.Left, pipe.Left.Span)], null, null, pipe.Span));
            case ConditionalExpr conditional:
                return Conditional(conditional);
            case ReduceExpr reduce:
                return Reduce(reduce);
            case CallExpr call:
                return Call(call);
            case ErrorExpr:
                return null;
            default:
                return Misplaced(expr, "this expression", "network code, not in an operator's body");
        }
    }

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

        if (size.Constant is < 0)
        {
            context.ReportIn(frame.Home, NameDiagnostics.NegativeExtent, expr.Span, size.Text);
            return null;
        }

        return size;
    }

    /// <summary>Whether an expression uses no index variables but these and those of its own reductions; else reports it.</summary>
    public bool IsClosed(ScalarExpr body, ImmutableArray<IndexRange> indices, SourceSpan place, string name)
    {
        var known = new HashSet<string>(indices.Select(i => i.Name).Concat(body.All().OfType<ScalarExpr.Reduce>().SelectMany(r => r.Vars).Select(v => v.Name)), StringComparer.Ordinal);
        var used = body.All().SelectMany(e => e switch
        {
            ScalarExpr.Read read => read.Subscripts.SelectMany(s => s.Symbols()),
            ScalarExpr.Index index => index.Value.Symbols(),
            _ => [],
        });
        if (used.FirstOrDefault(s => frame.IsIndex(s) && !known.Contains(s)) is not { } free)
        {
            return true;
        }

        var written = frame.Ellipsis.Any(e => e.Name == free) ? ".." : free;
        context.ReportIn(frame.Home, NameDiagnostics.UnboundIndex, place, name, written);
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

    private bool Let(LetStmt let)
    {
        var name = let.Names[0].Text;
        if (let.Indices is not { } binders)
        {
            if (Expression(let.Value) is not { } value)
            {
                return false;
            }

            frame.Lets[name] = value;
            return true;
        }

        // The indices of a stage are its own: those of the result mean nothing in it.
        var saved = new Dictionary<string, IndexRange>(frame.Variables, StringComparer.Ordinal);
        frame.Variables.Clear();
        var indices = ImmutableArray.CreateBuilder<IndexRange>();
        var ellipsisAt = 0;
        foreach (var binder in binders)
        {
            if (binder.IsEllipsis)
            {
                ellipsisAt = indices.Count;
                indices.AddRange(frame.Ellipsis);
                continue;
            }

            if (Extent(binder, let.Value) is not { } extent)
            {
                Restore(saved);
                return false;
            }

            var index = frame.NewIndex(binder.Name.Text, extent);
            frame.Variables[binder.Name.Text] = index;
            indices.Add(index);
        }

        var body = Expression(let.Value);
        Restore(saved);
        if (body is null || !IsClosed(body, indices.ToImmutable(), let.Span, name))
        {
            return false;
        }

        frame.Stages.Add(new BoundStage(name, indices.ToImmutable(), body));
        var type = new TensorType(body.Type, [.. indices.Select(i => i.Extent)]);
        var length = binders.Any(b => b.IsEllipsis) ? frame.Ellipsis.Length : 0;
        frame.Operands[name] = new OpOperandValue(frame.TensorCount + frame.Stages.Count - 1, type, ellipsisAt, length, null);
        return true;
    }

    private void Restore(Dictionary<string, IndexRange> variables)
    {
        frame.Variables.Clear();
        foreach (var entry in variables)
        {
            frame.Variables.Add(entry.Key, entry.Value);
        }
    }

    private ScalarExpr? Name(NameExpr name)
    {
        var text = name.Name.Text;
        if (frame.Lets.TryGetValue(text, out var let))
        {
            return let;
        }

        if (frame.Variables.TryGetValue(text, out var variable))
        {
            return new ScalarExpr.Index(variable.Symbol);
        }

        if (frame.Operands.TryGetValue(text, out var operand))
        {
            return operand.Scalar ?? Whole(name, operand);
        }

        if (frame.Attributes.TryGetValue(text, out var attribute) && Scalar(attribute) is { } scalar)
        {
            return scalar;
        }

        if (context.Constant(frame.Home, name) is { } constant && Scalar(constant) is { } known)
        {
            return known;
        }

        if (text == "inf")
        {
            return new ScalarExpr.Literal(double.PositiveInfinity, ElementType.F32);
        }

        var names = frame.Variables.Keys.Concat(frame.Operands.Keys).Concat(frame.Attributes.Keys).Concat(frame.Lets.Keys);
        var hint = frame.Extents.ContainsKey(text)
            ? $"'{text}' is an index of an operand; reduce over it, or put it in the result"
            : Suggestions.For(text, names, "operands, indices and attributes of this operator can be used");
        context.ReportIn(frame.Home, NameDiagnostics.UnknownName, name.Span, text, hint);
        return null;
    }

    private static ScalarExpr? Scalar(Value value) => value switch
    {
        Value.Integer { Exact: { } exact } => new ScalarExpr.Literal(exact, ElementType.F32),
        Value.Integer { Dim.Constant: { } constant } => new ScalarExpr.Literal(constant, ElementType.I32),
        Value.Integer integer => new ScalarExpr.Index(integer.Dim),
        Value.Number number => new ScalarExpr.Literal(number.Real, ElementType.F32),
        Value.Boolean boolean => new ScalarExpr.Literal(boolean.Truth ? 1 : 0, ElementType.Bool),
        _ => null,
    };

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

    private (ScalarExpr Left, ScalarExpr Right)? Both(Expr left, Expr right)
    {
        // Both sides are bound before giving up, so that both are diagnosed.
        var a = Expression(left);
        var b = Expression(right);
        return a is null || b is null ? null : (a, b);
    }

    private ScalarExpr? Conditional(ConditionalExpr conditional)
    {
        var condition = Expression(conditional.Condition);
        return Both(conditional.Value, conditional.Otherwise) is var (value, otherwise) && condition is not null
            ? ScalarTyping.Apply(CoreOps.Select, ScalarTyping.Convert(condition, ElementType.Bool), value, otherwise)
            : null;
    }

    private ScalarExpr.Reduce? Reduce(ReduceExpr reduce)
    {
        var kind = reduce.Kind.Text switch
        {
            "sum" => ReduceKind.Sum,
            "max" => ReduceKind.Max,
            "min" => ReduceKind.Min,
            _ => ReduceKind.Prod,
        };
        var saved = new Dictionary<string, IndexRange>(frame.Variables, StringComparer.Ordinal);
        var fill = frame.Fill;
        var vars = ImmutableArray.CreateBuilder<IndexRange>();
        foreach (var binder in reduce.Binders)
        {
            if (binder.IsEllipsis)
            {
                Restore(saved);
                return (ScalarExpr.Reduce?)Misplaced(binder, "'..'", "subscripts; a reduction names its variables");
            }

            if (Extent(binder, reduce.Body) is not { } extent)
            {
                Restore(saved);
                return null;
            }

            var index = frame.NewIndex(binder.Name.Text, extent);
            vars.Add(index);
            frame.Variables[binder.Name.Text] = index;
        }

        frame.Fill = kind.Identity();
        var body = Expression(reduce.Body);
        frame.Fill = fill;
        Restore(saved);
        return body is null ? null : new ScalarExpr.Reduce(kind, vars.ToImmutable(), body);
    }

    /// <summary>The extent of a variable: as written, that of the operand index of its name, or of the index it is the whole subscript of.</summary>
    private Dim? Extent(IndexBinder binder, Expr body)
    {
        if (binder.Extent is { } written)
        {
            return Size(written);
        }

        var name = binder.Name.Text;
        if (frame.Extents.TryGetValue(name, out var extent))
        {
            return extent;
        }

        // The variable's own extent, wherever it is the whole of a subscript.
        foreach (var index in SyntaxWalk.All(body).OfType<IndexExpr>())
        {
            if (index.Target is NameExpr target && frame.Operands.TryGetValue(target.Name.Text, out var operand)
                && Position(index, name, operand) is { } position && position < operand.Type.Rank)
            {
                return operand.Type.Shape[position];
            }
        }

        context.ReportIn(frame.Home, NameDiagnostics.NotAnIndex, binder.Span, name);
        return null;
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
                    Suggestions.For(name, CoreOps.All.Select(o => o.Name).Concat(frame.Home.Names), "core operations and elementwise operators can be called here"));
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

        return operators.Inline(item, [.. values.Select(v => v!)], attributes);
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

        return ScalarTyping.Apply(op, [.. values.Select(v => v!)]);
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

    private ScalarExpr? Misplaced(SyntaxNode node, string what, string where)
    {
        context.ReportIn(frame.Home, NameDiagnostics.Misplaced, node.Span, what, where);
        return null;
    }
}
