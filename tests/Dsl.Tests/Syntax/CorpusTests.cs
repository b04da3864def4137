using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Dsl.Tests.Syntax;

/// <summary>The corpus parses, and together it contains every node there is.</summary>
public class CorpusTests
{
    public static TheoryData<string> Names => SyntaxCorpus.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void Parses_without_diagnostics(string name) => SyntaxText.ParseClean(SyntaxCorpus.Read(name));

    [Fact]
    public void Every_syntax_node_occurs()
    {
        var seen = SyntaxCorpus.Files
            .SelectMany(f => SyntaxCorpus.Nodes(SyntaxText.ParseClean(File.ReadAllText(f))))
            .Concat(SyntaxCorpus.Nodes(SyntaxText.Parse("fn f(x) {\n let a = \n let b = g(,) }").Module))
            .Select(n => n.GetType()).ToHashSet();
        var all = typeof(SyntaxNode).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(SyntaxNode)) && !t.IsAbstract);
        Assert.Empty(all.Where(t => !seen.Contains(t)).Select(t => t.Name));
    }

    [Fact]
    public void Every_operator_occurs()
    {
        var nodes = SyntaxCorpus.Files.SelectMany(f => SyntaxCorpus.Nodes(SyntaxText.ParseClean(File.ReadAllText(f)))).ToList();
        Assert.Equal(
            Enum.GetValues<BinaryOperator>(), nodes.OfType<BinaryExpr>().Select(b => b.Operator).Distinct().Order());
        Assert.Equal(
            Enum.GetValues<UnaryOperator>(), nodes.OfType<UnaryExpr>().Select(b => b.Operator).Distinct().Order());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Spans_nest_and_cover_their_text(string name)
    {
        var text = SyntaxCorpus.Read(name);
        var module = SyntaxText.ParseClean(text);
        foreach (var node in SyntaxCorpus.Nodes(module))
        {
            var slice = text.Substring(node.Span.Start, node.Span.Length);
            Assert.Equal(slice.Trim(), slice);
            Assert.True(node is not Name leaf || leaf.Text == slice, $"{node} is '{slice}'");
            Assert.All(
                SyntaxCorpus.Nodes(node),
                child => Assert.True(child.Span.Start >= node.Span.Start && child.Span.End <= node.Span.End, $"{child} in {node}"));
        }
    }
}
