using System.Text;
using SparseDsl.Compiler.Data;
using SparseDsl.Import.Data;

namespace SparseDsl.Tests.Cli;

/// <summary>What no user writes on purpose: every command says what is wrong, in few words, and never fails with a trace.</summary>
public sealed class HostileInputTests : CommandLine
{
    private const string Model = "\nmodel M() {\n    input x: f32[4, 4]\n    output y = ";

    /// <summary>Programs by what is odd about them, and whether they are right all the same.</summary>
    private static readonly Dictionary<string, (byte[] Text, bool IsGood)> Programs = new Dictionary<string, (string Text, bool IsGood)>
    {
        ["empty"] = ("", true),
        ["white space"] = (" \t\r\n\n", true),
        ["only a comment"] = ("// nothing", true),
        ["a mark, tabs and CRLF"] = ("\uFEFFmodel M() {\r\n\tinput x: f32[4]\r\n\toutput y = x // \u4f60\u597d\r\n}\r\n", true),
        ["letters beyond ASCII"] = ("model Gr\u00f6\u00dfe() {\n}\n", false),
        ["a NUL"] = (Model + "x\0\n}\n", false),
        ["10000 parentheses"] = (Model + new string('(', 10_000) + "x" + new string(')', 10_000) + "\n}\n", false),
        ["10000 brackets"] = ("const a = " + new string('[', 10_000), false),
        ["10000 braces"] = (Repeat("model M() {", 10_000), false),
        ["10000 signs"] = ("const a = " + new string('-', 10_000) + "1", false),
        ["10000 calls"] = (Model + Repeat("exp(", 10_000) + "x" + new string(')', 10_000) + "\n}\n", false),
        ["10000 choices"] = (Model + Repeat("x if true else ", 10_000) + "x\n}\n", false),
        ["10000 stages"] = (Model + "x" + Repeat(" |> exp", 10_000) + "\n}\n", false),
        ["10000 transpositions"] = (Model + "x" + new string('\'', 10_000) + "\n}\n", false),
        ["a line of a million characters"] = (Model + "nope // " + new string('a', 1_000_000) + "\n}\n", false),
        ["3000 mistakes"] = (Model + "x\n" + string.Concat(Enumerable.Range(0, 3000).Select(i => $"    let a{i} = nope{i}\n")) + "}\n", false),
        ["operators that double"] = (string.Concat(Enumerable.Range(0, 40).Select(i => $"op f{i}(x) = f{i + 1}(x) + f{i + 1}(x + 1)\n")) + "op f40(x) = x" + Model + "f0(x)\n}\n", false),
        ["functions that double"] = (string.Concat(Enumerable.Range(0, 40).Select(i => $"fn f{i}(x) {{ f{i + 1}(f{i + 1}(x)) }}\n")) + "fn f40(x) { x + x }" + Model + "f0(x)\n}\n", false),
        ["operators that call each other"] = ("op f(x) = g(x)\nop g(x) = f(x)" + Model + "f(x)\n}\n", false),
        ["constants of each other"] = ("const a = b\nconst b = a" + Model + "x * a\n}\n", false),
        ["patterns of each other"] = ("pattern p = !r\npattern r = !p" + Model + "attend(x, x, x, where: p)\n}\n", false),
        ["an endless loop"] = (Model + "for i in 0..1000000000000 { x }\n}\n", false),
        ["200 indices"] = ("model M() {\n    input x: f32[" + string.Join(", ", Enumerable.Repeat("2", 200)) + "]\n    output y = x\n}\n", false),
        ["integers without end"] = ("const a = 9223372036854775807 * 2\nconst b = 99999999999999999999" + Model + "x * a\n}\n", false),
        ["numbers that are none"] = (Model + "x * nan + x * (0 / 0) + x * 1e999\n}\n", false),
        ["extents that are none"] = ("model M() {\n    input x: f32[-4]\n    input z: f32[2.5]\n    output y = x\n}\n", false),
        ["imports of itself"] = ("import program" + Model + "x\n}\n", true),
        ["an import of a folder"] = ("import folder" + Model + "x\n}\n", false),
    }.ToDictionary(p => p.Key, p => (Encoding.UTF8.GetBytes(p.Value.Text), p.Value.IsGood));

    public static TheoryData<string> Names => [.. Programs.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Program_is_accepted_or_explained(string name)
    {
        var (text, isGood) = Programs[name];
        Directory.CreateDirectory(PathOf("folder.dsl"));
        var file = Write("program.dsl", text);
        var check = Run("check", file);
        Assert.Equal(isGood ? 0 : 1, check.Code);
        AssertShort(check.Errors);
        foreach (var arguments in new string[][] { ["fmt", "--check", file], ["dump", file, "--stage", "csharp"], ["explain", file] })
        {
            var outcome = Run(arguments);
            Assert.InRange(outcome.Code, 0, 1);
            Assert.True(outcome.Code == 0 || outcome.Errors.Contains(" SD", StringComparison.Ordinal), outcome.Errors);
            AssertShort(outcome.Errors);
        }

        Assert.Equal(text, File.ReadAllBytes(file));
        Assert.Equal([PathOf("folder.dsl"), file], Directory.GetFileSystemEntries(Folder).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("check", "--bogus", "x.dsl")]
    [InlineData("fmt", "--bogus", "x.dsl")]
    [InlineData("run", "x.dsl", "--bogus")]
    [InlineData("run", "x.dsl", "--threads", "-1")]
    [InlineData("run", "x.dsl", "--threads", "1.5")]
    [InlineData("run", "x.dsl", "--threads", "1025")]
    [InlineData("run", "x.dsl", "--threads", "99999999999")]
    [InlineData("run", "x.dsl", "--repeat", "0")]
    [InlineData("run", "x.dsl", "--repeat", "-1")]
    [InlineData("run", "x.dsl", "--dim", "N=-1")]
    [InlineData("run", "x.dsl", "--dim", "N=99999999999999999999")]
    [InlineData("run", "x.dsl", "--output", "y=a.npy", "--output", "y=b.npy")]
    [InlineData("build", "x.dsl", "--target", "java", "-o", "out")]
    public void Options_that_are_none_end_with_2(params string[] arguments)
    {
        var outcome = Run(arguments);
        Assert.Equal((2, ""), (outcome.Code, outcome.Output));
        Assert.StartsWith("sparsedsl: ", outcome.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", outcome.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("check", "", "SD5101")]
    [InlineData("explain", "\0", "SD5101")]
    [InlineData("fmt", "no/such/folder/a.dsl", "SD5101")]
    public void Paths_that_are_none_are_diagnostics(string command, string path, string id)
    {
        var outcome = Run(command, path);
        Assert.Equal(1, outcome.Code);
        Assert.Contains(id, outcome.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("Parameter", outcome.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Sizes_beyond_memory_are_diagnostics()
    {
        var file = Write("big.dsl", "model Big(N: dim 1..2147483647) {\n    input x: f32[N, 2147483647]\n    output y = x + x\n}\n");
        Assert.Equal(["SD5126"], Run("run", file, "--input", "x=random", "--dim", "N=2147483647", "--json").Ids);
        Assert.Equal(["SD5126"], Run("run", file, "--input", "x=random", "--dim", "N=2147483647", "--backend", "reference", "--json").Ids);
        Assert.Equal(["SD5126"], Run("explain", file, "--dim", "N=2147483647", "--json").Ids);
        Assert.Equal(0, Run("explain", file).Code);
    }

    [Fact]
    public void Constant_sizes_beyond_offsets_are_diagnostics()
    {
        var file = Write("huge.dsl", "model Huge() {\n    input x: f32[100000, 100000, 1000]\n    output y = x + 1\n}\n");
        foreach (var arguments in new string[][] { ["build", file, "--target", "csharp", "-o", PathOf("out")], ["pack", file], ["dump", file, "--stage", "csharp"] })
        {
            var outcome = Run(arguments);
            Assert.Equal(1, outcome.Code);
            Assert.Contains("SD4007: 'x' is f32[100000, 100000, 1000]", outcome.Errors, StringComparison.Ordinal);
        }

        Assert.Equal(["SD5146"], Run("explain", file, "--json").Ids);
    }

    [Fact]
    public void An_output_that_is_a_folder_is_left_alone()
    {
        Npy.Write(PathOf("x.npy"), TensorData.FromFloats(new float[6], 2, 3));
        Directory.CreateDirectory(PathOf("y.npy"));
        var file = Write("twice.dsl", TwiceText);
        Assert.Equal(["SD5142"], Run("run", file, "--input", $"x={PathOf("x.npy")}", "--output", $"y={PathOf("y.npy")}", "--json").Ids);
        Assert.Equal(["SD5102"], Run("run", file, "--input", $"x={PathOf("x.npy")}", "--output", "y=/proc/y.npy", "--json").Ids);
        Assert.Equal(3, Directory.GetFileSystemEntries(Folder).Length);
    }

    private static void AssertShort(string errors)
    {
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
        Assert.True(errors.Length < 1_000_000, $"{errors.Length} characters");
        Assert.All(errors.Split('\n'), line => Assert.True(line.Length < 1000, $"a line of {line.Length} characters"));
    }

    private static string Repeat(string text, int count) => string.Concat(Enumerable.Repeat(text, count));
}
