using Microsoft.CodeAnalysis;
using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Tests.Generator;

/// <summary>Mistakes stand where they were made, all of them, and projects decide how bad they are.</summary>
public sealed class DiagnosticTests
{
    [Fact]
    public void Five_mistakes_are_five_diagnostics_with_line_and_column()
    {
        var host = new Host(("bad.dsl", """
            model Bad(N: dim 1..8) {
                input x: f32[N, 3]
                output a = x + nothing
                output b = missing(x)
                output c: f32[N, 4] = x
                let d = = 3
                output e = x.y.z
            }

            """.ReplaceLineEndings("\n")));

        var found = host.Diagnostics;
        Assert.Equal(5, found.Length);
        Assert.All(found, d => Assert.Equal("/app/bad.dsl", d.Location.GetLineSpan().Path));
        Assert.Equal([2, 3, 4, 5, 6], found.Select(d => d.Location.GetLineSpan().StartLinePosition.Line).Order());
        var unknown = found.Single(d => d.Location.GetLineSpan().StartLinePosition.Line == 2);
        Assert.Equal("SD2001", unknown.Id);
        Assert.Equal((19, 26), (unknown.Location.GetLineSpan().StartLinePosition.Character, unknown.Location.GetLineSpan().EndLinePosition.Character));
        Assert.StartsWith("there is no 'nothing' here; ", unknown.GetMessage(null), StringComparison.Ordinal);
        Assert.Empty(host.Result.GeneratedSources);
    }

    [Fact]
    public void A_mistake_in_an_imported_file_is_reported_once_and_there()
    {
        var host = new Host(("lib.dsl", "op f(x) = \n"), ("a.dsl", "import lib\n" + Model("A")), ("b.dsl", "import lib\n" + Model("B")));
        var found = host.Diagnostics.Where(d => d.Id.StartsWith("SD1", StringComparison.Ordinal)).ToList();
        Assert.Equal("/app/lib.dsl", Assert.Single(found).Location.GetLineSpan().Path);
    }

    [Fact]
    public void A_missing_import_is_reported()
    {
        var host = new Host(("a.dsl", "import nowhere\n" + Model("A")));
        Assert.Equal(0, Assert.Single(host.Diagnostics).Location.GetLineSpan().StartLinePosition.Line);
    }

    [Fact]
    public void A_warning_leaves_the_class_and_has_its_severity()
    {
        var host = new Host(("w.dsl", Small));
        var warning = Assert.Single(host.Diagnostics);
        Assert.Equal((DiagnosticSeverity.Warning, 2), (warning.Severity, warning.Location.GetLineSpan().StartLinePosition.Line));
        Assert.Single(host.Result.GeneratedSources);
        Assert.Empty(host.Errors());
    }

    [Theory]
    [InlineData("SparseDslNamespace", "My App", "SD5301")]
    [InlineData("SparseDslClassName", "3D", "SD5301")]
    [InlineData("SparseDslAccessibility", "private", "SD5301")]
    [InlineData("SparseDslTargets", "avx1024", "SD5301")]
    public void A_setting_that_makes_no_sense_is_reported(string name, string value, string id)
    {
        var host = new Host(("a.dsl", Model("A")));
        host.Set("build_metadata.AdditionalFiles." + name, value, "a.dsl");
        var found = Assert.Single(host.Diagnostics);
        Assert.Equal(id, found.Id);
        Assert.Contains($"'{value}'", found.GetMessage(null), StringComparison.Ordinal);
    }

    [Fact]
    public void A_class_that_two_files_give_is_a_mistake_in_the_second()
    {
        var host = new Host(("b/two.dsl", "\n" + Model("Net")), ("a/one.dsl", Model("Net")), ("c/three.dsl", Model("Other")));
        var found = Assert.Single(host.Diagnostics);
        Assert.Equal(("SD5303", "/app/b/two.dsl", 1, 6), (found.Id, found.Location.GetLineSpan().Path, found.Location.GetLineSpan().StartLinePosition.Line, found.Location.GetLineSpan().StartLinePosition.Character));
        Assert.StartsWith("the class 'App.Net' is made already, from the model 'Net' in 'a/one.dsl'; ", found.GetMessage(null), StringComparison.Ordinal);
        Assert.Empty(host.Errors());
        Assert.NotNull(host.Output.GetTypeByMetadataName("App.Net"));

        host.Set("build_metadata.AdditionalFiles.SparseDslNamespace", "Elsewhere", "b/two.dsl");
        Assert.Empty(host.Diagnostics);
        host.Set("build_metadata.AdditionalFiles.SparseDslNamespace", "", "b/two.dsl");
        host.Set("build_metadata.AdditionalFiles.SparseDslClassName", "Second", "b/two.dsl");
        Assert.Empty(host.Diagnostics);
        host.Set("build_metadata.AdditionalFiles.SparseDslClassName", "Other", "b/two.dsl");
        Assert.Equal("/app/c/three.dsl", Assert.Single(host.Diagnostics).Location.GetLineSpan().Path);
    }

    [Fact]
    public void A_class_that_two_models_of_a_file_give_is_a_mistake()
    {
        var found = Assert.Single(new Host(("net.dsl", Model("net") + Model("Net"))).Diagnostics);
        Assert.Equal(("SD5303", 4), (found.Id, found.Location.GetLineSpan().StartLinePosition.Line));
        Assert.Contains("from the model 'net' in 'net.dsl'", found.GetMessage(null), StringComparison.Ordinal);
    }

    [Fact]
    public void Packed_weights_of_one_name_are_a_mistake()
    {
        var host = new Host(("a/net.dsl", Model("A")), ("b/net.dsl", Model("B")));
        host.Set("build_metadata.AdditionalFiles.SparseDslWeights", "net.sdw", "a/net.dsl");
        host.Set("build_metadata.AdditionalFiles.SparseDslWeights", "net.sdw", "b/net.dsl");
        Assert.Empty(host.Diagnostics);
        host.AddStorage("a/net.dsl", "storage 1\n");
        host.AddStorage("b/net.dsl", "storage 1\n");
        var found = Assert.Single(host.Diagnostics);
        Assert.Equal(("SD5304", "/app/b/net.dsl"), (found.Id, found.Location.GetLineSpan().Path));
        Assert.Contains("'a/net.dsl'", found.GetMessage(null), StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_packer_found_is_reported_instead_of_what_the_generator_guesses()
    {
        var host = new Host(("w.dsl", Small));
        var guess = Assert.Single(host.Diagnostics);
        var place = new DiagnosticLine(guess.Id, new(guess.Location.SourceSpan.Start, guess.Location.SourceSpan.Length), (3, 26), (3, 53), "measured; do this", "/app/w.dsl");
        var extra = new DiagnosticLine("SD5005", new(0, 0), (1, 1), (1, 1), "a tensor too many", "/app/w.dsl");
        host.AddWarnings("w.warnings", place, extra, extra);
        Assert.Equal(["measured; do this", "a tensor too many"], host.Diagnostics.Select(d => d.GetMessage(null)));
        Assert.All(host.Diagnostics, d => Assert.Equal(DiagnosticSeverity.Warning, d.Severity));
        Assert.Equal((2, 25), (host.Diagnostics[0].Location.GetLineSpan().StartLinePosition.Line, host.Diagnostics[0].Location.GetLineSpan().StartLinePosition.Character));
    }

    [Fact]
    public void A_line_that_is_no_diagnostic_is_none()
    {
        var line = new DiagnosticLine("SD5005", new(3, 4), (1, 4), (1, 8), "a sentence", "/a b/c.dsl");
        Assert.Equal(line, DiagnosticLine.TryParse(line.Print() + "\r"));
        Assert.All(["", "SD5005", line.Print() + "\t1", line.Print().Replace("SD5005", "SD9999", StringComparison.Ordinal), line.Print().Replace("\t3\t", "\tx\t", StringComparison.Ordinal)],
            text => Assert.Null(DiagnosticLine.TryParse(text)));
    }

    // A promise about a tensor too small to be worth it.
    private const string Small = """
        model W(N: dim 1..8) {
            input x: f32[N, 4]
            param w: f32[4, 4] @unstructured(zeros >= 90%)
            output y = linear(x, w)
        }
        op linear(x[n, i], w[o, i]) -> y[n, o] = sum(i) x[n, i] * w[o, i]

        """;

    private static string Model(string name) => $"model {name}() {{\n    input x: f32[4]\n    output y = x * 2\n}}\n";
}
