namespace SparseDsl.Dsl;

/// <summary>A half-open range of characters of one source text.</summary>
/// <param name="Start">Zero-based offset of the first character.</param>
/// <param name="Length">Number of characters; 0 marks a point.</param>
public readonly record struct SourceSpan(int Start, int Length)
{
    /// <summary>Offset just past the last character.</summary>
    public int End => Start + Length;

    /// <summary>The span from <paramref name="start"/> up to <paramref name="end"/>.</summary>
    public static SourceSpan FromBounds(int start, int end) => new(start, Math.Max(0, end - start));

    /// <summary>The smallest span that covers both.</summary>
    public static SourceSpan Union(SourceSpan a, SourceSpan b) =>
        FromBounds(Math.Min(a.Start, b.Start), Math.Max(a.End, b.End));
}

/// <summary>One source file: where it came from, its characters, and its lines.</summary>
public sealed class SourceText
{
    private readonly int[] lineStarts;

    /// <summary>Wraps text; line ends may be LF or CRLF.</summary>
    public SourceText(string path, string text)
    {
        Path = path;
        Text = text;
        var starts = new List<int> { 0 };
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\n')
            {
                starts.Add(i + 1);
            }
        }

        lineStarts = [.. starts];
    }

    /// <summary>The path as the user wrote it; shown in diagnostics.</summary>
    public string Path { get; }

    /// <summary>All characters.</summary>
    public string Text { get; }

    /// <summary>Number of lines; a text without line ends has one.</summary>
    public int LineCount => lineStarts.Length;

    /// <summary>One-based line and column of an offset; offsets past the end give the end.</summary>
    public (int Line, int Column) Position(int offset)
    {
        offset = Math.Min(Math.Max(offset, 0), Text.Length);
        var index = Array.BinarySearch(lineStarts, offset);
        var line = index >= 0 ? index : ~index - 1;
        return (line + 1, offset - lineStarts[line] + 1);
    }

    /// <summary>The text of a one-based line, without its line end.</summary>
    public string Line(int line)
    {
        var start = lineStarts[line - 1];
        var end = line < lineStarts.Length ? lineStarts[line] : Text.Length;
        return Text.Substring(start, end - start).TrimEnd('\r', '\n');
    }

    /// <summary>The characters of a span.</summary>
    public string Slice(SourceSpan span) => Text.Substring(span.Start, span.Length);
}

/// <summary>A span in a particular source text.</summary>
public readonly record struct SourceLocation(SourceText Source, SourceSpan Span)
{
    /// <summary><c>path:line:column</c>, one-based.</summary>
    public override string ToString()
    {
        var (line, column) = Source.Position(Span.Start);
        return FormattableString.Invariant($"{Source.Path}:{line}:{column}");
    }
}
