using System.Globalization;
using SparseDsl.Dsl.Diagnostics;
using Sprache;
using static SparseDsl.Dsl.Syntax.Combinators;
using static SparseDsl.Dsl.Syntax.Terminals;

namespace SparseDsl.Dsl.Syntax;

/// <summary>
/// Expressions, loosest binding first: <c>|&gt;</c>; <c>a if c else b</c>; <c>|</c>; <c>&amp;</c>; comparisons; <c>..</c>;
/// <c>+ -</c>; <c>* / %</c>; <c> . </c>; prefix <c>- !</c>; <c>^</c>; postfix. Every choice is decided by the next token, or by
/// looking behind a bracket group for reductions, so nothing is parsed twice.
/// </summary>
internal static class ExpressionGrammar
{
    private const int OrLevel = 1;
    private const int ComparisonLevel = 3;
    private const int AdditiveLevel = 5;
    private const int MultiplicativeLevel = 6;

    /// <summary>Any expression.</summary>
    public static readonly Parser<Expr> Expression = Nested<Expr>(input => Pipeline(input));

    /// <summary>An expression of <c>+ -</c> and tighter: bounds of ranges and extents of indices.</summary>
    public static readonly Parser<Expr> Additive = Nested<Expr>(input => Climb(input, AdditiveLevel));

    /// <summary>One variable where it is introduced: <c>k</c>, <c>r &lt; k</c>, <c>..</c>.</summary>
    public static readonly Parser<IndexBinder> Binder = (
        from name in Token(t => t.IsSymbol("..") || (t.Kind == TokenKind.Word && !Keywords.IsReserved(t.Text)), AName)
        from extent in Symbol("<").Then(_ => Additive).OrNull()
        select new Func<SourceSpan, IndexBinder>(span => new IndexBinder(new Name(name.Text, name.Span), extent, span))).Spanned();

    /// <summary><c>3</c>, <c>axis: 1</c></summary>
    public static readonly Parser<Argument> Argument = input =>
        At(input) is { Token.Kind: TokenKind.Word } at && at.Following.IsSymbol(":") ? NamedArgument!(input) : Positional!(input);

    /// <summary>The arguments of a call or annotation, with their parentheses.</summary>
    public static readonly Parser<Argument[]> Arguments =
        from open in Attached("(")
        from arguments in Argument.Entries(span => new Argument(null, new ErrorExpr(span), span), takesSemicolons: true)
        from close in Symbol(")")
        select arguments;

    /// <summary><c>@nm(2, 4)</c></summary>
    public static readonly Parser<AnnotationSyntax> Annotation =
        from sign in Symbol("@")
        from annotation in (Parser<AnnotationSyntax>)(at => AnnotationBody!(at))
        select annotation;

    /// <summary>An annotation without its <c>@</c>: <c>nm(2, 4)</c>, as in an overlay.</summary>
    public static readonly Parser<AnnotationSyntax> AnnotationBody = (
        from name in AnyWord
        from arguments in Arguments.OrNull()
        select new Func<SourceSpan, AnnotationSyntax>(span => new AnnotationSyntax(name, [.. arguments ?? []], span))).Spanned();

    private static readonly Parser<Argument> NamedArgument = (
        from name in AnyWord
        from colon in Symbol(":")
        from value in Expression
        select new Func<SourceSpan, Argument>(span => new Argument(name, value, span))).Spanned();

    private static readonly Parser<Argument> Positional =
        Expression.Select(value => new Func<SourceSpan, Argument>(span => new Argument(null, value, span))).Spanned();

    // ------------------------------------------------------------------------------------------------ |>, if else, binary

    private static readonly Dictionary<string, (BinaryOperator Operator, int Level)> Operators = new(StringComparer.Ordinal)
    {
        ["|"] = (BinaryOperator.Or, OrLevel),
        ["or"] = (BinaryOperator.Or, OrLevel),
        ["&"] = (BinaryOperator.And, 2),
        ["and"] = (BinaryOperator.And, 2),
        ["=="] = (BinaryOperator.Equal, ComparisonLevel),
        ["!="] = (BinaryOperator.NotEqual, ComparisonLevel),
        ["<"] = (BinaryOperator.Less, ComparisonLevel),
        ["<="] = (BinaryOperator.LessEqual, ComparisonLevel),
        [">"] = (BinaryOperator.Greater, ComparisonLevel),
        [">="] = (BinaryOperator.GreaterEqual, ComparisonLevel),
        [".."] = (BinaryOperator.Range, 4),
        ["+"] = (BinaryOperator.Add, AdditiveLevel),
        ["-"] = (BinaryOperator.Subtract, AdditiveLevel),
        ["*"] = (BinaryOperator.Multiply, MultiplicativeLevel),
        ["/"] = (BinaryOperator.Divide, MultiplicativeLevel),
        ["%"] = (BinaryOperator.Modulo, MultiplicativeLevel),
        ["."] = (BinaryOperator.Dot, 7),
    };

    private static IResult<Expr> Pipeline(IInput input)
    {
        var left = Conditional(input);
        while (left.WasSuccessful && At(left.Remainder).Token.IsSymbol("|>"))
        {
            var stage = At(left.Remainder).Next;
            var right = Postfix!(stage);
            if (right.WasSuccessful && !IsStage(right.Value))
            {
                stage.State.Report(SyntaxDiagnostics.PipeIntoValue, stage.SpanTo(right.Remainder));
            }

            left = Combine(input, BinaryOperator.Pipe, left, right);
        }

        return left;
    }

    private static bool IsStage(Expr stage) => stage switch
    {
        CallExpr or NameExpr or ErrorExpr => true,
        AnnotatedExpr annotated => IsStage(annotated.Value),
        MemberExpr member => IsStage(member.Target),
        IndexExpr index => IsStage(index.Target),
        _ => false,
    };

    private static IResult<Expr> Conditional(IInput input)
    {
        var value = Climb(input, OrLevel);
        return value.WasSuccessful && IsInfixIf(At(value.Remainder).Token) ? Condition(value.Value, input)(value.Remainder) : value;
    }

    /// <summary>An <c>if</c> at the start of a line begins a statement; between parentheses there are no statements.</summary>
    private static bool IsInfixIf(Token token) => token.IsWord("if") && (!token.NewlineBefore || token.InParentheses);

    private static Parser<Expr> Condition(Expr value, IInput start) => Nested<Expr>(input => (
        from keyword in Word("if")
        from condition in (Parser<Expr>)(at => Climb(at, OrLevel))
        from otherwise in Word("else")
        from other in (Parser<Expr>)(at => Conditional(at))
        select new Func<IInput, Expr>(end => new ConditionalExpr(value, condition, other, At(start).SpanTo(end))))
        .EndingAt()(input));

    private static Parser<Expr> EndingAt(this Parser<Func<IInput, Expr>> parser) => input =>
    {
        var result = parser(input);
        return result.WasSuccessful
            ? Result.Success(result.Value(result.Remainder), result.Remainder)
            : Result.Failure<Expr>(result.Remainder, result.Message, result.Expectations);
    };

    /// <summary>Precedence climbing over the table: parses operators of <paramref name="minimum"/> and tighter.</summary>
    private static IResult<Expr> Climb(IInput input, int minimum)
    {
        var left = Unary(input);
        var compared = false;
        while (left.WasSuccessful && OperatorAt(At(left.Remainder)) is var (op, level) && level >= minimum)
        {
            var sign = At(left.Remainder);
            CheckOperator(sign, level, compared);
            compared |= level == ComparisonLevel;
            left = Combine(input, op, left, Climb(sign.Next, level + 1));
        }

        return left;
    }

    private static (BinaryOperator Operator, int Level)? OperatorAt(TokenInput at) =>
        at.Token.Kind is TokenKind.Symbol or TokenKind.Word && Operators.TryGetValue(at.Token.Text, out var row)
        && (row.Operator != BinaryOperator.Dot || at.Token.SpaceBefore)
            ? row
            : null;

    private static void CheckOperator(TokenInput sign, int level, bool compared)
    {
        if (level == ComparisonLevel && compared)
        {
            sign.State.Report(SyntaxDiagnostics.ChainedComparison, sign.Token.Span);
        }

        if (sign.Token.IsSymbol("%") && !sign.Token.SpaceBefore)
        {
            sign.State.Report(SyntaxDiagnostics.ModuloWithoutSpace, sign.Token.Span, sign.Previous!.Text);
        }
    }

    private static IResult<Expr> Combine(IInput start, BinaryOperator op, IResult<Expr> left, IResult<Expr> right) =>
        right.WasSuccessful
            ? Result.Success<Expr>(
                new BinaryExpr(op, left.Value, right.Value, At(start).SpanTo(right.Remainder)), right.Remainder)
            : right;

    // ------------------------------------------------------------------------------------------------------- prefix, power

    private static readonly Parser<Expr> Prefixed = Nested((
        from sign in Token(t => t.IsSymbol("-") || t.IsSymbol("!"), AnExpression)
        from operand in (Parser<Expr>)(at => Unary(at))
        let op = sign.Text == "-" ? UnaryOperator.Negate : UnaryOperator.Not
        select new Func<SourceSpan, Expr>(span => new UnaryExpr(op, operand, span))).Spanned());

    private static readonly Parser<Expr> Exponent = Nested(
        from sign in Symbol("^")
        from exponent in (Parser<Expr>)(at => Unary(at))
        select exponent);

    private static IResult<Expr> Unary(IInput input) =>
        At(input).Token.IsSymbol("-") || At(input).Token.IsSymbol("!") ? Prefixed(input) : Power(input);

    private static IResult<Expr> Power(IInput input)
    {
        var left = Postfix!(input);
        return left.WasSuccessful && At(left.Remainder).Token.IsSymbol("^")
            ? Combine(input, BinaryOperator.Power, left, Exponent(left.Remainder))
            : left;
    }

    // ------------------------------------------------------------------------------------------------------------- postfix

    private static readonly Parser<Expr> Postfix = input =>
    {
        var value = Primary!(input);
        var isClosed = value.WasSuccessful && (At(input).Token.IsSymbol("(") || !EndsItself(value.Value));
        while (value.WasSuccessful && isClosed && Suffix(At(value.Remainder), value.Value) is { } suffix)
        {
            var next = suffix(value.Remainder);
            value = next.WasSuccessful
                ? Result.Success(next.Value(At(input).SpanTo(next.Remainder)), next.Remainder)
                : Result.Failure<Expr>(next.Remainder, next.Message, next.Expectations);
        }

        return value;
    };

    /// <summary>A reduction's body has taken the suffixes already, and nothing is applied to a closing brace.</summary>
    private static bool EndsItself(Expr value) => value is ReduceExpr or BlockExpr or ForExpr or IfExpr;

    private static Parser<Func<SourceSpan, Expr>>? Suffix(TokenInput at, Expr target) => at.Token switch
    {
        { Kind: TokenKind.Word, Text: "as" } => Label(target),
        { Kind: not TokenKind.Symbol } => null,
        { Text: "@" } => Annotated(target),
        { NewlineBefore: true } => null,
        { Text: "(" } => Call(target),
        { Text: "[" } => Index(target),
        { Text: "'" } => Transposed(target),
        { Text: ".", SpaceBefore: false } when !at.Following.SpaceBefore => Member(target),
        _ => null,
    };

    private static Parser<Func<SourceSpan, Expr>> Call(Expr target) =>
        from arguments in Arguments
        select new Func<SourceSpan, Expr>(span => new CallExpr(target, [.. arguments], null, null, span));

    private static Parser<Func<SourceSpan, Expr>> Index(Expr target) =>
        from subscripts in Subscripts
        select new Func<SourceSpan, Expr>(span => new IndexExpr(target, [.. subscripts], span));

    private static Parser<Func<SourceSpan, Expr>> Transposed(Expr target) =>
        from sign in Symbol("'")
        select new Func<SourceSpan, Expr>(span => new UnaryExpr(UnaryOperator.Transpose, target, span));

    private static Parser<Func<SourceSpan, Expr>> Member(Expr target) =>
        from dot in Symbol(".")
        from name in AnyWord
        select new Func<SourceSpan, Expr>(span => new MemberExpr(target, name, span));

    private static Parser<Func<SourceSpan, Expr>> Annotated(Expr target) =>
        from annotations in Annotation.Repeated()
        select new Func<SourceSpan, Expr>(span => new AnnotatedExpr(target, [.. annotations], span));

    private static Parser<Func<SourceSpan, Expr>> Label(Expr target) => input =>
    {
        if (target is not CallExpr { Label: null } call)
        {
            At(input).State.Report(SyntaxDiagnostics.LabelWithoutCall, At(input).Token.Span);
            return LabelName.Select(_ => new Func<SourceSpan, Expr>(span => new ErrorExpr(span)))(input);
        }

        return LabelName.Select(label => new Func<SourceSpan, Expr>(
            span => call with { Label = label.Name, LabelIndex = label.Index, Span = span }))(input);
    };

    private static readonly Parser<(Name Name, Expr? Index)> LabelName =
        from keyword in Word("as")
        from name in AnyWord
        from index in (
            from open in Attached("[")
            from value in Expression
            from close in Symbol("]")
            select value).OrNull()
        select (name, index);

    // ---------------------------------------------------------------------------------------------------------- subscripts

    /// <summary><c>..</c>, where subscripts and shapes allow it.</summary>
    private static readonly Parser<Expr> Ellipsis =
        Symbol("..").Select(_ => new Func<SourceSpan, Expr>(span => new EllipsisExpr(span))).Spanned();

    private static readonly Parser<Expr> OpenSlice = (
        from colon in Symbol(":")
        from high in (Parser<Expr?>)(at => EndsSubscript(At(at)) ? Result.Success<Expr?>(null, at) : Expression(at))
        select new Func<SourceSpan, Expr>(span => new SliceExpr(null, high, span))).Spanned();

    private static bool EndsSubscript(TokenInput at) => at.Token.IsSymbol(",") || at.Token.IsSymbol("]");

    private static readonly Parser<Expr> Subscript = input => At(input) switch
    {
        var at when IsEllipsis(at) => Ellipsis(input),
        var at when at.Token.IsSymbol(":") => OpenSlice(input),
        _ => Slice(input),
    };

    private static bool IsEllipsis(TokenInput at) => at.Token.IsSymbol("..") && EndsSubscript(at.Next);

    private static IResult<Expr> Slice(IInput input)
    {
        var low = Expression(input);
        if (!low.WasSuccessful || !At(low.Remainder).Token.IsSymbol(":"))
        {
            return low;
        }

        var rest = OpenSlice(low.Remainder);
        return rest.WasSuccessful
            ? Result.Success<Expr>(
                ((SliceExpr)rest.Value) with { Low = low.Value, Span = At(input).SpanTo(rest.Remainder) }, rest.Remainder)
            : rest;
    }

    private static readonly Parser<Expr[]> Subscripts =
        from open in Attached("[")
        from subscripts in Subscript.Entries(Broken)
        from close in Symbol("]")
        select subscripts;

    /// <summary>The shape of a type: expressions, one of which may be <c>..</c>.</summary>
    public static readonly Parser<Expr[]> Shape =
        from open in Attached("[")
        from dims in ((Parser<Expr>)(at => IsEllipsis(At(at)) ? Ellipsis(at) : Expression(at))).Entries(Broken)
        from close in Symbol("]")
        select dims;

    private static Expr Broken(SourceSpan span) => new ErrorExpr(span);

    // ------------------------------------------------------------------------------------------------------------- primary

    private static readonly Parser<Expr> Number =
        Token(t => t.Kind == TokenKind.Number, AnExpression).Select(token => (Expr)ToNumber(token));

    private static readonly Parser<Expr> String =
        Token(t => t.Kind == TokenKind.String, AnExpression).Select(token => (Expr)new StringExpr(token.Value, token.Span));

    private static readonly Parser<Expr> Bool =
        Token(t => t.IsWord("true") || t.IsWord("false"), AnExpression)
            .Select(token => (Expr)new BoolExpr(token.Text == "true", token.Span));

    private static readonly Parser<Expr> Variable =
        Token(t => t.Kind == TokenKind.Word && !Keywords.IsReserved(t.Text), AnExpression)
            .Select(token => (Expr)new NameExpr(new Name(token.Text, token.Span), token.Span));

    private static readonly Parser<Expr> Parenthesised = (
        from open in Symbol("(")
        from items in Expression.AtLeastOneEntry()
        from close in Symbol(")")
        select new Func<SourceSpan, Expr>(span => items.Length == 1 ? items[0] : new TupleExpr([.. items], span))).Spanned();

    private static readonly Parser<Expr> List = (
        from open in Symbol("[")
        from items in Expression.Entries(Broken)
        from close in Symbol("]")
        select new Func<SourceSpan, Expr>(span => new ListExpr([.. items], span))).Spanned();

    private static readonly Parser<Expr> Reduction = Nested((
        from kind in AnyWord
        from open in Symbol("(")
        from binders in Binder.Entries()
        from close in Symbol(")")
        from body in (Parser<Expr>)(at => Climb(at, MultiplicativeLevel))
        select new Func<SourceSpan, Expr>(span => new ReduceExpr(kind, [.. binders], body, span))).Spanned());

    private static readonly Parser<Expr> For = (
        from keyword in Word("for")
        from variables in LoopVariables!
        from separator in Word("in")
        from items in Expression
        from body in StatementGrammar.Block
        select new Func<SourceSpan, Expr>(span => new ForExpr([.. variables], items, body, span))).Spanned();

    private static readonly Parser<Name[]> LoopVariables = input =>
        At(input).Token.IsSymbol("(") ? TupleOfNames!(input) : Identifier.Select(n => new[] { n })(input);

    private static readonly Parser<Name[]> TupleOfNames =
        from open in Symbol("(")
        from names in Identifier.Entries()
        from close in Symbol(")")
        select names;

    private static readonly Parser<Expr> If = Nested((
        from keyword in Word("if")
        from condition in Expression
        from then in StatementGrammar.Block
        from otherwise in Word("else").Then(_ => ElseBranch!).OrNull()
        select new Func<SourceSpan, Expr>(span => new IfExpr(condition, then, otherwise, span))).Spanned());

    /// <summary><c>else if</c> is a block that holds the second <c>if</c>.</summary>
    private static readonly Parser<BlockExpr> ElseBranch = input => At(input).Token.IsWord("if")
        ? If.Select(nested => new BlockExpr([new ValueStmt(nested, nested.Span)], nested.Span))(input)
        : StatementGrammar.Block(input);

    private static readonly Parser<Expr> Primary = input => At(input).Token switch
    {
        { Kind: TokenKind.Number } => Number(input),
        { Kind: TokenKind.String } => String(input),
        { Kind: TokenKind.Symbol, Text: "(" } => Parenthesised(input),
        { Kind: TokenKind.Symbol, Text: "[" } => List(input),
        { Kind: TokenKind.Symbol, Text: "{" } => StatementGrammar.Block(input),
        { Kind: TokenKind.Word, Text: "for" } => For(input),
        { Kind: TokenKind.Word, Text: "if" } => If(input),
        { Kind: TokenKind.Word, Text: "true" or "false" } => Bool(input),
        { Kind: TokenKind.Word } when IsReduction(At(input)) => Reduction(input),
        _ => Variable(input),
    };

    private static Parser<Expr[]> AtLeastOneEntry(this Parser<Expr> item) => input =>
        At(input).Token.IsCloser ? item.Select(e => new[] { e })(input) : item.Entries(Broken)(input);

    private static NumberExpr ToNumber(Token token)
    {
        var digits = token.Text.TrimEnd('%');
        double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out var value);
        var isInteger = !token.IsPercent && digits.IndexOfAny(['.', 'e', 'E']) < 0;
        return new NumberExpr(token.IsPercent ? value / 100 : value, isInteger, token.IsPercent, token.Text, token.Span);
    }

    // ---------------------------------------------------------------------------------------------------------- reductions

    /// <summary>
    /// <c>sum(c, r &lt; 3) body</c> as opposed to a call <c>max(x, 0)</c>: only variables between the parentheses, and an
    /// operand right behind them on the same line. No call is ever followed by one.
    /// </summary>
    private static bool IsReduction(TokenInput at) =>
        Array.IndexOf(Keywords.Reductions, at.Token.Text) >= 0
        && at.Following is { NewlineBefore: false, Partner: > 0 } open && open.IsSymbol("(")
        && HoldsBinders(at.Next)
        && StartsBody(at.Next.Over);

    private static bool HoldsBinders(TokenInput open)
    {
        var at = open.Next;
        while (at.Token.IsSymbol("..") || (at.Token.Kind == TokenKind.Word && !Keywords.IsReserved(at.Token.Text)))
        {
            at = at.Next;
            at = at.Token.IsSymbol("<") ? SkipExtent(at.Next) : at;
            if (!at.Token.IsSymbol(","))
            {
                return at.Token.IsSymbol(")");
            }

            at = at.Next;
        }

        return false;
    }

    private static TokenInput SkipExtent(TokenInput at)
    {
        while (!at.Token.IsSymbol(",") && !at.Token.IsCloser && !at.AtEnd)
        {
            at = at.Over;
        }

        return at;
    }

    private static bool StartsBody(TokenInput at) => at.Token is { NewlineBefore: false } token && token.Kind switch
    {
        TokenKind.Number => true,
        TokenKind.Symbol => token.Text is "(" or "!",
        TokenKind.Word when token.Text is "true" or "false" => true,
        TokenKind.Word when Keywords.IsReserved(token.Text) => false,
        TokenKind.Word => !IsClause(at),
        _ => false,
    };

    /// <summary>A word that begins the next clause of an item (<c>cover exact</c>, <c>step 8</c>, <c>from image(…)</c>).</summary>
    private static bool IsClause(TokenInput at) =>
        at.Token.Text is "cover" or "step" or "from"
        && at.Following is { NewlineBefore: false, Kind: TokenKind.Word or TokenKind.Number } next
        && !(next.Kind == TokenKind.Word && Keywords.IsInfix(next.Text));
}
