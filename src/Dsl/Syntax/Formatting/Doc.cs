using System.Text;

namespace SparseDsl.Dsl.Syntax.Formatting;

/// <summary>
/// A layout with choices (Wadler, "A prettier printer"): a <see cref="Group"/> is printed on one line if it fits, otherwise
/// every <see cref="Line"/> directly in it becomes a line end.
/// </summary>
internal abstract record Doc
{
    /// <summary>A space, or a line end where the group is broken.</summary>
    public static readonly Doc Space = new Line(" ");

    /// <summary>Nothing, or a line end where the group is broken.</summary>
    public static readonly Doc Soft = new Line("");

    /// <summary>A line end always.</summary>
    public static readonly Doc Hard = new Line(null);

    /// <summary>Characters without a line end.</summary>
    public static implicit operator Doc(string characters) => new Text(characters);

    /// <summary>One after the other.</summary>
    public static Doc Concat(params IEnumerable<Doc> parts) => new Sequence([.. parts]);

    /// <summary>With a separator between.</summary>
    public static Doc Join(Doc separator, IEnumerable<Doc> parts) =>
        new Sequence([.. parts.SelectMany((part, i) => i == 0 ? [part] : new[] { separator, part })]);

    /// <summary>Literal characters.</summary>
    public sealed record Text(string Characters) : Doc;

    /// <summary>A comment at the end of a line; it never makes the line too long.</summary>
    public sealed record Comment(string Characters) : Doc;

    /// <summary>A possible line end; null breaks always.</summary>
    public sealed record Line(string? Flat) : Doc;

    /// <summary>Parts in order.</summary>
    public sealed record Sequence(IReadOnlyList<Doc> Parts) : Doc;

    /// <summary>Line ends inside are followed by four more spaces.</summary>
    public sealed record Indent(Doc Content) : Doc;

    /// <summary>All on one line, or broken.</summary>
    public sealed record Group(Doc Content) : Doc;
}

/// <summary>Writes a <see cref="Doc"/> within a width.</summary>
internal static class DocWriter
{
    private const int Width = 110;
    private const int IndentWidth = 4;

    /// <summary>The text; lines end with LF and never with spaces.</summary>
    public static string Write(Doc doc)
    {
        var text = new StringBuilder();
        var column = 0;
        var work = new Stack<(int Indent, bool Flat, Doc Doc)>();
        work.Push((0, false, doc));
        while (work.Count > 0)
        {
            var (indent, flat, next) = work.Pop();
            switch (next)
            {
                case Doc.Text t:
                    text.Append(t.Characters);
                    column += t.Characters.Length;
                    break;
                case Doc.Comment c:
                    text.Append(c.Characters);
                    break;
                case Doc.Line line when flat && line.Flat is not null:
                    text.Append(line.Flat);
                    column += line.Flat.Length;
                    break;
                case Doc.Line:
                    BreakLine(text, indent);
                    column = indent;
                    break;
                case Doc.Indent i:
                    work.Push((indent + IndentWidth, flat, i.Content));
                    break;
                case Doc.Group g:
                    work.Push((indent, flat || Fits(Width - column, g.Content, work), g.Content));
                    break;
                case Doc.Sequence s:
                    PushAll(work, indent, flat, s.Parts);
                    break;
            }
        }

        return text.ToString();
    }

    private static void BreakLine(StringBuilder text, int indent)
    {
        while (text.Length > 0 && text[text.Length - 1] == ' ')
        {
            text.Length--;
        }

        text.Append('\n').Append(' ', indent);
    }

    private static void PushAll(Stack<(int Indent, bool Flat, Doc Doc)> work, int indent, bool flat, IReadOnlyList<Doc> parts)
    {
        for (var i = parts.Count - 1; i >= 0; i--)
        {
            work.Push((indent, flat, parts[i]));
        }
    }

    /// <summary>Whether content, flat, and what follows it up to the next possible line end fit into a number of columns.</summary>
    private static bool Fits(int room, Doc content, Stack<(int Indent, bool Flat, Doc Doc)> rest)
    {
        var work = new Stack<(int Indent, bool Flat, Doc Doc)>();
        work.Push((0, true, content));
        using var following = rest.GetEnumerator();
        while (room >= 0)
        {
            if (work.Count == 0)
            {
                if (!following.MoveNext())
                {
                    return true;
                }

                work.Push(following.Current);
            }

            var (indent, flat, next) = work.Pop();
            switch (next)
            {
                case Doc.Text t: room -= t.Characters.Length; break;
                case Doc.Line { Flat: null }: return !flat;
                case Doc.Line line when flat: room -= line.Flat!.Length; break;
                case Doc.Line: return true;
                case Doc.Indent i: work.Push((indent, flat, i.Content)); break;
                case Doc.Group g: work.Push((indent, flat, g.Content)); break;
                case Doc.Sequence s: PushAll(work, indent, flat, s.Parts); break;
            }
        }

        return false;
    }
}
