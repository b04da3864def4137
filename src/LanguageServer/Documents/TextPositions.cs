using SparseDsl.Dsl;
using SparseDsl.LanguageServer.Protocol;
using Range = SparseDsl.LanguageServer.Protocol.Range;

namespace SparseDsl.LanguageServer.Documents;

/// <summary>Offsets and the protocol's positions. Both count UTF-16 code units.</summary>
internal static class TextPositions
{
    /// <summary>The position of an offset.</summary>
    public static Position PositionOf(this SourceText source, int offset)
    {
        var (line, column) = source.Position(offset);
        return new Position(line - 1, column - 1);
    }

    /// <summary>The range of a span.</summary>
    public static Range RangeOf(this SourceText source, SourceSpan span) => new(source.PositionOf(span.Start), source.PositionOf(span.End));

    /// <summary>The offset of a position. A column past the end of a line is that end, a line past the last is the end of the text.</summary>
    public static int OffsetOf(string text, Position position)
    {
        var start = 0;
        for (var line = 0; line < position.Line; line++)
        {
            var end = text.IndexOf('\n', start);
            if (end < 0)
            {
                return text.Length;
            }

            start = end + 1;
        }

        var lineEnd = text.IndexOf('\n', start);
        lineEnd = lineEnd < 0 ? text.Length : lineEnd > start && text[lineEnd - 1] == '\r' ? lineEnd - 1 : lineEnd;
        return (int)Math.Min(start + (long)Math.Max(0, position.Character), lineEnd);
    }

    /// <summary>The text after changes, one after the other.</summary>
    public static string Apply(string text, IEnumerable<ContentChange> changes)
    {
        foreach (var change in changes)
        {
            if (change.Range is not { } range)
            {
                text = change.Text;
                continue;
            }

            var start = OffsetOf(text, range.Start);
            var end = Math.Max(start, OffsetOf(text, range.End));
            text = string.Concat(text.AsSpan(0, start), change.Text, text.AsSpan(end));
        }

        return text;
    }
}
