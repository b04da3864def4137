using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Dsl.Syntax.Formatting;

/// <summary>A comment and where it goes: before an entry, behind it on its line, or at the end of the block.</summary>
/// <param name="Comment">The comment.</param>
/// <param name="Anchor">Where, for the distance to its neighbours, it counts as standing.</param>
internal readonly record struct PlacedComment(Comment Comment, SourceSpan Anchor);

/// <summary>The comments of a text by the braces they stand in, so that each list of entries can put back its own.</summary>
internal sealed class CommentMap
{
    private readonly SourceText source;
    private readonly Dictionary<int, List<Comment>> byBrace = [];
    private readonly List<int> braces = [];

    /// <summary>Collects the comments of a text.</summary>
    public CommentMap(SourceText source)
    {
        this.source = source;
        var lexed = Lexer.Lex(source, new DiagnosticBag());
        var open = new Stack<int>();
        var next = 0;
        foreach (var token in lexed.Tokens)
        {
            for (; next < lexed.Comments.Count && lexed.Comments[next].Span.Start < token.Span.Start; next++)
            {
                Add(open.Count == 0 ? TopLevel : open.Peek(), lexed.Comments[next]);
            }

            if (token.IsSymbol("{"))
            {
                braces.Add(token.Span.Start);
                open.Push(token.Span.Start);
            }
            else if (token.IsSymbol("}") && open.Count > 0)
            {
                open.Pop();
            }
        }

        for (; next < lexed.Comments.Count; next++)
        {
            Add(TopLevel, lexed.Comments[next]);
        }
    }

    /// <summary>The region outside all braces.</summary>
    public static int TopLevel => -1;

    /// <summary>Offset of the first brace at or behind a place; the region of a body whose braces have no node.</summary>
    public int BraceAfter(int offset)
    {
        var index = braces.BinarySearch(offset);
        index = index < 0 ? ~index : index;
        return index < braces.Count ? braces[index] : int.MaxValue;
    }

    /// <summary>Whether any comment stands directly in a region.</summary>
    public bool IsEmpty(int region) => !byBrace.ContainsKey(region);

    /// <summary>Whether any comment begins between two places.</summary>
    public bool HasBetween(int start, int end) =>
        byBrace.Values.Any(list => list.Any(c => c.Span.Start >= start && c.Span.Start < end));

    /// <summary>
    /// Shares the comments of a region among its entries: element i goes before entry i, the last to the end; Trailing goes
    /// behind entry i. A comment inside an entry moves before it.
    /// </summary>
    public (List<PlacedComment>[] Before, List<Comment>[] Trailing) Place(int region, IReadOnlyList<SourceSpan> entries)
    {
        var before = Enumerable.Range(0, entries.Count + 1).Select(_ => new List<PlacedComment>()).ToArray();
        var trailing = entries.Select(_ => new List<Comment>()).ToArray();
        var next = 0;
        foreach (var comment in byBrace.TryGetValue(region, out var all) ? all : [])
        {
            while (next < entries.Count && entries[next].End <= comment.Span.Start)
            {
                next++;
            }

            var isInside = next < entries.Count && entries[next].Start <= comment.Span.Start;
            if (!isInside && next > 0 && IsSameLine(entries[next - 1].End, comment.Span.Start))
            {
                trailing[next - 1].Add(comment);
            }
            else
            {
                before[next].Add(new PlacedComment(comment, isInside ? new SourceSpan(entries[next].Start, 0) : comment.Span));
            }
        }

        return (before, trailing);
    }

    /// <summary>Whether an empty line lies between two places of the text.</summary>
    public bool IsBlankBetween(int start, int end)
    {
        var lines = 0;
        for (var i = start; i < end && i < source.Text.Length; i++)
        {
            lines += source.Text[i] == '\n' ? 1 : 0;
        }

        return lines > 1;
    }

    /// <summary>Only separators and other comments on one line lie between.</summary>
    private bool IsSameLine(int start, int end) => source.Text.IndexOf('\n', start, end - start) < 0;

    private void Add(int region, Comment comment)
    {
        if (!byBrace.TryGetValue(region, out var list))
        {
            byBrace.Add(region, list = []);
        }

        list.Add(comment);
    }
}
