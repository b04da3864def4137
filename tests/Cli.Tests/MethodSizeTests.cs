using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using SparseDsl.Compiler.Cost;

namespace SparseDsl.Tests.Cli;

/// <summary>
/// No method that is generated has more straight-line code than the JIT compiler optimises well. What counts are statements directly in one block: loops and branches
/// inside it have blocks of their own.
/// </summary>
public sealed class MethodSizeTests : CommandLine
{
    // What follows the sum is as long as it gets: two library functions for every register of a tile.
    private const string LongEpilogue = """
        import std.nn
        import std.formats
        model M(N: dim 1..256) {
            input x: f32[N, 256]
            param w: f32[250, 256] FORMAT
            param b: f32[250]
            output y = bend(linear(x, w, b))
        }
        op bend(x) = tanh(x) * erf(x) + exp(-x)

        """;

    // One element is longer than a block may be, so it is computed in several kernels; the reduction is long in itself.
    private const string LongElement = """
        model M() {
            input x: f32[96, 64]
            input w: f32[64, 96]
            let a = bend(bend(bend(bend(bend(x)))))
            output y = bend(bend(bend(bend(bend(a)))))
            output z = far(x, w)
        }
        op bend(x) = tanh(x) * erf(x) + exp(-x) * log(x * x + 1)
        op far(x[i, k], w[k, j]) -> y[i, j] = sum(k) tanh(x[i, k] * w[k, j]) * erf(x[i, k] - w[k, j])

        """;

    [Theory]
    [InlineData("rec", "avx512")]
    [InlineData("rec", "vector128")]
    [InlineData("det", "avx512")]
    [InlineData("det", "vector128")]
    [InlineData("cls", "avx512")]
    public void Real_networks_stay_below_the_limit(string network, string target)
    {
        var path = Repository.PathOf($"models/ocr/{network}.onnx");
        Assert.SkipUnless(File.Exists(path), "run scripts/fetch-models first");
        Assert.Equal(0, Run("import", path, "-o", Folder).Code);
        CheckSize(PathOf(network + ".dsl"), target);
    }

    [Theory]
    [InlineData("@unstructured(zeros >= 90%)")]
    [InlineData("@format(csc)")]
    [InlineData("@format(bsr(8, 8))")]
    [InlineData("@format(nm(2, 4))")]
    [InlineData("@format(bits(16))")]
    [InlineData("@format(row_panels(8))")]
    [InlineData("@format(coo)")]
    [InlineData("@dense")]
    public void Sparse_layers_with_a_long_epilogue_stay_below_the_limit(string format)
    {
        var program = Write("m.dsl", LongEpilogue.Replace("FORMAT", format, StringComparison.Ordinal));
        CheckSize(program, "avx512");
        CheckSize(program, "avx2");
    }

    [Theory]
    [InlineData("avx512")]
    [InlineData("avx2")]
    [InlineData("scalar")]
    public void Long_expressions_are_cut_up(string target) => CheckSize(Write("long.dsl", LongElement), target);

    [Fact]
    public void The_digits_example_stays_below_the_limit() => CheckSize(Path.Combine(Repository.Root, "examples", "digits", "digits.dsl"), "avx512");

    private void CheckSize(string program, string target)
    {
        var outcome = Run("dump", program, "--stage", "csharp", "--target", target);
        Assert.True(outcome.Code == 0, outcome.Errors);
        var methods = CSharpSyntaxTree.ParseText(outcome.Output, cancellationToken: TestContext.Current.CancellationToken).GetRoot(TestContext.Current.CancellationToken)
            .DescendantNodes().OfType<MethodDeclarationSyntax>().Where(m => m.Body is not null).ToList();
        Assert.True(methods.Count > 5);
        Assert.All(methods, method => Assert.True(Longest(method) <= CodeSize.MostStatements, $"{method.Identifier}: {Longest(method)} statements in one block"));
    }

    private static int Longest(MethodDeclarationSyntax method) =>
        method.DescendantNodes().OfType<BlockSyntax>().Max(block => block.Statements.Count(s => s is LocalDeclarationStatementSyntax or ExpressionStatementSyntax));
}
