using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Dsl.Tests.Syntax;

/// <summary>Damaged programs give diagnostics, never exceptions, and no damage hides the rest of the file.</summary>
public class FuzzTests
{
    private static readonly string[] Insertions =
    [
        "(", ")", "[", "]", "{", "}", ",", ";", ":", "=", "==", "<", "|>", ".", "..", "'", "@", "%", "^", "-", "!", "\n", "\"", "/*",
        "//", "let ", "as ", "if ", "else ", "for ", "in ", "model M {", "sum(k) ", "é", "1.", "train ", "&&", "\0", "\ud800",
    ];

    public static TheoryData<string> Names => SyntaxCorpus.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void Deleting_any_stretch_never_throws(string name)
    {
        var text = SyntaxCorpus.Read(name);
        var random = new Random(1);
        for (var i = 0; i < 250; i++)
        {
            var start = random.Next(text.Length);
            ParseDamaged(text.Remove(start, Math.Min(text.Length - start, random.Next(1, 12))));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Inserting_anything_never_throws(string name)
    {
        var text = SyntaxCorpus.Read(name);
        var random = new Random(2);
        for (var i = 0; i < 250; i++)
        {
            var damaged = text;
            for (var n = random.Next(1, 4); n > 0; n--)
            {
                damaged = damaged.Insert(random.Next(damaged.Length), Insertions[random.Next(Insertions.Length)]);
            }

            ParseDamaged(damaged);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Truncation_never_throws(string name)
    {
        var text = SyntaxCorpus.Read(name);
        for (var length = 0; length < text.Length; length++)
        {
            ParseDamaged(text[..length]);
        }
    }

    [Fact]
    public void Random_characters_never_throw()
    {
        var random = new Random(3);
        for (var i = 0; i < 2000; i++)
        {
            ParseDamaged(string.Concat(Enumerable.Range(0, random.Next(60)).Select(_ => (char)random.Next(random.Next(2) == 0 ? 128 : 65536))));
        }
    }

    [Fact]
    public void Random_tokens_never_throw()
    {
        var random = new Random(4);
        for (var i = 0; i < 3000; i++)
        {
            ParseDamaged(string.Concat(Enumerable.Range(0, random.Next(80)).Select(_ => Insertions[random.Next(Insertions.Length)] + "a ")));
        }
    }

    [Theory]
    [InlineData("(")]
    [InlineData("[")]
    [InlineData("{")]
    [InlineData("-")]
    [InlineData("!")]
    [InlineData("f(")]
    [InlineData("x[")]
    [InlineData("2 ^ ")]
    [InlineData("sum(k) ")]
    [InlineData("1 if a else ")]
    [InlineData("if a { 1 } else ")]
    [InlineData("for i in ")]
    [InlineData("1 + ")]
    [InlineData("1 + (")]
    [InlineData("(1) + (")]
    [InlineData("x |> ")]
    public void Any_depth_gives_a_diagnostic_and_no_stack_overflow(string piece)
    {
        var text = "const a = " + string.Concat(Enumerable.Repeat(piece, 20_000)) + "x\nconst b = 2\n";
        var diagnostics = OnSmallStack(() => ParseDamaged(text));
        Assert.Contains(diagnostics.Items, d => d.Id is "SD1026" or "SD1027");
    }

    [Theory]
    [InlineData("'")]
    [InlineData("()")]
    [InlineData("[0]")]
    [InlineData(".m")]
    [InlineData("@dense")]
    [InlineData(" . y")]
    [InlineData(" |> f()")]
    public void Any_chain_of_suffixes_gives_a_diagnostic_and_no_stack_overflow(string piece)
    {
        var text = "const a = x" + string.Concat(Enumerable.Repeat(piece, 20_000)) + "\nconst b = 2\n";
        var diagnostics = OnSmallStack(() => ParseDamaged(text));
        Assert.Contains(diagnostics.Items, d => d.Id == "SD1027");
    }

    [Fact]
    public void Long_lists_and_sums_parse()
    {
        var list = "const a = [" + string.Join(", ", Enumerable.Range(0, 5000)) + "]\n";
        var sum = "const b = " + string.Join(" + ", Enumerable.Range(0, 2000).Select(i => $"{i} * {i}")) + "\n";
        var pipeline = "fn f(x) { x" + string.Concat(Enumerable.Repeat("\n    |> relu()", 400)) + " }\n";
        Assert.Equal(3, OnSmallStack(() => SyntaxText.ParseClean(list + sum + pipeline)).Items.Length);
    }

    /// <summary>What the grammar lets through must fit every recursive consumer, here the printer and the formatter.</summary>
    [Theory]
    [InlineData("x", " + y * z", 2400)]
    [InlineData("x", " |> f(1)", 2400)]
    [InlineData("x", "'", 490)]
    [InlineData("x", "()", 490)]
    [InlineData("x", ".m", 490)]
    [InlineData("x", " . y", 490)]
    [InlineData("x", " | y & z", 1200)]
    public void The_deepest_trees_print_and_format(string first, string piece, int count)
    {
        var text = "const a = " + first + string.Concat(Enumerable.Repeat(piece, count)) + "\nconst b = 2\n";
        var formatted = OnSmallStack(() =>
        {
            var module = SyntaxText.ParseClean(text);
            var result = Formatter.Format(new SourceText("t.dsl", text), module);
            Assert.Equal(AstPrinter.Print(module), AstPrinter.Print(SyntaxText.ParseClean(result)));
            return result;
        });
        Assert.EndsWith("\nconst b = 2\n", formatted);
    }

    /// <summary>Windows and worker threads have 1 MiB; a parse must fit with room to spare.</summary>
    private static T OnSmallStack<T>(Func<T> run)
        where T : class
    {
        T? result = null;
        Exception? failure = null;
        var thread = new Thread(() => failure = Record.Exception(() => result = run()), 1024 * 1024);
        thread.Start();
        thread.Join();
        Assert.Null(failure);
        return result!;
    }

    private static DiagnosticBag ParseDamaged(string text)
    {
        var (module, diagnostics) = SyntaxText.Parse(text);
        foreach (var diagnostic in diagnostics.Items)
        {
            Assert.NotEmpty(DiagnosticRenderer.Render(diagnostic));
            var span = diagnostic.Location!.Value.Span;
            Assert.InRange(span.End, span.Start, text.Length);
        }

        var hasHoles = SyntaxCorpus.Nodes(module).Any(n => n is ErrorExpr or ErrorStmt);
        Assert.True(!hasHoles || diagnostics.HasErrors, "an error node without a diagnostic:\n" + text);
        AstPrinter.Print(module);
        return diagnostics;
    }
}
