using System.Collections.Immutable;
using static SparseDsl.Dsl.Syntax.Formatting.Doc;

namespace SparseDsl.Dsl.Syntax.Formatting;

/// <summary>Layout of expressions, with the fewest parentheses that give the same tree.</summary>
internal sealed class ExpressionLayout(Func<BlockExpr, Doc> block)
{
    private const int PipeLevel = 0;
    private const int ConditionalLevel = 1;
    private const int OrLevel = 2;
    private const int AdditiveLevel = 6;
    private const int MultiplicativeLevel = 7;
    private const int PrefixLevel = 9;
    private const int PowerLevel = 10;
    private const int PostfixLevel = 11;

    /// <summary>Any expression.</summary>
    public Doc Expression(Expr expression) => At(PipeLevel, expression);

    /// <summary>An expression of <c>+ -</c> and tighter.</summary>
    public Doc Additive(Expr expression) => At(AdditiveLevel, expression);

    /// <summary>An expression as a statement that is not the first of its block, where a leading minus would go on the line above.</summary>
    public Doc AfterStatement(Expr expression) =>
        Leftmost(expression, PipeLevel) is UnaryExpr { Operator: UnaryOperator.Negate } ? Parenthesised(expression) : Expression(expression);

    /// <summary>Whether <see cref="AfterStatement"/> begins with <c>(</c> or <c>[</c>.</summary>
    public bool BeginsWithBracket(Expr expression) => Leftmost(expression, PipeLevel)
        is null or ListExpr or TupleExpr or UnaryExpr { Operator: UnaryOperator.Negate };

    /// <summary>A call without label, as after <c>from</c>.</summary>
    public Doc Call(CallExpr call) => Concat(Target(call.Target), Arguments(call.Arguments), Label(call));

    /// <summary><c>(3, axis: 1)</c></summary>
    public Doc Arguments(ImmutableArray<Argument> arguments) => Enclosed("(", arguments.Select(Argument), ")");

    /// <summary>The annotations behind a value or a type, each with a possible line end before it.</summary>
    public Doc Annotations(ImmutableArray<AnnotationSyntax> annotations) =>
        new Indent(Concat(annotations.Select(a => Concat(Space, "@", Annotation(a)))));

    /// <summary>An annotation without <c>@</c>.</summary>
    public Doc Annotation(AnnotationSyntax annotation) =>
        Concat(annotation.Name.Text, annotation.Arguments.Length == 0 ? "" : Arguments(annotation.Arguments));

    /// <summary><c>r &lt; k</c></summary>
    public Doc Binder(IndexBinder binder) =>
        binder.Extent is null ? binder.Name.Text : Concat(binder.Name.Text, " < ", Additive(binder.Extent));

    /// <summary>Entries between brackets: on one line, or one line each.</summary>
    public static Doc Enclosed(string open, IEnumerable<Doc> entries, string close)
    {
        Doc[] all = [.. entries];
        return all.Length == 0
            ? open + close
            : new Group(Concat(open, new Indent(Concat(Soft, Join(Concat(",", Space), all))), Soft, close));
    }

    private Doc Argument(Argument argument) =>
        argument.Name is null ? Expression(argument.Value) : Concat(argument.Name.Text, ": ", Expression(argument.Value));

    private Doc At(int level, Expr expression) =>
        Level(expression) < level ? Parenthesised(expression) : Bare(expression);

    private Doc Parenthesised(Expr expression) => Concat("(", new Indent(Bare(expression)), ")");

    private static int Level(Expr expression) => expression switch
    {
        BinaryExpr binary => Level(binary.Operator),
        ConditionalExpr => ConditionalLevel,
        UnaryExpr { Operator: not UnaryOperator.Transpose } => PrefixLevel,
        _ => PostfixLevel,
    };

    private static int Level(BinaryOperator op) => op switch
    {
        BinaryOperator.Pipe => PipeLevel,
        BinaryOperator.Or => OrLevel,
        BinaryOperator.And => 3,
        BinaryOperator.Range => 5,
        BinaryOperator.Add or BinaryOperator.Subtract => AdditiveLevel,
        BinaryOperator.Multiply or BinaryOperator.Divide or BinaryOperator.Modulo => MultiplicativeLevel,
        BinaryOperator.Dot => 8,
        BinaryOperator.Power => PowerLevel,
        _ => 4,
    };

    private Doc Bare(Expr expression) => expression switch
    {
        NumberExpr e => e.Text,
        StringExpr e => SyntaxFacts.Quote(e.Value),
        BoolExpr e => e.Value ? "true" : "false",
        NameExpr e => e.Name.Text,
        EllipsisExpr => "..",
        MemberExpr e => Concat(Target(e.Target), ".", e.Member.Text),
        CallExpr e => Call(e),
        IndexExpr e => Concat(Target(e.Target), Enclosed("[", e.Subscripts.Select(Bare), "]")),
        SliceExpr e => Concat(Bound(e.Low), ":", Bound(e.High)),
        BinaryExpr e => new Group(Chain(e)),
        UnaryExpr { Operator: UnaryOperator.Transpose } e => Concat(Target(e.Operand), "'"),
        UnaryExpr e => Concat(e.Operator.Spelling(), At(PrefixLevel, e.Operand)),
        ReduceExpr e => Concat(e.Kind.Text, Enclosed("(", e.Binders.Select(Binder), ")"), " ", ReduceBody(e.Body)),
        ConditionalExpr e => new Group(Conditional(e)),
        ListExpr e => Enclosed("[", e.Items.Select(Expression), "]"),
        TupleExpr e => Enclosed("(", e.Items.Select(Expression), ")"),
        BlockExpr e => block(e),
        ForExpr e => Concat("for ", Variables(e.Variables), " in ", Expression(e.Items), " ", block(e.Body)),
        IfExpr e => Concat("if ", Expression(e.Condition), " ", block(e.Then), Else(e.Else)),
        AnnotatedExpr e => new Group(Concat(Annotatable(e.Value), Annotations(e.Annotations))),
        _ => throw new ArgumentException($"no layout for {expression.GetType().Name}", nameof(expression)),
    };

    // ------------------------------------------------------------------------------------------------------------- binary

    /// <summary>A chain of operators of one level breaks before each of them, or nowhere.</summary>
    private Doc Chain(BinaryExpr top)
    {
        var level = Level(top.Operator);
        var tail = new List<Doc>();
        Expr left = top;
        while (left is BinaryExpr binary && Level(binary.Operator) == level && (binary == top || IsLeftAssociative(level)))
        {
            tail.Add(Right(binary, level));
            left = binary.Left;
            if (IsSwallowed(level, left))
            {
                break;
            }
        }

        tail.Reverse();
        return Concat(Left(left, level), new Indent(Concat(tail)));
    }

    private static bool IsLeftAssociative(int level) => level is not (4 or PowerLevel);

    private Doc Left(Expr left, int level)
    {
        var least = level == PowerLevel ? PostfixLevel : IsLeftAssociative(level) ? level : level + 1;
        return IsSwallowed(level, left) ? Parenthesised(left) : At(least, left);
    }

    private Doc Right(BinaryExpr binary, int level)
    {
        var least = level switch { PipeLevel => PostfixLevel, PowerLevel => PrefixLevel, _ => level + 1 };
        var right = At(least, binary.Right);
        var sign = binary.Operator.Spelling();
        return binary.Operator switch
        {
            BinaryOperator.Range => Concat(Soft, sign, right),
            BinaryOperator.Power => Concat(" ^ ", right),
            _ => Concat(Space, sign, " ", right),
        };
    }

    /// <summary>A reduction at the right end of a left operand would take a multiplication behind it into its body.</summary>
    private static bool IsSwallowed(int level, Expr left) => level >= MultiplicativeLevel && EndsInReduction(left, level);

    private static bool EndsInReduction(Expr expression, int level)
    {
        while (Level(expression) >= level)
        {
            switch (expression)
            {
                case ReduceExpr:
                    return true;
                case BinaryExpr binary:
                    level = RightLevel(binary.Operator);
                    expression = binary.Right;
                    break;
                case UnaryExpr { Operator: not UnaryOperator.Transpose } unary:
                    level = PrefixLevel;
                    expression = unary.Operand;
                    break;
                default:
                    return false;
            }
        }

        return false;
    }

    private static int RightLevel(BinaryOperator op) => op == BinaryOperator.Power ? PrefixLevel : Level(op) + 1;

    private Doc Conditional(ConditionalExpr e) => Concat(
        At(OrLevel, e.Value), " if ", EndsInOpenIf(e.Condition) ? Parenthesised(e.Condition) : At(OrLevel, e.Condition),
        new Indent(Concat(Space, "else ", At(ConditionalLevel, e.Otherwise))));

    /// <summary>An <c>if { … }</c> without <c>else</c> at the end of a condition would take the <c>else</c> behind it.</summary>
    private static bool EndsInOpenIf(Expr expression)
    {
        var level = OrLevel;
        while (Level(expression) >= level)
        {
            switch (expression)
            {
                case IfExpr branch:
                    return branch.Else is null
                        || (branch.Else is { Statements: [ValueStmt { Value: IfExpr nested }] } && EndsInOpenIf(nested));
                case ReduceExpr reduce:
                    (expression, level) = (reduce.Body, MultiplicativeLevel);
                    break;
                case BinaryExpr binary:
                    (expression, level) = (binary.Right, RightLevel(binary.Operator));
                    break;
                case UnaryExpr { Operator: not UnaryOperator.Transpose } unary:
                    (expression, level) = (unary.Operand, PrefixLevel);
                    break;
                default:
                    return false;
            }
        }

        return false;
    }

    // ----------------------------------------------------------------------------------------------------- postfix, others

    /// <summary>What a call, an index, a member or a transposition applies to.</summary>
    private Doc Target(Expr target) => IsNoTarget(target) ? Parenthesised(target) : Bare(target);

    private static bool IsNoTarget(Expr target) =>
        Level(target) < PostfixLevel || target is NumberExpr or ReduceExpr or BlockExpr or ForExpr or IfExpr or AnnotatedExpr
            or CallExpr { Label: not null };

    private Doc Annotatable(Expr value) => IsAnnotatable(value) ? Bare(value) : Parenthesised(value);

    private static bool IsAnnotatable(Expr value) => value is CallExpr or NumberExpr || !IsNoTarget(value);

    private Doc Label(CallExpr call) => call.Label is null ? ""
        : Concat(" as ", call.Label.Text, call.LabelIndex is null ? "" : Concat("[", Expression(call.LabelIndex), "]"));

    private Doc Bound(Expr? bound) => bound is null ? "" : Expression(bound);

    private static Doc Variables(ImmutableArray<Name> names) => names.Length == 1
        ? names[0].Text
        : Enclosed("(", names.Select(n => (Doc)n.Text), ")");

    private Doc Else(BlockExpr? otherwise) => otherwise switch
    {
        null => "",
        { Statements: [ValueStmt { Value: IfExpr nested }] } when IsElseIf(otherwise, nested) => Concat(" else ", Bare(nested)),
        _ => Concat(" else ", block(otherwise)),
    };

    /// <summary>Written without braces, a block has the place of its only statement; with braces it may hold comments.</summary>
    private static bool IsElseIf(BlockExpr otherwise, IfExpr nested) => otherwise.Span == nested.Span;

    /// <summary>The body of a reduction must begin so that it cannot be taken for what follows a call.</summary>
    private Doc ReduceBody(Expr body) =>
        Leftmost(body, MultiplicativeLevel) is UnaryExpr { Operator: UnaryOperator.Negate } or ListExpr or BlockExpr or StringExpr
            or ForExpr or IfExpr or NameExpr { Name.Text: "cover" or "step" or "from" }
            ? Parenthesised(body)
            : At(MultiplicativeLevel, body);

    /// <summary>The expression that the text of another begins with; null where that is a parenthesis.</summary>
    private static Expr? Leftmost(Expr expression, int level)
    {
        while (Level(expression) >= level)
        {
            switch (expression)
            {
                case BinaryExpr binary:
                    level = Level(binary.Operator);
                    if (IsSwallowed(level, binary.Left))
                    {
                        return null;
                    }

                    level = IsLeftAssociative(level) ? level : level == PowerLevel ? PostfixLevel : level + 1;
                    expression = binary.Left;
                    break;
                case ConditionalExpr conditional:
                    (expression, level) = (conditional.Value, OrLevel);
                    break;
                case AnnotatedExpr annotated:
                    if (!IsAnnotatable(annotated.Value))
                    {
                        return null;
                    }

                    (expression, level) = (annotated.Value, PostfixLevel);
                    break;
                case MemberExpr or CallExpr or IndexExpr or UnaryExpr { Operator: UnaryOperator.Transpose }:
                    if (IsNoTarget(Operand(expression)))
                    {
                        return null;
                    }

                    (expression, level) = (Operand(expression), PostfixLevel);
                    break;
                default:
                    return expression;
            }
        }

        return null;
    }

    private static Expr Operand(Expr expression) => expression switch
    {
        MemberExpr e => e.Target,
        CallExpr e => e.Target,
        IndexExpr e => e.Target,
        UnaryExpr e => e.Operand,
        _ => expression,
    };
}
