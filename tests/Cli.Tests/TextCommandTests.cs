using System.Text.Json;
using System.Text.RegularExpressions;
using SparseDsl.Compiler.Passes.Loops;

namespace SparseDsl.Tests.Cli;

/// <summary>check, fmt, dump and the command line as such.</summary>
public sealed class TextCommandTests : CommandLine
{
    [Theory]
    [InlineData]
    [InlineData("frobnicate")]
    [InlineData("run")]
    [InlineData("check")]
    [InlineData("run", "x.dsl", "--backend", "python")]
    [InlineData("run", "x.dsl", "--threads", "0")]
    [InlineData("run", "x.dsl", "--input", "image")]
    [InlineData("run", "x.dsl", "--input", "a=b", "--input", "a=c")]
    [InlineData("run", "x.dsl", "--dim", "N=four")]
    [InlineData("dump", "x.dsl")]
    [InlineData("dump", "x.dsl", "--stage", "soup")]
    [InlineData("dump", "x.dsl", "--stage", "graph", "--target", "abacus")]
    [InlineData("fmt", "x.dsl", "--check", "--stdout")]
    public void A_command_line_that_cannot_be_understood_ends_with_2(params string[] arguments)
    {
        var outcome = Run(arguments);
        Assert.Equal(2, outcome.Code);
        Assert.StartsWith("sparsedsl: ", outcome.Errors, StringComparison.Ordinal);
        Assert.Empty(outcome.Output);
    }

    [Fact]
    public void Help_ends_with_0() => Assert.Contains("Usage:", Run("run", "--help").Output, StringComparison.Ordinal);

    [Fact]
    public void Help_and_the_readme_name_the_same_commands_in_the_same_order()
    {
        var help = Run("--help").Output;
        var commands = Regex.Matches(help[help.IndexOf("Commands:", StringComparison.Ordinal)..], @"(?m)^  (\w+) ").Select(m => m.Groups[1].Value).ToList();
        var readme = Regex.Matches(File.ReadAllText(Path.Combine(Repository.Root, "README.md")), @"(?m)^\| `sparsedsl (\w+)").Select(m => m.Groups[1].Value).Distinct();
        Assert.Equal("check", commands[0]);
        Assert.Equal(commands, readme);
    }

    [Fact]
    public void Check_accepts_a_good_program_in_silence() => Assert.Equal(new Outcome(0, "", ""), Run("check", Write("twice.dsl", TwiceText)));

    [Fact]
    public void Check_reports_every_mistake_of_every_file_with_carets()
    {
        var outcome = Run("check", Write("a.dsl", "model A() { input x: f32[3]\n output y = relv(x) + nope }\n"), PathOf("missing.dsl"));
        Assert.Equal(1, outcome.Code);
        Assert.Contains("there is no 'relv' here", outcome.Errors, StringComparison.Ordinal);
        Assert.Contains("there is no 'nope' here", outcome.Errors, StringComparison.Ordinal);
        Assert.Contains("^^^^", outcome.Errors, StringComparison.Ordinal);
        Assert.Contains("SD5101", outcome.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_with_json_gives_places()
    {
        var outcome = Run("check", "--json", Write("a.dsl", "model A() {\n    input x: f32[3]\n    output y = nope\n}\n"));
        Assert.Equal(1, outcome.Code);
        Assert.Empty(outcome.Errors);
        Assert.False(outcome.Json.GetProperty("ok").GetBoolean());
        var diagnostic = outcome.Json.GetProperty("diagnostics")[0];
        Assert.Equal(("SD2001", 3, 16, 4), (diagnostic.GetProperty("id").GetString(), diagnostic.GetProperty("line").GetInt32(), diagnostic.GetProperty("column").GetInt32(), diagnostic.GetProperty("length").GetInt32()));
    }

    [Theory]
    [InlineData("gray, hight: 48", "SD5117")]
    [InlineData("purple", "SD5118")]
    [InlineData("gray, scale: 1 / 255", "SD5118")]
    [InlineData("rgb", "SD5118")]
    [InlineData("gray, height: 0", "SD5118")]
    [InlineData("gray, keep_aspect: 3", "SD5118")]
    [InlineData("gray, std: [0]", "SD5118")]
    public void Check_knows_the_image_settings(string settings, string id) =>
        Assert.Equal([id], Run("check", "--json", Write("a.dsl", $"model A() {{\n input x: u8[1, 28, 28] from image({settings})\n output y = x\n}}\n")).Ids);

    [Theory]
    [InlineData(new byte[] { 0xff, 0xfe, 0x00 })]
    [InlineData(new byte[] { 0 })]
    [InlineData(new byte[] { 0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a })]
    public void Nonsense_is_a_diagnostic_for_every_command(byte[] bytes)
    {
        var file = Write("nonsense.dsl", bytes);
        foreach (var arguments in new string[][] { ["check", file], ["fmt", file], ["dump", file, "--stage", "ast"], ["dump", file, "--stage", "csharp"], ["run", file], ["explain", file] })
        {
            var outcome = Run(arguments);
            Assert.Equal(1, outcome.Code);
            Assert.Contains(" SD", outcome.Errors, StringComparison.Ordinal);
        }

        Assert.Equal(bytes, File.ReadAllBytes(file));
    }

    [Fact]
    public void Fmt_rewrites_checks_and_prints()
    {
        var file = Write("a.dsl", "model   A( ) {input x:f32[3]\noutput y=x+x}");
        Assert.Equal(1, Run("fmt", file, "--check").Code);
        var printed = Run("fmt", file, "--stdout").Output;
        Assert.Contains("    output y = x + x\n", printed, StringComparison.Ordinal);
        Assert.Equal(new Outcome(0, "", ""), Run("fmt", file));
        Assert.Equal(printed, File.ReadAllText(file));
        Assert.Equal(0, Run("fmt", file, "--check").Code);
    }

    [Fact]
    public void Fmt_leaves_a_file_with_syntax_errors_alone()
    {
        const string text = "model A() { input x f32[3] }";
        var file = Write("a.dsl", text);
        Assert.Equal(1, Run("fmt", file).Code);
        Assert.Equal(text, File.ReadAllText(file));
        Assert.Equal([file], Directory.GetFileSystemEntries(Folder));
    }

    [Theory]
    [InlineData("ast", "(model")]
    [InlineData("bound", "model Twice(N: 1..8)")]
    [InlineData("graph", "graph Twice")]
    [InlineData("loops", "kernel")]
    [InlineData("csharp", "class Twice")]
    public void Dump_prints_a_stage(string stage, string expected)
    {
        var outcome = Run("dump", Write("twice.dsl", TwiceText), "--stage", stage, "--target", "avx2");
        Assert.Equal((0, ""), (outcome.Code, outcome.Errors));
        Assert.Contains(expected, outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Dump_prints_the_graph_after_every_pass()
    {
        var output = Run("dump", Write("twice.dsl", TwiceText), "--stage", "graph", "--passes").Output;
        Assert.Contains("# graph after graph\ngraph Twice(N: 1..8)\n", output, StringComparison.Ordinal);
        Assert.Contains("# graph after pass fuse: unchanged\n", output, StringComparison.Ordinal);
        Assert.Contains("# graph after pass choose-levels", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Dump_prints_the_loops_of_every_kernel_after_every_pass()
    {
        var output = Run("dump", Write("twice.dsl", TwiceText), "--stage", "loops", "--passes", "--target", "avx2").Output;
        var kernel = System.Text.RegularExpressions.Regex.Match(output, @"(?m)^kernel (\w+)").Groups[1].Value;
        string[] parts = ["# graph after pass choose-levels", "# program after lower\nprogram Twice(N: 1..8)\n", "# program after plan-memory", .. LoopPipeline.Passes.Select(p => $"# kernel {kernel} after pass {p.Name}"), "# program after loops"];
        var place = 0;
        foreach (var part in parts)
        {
            place = output.IndexOf(part, place, StringComparison.Ordinal);
            Assert.True(place >= 0, part + " is missing in\n" + output);
        }

        Assert.Matches($"# kernel {kernel} after pass \\w+\nkernel {kernel}", output);
        Assert.EndsWith(Run("dump", PathOf("twice.dsl"), "--stage", "loops", "--target", "avx2").Output + "\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_of_several_models_wants_a_choice()
    {
        var file = Write("two.dsl", TwiceText + TwiceText.Replace("Twice", "Other", StringComparison.Ordinal));
        Assert.Contains("SD5107", Run("dump", file, "--stage", "graph").Errors, StringComparison.Ordinal);
        Assert.Contains("SD5105", Run("dump", file, "--stage", "graph", "--model", "Third").Errors, StringComparison.Ordinal);
        Assert.Contains("graph Other", Run("dump", file, "--stage", "graph", "--model", "Other").Output, StringComparison.Ordinal);
        Assert.Contains("SD5106", Run("explain", Write("none.dsl", "op twice(x) = x + x\n")).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Modules_beside_the_file_can_be_imported()
    {
        Write("lib.dsl", "op twice(x) = x + x\n");
        Assert.Equal(new Outcome(0, "", ""), Run("check", Write("a.dsl", "import lib\n\nmodel A() {\n    input x: f32[3]\n    output y = twice(x)\n}\n")));
    }

    [Theory]
    [InlineData("x @topk(2)", "'@topk' is understood but not compiled yet")]
    [InlineData("x @threshold(0.5)", "'@threshold' is understood but not compiled yet")]
    public void Check_refuses_selections_by_their_name(string value, string said)
    {
        var file = Write("a.dsl", $"model A() {{\n    input x: f32[4]\n    output y = {value}\n}}\n");
        foreach (var arguments in new string[][] { ["check", file], ["dump", file, "--stage", "csharp"], ["run", file, "--input", "x=zeros"] })
        {
            var outcome = Run(arguments);
            Assert.Equal(1, outcome.Code);
            Assert.Contains(said, outcome.Errors, StringComparison.Ordinal);
        }

        Assert.Equal(0, Run("run", file, "--input", "x=zeros", "--backend", "reference").Code);
    }

    [Theory]
    [InlineData("gray, scale: 2, hight: 3", "a.dsl:2:52")]
    [InlineData("gray, height: 0", "a.dsl:2:42")]
    public void Image_mistake_is_reported_at_its_argument(string settings, string place) =>
        Assert.Contains(place, Run("check", Write("a.dsl", $"model A() {{\n    input x: u8[28, 28] from image({settings})\n    output y = x\n}}\n")).Errors, StringComparison.Ordinal);

    [Fact]
    public void Hint_lists_the_kinds_an_output_can_have()
    {
        var file = Write("a.dsl", "model A() {\n    input x: f32[4]\n    output y = -x\n}\n");
        Assert.Contains("use .npy, .npz or .safetensors\n", Run("run", file, "--input", "x=zeros", "--output", "y=z.txt").Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Explain_without_weights_claims_no_density()
    {
        var file = Write("digits.dsl", DigitsText);
        var layers = Run("explain", file, "--json").Json.GetProperty("layers").EnumerateArray().ToArray();
        var weighed = layers.Where(l => l.GetProperty("dense_mac").GetInt64() > 0).ToArray();
        Assert.NotEmpty(weighed);
        Assert.All(weighed, l => Assert.Equal(JsonValueKind.Null, l.GetProperty("density").ValueKind));
        Assert.Contains("unknown", Run("explain", file).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Explain_counts_what_is_done()
    {
        File.Copy(Digit("digits.safetensors"), PathOf("digits.safetensors"));
        var outcome = Run("explain", Write("digits.dsl", DigitsText), "--dim", "N=2", "--json");
        Assert.Equal(0, outcome.Code);
        var total = outcome.Json.GetProperty("total");
        Assert.Equal(2 * ((256 * 784) + (10 * 256)), total.GetProperty("dense_mac").GetInt64());
        Assert.Equal(2 * 12595, total.GetProperty("mac").GetInt64());
        var weighed = outcome.Json.GetProperty("storage").EnumerateArray().ToDictionary(d => d.GetProperty("tensor").GetString()!);
        Assert.Equal("csr", weighed["w1"].GetProperty("format").GetString());
        Assert.True(weighed["w1"].GetProperty("sparse_microseconds").GetDouble() < weighed["w1"].GetProperty("dense_microseconds").GetDouble());
        Assert.Equal("dense", weighed["w2"].GetProperty("format").GetString());
        Assert.Equal(0.5, weighed["w2"].GetProperty("stored").GetDouble(), 6);
        Assert.Matches("(?m)^  w1 +csr +sparse-faster +5% of the elements are stored: about .* µs, dense .* µs; dense above .*% stored$", Run("explain", PathOf("digits.dsl")).Output);
        Assert.Matches("(?m)^  w2 +[a-z]+ +dense-faster +50% of the elements would be stored: .*; csr below .*% stored$", Run("explain", PathOf("digits.dsl")).Output);
        Assert.Equal(["SD5113"], Run("explain", PathOf("digits.dsl"), "--dim", "N=65", "--json").Ids);
        Assert.Equal(["SD5123"], Run("explain", PathOf("digits.dsl"), "--dim", "M=5", "--json").Ids);
    }
}
