using Microsoft.CodeAnalysis;

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
        // A promise about a tensor too small to be worth it.
        var host = new Host(("w.dsl", """
            model W(N: dim 1..8) {
                input x: f32[N, 4]
                param w: f32[4, 4] @unstructured(zeros >= 90%)
                output y = linear(x, w)
            }
            op linear(x[n, i], w[o, i]) -> y[n, o] = sum(i) x[n, i] * w[o, i]

            """));
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

    private static string Model(string name) => $"model {name}() {{\n    input x: f32[4]\n    output y = x * 2\n}}\n";
}
