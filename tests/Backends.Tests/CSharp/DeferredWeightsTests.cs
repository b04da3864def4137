using SparseDsl.Backends.CSharp;
using SparseDsl.Compiler;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Compiler.Weights;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Backends.Tests.CSharp;

/// <summary>
/// A source generator has no weights: what it writes must be what a compiler with the weights writes, and weights that were packed for anything else must be refused.
/// </summary>
public sealed class DeferredWeightsTests
{
    // Batch normalisation is folded into the filter; 'w' has zeros that nobody announced.
    private const string Network = """
        model Net(N: dim 1..4) {
            input x: f32[N, 64, 8, 8]
            param f: f32[32, 64, 3, 3]
            param g: f32[32], m: f32[32], v: f32[32]
            param w: f32[64, 2048]

            let c = conv(x, f) |> norm(m, g, v)
            output y: f32[N, 64] = linear(max(c, 0) |> flatten(from: 1), w)
        }
        op norm(x[n, o, p, q], m[o], g[o], v[o]) -> y[n, o, p, q] = (x[n, o, p, q] - m[o]) * (g[o] / sqrt(v[o] + 0.001))
        op conv(x[n, c, h, w], f[o, c, r, s]) -> y[n, o, p, q] = sum(c, r, s) x[n, c, p + r - 1, q + s - 1] * f[o, c, r, s]
        op linear(x[n, i], w[o, i]) -> y[n, o] = sum(i) x[n, i] * w[o, i]
        """;

    [Fact]
    public void With_the_record_of_storage_the_text_is_the_same_as_with_the_weights()
    {
        var model = Bind(Program);
        var weights = Weights(model);
        var record = new StorageRecord();
        var with = Lower(model, new CompilationOptions(Target.Avx512) { Weights = path => weights[path] });
        foreach (var (tier, graph) in with.Tiers.Zip(with.Graphs))
        {
            record.Add(graph, tier.Target);
        }

        var without = Lower(model, Deferred, StorageRecord.TryParse(record.Print()));

        Assert.Equal(Text(with), Text(without));
        Assert.Contains("_wVal", Text(with), StringComparison.Ordinal);
        Assert.DoesNotContain("_wVal", Text(Lower(model, Deferred)), StringComparison.Ordinal);
    }

    [Fact]
    public void The_packer_and_the_generator_agree_on_the_hash()
    {
        var model = Bind(Program);
        var weights = Weights(model);
        var packed = TierCompiler.LowerWeights(model, Target.All, new CompilationOptions(Target.Avx512) { Weights = path => weights[path] }, null, new DiagnosticBag())!;
        var with = Lower(model, new CompilationOptions(Target.Avx512) { Weights = path => weights[path] });
        Assert.Equal(ModelHash.Of(with.Tiers), ModelHash.Of(packed.Tiers));
        Assert.NotNull(ModelPacker.Pack(packed.Tiers, path => weights[path], new DiagnosticBag()));
    }

    [Theory]
    [InlineData("0.001", "0.002")] // only the values of folded constants change
    [InlineData("- m[o]", "+ m[o]")]
    [InlineData("model Net", "model Other")]
    [InlineData("param w: f32[64, 2048]", "param w: f32[64, 2048] @mask(\"mask.npy\")")]
    [InlineData("param f: f32[32, 64, 3, 3]", "param f2: f32[32, 64, 3, 3]")]
    public void What_changes_the_packed_bytes_changes_the_hash(string old, string changed)
    {
        var text = Program.Replace(old, changed, StringComparison.Ordinal);
        text = changed.Contains("f2", StringComparison.Ordinal) ? text.Replace("conv(x, f)", "conv(x, f2)", StringComparison.Ordinal) : text;
        Assert.NotEqual(Program, text);
        Assert.NotEqual(ModelHash.Of(Lower(Bind(Program), Deferred).Tiers), ModelHash.Of(Lower(Bind(text), Deferred).Tiers));
    }

    [Fact]
    public void What_does_not_change_them_keeps_the_hash()
    {
        var text = Program.Replace("max(c, 0)", "max(c, 0.5)", StringComparison.Ordinal).Replace("model Net", "// a comment\nmodel Net", StringComparison.Ordinal);
        Assert.Equal(ModelHash.Of(Lower(Bind(Program), Deferred).Tiers), ModelHash.Of(Lower(Bind(text), Deferred).Tiers));
    }

    [Fact]
    public void A_record_of_another_kind_is_no_record()
    {
        Assert.Null(StorageRecord.TryParse("storage 2\n"));
        Assert.Null(StorageRecord.TryParse("storage 1\nmodel \"M\"\n\"w\" avx512 = nonsense\n"));
        Assert.Null(StorageRecord.TryParse(""));
    }

    private static CompilationOptions Deferred { get; } = new(Target.Avx512) { DefersWeights = true };

    private static string Program { get; } = Network.ReplaceLineEndings("\n");

    private static BoundModel Bind(string text)
    {
        var diagnostics = new DiagnosticBag();
        var module = Compilation.Bind(new SourceText("net.dsl", text), ModuleResolver.LibraryOnly(), diagnostics);
        Assert.Empty(diagnostics.Items);
        return Assert.Single(module.Models);
    }

    private static LoweredTiers Lower(BoundModel model, CompilationOptions options, StorageRecord? record = null)
    {
        var diagnostics = new DiagnosticBag();
        var lowered = TierCompiler.Lower(model, Target.All, options, record, diagnostics);
        Assert.Empty(diagnostics.Items);
        return lowered!;
    }

    private static string Text(LoweredTiers lowered) =>
        CSharpEmitter.Emit(lowered.Tiers[0].Program, lowered.Tiers[0].Target, new CSharpOptions { Tiers = [.. lowered.Tiers.Skip(1)] });

    private static Dictionary<string, TensorData> Weights(BoundModel model) => model.Params.ToDictionary(p => p.Path, p =>
    {
        int[] shape = [.. p.Type.Shape.Select(d => (int)d.Constant!.Value)];
        var every = p.Path == "w" ? 50 : 1;
        return TensorData.FromFloats([.. Enumerable.Range(0, shape.Aggregate(1, (a, b) => a * b)).Select(i => i % every == 0 ? 0.5f + (i % 7) : 0)], shape);
    });
}
