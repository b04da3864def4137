namespace SparseDsl.Dsl.Syntax;

/// <summary>Where statements end: at a line end that no operator bridges, at <c>;</c>, at the end of the block.</summary>
internal static class Separator
{
    /// <summary>Passes semicolons.</summary>
    public static TokenInput Skip(TokenInput at)
    {
        while (at.Token.IsSymbol(";"))
        {
            at = at.Next;
        }

        return at;
    }

    /// <summary>Whether a statement may end before this place.</summary>
    public static bool EndsStatement(TokenInput at) => at.Token.NewlineBefore || at.Token.IsSymbol(";") || EndsBlock(at);

    /// <summary>The place to go on after a statement that failed at a token: the next statement at its own bracket level.</summary>
    public static TokenInput Recover(TokenInput start, int failure)
    {
        var at = start;
        while (!EndsBlock(at) && (at == start || at.Position < failure || !Begins(at)))
        {
            at = at.Over;
        }

        return at;
    }

    private static bool EndsBlock(TokenInput at) => at.AtEnd || at.Token.IsCloser;

    private static bool Begins(TokenInput at) => at.Token.IsSymbol(";") || (at.Token.NewlineBefore && !Continues(at.Token));

    /// <summary>Whether a token at the start of a line goes on with the statement above.</summary>
    private static bool Continues(Token token) =>
        (token.Kind == TokenKind.Symbol && token.Text is not ("(" or "[" or "{" or "!"))
        || (token.Kind == TokenKind.Word && Keywords.IsInfix(token.Text) && token.Text != "if");
}
