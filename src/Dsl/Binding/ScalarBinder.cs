using System.Collections.Immutable;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Scalars;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Dsl.Binding;

/// <summary>Binds the body of an operator: index notation to scalar expressions. Null means wrong and reported.</summary>
internal sealed partial class ScalarBinder(BindingContext context, OpBinder operators, OpFrame frame)
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
                case ValueStmt { Value: CallExpr { Target: NameExpr { Name.Text: Requirement } } requirement }:
                    if (!Require(requirement))
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
                    : Applied(unary.Span, unary.Operator == UnaryOperator.Negate ? CoreOps.Neg : CoreOps.Not, operand)
                    : null;
            case BinaryExpr binary when Operation(binary.Operator) is { } op:
                return Both(binary.Left, binary.Right) is var (left, right) ? Applied(binary.Span, op, left, right) : null;
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
            : context.Nearest(text, names, "operands, indices and attributes of this operator can be used");
        context.ReportIn(frame.Home, NameDiagnostics.UnknownName, name.Span, text, hint);
        return null;
    }

    /// <summary>A value known while binding as an expression; null for one that is no number.</summary>
    internal static ScalarExpr? Scalar(Value value) => value switch
    {
        Value.Integer { Exact: { } exact } => new ScalarExpr.Literal(exact, ElementType.F32),
        Value.Integer { Dim.Constant: { } constant } => new ScalarExpr.Literal(constant, ElementType.I32),
        Value.Integer integer => new ScalarExpr.Index(integer.Dim),
        Value.Number number => new ScalarExpr.Literal(number.Real, ElementType.F32),
        Value.Boolean boolean => new ScalarExpr.Literal(boolean.Truth ? 1 : 0, ElementType.Bool),
        _ => null,
    };

    private ScalarExpr? Applied(SourceSpan place, CoreOp op, params ScalarExpr[] operands)
    {
        if (!ScalarTyping.IsArithmeticOfBool(op, operands))
        {
            return ScalarTyping.Apply(op, operands);
        }

        context.ReportIn(frame.Home, NameDiagnostics.IntegerNeedsCast, place, op.Name, ElementType.Bool.Name());
        return null;
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
        if (body is { Type: ElementType.Bool })
        {
            context.ReportIn(frame.Home, NameDiagnostics.IntegerNeedsCast, reduce.Span, reduce.Kind.Text, ElementType.Bool.Name());
            return null;
        }

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

    private ScalarExpr? Misplaced(SyntaxNode node, string what, string where)
    {
        context.ReportIn(frame.Home, NameDiagnostics.Misplaced, node.Span, what, where);
        return null;
    }
}
