using Microsoft.CodeAnalysis;
using SparseDsl.Generator;

namespace SparseDsl.Tests.Generator;

/// <summary>A model is compiled again only when something it is made from changed.</summary>
public sealed class RunReasonTests
{
    private const string Twice = "model Twice(N: dim 1..8) {\n    input x: f32[N, 3]\n    output y = x + x\n}\n";
    private const string Thrice = "import ops.basic\nmodel Thrice(N: dim 1..8) {\n    input x: f32[N, 3]\n    output y = thrice(x)\n}\n";
    private const string Ops = "op thrice(x) = x * 3\n";

    private static readonly string[] Steps =
        [ModelGenerator.FilesStep, ModelGenerator.InputsStep, ModelGenerator.ModelsStep, ModelGenerator.SourcesStep, ModelGenerator.MistakesStep];

    private readonly Host host = new(("twice.dsl", Twice), ("thrice.dsl", Thrice), ("ops/basic.dsl", Ops));

    [Fact]
    public void Both_models_are_there_and_compile()
    {
        Assert.Empty(host.Diagnostics);
        Assert.Empty(host.Errors());
        Assert.Equal(["thrice.Thrice.g.cs", "twice.Twice.g.cs"], host.Result.GeneratedSources.Select(s => s.HintName).Order(StringComparer.Ordinal));
        Assert.NotNull(host.Output.GetTypeByMetadataName("App.Thrice"));
    }

    [Fact]
    public void An_unrelated_edit_leaves_everything_cached()
    {
        host.AddCSharp("public sealed class Another { }");
        Assert.All(Steps, step => Assert.All(host.Reasons(step), r => Assert.Equal(IncrementalStepRunReason.Cached, r)));
    }

    [Fact]
    public void A_type_that_hides_a_name_changes_the_text_and_compiles_no_model()
    {
        Assert.DoesNotContain("__", host.Source("twice.Twice.g.cs"), StringComparison.Ordinal);
        host.AddCSharp("namespace App { public static class Vector512 { } }");
        Assert.All(Steps, step => Assert.All(host.Reasons(step), r => Assert.Equal(IncrementalStepRunReason.Cached, r)));
        AssertReasons(ModelGenerator.NamesStep, modified: 2);
        Assert.Contains("using __Vector512 = global::System.Runtime.Intrinsics.Vector512;", host.Source("twice.Twice.g.cs"), StringComparison.Ordinal);
        Assert.Empty(host.Errors());
        host.AddCSharp("public sealed class Another { }");
        AssertReasons(ModelGenerator.NamesStep, unchanged: 2);
    }

    [Fact]
    public void A_comment_runs_one_compilation_and_changes_nothing()
    {
        host.Edit("twice.dsl", "// twice as much\n\n" + Twice);
        AssertReasons(ModelGenerator.FilesStep, modified: 1, cached: 2);
        AssertReasons(ModelGenerator.ModelsStep, unchanged: 1, cached: 2);
        AssertReasons(ModelGenerator.SourcesStep, cached: 2);
        AssertReasons(ModelGenerator.MistakesStep, cached: 1);
    }

    [Fact]
    public void Editing_one_of_two_files_compiles_that_one()
    {
        host.Edit("twice.dsl", Twice.Replace("x + x", "x * 2", StringComparison.Ordinal));
        AssertReasons(ModelGenerator.InputsStep, modified: 1, unchanged: 2);
        AssertReasons(ModelGenerator.ModelsStep, modified: 1, cached: 2);
        AssertReasons(ModelGenerator.SourcesStep, modified: 1, cached: 1);
    }

    [Fact]
    public void Editing_an_imported_file_compiles_those_that_import_it()
    {
        host.Edit("ops/basic.dsl", "op thrice(x) = x * 3 + 1\n");
        AssertReasons(ModelGenerator.InputsStep, modified: 2, unchanged: 1); // the library itself and its importer
        AssertReasons(ModelGenerator.ModelsStep, modified: 1, unchanged: 1, cached: 1);
        AssertReasons(ModelGenerator.SourcesStep, modified: 1, cached: 1);
    }

    [Fact]
    public void A_mistake_that_moves_does_not_touch_the_sources()
    {
        host.Edit("ops/basic.dsl", Ops + "op broken(x) = \n");
        Assert.NotEmpty(host.Diagnostics);
        host.Edit("ops/basic.dsl", Ops + "\n\nop broken(x) = \n");
        AssertReasons(ModelGenerator.MistakesStep, modified: 1);
        Assert.DoesNotContain(IncrementalStepRunReason.Modified, host.Reasons(ModelGenerator.SourcesStep));
    }

    [Fact]
    public void Another_namespace_compiles_everything_again()
    {
        host.Set("build_property.RootNamespace", "Else");
        AssertReasons(ModelGenerator.FilesStep, cached: 0, unchanged: 3);
        Assert.NotNull(host.Output.GetTypeByMetadataName("Else.Twice"));
        Assert.Null(host.Output.GetTypeByMetadataName("App.Twice"));
    }

    private void AssertReasons(string step, int modified = 0, int unchanged = 0, int cached = 0)
    {
        var reasons = host.Reasons(step);
        Assert.Equal(
            (modified, unchanged, cached),
            (reasons.Count(r => r == IncrementalStepRunReason.Modified), reasons.Count(r => r == IncrementalStepRunReason.Unchanged), reasons.Count(r => r == IncrementalStepRunReason.Cached)));
    }
}
