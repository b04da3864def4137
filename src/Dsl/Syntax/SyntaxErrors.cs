using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Dsl.Syntax;

/// <summary>
/// Turns a failed parser into the most helpful diagnostic: first the known confusions, then a missing operand, and last
/// "unexpected … , expected …" from the expectations that the parsers name.
/// </summary>
internal static class SyntaxErrors
{
    /// <summary>The expectation of a parser that refuses to nest deeper.</summary>
    public const string LessNesting = "less nesting";

    private const string EndOfStatement = "the end of the statement";

    /// <summary>Reports why nothing parses at a place.</summary>
    public static void Report(TokenInput at, IEnumerable<string> expectations)
    {
        string[] expected = [.. expectations.Distinct()];
        if (!at.Token.IsReported && !ReportNesting(at, expected) && !ReportConfusion(at, expected)
            && !ReportName(at, expected) && !ReportOperand(at, expected))
        {
            ReportUnexpected(at, expected);
        }
    }

    /// <summary>Reports a statement or item that failed, or one that is complete but does not end where it should.</summary>
    public static void ReportStatement(TokenInput start, TokenInput after, bool isComplete, IEnumerable<string> expectations)
    {
        if (start.Token.IsWord("return"))
        {
            start.State.Report(SyntaxDiagnostics.Return, start.Token.Span);
        }
        else if (isComplete && after.Token.IsSymbol("=") && start.Token.Kind == TokenKind.Word && after == start.Next)
        {
            start.State.Report(SyntaxDiagnostics.AssignmentWithoutLet, start.Token.Span, start.Token.Text);
        }
        else
        {
            Report(after, !isComplete ? expectations : LacksBinding(start, after) ? ["'='"] : [EndOfStatement]);
        }
    }

    /// <summary>An output that could still be given a value: <c>output y: f32 == x</c>.</summary>
    private static bool LacksBinding(TokenInput start, TokenInput after)
    {
        var at = start;
        while (at.Position < after.Position && !at.Token.IsSymbol("="))
        {
            at = at.Over;
        }

        return start.Token.IsWord("output") && at == after;
    }

    /// <summary>Reports a construct of a later version and passes over it, with its block.</summary>
    public static TokenInput Later(TokenInput start)
    {
        start.State.Report(SyntaxDiagnostics.ReservedForLater, start.Token.Span, start.Token.Text);
        return Separator.Recover(start, start.Position);
    }

    /// <summary>
    /// Two words in a row begin a declaration. If the first is no keyword but close to one, or what other languages call
    /// it, that is reported and the token becomes the keyword, so that everything behind it is still checked.
    /// </summary>
    public static void Respell(TokenInput start, string[] keywords)
    {
        var word = start.Token.Text;
        if (!Terminals.IsBeforeName(start) || Keywords.IsReserved(word) || Array.IndexOf(keywords, word) >= 0 || word == "return")
        {
            return;
        }

        var foreign = Keywords.Spelling(word);
        var meant = foreign ?? Keywords.Closest(word, StartsHeader(start) ? ["module"] : keywords) ?? Keywords.Closest(word, keywords);
        if (meant is not null)
        {
            var row = foreign is null ? SyntaxDiagnostics.MisspeltKeyword : SyntaxDiagnostics.ForeignSpelling;
            start.State.Report(row, start.Token.Span, word, meant);
            start.State.Tokens[start.Position] = start.Token with { Text = meant };
        }
    }

    /// <summary>Whether a first line is one name and nothing else behind a word, as in <c>module digits</c>.</summary>
    private static bool StartsHeader(TokenInput start) => start.Position == 0 && start.Next.Following.NewlineBefore;

    private static bool ReportNesting(TokenInput at, string[] expected)
    {
        var isTooDeep = Array.IndexOf(expected, LessNesting) >= 0;
        if (isTooDeep)
        {
            at.State.Report(SyntaxDiagnostics.TooDeep, at.Token.Span);
        }

        return isTooDeep;
    }

    /// <summary>Spellings that mean something else, or something in another language.</summary>
    private static bool ReportConfusion(TokenInput at, string[] expected)
    {
        var token = at.Token;
        var previous = at.Previous;
        var isAfterOperand = previous is not null && EndsOperand(previous) && !token.NewlineBefore;
        if (token.IsSymbol("=") && isAfterOperand && !Expects(expected, Terminals.AName))
        {
            at.State.Report(SyntaxDiagnostics.BindingInExpression, token.Span);
        }
        else if (token.IsSymbol("==") && Array.IndexOf(expected, "'='") >= 0)
        {
            at.State.Report(SyntaxDiagnostics.ComparisonInBinding, token.Span);
        }
        else if ((token.Kind == TokenKind.Symbol || token.IsWord("not")) && Keywords.Spelling(token.Text) is { } own)
        {
            at.State.Report(SyntaxDiagnostics.ForeignSpelling, token.Span, token.Text, own);
        }
        else if (previous is { IsPercent: true } && isAfterOperand && StartsOperand(token))
        {
            at.State.Report(SyntaxDiagnostics.PercentBeforeOperand, previous.Span, previous.Text.TrimEnd('%'), token.Text);
        }
        else if (token.IsSymbol(".") && isAfterOperand)
        {
            at.State.Report(SyntaxDiagnostics.DotSpacing, token.Span);
        }
        else if (token.IsSymbol("'") && Expects(expected, Terminals.AnExpression))
        {
            at.State.Report(SyntaxDiagnostics.SingleQuotes, token.Span);
        }
        else
        {
            return false;
        }

        return true;
    }

    /// <summary>A keyword where a name should be.</summary>
    private static bool ReportName(TokenInput at, string[] expected)
    {
        var token = at.Token;
        var wantsName = Expects(expected, Terminals.AName) || Expects(expected, "a type");
        var wantsOperand = Expects(expected, Terminals.AnExpression) && !Keywords.IsInfix(token.Text);
        if (token.Kind != TokenKind.Word || !Keywords.IsReserved(token.Text) || !(wantsName || wantsOperand) || LineEnds(at))
        {
            return false;
        }

        var row = Keywords.IsLater(token.Text) ? SyntaxDiagnostics.ReservedForLater : SyntaxDiagnostics.ReservedName;
        at.State.Report(row, token.Span, token.Text);
        return true;
    }

    /// <summary>Nothing at all where an operand should be.</summary>
    private static bool ReportOperand(TokenInput at, string[] expected)
    {
        var token = at.Token;
        var isAbsent = LineEnds(at) || token.IsCloser || (token.Kind == TokenKind.Word && Keywords.IsInfix(token.Text))
            || (token.Kind == TokenKind.Symbol && token.Text is not ("{" or "@"));
        if (!Expects(expected, Terminals.AnExpression) || at.Previous is not { } previous || !isAbsent)
        {
            return false;
        }

        at.State.Report(SyntaxDiagnostics.MissingExpression, new SourceSpan(previous.Span.End, 0), previous.Text);
        return true;
    }

    private static void ReportUnexpected(TokenInput at, string[] expected)
    {
        if (Expects(expected, EndOfStatement))
        {
            at.State.Report(SyntaxDiagnostics.TextAfterStatement, at.Token.Span, at.Token.Described);
            return;
        }

        var isLineEnd = LineEnds(at) && at.Previous is not null;
        var found = isLineEnd && !at.AtEnd ? "the end of the line" : at.Token.Described;
        var span = isLineEnd ? new SourceSpan(at.Previous!.Span.End, 0) : at.Token.Span;
        at.State.Report(SyntaxDiagnostics.UnexpectedToken, span, found, Join(expected));
    }

    private static bool Expects(string[] expected, string what) => Array.IndexOf(expected, what) >= 0;

    private static bool LineEnds(TokenInput at) => at.AtEnd || (at.Token.NewlineBefore && !at.Token.InParentheses);

    private static bool EndsOperand(Token token) =>
        token.Kind is TokenKind.Word or TokenKind.Number or TokenKind.String || token.IsCloser || token.IsSymbol("'");

    private static bool StartsOperand(Token token) =>
        token.Kind is TokenKind.Word or TokenKind.Number || token.IsSymbol("(");

    private static string Join(string[] expected) => expected.Length switch
    {
        0 => "something else",
        1 => expected[0],
        _ => string.Join(", ", expected.Take(expected.Length - 1)) + " or " + expected[expected.Length - 1],
    };
}
