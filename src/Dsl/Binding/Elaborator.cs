using System.Collections.Immutable;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Scalars;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Dsl.Binding;

/// <summary>Evaluates network code at compile time: what is left are the tensors of the model.</summary>
/// <param name="context">What the binder shares.</param>
/// <param name="home">The module the code stands in.</param>
/// <param name="scope">Names visible to it.</param>
/// <param name="path">Path of the layer instance being expanded; empty at model level.</param>
/// <param name="owner">The layer being expanded, or null: whether parameters may be declared.</param>
internal sealed class Elaborator(BindingContext context, ModuleScope home, Scope scope, string path, ItemSyntax? owner)
{
    /// <summary>The module of the code.</summary>
    public ModuleScope Home => home;

    /// <summary>Names visible to the code.</summary>
    public Scope Scope => scope;

    /// <summary>Path of the layer instance.</summary>
    public string Path => path;

    /// <summary>What the binder shares.</summary>
    public BindingContext Context => context;

    /// <summary>The same place with more names.</summary>
    public Elaborator Inner() => new(context, home, new Scope(scope), path, owner);

    /// <summary>An expression whose value must be known at compile time.</summary>
    public Value Static(Expr expr)
    {
        var value = Evaluate(expr);
        return value is Value.Tensor ? Fail(NameDiagnostics.NotStatic, expr.Span) : value;
    }

    /// <summary>The statements of a body; the value is that of the last one.</summary>
    public Value Block(IEnumerable<StatementSyntax> statements)
    {
        Value result = new Value.None();
        foreach (var statement in statements)
        {
            result = Statement(statement);
        }

        return result;
    }

    /// <summary>Gives a name its value, and notes it for editors.</summary>
    /// <param name="name">The name where it is declared.</param>
    /// <param name="value">Its value.</param>
    public void Declare(Name name, Value value)
    {
        if (context.Index is { } index)
        {
            index.AddValue(this, name.Span, value, ValueIndex.Frontier(value, scope));
            scope.Remember(value);
        }

        scope.Set(name.Text, value);
    }

    /// <summary>One statement.</summary>
    public Value Statement(StatementSyntax statement)
    {
        switch (statement)
        {
            case LetStmt let:
                new Lets(this).Bind(let);
                return new Value.None();
            case ValueStmt value:
                return Evaluate(value.Value);
            case ParamStmt param when owner is FunctionItem { IsLayer: true } or ModelItem:
                Declare(param.Name, new ParamBinder(this).Param(param));
                return new Value.None();
            case ParamStmt:
                return Fail(NameDiagnostics.Misplaced, statement.Span, "a parameter", "a model or layer");
            case StateStmt state when owner is FunctionItem { IsLayer: true } or ModelItem:
                Declare(state.Name, new ParamBinder(this).State(state));
                return new Value.None();
            case ErrorStmt:
                return new Value.Error();
            default:
                return Fail(NameDiagnostics.Misplaced, statement.Span, "an input, output or state", "a model");
        }
    }

    /// <summary>An expression.</summary>
    public Value Evaluate(Expr expr)
    {
        switch (expr)
        {
            case NumberExpr number:
                return !number.IsInteger ? new Value.Number(number.Value)
                    : number.Value < 1L << 53 ? new Value.Integer(Dim.Const((long)number.Value))
                    : Fail(NameDiagnostics.TooLarge, number.Span, "this integer");
            case StringExpr text:
                return new Value.Text(text.Value);
            case BoolExpr boolean:
                return new Value.Boolean(boolean.Value);
            case NameExpr name:
                var named = Name(name);
                context.Index?.AddValue(this, name.Span, named, []);
                return named;
            case MemberExpr member:
                return Member(member);
            case CallExpr call:
                return new Calls(this).Call(call, []);
            case IndexExpr index:
                return new Slicing(this).Index(index);
            case UnaryExpr unary:
                return new Arithmetic(this).Unary(unary, Evaluate(unary.Operand));
            case BinaryExpr binary:
                return Binary(binary);
            case ConditionalExpr conditional:
                return Conditional(conditional);
            case ListExpr list:
                return new Value.List([.. list.Items.Select(Evaluate)]);
            case TupleExpr tuple:
                return new Value.List([.. tuple.Items.Select(Evaluate)]);
            case BlockExpr block:
                return Inner().Block(block.Statements);
            case IfExpr choice:
                return If(choice);
            case ForExpr:
                return Fail(NameDiagnostics.Misplaced, expr.Span, "a 'for'", "a let, whose values it carries");
            case AnnotatedExpr annotated:
                return new Annotations(this).OnValue(annotated, Evaluate(annotated.Value));
            case ReduceExpr:
                return Fail(NameDiagnostics.ReductionOutsideOp, expr.Span);
            case ErrorExpr:
                return new Value.Error();
            default:
                return Fail(NameDiagnostics.Misplaced, expr.Span, "this", "subscripts");
        }
    }

    /// <summary>Reports a mistake and gives the value that silences what follows from it.</summary>
    public Value Fail(DiagnosticDescriptor descriptor, SourceSpan span, params string[] arguments)
    {
        context.ReportIn(home, descriptor, span, arguments);
        return new Value.Error();
    }

    /// <summary>A place of the code; in the library, the user's call.</summary>
    public SourceLocation Locate(SourceSpan span) => home.IsLibrary ? context.CallLocation : new SourceLocation(home.Source, span);

    private Value Name(NameExpr name)
    {
        var text = name.Name.Text;
        if (scope.Find(text) is { } value)
        {
            return value;
        }

        if (context.Constant(home, name) is { } constant)
        {
            return constant;
        }

        if (context.Find(home, text) is { } item)
        {
            return item;
        }

        if (ElementTypes.Parse(text) is { } type)
        {
            return new Value.Element(type);
        }

        if (text == "none")
        {
            return new Value.None();
        }

        if (text == "inf")
        {
            return new Value.Number(double.PositiveInfinity);
        }

        return BuiltIns.Has(text) || CoreOps.Find(text) is not null ? new Value.BuiltIn(text) : Unknown(name);
    }

    private Value Unknown(NameExpr name)
    {
        var names = scope.Names.Concat(home.Names).Concat(BuiltIns.Names).Concat(CoreOps.All.Select(o => o.Name));
        var text = name.Name.Text;
        var hint = text is "sum" or "prod" ? $"a reduction is written '{text}(i) x[i]' in an operator; std.nn has reduce_{text} along the last axis"
            : ElementTypes.IsLike(text) ? ElementTypes.Hint
            : context.Nearest(text, names, home.Imports.Count == 0 ? "the operators of the library need 'import std.nn'" : "declare it, or import the module that does");
        return Fail(NameDiagnostics.UnknownName, name.Span, text, hint);
    }

    private Value Member(MemberExpr member)
    {
        var target = Evaluate(member.Target);
        switch (target, member.Member.Text)
        {
            case (Value.Error, _):
                return target;
            case (Value.Tensor tensor, "shape"):
                return new Value.List([.. tensor.Bound.Type.Shape.Select(d => new Value.Integer(d))]);
            case (Value.Tensor tensor, "rank"):
                return new Value.Integer(Dim.Const(tensor.Bound.Type.Rank));
            case (Value.Tensor tensor, "type"):
                return new Value.Element(tensor.Bound.Type.Element);
            default:
                return Fail(NameDiagnostics.NoMember, member.Member.Span, target.Describe(), member.Member.Text);
        }
    }

    private Value Binary(BinaryExpr binary)
    {
        if (binary.Operator == BinaryOperator.Pipe)
        {
            return Pipe(binary.Right, [new GivenArgument(null, Evaluate(binary.Left), binary.Left.Span)]);
        }

        // Long sums lean left: a loop instead of recursion along the spine.
        var spine = new Stack<BinaryExpr>();
        Expr first = binary;
        while (first is BinaryExpr { Operator: not BinaryOperator.Pipe } inner)
        {
            spine.Push(inner);
            first = inner.Left;
        }

        var value = Evaluate(first);
        while (spine.Count > 0)
        {
            var step = spine.Pop();
            var right = Evaluate(step.Right);
            try
            {
                value = new Arithmetic(this).Binary(step, value, right);
            }
            catch (OverflowException)
            {
                value = Fail(NameDiagnostics.TooLarge, step.Span, "this number");
            }
        }

        return value;
    }

    private Value Pipe(Expr stage, ImmutableArray<GivenArgument> piped) => stage switch
    {
        CallExpr call => new Calls(this).Call(call, piped),
        AnnotatedExpr annotated => new Annotations(this).OnValue(annotated, Pipe(annotated.Value, piped)),
        _ => new Calls(this).Call(new CallExpr(stage, [], null, null, stage.Span), piped),
    };

    private Value Conditional(ConditionalExpr conditional)
    {
        var condition = Evaluate(conditional.Condition);
        switch (condition)
        {
            case Value.Boolean boolean:
                return Evaluate(boolean.Truth ? conditional.Value : conditional.Otherwise);
            case Value.Tensor:
                return new Arithmetic(this).Apply(conditional.Span, CoreOps.Select, condition, Evaluate(conditional.Value), Evaluate(conditional.Otherwise));
            case Value.Error:
                return condition;
            default:
                return Fail(NameDiagnostics.WrongKind, conditional.Condition.Span, "a condition", condition.Describe(), "write a comparison");
        }
    }

    private Value If(IfExpr choice)
    {
        var condition = Static(choice.Condition);
        switch (condition)
        {
            case Value.Boolean { Truth: true }:
                return Inner().Block(choice.Then.Statements);
            case Value.Boolean when choice.Else is null:
                return new Value.None();
            case Value.Boolean:
                return Inner().Block(choice.Else!.Statements);
            case Value.Error:
                return condition;
            default:
                return Fail(NameDiagnostics.WrongKind, choice.Condition.Span, "a condition", condition.Describe(), "write a comparison");
        }
    }
}
