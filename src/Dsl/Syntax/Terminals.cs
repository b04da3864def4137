using Sprache;

namespace SparseDsl.Dsl.Syntax;

/// <summary>Parsers of single tokens, each with the words an error message uses for it.</summary>
internal static class Terminals
{
    /// <summary>What is missing where an operand should be; <see cref="SyntaxErrors"/> knows this expectation.</summary>
    public const string AnExpression = "an expression";

    /// <summary>What is missing where a declaration names something.</summary>
    public const string AName = "a name";

    /// <summary>A name that is not reserved.</summary>
    public static readonly Parser<Name> Identifier =
        Token(t => t.Kind == TokenKind.Word && !Keywords.IsReserved(t.Text), AName).Select(ToName);

    /// <summary>Any word; where a keyword cannot be meant (after <c>.</c>, <c>@</c>, <c>as</c>) reserved words are names too.</summary>
    public static readonly Parser<Name> AnyWord = Token(t => t.Kind == TokenKind.Word, AName).Select(ToName);

    /// <summary>A dotted name without spaces: <c>std.nn</c>.</summary>
    public static readonly Parser<Name> DottedName = input =>
    {
        var first = AnyWord(input);
        var end = first.Remainder;
        while (first.WasSuccessful && At(end).Token is { SpaceBefore: false } dot && dot.IsSymbol("."))
        {
            var segment = AnyWord(At(end).Next);
            if (!segment.WasSuccessful)
            {
                return segment;
            }

            end = segment.Remainder;
        }

        return first.WasSuccessful ? Result.Success(Spelled(At(input), end), end) : first;
    };

    /// <summary>The token-level view of a place.</summary>
    public static TokenInput At(IInput input) => (TokenInput)input;

    /// <summary>A token with a property, described by <paramref name="expectation"/>.</summary>
    public static Parser<Token> Token(Func<Token, bool> accepts, string expectation)
    {
        string[] expectations = [expectation];
        return input => accepts(At(input).Token)
            ? Result.Success(At(input).Token, At(input).Next)
            : Result.Failure<Token>(input, "unexpected token", expectations);
    }

    /// <summary>An operator, bracket or separator.</summary>
    public static Parser<Token> Symbol(string text) => Token(t => t.IsSymbol(text), $"'{text}'");

    /// <summary>A keyword.</summary>
    public static Parser<Token> Word(string text) => Token(t => t.IsWord(text), $"'{text}'");

    /// <summary>A keyword that is one only before a name on the same line: <c>param w</c>.</summary>
    public static Parser<Token> Leading(string text)
    {
        var word = Word(text);
        return input => IsBeforeName(At(input)) ? word(input) : Result.Failure<Token>(input, "unexpected token", [$"'{text}'"]);
    }

    /// <summary>Whether a word stands here and another one, no infix keyword, on the same line behind it.</summary>
    public static bool IsBeforeName(TokenInput at) =>
        at.Token.Kind == TokenKind.Word
        && at.Following is { Kind: TokenKind.Word, NewlineBefore: false } next && !Keywords.IsInfix(next.Text);

    /// <summary>An opening bracket that belongs to what stands before it: it must not begin a line.</summary>
    public static Parser<Token> Attached(string text) => Token(t => t.IsSymbol(text) && !t.NewlineBefore, $"'{text}'");

    private static Name ToName(Token token) => new(token.Text, token.Span);

    private static Name Spelled(TokenInput start, IInput end)
    {
        var span = start.SpanTo(end);
        return new Name(start.State.Source.Slice(span), span);
    }
}
