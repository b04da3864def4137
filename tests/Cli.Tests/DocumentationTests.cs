using SparseDsl.Cli.Commands;
using SparseDsl.Cli.Documentation;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Tests.Cli;

/// <summary>The generated pages are those of this source tree, and their examples are true.</summary>
public class DocumentationTests
{
    public static TheoryData<string> Pages => [.. DocsCommand.Pages.Select(p => p.Name)];

    public static TheoryData<string> Programs =>
        [.. SyntaxDiagnostics.All.Concat(NameDiagnostics.All).Concat(SparsityDiagnostics.All).Concat(LoweringDiagnostics.All).Select(r => r.Id)];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Committed_page_is_what_is_generated(string name)
    {
        var committed = File.ReadAllText(Path.Combine(Repository.Root, "docs", name));
        var generated = DocsCommand.Pages.Single(p => p.Name == name).Write();
        Assert.True(committed == generated, $"docs/{name} is not what is generated; run: ./sparsedsl docs docs");
    }

    [Fact]
    public void Pages_are_the_same_in_every_culture()
    {
        using var _ = new RussianCulture();
        Assert.All(DocsCommand.Pages, p => Assert.Equal(File.ReadAllText(Path.Combine(Repository.Root, "docs", p.Name)), p.Write()));
    }

    [Fact]
    public void Network_of_the_readme_is_canonical()
    {
        var readme = File.ReadAllText(Path.Combine(Repository.Root, "README.md")).ReplaceLineEndings("\n");
        var blocks = readme.Split("```dsl\n").Skip(1).Select(b => b[..b.IndexOf("```", StringComparison.Ordinal)]).ToArray();
        Assert.NotEmpty(blocks);
        Assert.All(blocks, text =>
        {
            var source = new SourceText("readme.dsl", text);
            var mistakes = new DiagnosticBag();
            var tree = Parser.Parse(source, mistakes);
            Assert.Empty(mistakes.Items);
            Assert.Equal(text, Formatter.Format(source, tree));
        });
    }

    /// <summary>Rows about programs have a program as example; what needs files or weights is run by <see cref="DiagnosticScenarioTests"/>.</summary>
    [Theory]
    [MemberData(nameof(Programs))]
    public void Example_is_a_program_that_provokes_its_id(string id)
    {
        var found = DiagnosticExample.Run(DiagnosticTable.All.Single(r => r.Id == id).Example);
        Assert.True(found.Any(d => d.Id == id), $"{id} is not reported, but: {string.Join(", ", found)}");
    }
}
