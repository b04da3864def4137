using System.Text.RegularExpressions;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Tests;

namespace SparseDsl.Dsl.Tests.Binding;

/// <summary>The programs in the chapters on meaning in docs/language.md bind without mistakes.</summary>
public partial class LanguagePageBindTests
{
    public static TheoryData<string> Programs
    {
        get
        {
            var page = File.ReadAllText(Repository.PathOf("docs/language.md"));
            var meaning = page[page.IndexOf("\n## Meaning", StringComparison.Ordinal)..];
            return [.. Fences().Matches(meaning).Select(m => m.Groups[1].Value)];
        }
    }

    [Theory]
    [MemberData(nameof(Programs))]
    public void Programs_bind(string text)
    {
        var (_, diagnostics) = BindText.Bind(text.Contains("import", StringComparison.Ordinal) ? text : "import std.nn\n" + text);
        Assert.True(diagnostics.Items.Count == 0, string.Concat(diagnostics.Items.Select(DiagnosticRenderer.Render)));
    }

    [GeneratedRegex(@"^```dsl\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fences();
}
