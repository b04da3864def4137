using System.Globalization;
using System.Text;

namespace SparseDsl.Dsl.Diagnostics;

/// <summary>Writes diagnostics the way people read them: place, id, sentence, the line with carets, notes, hint.</summary>
public static class DiagnosticRenderer
{
    /// <summary>Of a longer line only this much around the place is shown.</summary>
    private const int Widest = 160;

    /// <summary><c>digits.dsl:9:27: error SD3004: …</c></summary>
    public static string Header(Diagnostic diagnostic)
    {
        var place = diagnostic.Location is { } location ? $"{location}: " : "";
        return $"{place}{Word(diagnostic.Severity)} {diagnostic.Id}: {diagnostic.Message}";
    }

    /// <summary>The whole diagnostic over several lines, each ended by LF.</summary>
    public static string Render(Diagnostic diagnostic)
    {
        var text = new StringBuilder();
        text.Append(Header(diagnostic)).Append('\n');
        AppendExcerpt(text, diagnostic.Location);
        foreach (var note in diagnostic.Notes)
        {
            var place = note.Location is { } location ? $"{location}: " : "";
            text.Append("  ").Append(place).Append("note: ").Append(note.Message).Append('\n');
            AppendExcerpt(text, note.Location);
        }

        if (diagnostic.Hint.Length > 0)
        {
            text.Append("  hint: ").Append(diagnostic.Hint).Append('\n');
        }

        return text.ToString();
    }

    private static void AppendExcerpt(StringBuilder text, SourceLocation? place)
    {
        if (place is not { } location || location.Source.Text.Length == 0)
        {
            return;
        }

        var (line, column) = location.Source.Position(location.Span.Start);
        var content = location.Source.Line(line).Replace('\t', ' ');
        var first = content.Length <= Widest ? 0 : Math.Max(0, Math.Min(column - (Widest / 2), content.Length - Widest));
        var end = Math.Min(content.Length, first + Widest);
        var (before, after) = (first > 0 ? "…" : "", end < content.Length ? "…" : "");
        var number = line.ToString(CultureInfo.InvariantCulture).PadLeft(4);
        var carets = Math.Max(1, Math.Min(location.Span.Length, end - column + 1));
        text.Append(number).Append(" | ").Append(before).Append(content, first, end - first).Append(after).Append('\n');
        text.Append("     | ").Append(' ', column - 1 - first + before.Length).Append('^', carets).Append('\n');
    }

    private static string Word(Severity severity) => severity switch
    {
        Severity.Error => "error",
        Severity.Warning => "warning",
        _ => "info",
    };
}
