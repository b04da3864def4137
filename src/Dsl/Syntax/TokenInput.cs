using Sprache;

namespace SparseDsl.Dsl.Syntax;

/// <summary>
/// A place in a token list, as Sprache's parsers see it: <see cref="Position"/> counts tokens, <see cref="Advance"/> passes
/// one. There is one instance per place and parse, so that stepping allocates nothing.
/// </summary>
internal sealed class TokenInput : IInput
{
    private Dictionary<object, object>? memos;

    public TokenInput(ParseState state, int position)
    {
        State = state;
        Position = position;
    }

    /// <summary>The parse this place belongs to.</summary>
    public ParseState State { get; }

    /// <inheritdoc/>
    public int Position { get; }

    /// <summary>The token here.</summary>
    public Token Token => State.Tokens[Position];

    /// <summary>The place after this token; the end stays the end.</summary>
    public TokenInput Next => AtEnd ? this : State.At(Position + 1);

    /// <summary>The token before this place, or null at the start.</summary>
    public Token? Previous => Position == 0 ? null : State.Tokens[Position - 1];

    /// <summary>The token after this one.</summary>
    public Token Following => State.Tokens[Math.Min(Position + 1, State.Tokens.Length - 1)];

    /// <summary>The place just behind the bracket group that starts here, or behind this token.</summary>
    public TokenInput Over => Token.Partner > Position ? State.At(Token.Partner + 1) : Next;

    /// <inheritdoc/>
    public bool AtEnd => Token.Kind == TokenKind.End;

    /// <inheritdoc/>
    public string Source => State.Source.Text;

    /// <inheritdoc/>
    public char Current => Token.Text.Length > 0 ? Token.Text[0] : '\0';

    /// <inheritdoc/>
    public int Line => State.Source.Position(Token.Span.Start).Line;

    /// <inheritdoc/>
    public int Column => State.Source.Position(Token.Span.Start).Column;

    /// <inheritdoc/>
    public IDictionary<object, object> Memos => memos ??= [];

    /// <inheritdoc/>
    public IInput Advance() => Next;

    /// <inheritdoc/>
    public bool Equals(IInput? other) => ReferenceEquals(this, other);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => ReferenceEquals(this, obj);

    /// <inheritdoc/>
    public override int GetHashCode() => Position;

    /// <summary>The span of all characters from this token up to the one before <paramref name="end"/>.</summary>
    public SourceSpan SpanTo(IInput end)
    {
        var last = ((TokenInput)end).Position > Position ? ((TokenInput)end).Previous! : Token with { Span = new(Token.Span.Start, 0) };
        return SourceSpan.FromBounds(Token.Span.Start, last.Span.End);
    }
}
