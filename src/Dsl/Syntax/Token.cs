namespace SparseDsl.Dsl.Syntax;

/// <summary>What a <see cref="Token"/> is.</summary>
internal enum TokenKind
{
    /// <summary>A name or a keyword.</summary>
    Word,

    /// <summary>A number, with its percent sign if it has one.</summary>
    Number,

    /// <summary>A string literal.</summary>
    String,

    /// <summary>An operator, bracket or separator.</summary>
    Symbol,

    /// <summary>Characters that are already reported.</summary>
    Error,

    /// <summary>The end of the text.</summary>
    End,
}

/// <summary>One lexical element with what layout-sensitive rules need to know about its surroundings.</summary>
internal sealed record Token(TokenKind Kind, string Text, SourceSpan Span)
{
    /// <summary>Whether white space, a comment or a line end stands before it.</summary>
    public bool SpaceBefore { get; init; }

    /// <summary>Whether a line end stands between it and the token before; true for the first token.</summary>
    public bool NewlineBefore { get; init; }

    /// <summary>The characters a string literal stands for.</summary>
    public string Value { get; init; } = "";

    /// <summary>A closing bracket that the text lacks (already reported).</summary>
    public bool Inserted { get; init; }

    /// <summary>Position of the other bracket of the pair in the balanced token list; -1 for other tokens.</summary>
    public int Partner { get; init; } = -1;

    /// <summary>Whether the innermost bracket around it is <c>(</c> or <c>[</c>, so that line ends separate nothing.</summary>
    public bool InParentheses { get; init; }

    /// <summary>Whether a diagnostic about this place exists already.</summary>
    public bool IsReported => Kind == TokenKind.Error || Inserted;

    /// <summary>Whether it is this operator, bracket or separator.</summary>
    public bool IsSymbol(string text) => Kind == TokenKind.Symbol && Text == text;

    /// <summary>Whether it is this word.</summary>
    public bool IsWord(string text) => Kind == TokenKind.Word && Text == text;

    /// <summary>Whether it is an opening bracket.</summary>
    public bool IsOpener => Kind == TokenKind.Symbol && Text is "(" or "[" or "{";

    /// <summary>Whether it is a closing bracket.</summary>
    public bool IsCloser => Kind == TokenKind.Symbol && Text is ")" or "]" or "}";

    /// <summary>Whether it is a number with a percent sign.</summary>
    public bool IsPercent => Kind == TokenKind.Number && Text.EndsWith('%');

    /// <summary>The token as a sentence names it.</summary>
    public string Described => Kind switch
    {
        TokenKind.Word when Keywords.IsReserved(Text) => $"the keyword '{Text}'",
        TokenKind.Word => $"the name '{Text}'",
        TokenKind.Number => $"the number {Text}",
        TokenKind.String => "a string",
        TokenKind.End => "the end of the file",
        _ => $"'{Text}'",
    };
}

/// <summary>A comment; the formatter puts every one of them back.</summary>
/// <param name="Text">All its characters, with <c>//</c> or <c>/* */</c>.</param>
/// <param name="Span">Where it stands.</param>
/// <param name="OwnLine">Whether only white space stands before it on its line.</param>
internal sealed record Comment(string Text, SourceSpan Span, bool OwnLine);

/// <summary>What <see cref="Lexer"/> makes of a text. The last token is always <see cref="TokenKind.End"/>.</summary>
/// <param name="Tokens">The tokens in order.</param>
/// <param name="Comments">The comments in order.</param>
/// <param name="Truncated">Whether an unterminated comment swallowed the rest of the text.</param>
internal sealed record LexedText(IReadOnlyList<Token> Tokens, IReadOnlyList<Comment> Comments, bool Truncated);
