using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Dsl.Symbols;

/// <summary>What can be written at a place.</summary>
public enum CursorPlace
{
    /// <summary>Nothing: the place is inside a comment, a string or a number.</summary>
    Nowhere,

    /// <summary>An item: the place is outside all brackets, at the start of a line.</summary>
    Item,

    /// <summary>A statement or an expression.</summary>
    Code,

    /// <summary>The name of a module, after <c>import</c>.</summary>
    Import,

    /// <summary>The name of an annotation, after <c>@</c>.</summary>
    Annotation,

    /// <summary>A member, after a dot.</summary>
    Member,

    /// <summary>A new name, after a word that declares one.</summary>
    NewName,

    /// <summary>A type or a kind, after the colon of a declaration.</summary>
    Type,
}

/// <summary>What stands around a place in a text that may be half written.</summary>
/// <param name="Place">What can be written there.</param>
/// <param name="Prefix">The part of a word before the place.</param>
/// <param name="Callee">The name called by the innermost open parenthesis, or null.</param>
public sealed record CursorContext(CursorPlace Place, string Prefix, string? Callee)
{
    private static readonly HashSet<string> Declares = new(
        [.. Keywords.Items.Where(k => k != "sparsify"), "let", "input", "param", "state", "module", "for"], StringComparer.Ordinal);

    private static readonly HashSet<string> Typed = new(["input", "param", "state", "output"], StringComparer.Ordinal);

    /// <summary>Looks at the tokens before an offset.</summary>
    public static CursorContext At(SourceText source, int offset)
    {
        var lexed = Lexer.Lex(source, new DiagnosticBag());
        var before = lexed.Tokens.Where(t => t.Kind != TokenKind.End && t.Span.Start < offset).ToList();
        if (lexed.Comments.Any(c => c.Span.Start < offset && (offset < c.Span.End || (offset == c.Span.End && c.Text.StartsWith("//", StringComparison.Ordinal)))))
        {
            return new CursorContext(CursorPlace.Nowhere, "", null);
        }

        var prefix = "";
        if (before.Count > 0 && before[^1].Span.End >= offset && before[^1].Kind is TokenKind.Word or TokenKind.String or TokenKind.Number)
        {
            var last = before[^1];
            if (last.Kind != TokenKind.Word && (last.Span.End > offset || last.Kind == TokenKind.Number || !source.Slice(last.Span).EndsWith('"')))
            {
                return new CursorContext(CursorPlace.Nowhere, "", null);
            }

            if (last.Kind == TokenKind.Word)
            {
                prefix = source.Text.Substring(last.Span.Start, offset - last.Span.Start);
                before.RemoveAt(before.Count - 1);
            }
        }

        return new CursorContext(PlaceOf(source, before, offset - prefix.Length), prefix, CalleeOf(before));
    }

    private static CursorPlace PlaceOf(SourceText source, List<Token> before, int start)
    {
        if (before.Count == 0)
        {
            return CursorPlace.Item;
        }

        var last = before[^1];
        var touches = last.Span.End == start;
        var sameLine = source.Position(last.Span.Start).Line == source.Position(start).Line;
        return last switch
        {
            { Text: "@", Kind: TokenKind.Symbol } => CursorPlace.Annotation,
            _ when sameLine && IsImport(before) => CursorPlace.Import,
            { Text: ".", Kind: TokenKind.Symbol, SpaceBefore: false } when touches => CursorPlace.Member,
            { Kind: TokenKind.Word } when sameLine && Declares.Contains(last.Text) => CursorPlace.NewName,
            { Text: ":", Kind: TokenKind.Symbol } when IsTyped(before) => CursorPlace.Type,
            _ when !sameLine && Depth(before) == 0 => CursorPlace.Item,
            _ => CursorPlace.Code,
        };
    }

    private static bool IsImport(List<Token> before)
    {
        for (var i = before.Count - 1; i >= 0; i--)
        {
            if (before[i].IsWord("import"))
            {
                return true;
            }

            if (before[i].NewlineBefore || !(before[i].Kind == TokenKind.Word || before[i].IsSymbol(".")))
            {
                return false;
            }
        }

        return false;
    }

    /// <summary><c>param w:</c>, <c>param w: f32[2], b:</c>, or a colon in the head of an item.</summary>
    private static bool IsTyped(List<Token> before)
    {
        for (var i = before.Count - 2; i >= 0; i--)
        {
            if (before[i].Kind == TokenKind.Word && (Typed.Contains(before[i].Text) || before[i].Text is "fn" or "layer" or "op" or "model"))
            {
                return true;
            }

            if (before[i].IsSymbol("{") || before[i].IsSymbol("=") && Depth(before) == Depth(before.GetRange(0, i)))
            {
                return false;
            }
        }

        return false;
    }

    private static int Depth(IEnumerable<Token> tokens) => Math.Max(0, tokens.Sum(t => t.IsOpener ? 1 : t.IsCloser ? -1 : 0));

    private static string? CalleeOf(List<Token> before)
    {
        var depth = 0;
        for (var i = before.Count - 1; i > 0; i--)
        {
            if (before[i].IsCloser)
            {
                depth++;
            }
            else if (before[i].IsOpener && depth-- == 0)
            {
                return before[i].IsSymbol("(") && !before[i].NewlineBefore && before[i - 1].Kind == TokenKind.Word ? before[i - 1].Text : null;
            }
        }

        return null;
    }
}
