using Microsoft.CodeAnalysis;

namespace SparseDsl.Tests.Generator;

/// <summary>What the generated class is called, says about itself, and offers.</summary>
public sealed class ClassTests
{
    private const string Net = """
        import std.nn
        model net(N: dim 1..8) {
            input x: f32[N, 64]
            param fc.w: f32[128, 64] @unstructured(zeros >= 90%)
            param fc.b: f32[128]
            output y: f32[N, 128] = linear(x, fc.w, fc.b) |> relu
        }

        """;

    private static string Simple { get; } = Net.Replace("fc.w", "w", StringComparison.Ordinal).Replace("fc.b", "b", StringComparison.Ordinal).ReplaceLineEndings("\n");

    [Fact]
    public void The_project_decides_on_names_and_accessibility()
    {
        var host = new Host(("models/net.dsl", Simple));
        host.Set("build_property.SparseDslNamespace", "App.Models");
        Assert.Equal(Accessibility.Public, host.Output.GetTypeByMetadataName("App.Models.Net")!.DeclaredAccessibility);

        host.Set("build_metadata.AdditionalFiles.SparseDslNamespace", "Elsewhere", "models/net.dsl");
        host.Set("build_metadata.AdditionalFiles.SparseDslClassName", "Classifier", "models/net.dsl");
        host.Set("build_metadata.AdditionalFiles.SparseDslAccessibility", "internal", "models/net.dsl");
        Assert.Equal(Accessibility.Internal, host.Output.GetTypeByMetadataName("Elsewhere.Classifier")!.DeclaredAccessibility);
        Assert.Empty(host.Errors());
    }

    [Fact]
    public void The_class_can_be_extended_and_used()
    {
        var host = new Host(("net.dsl", Simple));
        host.Set("build_metadata.AdditionalFiles.SparseDslWeights", "net.sdw", "net.dsl");
        host.AddCSharp("""
            namespace App
            {
                public sealed partial class Net { public int Twice => 2; }

                public static class Use
                {
                    public static void All(System.ReadOnlySpan<float> x, System.Span<float> y)
                    {
                        using var net = new Net();
                        using var other = new Net("elsewhere.sdw", threads: 2);
                        using var context = net.CreateContext();
                        net.Run(x, y);
                        context.Run(x, y, n: 2);
                        net.ResetState();
                    }
                }
            }
            """);
        Assert.Empty(host.Errors());
    }

    [Fact]
    public void Weights_are_a_file_or_a_resource_or_given()
    {
        var host = new Host(("net.dsl", Simple));
        Assert.DoesNotContain("public Net(int threads", host.Source("net.net.g.cs"), StringComparison.Ordinal);
        host.Set("build_metadata.AdditionalFiles.SparseDslWeights", "net.sdw", "net.dsl");
        Assert.Contains("WeightFile.Open(Path.Combine(AppContext.BaseDirectory, \"net.sdw\"))", host.Source("net.net.g.cs"), StringComparison.Ordinal);
        host.Set("build_metadata.AdditionalFiles.SparseDslEmbedWeights", "true", "net.dsl");
        Assert.Contains("WeightFile.FromResource(typeof(Net).Assembly, \"net.sdw\")", host.Source("net.net.g.cs"), StringComparison.Ordinal);
        Assert.Empty(host.Errors());
    }

    [Fact]
    public void Each_of_several_models_has_weights_of_its_own()
    {
        var host = new Host(("net.dsl", Simple + Simple.Replace("import std.nn\n", "", StringComparison.Ordinal).Replace("model net(", "model Other(", StringComparison.Ordinal)));
        host.Set("build_metadata.AdditionalFiles.SparseDslWeights", "net.sdw", "net.dsl");
        Assert.Contains("\"net.net.sdw\"", host.Source("net.net.g.cs"), StringComparison.Ordinal);
        Assert.Contains("\"net.Other.sdw\"", host.Source("net.Other.g.cs"), StringComparison.Ordinal);
        Assert.Empty(host.Errors());
    }

    [Theory]
    [InlineData(4, true)]
    [InlineData(16383, true)]
    [InlineData(16384, false)]
    public void Small_constants_are_in_the_class_and_large_ones_in_a_file(int count, bool inClass)
    {
        var values = string.Join(", ", Enumerable.Range(0, count).Select(i => i % 7));
        var host = new Host(("c.dsl", $"model C() {{\n    input x: f32[{count}]\n    output y = x * tensor([{values}])\n}}\n"));
        host.Set("build_metadata.AdditionalFiles.SparseDslWeights", "c.sdw", "c.dsl");
        var text = host.Source("c.C.g.cs");
        Assert.Equal(inClass, text.Contains("this(Constants(), threads", StringComparison.Ordinal));
        Assert.Equal(!inClass, text.Contains("WeightFile.Open", StringComparison.Ordinal));
        Assert.Empty(host.Errors());
    }

    [Fact]
    public void Parameters_are_documented()
    {
        var type = new Host(("net.dsl", Simple)).Output.GetTypeByMetadataName("App.Net")!;
        var documentation = type.GetDocumentationCommentXml(cancellationToken: TestContext.Current.CancellationToken)!;
        Assert.Collection(
            documentation.Split('\n').Select(l => l.Trim()).Where(l => l.StartsWith("<item>", StringComparison.Ordinal)),
            w => Assert.Matches("^<item><term><c>w</c></term><description>f32\\[128, 64\\]; at least 90% zeros; stored .*as csr.*; N\\*8192 multiply-accumulates</description></item>$", w),
            b => Assert.Equal("<item><term><c>b</c></term><description>f32[128]; stored dense</description></item>", b));
        Assert.Contains("<c>N</c>: 1 to 8.", documentation, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_the_targets_asked_for_are_written()
    {
        var host = new Host(("net.dsl", Simple));
        Assert.All(["Avx512Kernels", "Avx2Kernels", "Vector128Kernels", "ScalarKernels"], name => Assert.Contains(name, host.Source("net.net.g.cs"), StringComparison.Ordinal));
        host.Set("build_metadata.AdditionalFiles.SparseDslTargets", "scalar;avx2", "net.dsl");
        Assert.DoesNotContain("Avx512Kernels", host.Source("net.net.g.cs"), StringComparison.Ordinal);
        Assert.Contains("Avx2Kernels", host.Source("net.net.g.cs"), StringComparison.Ordinal);
        Assert.Empty(host.Errors());
    }

    [Fact]
    public void Storage_is_what_the_packer_chose()
    {
        var host = new Host(("net.dsl", Simple));
        Assert.Contains("_wCrd", host.Source("net.net.g.cs"), StringComparison.Ordinal);
        host.AddStorage("net.dsl", "storage 1\nmodel \"net\"\n\"w\" avx512 avx2 vector128 scalar = \"dense\" [i0, i1] -> dense(i0), dense(i1)\n");
        Assert.DoesNotContain("_wCrd", host.Source("net.net.g.cs"), StringComparison.Ordinal);
        Assert.Empty(host.Errors());
    }
}
