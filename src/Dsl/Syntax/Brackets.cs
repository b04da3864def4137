using System.Globalization;
using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Dsl.Syntax;

/// <summary>
/// Pairs brackets before the grammar runs. What it returns is always balanced: a missing closer is inserted where layout
/// says the construct must have ended, a closer without an opener becomes an error token. So the grammar can step over a
/// whole group, recover inside one, and look behind one, without ever losing its place.
/// </summary>
internal sealed class Brackets
{
    /// <summary>Operators an expression may chain. Every later stage may recurse this deep.</summary>
    private const int MaximumDepth = 2500;

    /// <summary>
    /// What a suffix, a bracket group or a tight operator counts: later stages need more stack for one of these than for
    /// a term of a sum, and nobody writes hundreds of them in a row.
    /// </summary>
    private const int TightWeight = 5;

    private readonly SourceText source;
    private readonly DiagnosticBag diagnostics;
    private readonly bool truncated;
    private readonly List<Token> output = [];
    private readonly Stack<int> open = new();

    private Brackets(SourceText source, bool truncated, DiagnosticBag diagnostics)
    {
        this.source = source;
        this.truncated = truncated;
        this.diagnostics = diagnostics;
    }

    /// <summary>The tokens of a text with brackets balanced and paired; mistakes are reported.</summary>
    public static Token[] Balance(SourceText source, LexedText lexed, DiagnosticBag diagnostics)
    {
        var brackets = new Brackets(source, lexed.Truncated, diagnostics);
        for (var i = 0; i < lexed.Tokens.Count; i++)
        {
            brackets.Add(lexed.Tokens[i], lexed.Tokens[Math.Min(i + 1, lexed.Tokens.Count - 1)]);
        }

        brackets.LimitDepth();
        return [.. brackets.output];
    }

    private void Add(Token token, Token next)
    {
        CloseBefore(token, next);
        var inParentheses = open.Count > 0 && !output[open.Peek()].IsSymbol("{");
        if (token.IsCloser && !CanClose(token))
        {
            diagnostics.Report(SyntaxDiagnostics.UnmatchedCloser, At(token.Span), token.Text);
            output.Add(token with { Kind = TokenKind.Error });
        }
        else if (token.IsCloser)
        {
            CloseUntil(i => Matches(output[i], token));
            Pair(token);
        }
        else
        {
            if (token.IsOpener)
            {
                open.Push(output.Count);
            }

            output.Add(token with { InParentheses = inParentheses });
        }
    }

    /// <summary>
    /// An item never stands inside a bracket at the first column, and a statement never inside <c>(</c> or <c>[</c>: where
    /// one does, the brackets around it were not closed.
    /// </summary>
    private void CloseBefore(Token token, Token next)
    {
        if (token.Kind == TokenKind.End || (StartsItem(token, next) && source.Position(token.Span.Start).Column == 1))
        {
            CloseUntil(_ => false);
        }
        else if (StartsItem(token, next) || StartsStatement(token, next))
        {
            CloseUntil(i => output[i].IsSymbol("{"));
        }
    }

    private static bool StartsItem(Token token, Token next) =>
        token.NewlineBefore && token.Kind == TokenKind.Word && Keywords.IsItem(token.Text)
        && (Keywords.IsReserved(token.Text) || IsNameAfter(next));

    private static bool StartsStatement(Token token, Token next) =>
        token.NewlineBefore && token.Kind == TokenKind.Word
        && (token.Text == "let" || (Keywords.IsStatement(token.Text) && IsNameAfter(next)));

    private static bool IsNameAfter(Token next) =>
        next.Kind == TokenKind.Word && !next.NewlineBefore && !Keywords.IsInfix(next.Text);

    private static bool Matches(Token opener, Token closer) => closer.Text == Closer(opener);

    private static string Closer(Token opener) => opener.Text switch { "(" => ")", "[" => "]", _ => "}" };

    /// <summary>A brace closes over forgotten parentheses; a parenthesis never closes over a brace.</summary>
    private bool CanClose(Token closer)
    {
        foreach (var i in open)
        {
            if (Matches(output[i], closer))
            {
                return true;
            }

            if (output[i].IsSymbol("{"))
            {
                return false;
            }
        }

        return false;
    }

    private void CloseUntil(Func<int, bool> stop)
    {
        while (open.Count > 0 && !stop(open.Peek()))
        {
            var opener = output[open.Peek()];
            var place = new SourceSpan(output[output.Count - 1].Span.End, 0);
            ReportUnclosed(opener, place);
            Pair(new Token(TokenKind.Symbol, Closer(opener), place) { Inserted = true });
        }
    }

    private void ReportUnclosed(Token opener, SourceSpan place)
    {
        if (!truncated)
        {
            var note = new DiagnosticNote($"'{opener.Text}' is opened here", At(opener.Span));
            diagnostics.Add(new Diagnostic(
                SyntaxDiagnostics.UnclosedBracket, At(place), [opener.Text, Closer(opener)], [note]));
        }
    }

    private void Pair(Token closer)
    {
        var opener = open.Pop();
        var inParentheses = open.Count > 0 && !output[open.Peek()].IsSymbol("{");
        output[opener] = output[opener] with { Partner = output.Count };
        output.Add(closer with { Partner = opener, InParentheses = inParentheses });
    }

    private SourceLocation At(SourceSpan span) => new(source, span);

    // -------------------------------------------------------------------------------------------------------------- depth

    /// <summary>
    /// One stretch of tokens between separators: its loose operators (<c>+</c> and looser, which nest over each other), the
    /// longest run of tighter ones between two of them, the deepest group in it, and the deepest of the stretches before it
    /// in the same group.
    /// </summary>
    private struct Stretch
    {
        public int Start;
        public int Deepest;
        public int Before;
        private int loose;
        private int tight;
        private int longest;

        public readonly int Depth => loose + Math.Max(tight, longest) + Deepest;

        public void Tighter() => tight += TightWeight;

        public void Looser()
        {
            loose++;
            longest = Math.Max(longest, tight);
            tight = 0;
        }
    }

    /// <summary>
    /// Bounds the depth of the tree from above: in every stretch between separators each operator, bracket group or postfix
    /// adds at most one level. A stretch that would be too deep is turned into an error before the grammar sees it.
    /// </summary>
    private void LimitDepth()
    {
        var outer = new Stack<Stretch>();
        var current = default(Stretch);
        for (var i = 0; i < output.Count; i++)
        {
            var token = output[i];
            if (token.IsOpener)
            {
                outer.Push(current);
                current = new Stretch { Start = i + 1 };
            }
            else if (token.Partner >= 0)
            {
                var inner = Finish(current);
                current = outer.Pop();
                current.Tighter();
                current.Deepest = Math.Max(current.Deepest, inner);
            }
            else if (Separates(i))
            {
                var done = Finish(current);
                current = new Stretch { Start = token.Kind == TokenKind.Symbol ? i + 1 : i, Before = done };
            }
            else if (IsLoose(token))
            {
                current.Looser();
            }
            else if (IsOperator(token))
            {
                current.Tighter();
            }
        }

        Finish(current);
    }

    private int Finish(Stretch stretch)
    {
        if (stretch.Depth <= MaximumDepth)
        {
            return Math.Max(stretch.Depth, stretch.Before);
        }

        var first = output[stretch.Start];
        diagnostics.Report(
            SyntaxDiagnostics.ExpressionTooLong, At(first.Span), MaximumDepth.ToString(CultureInfo.InvariantCulture));
        output[stretch.Start] = first with { Kind = TokenKind.Error };
        return stretch.Before;
    }

    private bool Separates(int index)
    {
        var token = output[index];
        return token.IsSymbol(",") || token.IsSymbol(";")
            || (token.NewlineBefore && !token.InParentheses && !IsOperator(token) && index > 0 && !Bridges(output[index - 1]));
    }

    /// <summary>Whether an expression goes on behind a token at the end of a line.</summary>
    private static bool Bridges(Token token) => IsOperator(token) && !token.IsSymbol("'");

    private static bool IsLoose(Token token) =>
        (token.Kind == TokenKind.Symbol && token.Text is "+" or "-" or "|" or "&" or "|>")
        || (token.Kind == TokenKind.Word && Keywords.IsInfix(token.Text));

    private static bool IsOperator(Token token) =>
        (token.Kind == TokenKind.Symbol && token.Partner < 0) || (token.Kind == TokenKind.Word && Keywords.IsInfix(token.Text));
}
