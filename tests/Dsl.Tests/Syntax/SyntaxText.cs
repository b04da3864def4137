using System.Text.RegularExpressions;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Dsl.Tests.Syntax;

/// <summary>Texts with marked mistakes: <c>let y = [|A|] // SD1003</c> expects that id at exactly that span.</summary>
internal static partial class SyntaxText
{
    public static (ModuleSyntax Module, DiagnosticBag Diagnostics) Parse(string text)
    {
        var diagnostics = new DiagnosticBag();
        return (Parser.Parse(new SourceText("test.dsl", text), diagnostics), diagnostics);
    }

    /// <summary>Parses a text without mistakes.</summary>
    public static ModuleSyntax ParseClean(string text)
    {
        var (module, diagnostics) = Parse(text);
        Assert.True(diagnostics.Items.Count == 0, string.Join("", diagnostics.Items.Select(DiagnosticRenderer.Render)) + "\n" + text);
        return module;
    }

    /// <summary>Every mark, in order, must be a diagnostic with the id of its line's comment, and there must be no others.</summary>
    public static void AssertMarked(string marked) => AssertMarked(marked, text => Parse(text).Diagnostics);

    /// <summary>The same for any stage that fills a bag from a text.</summary>
    public static void AssertMarked(string marked, Func<string, DiagnosticBag> run)
    {
        var (text, expected) = Unmark(marked);
        var found = run(text).Items
            .Select(d => (d.Location!.Value.Span.Start, d.Location!.Value.Span.Length, d.Id))
            .OrderBy(d => d.Start).ThenBy(d => d.Id, StringComparer.Ordinal);
        Assert.Equal(expected.Select(e => Show(text, e)), found.Select(f => Show(text, f)));
    }

    private static string Show(string text, (int Start, int Length, string Id) place) =>
        $"{place.Id} at {place.Start}+{place.Length} '{text.Substring(place.Start, place.Length)}'";

    private static (string Text, List<(int Start, int Length, string Id)> Expected) Unmark(string marked)
    {
        var text = "";
        var expected = new List<(int, int, string)>();
        foreach (var line in marked.Split('\n'))
        {
            var ids = new Queue<string>(Id().Matches(line).Select(m => m.Value));
            var rest = line;
            while (Mark().Match(rest) is { Success: true } mark)
            {
                expected.Add((text.Length + mark.Index, mark.Groups[1].Length, ids.Dequeue()));
                rest = rest.Remove(mark.Index, mark.Length).Insert(mark.Index, mark.Groups[1].Value);
            }

            Assert.True(ids.Count == 0, "more ids than marks: " + line);
            text += rest + "\n";
        }

        return (text, expected);
    }

    [GeneratedRegex(@"\[\|(.*?)\|\]")]
    private static partial Regex Mark();

    [GeneratedRegex(@"SD\d{4}")]
    private static partial Regex Id();
}
