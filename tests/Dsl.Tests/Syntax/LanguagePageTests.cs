using System.Text.RegularExpressions;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Dsl.Tests.Syntax;

/// <summary>The programs in docs/language.md are programs, its lists of words are the grammar's, its mistakes are mistakes.</summary>
public partial class LanguagePageTests
{
    private static readonly string Page = File.ReadAllText(SparseDsl.Tests.Repository.PathOf("docs/language.md"));

    public static TheoryData<string> Programs => [.. Blocks("dsl")];

    public static TheoryData<string> WrongPrograms => [.. Blocks("dsl-error")];

    [Theory]
    [MemberData(nameof(Programs))]
    public void Programs_parse_and_are_canonical_up_to_layout(string text)
    {
        var tree = AstPrinter.Print(SyntaxText.ParseClean(text));
        var formatted = Formatter.Format(new SourceText("language.md", text), SyntaxText.ParseClean(text));
        Assert.Equal(tree, AstPrinter.Print(SyntaxText.ParseClean(formatted)));
    }

    [Theory]
    [MemberData(nameof(WrongPrograms))]
    public void Wrong_programs_are_reported(string text) => Assert.NotEmpty(SyntaxText.Parse(text).Diagnostics.Items);

    [Fact]
    public void Every_reserved_word_is_listed()
    {
        var listed = Quotes().Matches(Page).SelectMany(q => Words().Matches(q.Value).Select(w => w.Groups[1].Value)).ToHashSet();
        Assert.Empty(Keywords.Reserved.Concat(Keywords.Items).Concat(Keywords.Statements).Concat(Keywords.Reductions).Except(listed));
    }

    private static IEnumerable<string> Blocks(string language) =>
        Fences().Matches(Page).Where(m => m.Groups[1].Value == language).Select(m => m.Groups[2].Value);

    [GeneratedRegex(@"^```([\w-]+)\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fences();

    [GeneratedRegex(@"^> .*$", RegexOptions.Multiline)]
    private static partial Regex Quotes();

    [GeneratedRegex(@"`(\w+)`")]
    private static partial Regex Words();
}
