using SparseDsl.Dsl.Diagnostics;
using Sprache;
using static SparseDsl.Dsl.Syntax.Combinators;
using static SparseDsl.Dsl.Syntax.Terminals;

namespace SparseDsl.Dsl.Syntax;

/// <summary>Statements, blocks, and recovery inside them: a statement that does not parse is reported and passed over.</summary>
internal static class StatementGrammar
{
    /// <summary><c>{ … }</c></summary>
    public static readonly Parser<BlockExpr> Block = Nested((
        from open in Symbol("{")
        from statements in (Parser<StatementSyntax[]>)(at => Statements(at))
        from close in Symbol("}")
        select new Func<SourceSpan, BlockExpr>(span => new BlockExpr([.. statements], span))).Spanned());

    private static readonly Parser<StatementSyntax> Let = (
        from keyword in Word("let")
        from names in Identifier.SeparatedBy(",")
        from indices in names.Length == 1 ? TypeGrammar.Indices.OrNull() : Parse.Return(default(IndexBinder[]))
        from sign in Symbol("=")
        from value in ExpressionGrammar.Expression
        select new Func<SourceSpan, StatementSyntax>(span => new LetStmt([.. names], indices.ToNullable(), value, span))).Spanned();

    private static readonly Parser<StatementSyntax> Input = (
        from keyword in Leading("input")
        from name in Identifier
        from colon in Symbol(":")
        from type in TypeGrammar.Type
        from source in Token(t => t.IsWord("from") && !t.NewlineBefore, "'from'").Then(_ => Preprocessing!).OrNull()
        select new Func<SourceSpan, StatementSyntax>(span => new InputStmt(name, type, source, span))).Spanned();

    private static readonly Parser<CallExpr> Preprocessing = (
        from name in Identifier
        from arguments in ExpressionGrammar.Arguments
        select new Func<SourceSpan, CallExpr>(span =>
            new CallExpr(new NameExpr(name, name.Span), [.. arguments], null, null, span))).Spanned();

    private static readonly Parser<StatementSyntax> State = (
        from keyword in Leading("state")
        from name in Identifier
        from colon in Symbol(":")
        from type in TypeGrammar.Type
        select new Func<SourceSpan, StatementSyntax>(span => new StateStmt(name, type, span))).Spanned();

    private static readonly Parser<StatementSyntax> Output = (
        from keyword in Leading("output")
        from name in Identifier
        from type in Symbol(":").Then(_ => TypeGrammar.Type).OrNull()
        from value in Symbol("=").Then(_ => ExpressionGrammar.Expression).OrNull()
        select new Func<SourceSpan, StatementSyntax>(span => new OutputStmt(name, type, value, span))).Spanned();

    private static readonly Parser<StatementSyntax> ParamTail = (
        from name in Identifier
        from colon in Symbol(":")
        from type in TypeGrammar.Type
        select new Func<SourceSpan, StatementSyntax>(span => new ParamStmt(name, type, span))).Spanned();

    private static readonly Parser<StatementSyntax> FirstParam = (
        from keyword in Leading("param")
        from param in ParamTail
        select new Func<SourceSpan, StatementSyntax>(span => ((ParamStmt)param) with { Span = span })).Spanned();

    /// <summary><c>param a: f32[2], b: f32[3]</c> declares two.</summary>
    private static readonly Parser<StatementSyntax[]> Params =
        from first in FirstParam
        from rest in Symbol(",").Then(_ => ParamTail).Repeated()
        select (StatementSyntax[])[first, .. rest];

    private static readonly Parser<StatementSyntax> Value =
        ExpressionGrammar.Expression.Select(value => new Func<SourceSpan, StatementSyntax>(span => new ValueStmt(value, span)))
            .Spanned();

    private static readonly Parser<StatementSyntax> Single = input => At(input).Token switch
    {
        { Kind: TokenKind.Word, Text: "let" } => Let(input),
        { Kind: TokenKind.Word, Text: "input" } when IsBeforeName(At(input)) => Input(input),
        { Kind: TokenKind.Word, Text: "state" } when IsBeforeName(At(input)) => State(input),
        { Kind: TokenKind.Word, Text: "output" } when IsBeforeName(At(input)) => Output(input),
        _ => Value(input),
    };

    /// <summary>One statement, or several for a <c>param</c> line.</summary>
    private static readonly Parser<StatementSyntax[]> Statement = input =>
        At(input).Token.IsWord("param") && IsBeforeName(At(input))
            ? Params(input)
            : Single.Select(s => new[] { s })(input);

    /// <summary>Statements up to the end of the block; never fails.</summary>
    public static IResult<StatementSyntax[]> Statements(IInput input)
    {
        var statements = new List<StatementSyntax>();
        var at = Separator.Skip(At(input));
        var begin = at;
        while (!at.Token.IsCloser && !at.AtEnd)
        {
            var start = at;
            at = Separator.Skip(One(statements, start));
            CheckDetachedBracket(begin, start, at);
            begin = start;
        }

        return Result.Success(statements.ToArray(), (IInput)at);
    }

    /// <summary>Parses one statement, reporting what is wrong with it, and gives the place behind it.</summary>
    public static TokenInput One(List<StatementSyntax> statements, TokenInput start)
    {
        SyntaxErrors.Respell(start, [.. Keywords.Statements, .. Keywords.Items]);
        if (Misplaced(start) is { } end)
        {
            statements.Add(new ErrorStmt(start.SpanTo(end)));
            return end;
        }

        var result = Statement(start);
        var after = At(result.Remainder);
        // 'input £x: …' is no use of a name 'input'.
        var isOnlyKeyword = after.Token.IsReported && after == start.Next && Keywords.IsStatement(start.Token.Text);
        if (result.WasSuccessful && !isOnlyKeyword)
        {
            statements.AddRange(result.Value);
        }

        if (result.WasSuccessful && Separator.EndsStatement(after))
        {
            return after;
        }

        SyntaxErrors.ReportStatement(start, after, result.WasSuccessful, result.Expectations);
        var next = Separator.Recover(start, after.Position);
        statements.Add(new ErrorStmt((result.WasSuccessful ? after : start).SpanTo(next)));
        return next;
    }

    /// <summary>What is no statement of this version; the place behind it.</summary>
    private static TokenInput? Misplaced(TokenInput start)
    {
        if (start.Token.IsReported)
        {
            return Separator.Recover(start, start.Position);
        }

        if (start.Token.Kind == TokenKind.Word && Keywords.IsLater(start.Token.Text))
        {
            return SyntaxErrors.Later(start);
        }

        if (start.Token.Kind == TokenKind.Word && Keywords.IsItem(start.Token.Text) && IsBeforeName(start))
        {
            start.State.Report(SyntaxDiagnostics.ItemInBlock, start.Token.Span, start.Token.Text);
            return ItemGrammar.PassOver(start);
        }

        return null;
    }

    /// <summary>
    /// <c>f</c>, line end, <c>(x)</c> is two statements, which is hardly ever meant: reported where the first would be a
    /// value that nobody uses, or where the second is no last statement.
    /// </summary>
    private static void CheckDetachedBracket(TokenInput previous, TokenInput start, TokenInput after)
    {
        var detached = previous != start && start.Token.Text is "(" or "[" && start.Token.IsOpener && start.Previous is { } before
            && (before.Kind == TokenKind.Word || before.IsCloser) && start.Token.NewlineBefore;
        var unused = previous.Token.Kind == TokenKind.Word && !Keywords.IsStatement(previous.Token.Text);
        if (detached && (unused || !after.Token.IsSymbol("}")))
        {
            start.State.Report(SyntaxDiagnostics.DetachedBracket, start.Token.Span, start.Token.Text);
        }
    }
}
