using SparseDsl.Dsl;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Syntax;
using SparseDsl.LanguageServer.Documents;
using SparseDsl.LanguageServer.Protocol;

namespace SparseDsl.LanguageServer.Features;

/// <summary>The canonical text of a program, as edits.</summary>
internal static class Formatting
{
    /// <summary>One edit from the first line that differs to the last; none when the text is canonical or has syntax errors, which are shown already.</summary>
    public static IReadOnlyList<TextEdit> Of(SourceText source)
    {
        var mistakes = new DiagnosticBag();
        var module = Parser.Parse(source, mistakes);
        if (mistakes.HasErrors)
        {
            return [];
        }

        var (before, after) = (source.Text, Formatter.Format(source, module));
        var start = CommonLines(before, after);
        var end = CommonLinesAtEnd(before.AsSpan(start), after.AsSpan(start));
        return before == after ? [] : [new TextEdit(source.RangeOf(SourceSpan.FromBounds(start, before.Length - end)), after[start..^end])];
    }

    private static int CommonLines(string a, string b)
    {
        var common = a.AsSpan().CommonPrefixLength(b);
        return common == 0 ? 0 : a.LastIndexOf('\n', common - 1) + 1;
    }

    private static int CommonLinesAtEnd(ReadOnlySpan<char> a, ReadOnlySpan<char> b)
    {
        var common = 0;
        while (common < a.Length && common < b.Length && a[^(common + 1)] == b[^(common + 1)])
        {
            common++;
        }

        // Whole lines only: the first line end inside the common part, and what follows it.
        var line = a[^common..].IndexOf('\n');
        return line < 0 ? 0 : common - line - 1;
    }
}
