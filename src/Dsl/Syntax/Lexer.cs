using System.Globalization;
using System.Text;
using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Dsl.Syntax;

/// <summary>
/// Cuts a text into tokens. The grammar (Sprache parsers over <see cref="TokenInput"/>) starts from tokens and not from
/// characters, because layout decides meaning in three places (a line end before <c>(</c>, white space before <c>%</c> and
/// <c>.</c>), because recovery needs matched brackets, and because it makes backtracking cheap.
/// </summary>
internal sealed class Lexer
{
    // Longest first. Operators of other languages are tokens too, so that they get one sentence and not two.
    private static readonly string[] Symbols =
    [
        "...", "|>", "->", "==", "!=", "<=", ">=", "..", "&&", "||", "**", "=>",
        "(", ")", "[", "]", "{", "}", ",", ";", ":", "=", "<", ">", "+", "-", "*", "/", "%", "^", "!", "&", "|", ".", "'", "@",
    ];

    private readonly SourceText source;
    private readonly string text;
    private readonly DiagnosticBag diagnostics;
    private readonly List<Token> tokens = [];
    private readonly List<Comment> comments = [];
    private int position;
    private bool truncated;

    private Lexer(SourceText source, DiagnosticBag diagnostics)
    {
        this.source = source;
        this.diagnostics = diagnostics;
        text = source.Text;
    }

    /// <summary>The tokens and comments of a text; lexical mistakes are reported.</summary>
    public static LexedText Lex(SourceText source, DiagnosticBag diagnostics)
    {
        var lexer = new Lexer(source, diagnostics);
        lexer.Run();
        return new LexedText(lexer.tokens, lexer.comments, lexer.truncated);
    }

    private void Run()
    {
        do
        {
            var before = position;
            var newline = SkipTrivia() || tokens.Count == 0;
            var start = position;
            var token = Next() with { SpaceBefore = start > before || start == 0, NewlineBefore = newline };
            tokens.Add(token);
        }
        while (tokens[tokens.Count - 1].Kind != TokenKind.End);
    }

    private char Peek(int ahead = 0) => position + ahead < text.Length ? text[position + ahead] : '\0';

    // ------------------------------------------------------------------------------------------- white space, comments

    private bool SkipTrivia()
    {
        var newline = false;
        while (position < text.Length)
        {
            if (char.IsWhiteSpace(text[position]) || text[position] == '\uFEFF')
            {
                newline |= text[position++] == '\n';
            }
            else if (Peek() == '/' && Peek(1) is '/' or '*')
            {
                newline |= SkipComment();
            }
            else
            {
                break;
            }
        }

        return newline;
    }

    /// <summary>Passes a comment; true if it contains a line end.</summary>
    private bool SkipComment()
    {
        var start = position;
        var end = Peek(1) == '/' ? LineEnd(start) : text.IndexOf("*/", start + 2, StringComparison.Ordinal) + 2;
        if (end == 1)
        {
            truncated = true;
            end = text.Length;
            Report(SyntaxDiagnostics.UnterminatedComment, new SourceSpan(start, 2));
        }

        position = end;
        var content = text.Substring(start, end - start);
        comments.Add(new Comment(content.TrimEnd(), SourceSpan.FromBounds(start, end), IsFirstOnLine(start)));
        return content.Contains('\n');
    }

    private int LineEnd(int start)
    {
        var end = text.IndexOf('\n', start);
        end = end < 0 ? text.Length : end;
        return end > start && text[end - 1] == '\r' ? end - 1 : end;
    }

    private bool IsFirstOnLine(int start)
    {
        var before = start - 1;
        while (before >= 0 && text[before] != '\n' && (char.IsWhiteSpace(text[before]) || text[before] == '\uFEFF'))
        {
            before--;
        }

        return before < 0 || text[before] == '\n';
    }

    // ------------------------------------------------------------------------------------------------------------- tokens

    private Token Next() => Peek() switch
    {
        _ when position >= text.Length => new Token(TokenKind.End, "", new SourceSpan(text.Length, 0)),
        '"' => StringLiteral(),
        var c when IsDigit(c) => Number(),
        var c when IsWordPart(c) => Take(TokenKind.Word, WordEnd(position)),
        _ => Symbol(),
    };

    private static bool IsDigit(char c) => c is >= '0' and <= '9';

    private static bool IsWordPart(char c) => c is >= 'a' and <= 'z' or >= 'A' and <= 'Z' or '_' || IsDigit(c);

    private int WordEnd(int at)
    {
        while (at < text.Length && IsWordPart(text[at]))
        {
            at++;
        }

        return at;
    }

    private int DigitsEnd(int at)
    {
        while (at < text.Length && IsDigit(text[at]))
        {
            at++;
        }

        return at;
    }

    private Token Take(TokenKind kind, int end)
    {
        var span = SourceSpan.FromBounds(position, end);
        position = end;
        return new Token(kind, text.Substring(span.Start, span.Length), span);
    }

    private Token Symbol()
    {
        foreach (var symbol in Symbols)
        {
            if (string.CompareOrdinal(text, position, symbol, 0, symbol.Length) == 0)
            {
                return Take(TokenKind.Symbol, position + symbol.Length);
            }
        }

        return UnknownCharacters();
    }

    /// <summary>A run of characters outside the language is one mistake.</summary>
    private Token UnknownCharacters()
    {
        var end = position + 1;
        while (end < text.Length && text[end] > '\u007f' && !char.IsWhiteSpace(text[end]) && text[end] != '\uFEFF')
        {
            end++;
        }

        var token = Take(TokenKind.Error, end);
        Report(SyntaxDiagnostics.UnknownCharacter, token.Span, Printable(token.Text));
        return token;
    }

    private static string Printable(string characters)
    {
        var shown = new StringBuilder();
        foreach (var c in characters.Length > 8 ? characters.Substring(0, 8) : characters)
        {
            var visible = !char.IsControl(c) && !char.IsSurrogate(c);
            shown.Append(visible ? c.ToString() : FormattableString.Invariant($"U+{(int)c:X4}"));
        }

        return shown.ToString();
    }

    // ------------------------------------------------------------------------------------------------------------ numbers

    private Token Number()
    {
        // In a parameter path (`block.3.weight`) a digit after a dot is a segment.
        var isSegment = position > 1 && text[position - 1] == '.' && text[position - 2] != '.' && !char.IsWhiteSpace(text[position - 2]);
        var end = isSegment ? DigitsEnd(position) : NumberEnd();
        var wrong = WordEnd(end);
        var hasBareDot = !isSegment && wrong == end && IsBareDot(end);
        if (wrong > end || hasBareDot || !IsFinite(end))
        {
            var token = Take(TokenKind.Number, hasBareDot ? WordEnd(end + 1) : wrong);
            Report(SyntaxDiagnostics.MalformedNumber, token.Span, token.Text);
            return token with { Text = "0" };
        }

        return Take(TokenKind.Number, Percent(end));
    }

    private int NumberEnd()
    {
        var end = DigitsEnd(position);
        if (end + 1 < text.Length && text[end] == '.' && IsDigit(text[end + 1]))
        {
            end = DigitsEnd(end + 1);
        }

        return ExponentEnd(end);
    }

    private int ExponentEnd(int end)
    {
        if (end >= text.Length || text[end] is not ('e' or 'E'))
        {
            return end;
        }

        var digits = end + 1 < text.Length && text[end + 1] is '+' or '-' ? end + 2 : end + 1;
        return DigitsEnd(digits) > digits ? DigitsEnd(digits) : end;
    }

    /// <summary>A dot right after a number that is not the first of a range (<c>0..4</c>): <c>1.</c>, <c>1.f</c></summary>
    private bool IsBareDot(int end) =>
        end < text.Length && text[end] == '.' && (end + 1 == text.Length || text[end + 1] != '.');

    private bool IsFinite(int end) =>
        double.TryParse(
            text.Substring(position, end - position), NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
        && !double.IsInfinity(value);

    private int Percent(int end) => end < text.Length && text[end] == '%' ? end + 1 : end;

    // ------------------------------------------------------------------------------------------------------------ strings

    private Token StringLiteral()
    {
        var value = new StringBuilder();
        var at = position + 1;
        while (at < text.Length && text[at] is not ('"' or '\n' or '\r'))
        {
            at += text[at] == '\\' ? Escape(at, value) : Plain(text[at], value);
        }

        var closed = at < text.Length && text[at] == '"';
        var token = Take(TokenKind.String, closed ? at + 1 : at) with { Value = value.ToString() };
        if (!closed)
        {
            Report(SyntaxDiagnostics.UnterminatedString, token.Span);
        }

        return token;
    }

    private static int Plain(char c, StringBuilder value)
    {
        value.Append(c);
        return 1;
    }

    /// <summary>Appends what an escape sequence stands for and gives its length.</summary>
    private int Escape(int at, StringBuilder value)
    {
        var c = at + 1 < text.Length ? text[at + 1] : '\n';
        switch (c)
        {
            case '"' or '\\':
                return Plain(c, value) + 1;
            case 'n':
                return Plain('\n', value) + 1;
            case 't':
                return Plain('\t', value) + 1;
            case '\n' or '\r':
                return 1; // the string ends here unterminated
            default:
                Report(SyntaxDiagnostics.UnknownEscape, new SourceSpan(at, 2), c.ToString());
                return 2;
        }
    }

    private void Report(DiagnosticDescriptor descriptor, SourceSpan span, params string[] arguments) =>
        diagnostics.Report(descriptor, new SourceLocation(source, span), arguments);
}
