using SparseDsl.Compiler.Cost;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Formats;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Compiler.Passes.Graphs;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Compiler.Tests.Passes;

public sealed class ChooseLevelsTests
{
    [Theory]
    [InlineData(0.9, "dense")]
    [InlineData(0.66, "dense")]
    [InlineData(0.64, "csr")]
    [InlineData(0.1, "csr")]
    public void With_pixels_in_lanes_sparse_pays_below_the_crossover(double density, string expected)
    {
        var decision = Choose(Pixel(), Random(64, 64, density), null, out var found);
        Assert.Equal(expected, decision.Format.Name);
        Assert.Equal(expected == "csr", decision.Weighed!.SparseMicroseconds < decision.Weighed.DenseMicroseconds);
        Assert.Equal(expected == "csr" ? "sparse-faster" : "dense-faster", decision.Id);
        Assert.Equal(("csr", "csr", "dense"), (decision.Weighed.Sparse.Name, decision.Weighed.SparseKernel.Name, decision.Weighed.DenseKernel.Name));
        Assert.Equal(0.65, decision.Weighed.Crossover, 3);
        Assert.Equal(density, decision.Density!.Value, 2);
        Assert.Empty(found);
    }

    [Fact]
    public void Without_lanes_it_takes_many_more_zeros()
    {
        var graph = Linear("1..128");
        Assert.Equal("columns", Choose(graph, Random(64, 64, 0.3), null, out _).Format.Name);
        Assert.Equal("csr", Choose(graph, Random(64, 64, 0.08), null, out _).Format.Name);

        // One row: several sums take turns, but no loaded non-zero serves another row.
        Assert.Equal("dense", Choose(Linear("1..1"), Random(64, 64, 0.05), null, out _).Format.Name);
        Assert.Equal("csr", Choose(Linear("1..1"), Random(64, 64, 0.02), null, out _).Format.Name);
    }

    /// <summary>Dense weights of several rows lie by columns, so that vectors run along the results; one row streams them as they are.</summary>
    [Theory]
    [InlineData("8..8", "columns")]
    [InlineData("1..1", "dense")]
    public void Dense_weights_of_several_rows_lie_by_columns(string rows, string format) =>
        Assert.Equal(format, Choose(Linear(rows), Random(64, 64, 1), null, out _).Format.Name);

    [Fact]
    public void The_fewer_the_lanes_the_earlier_it_pays()
    {
        var graph = Linear("8..8");
        Assert.Equal("columns", Choose(graph, Random(64, 64, 0.3), null, out _, Target.Avx512).Format.Name);
        Assert.Equal("csr", Choose(graph, Random(64, 64, 0.3), null, out _, Target.Scalar).Format.Name);
    }

    // A weight out of memory: bits and values are read sooner than values with their coordinates, until few are left. What takes a step for every element cannot be
    // as fast as a cache.
    [Theory]
    [InlineData(3000, 0.5, "bit_rows")]
    [InlineData(3000, 0.05, "csr")]
    [InlineData(3000, 0.98, "dense")]
    [InlineData(256, 0.5, "dense")]
    public void A_product_with_one_vector_takes_as_long_as_reading_the_weight(int size, double density, string expected)
    {
        var graph = GraphParser.Parse($"""
            graph G(N: 1..1)
              input x: f32[1, {size}]
              param w "w": f32[{size}, {size}]
              y "op" in "": f32[1, {size}] = [n < 1, o < {size}] sum(c < {size}) (%x[n, c] * %w[o, c])
              output y = %y
            """);
        Assert.Equal(expected, Choose(graph, null, new Sparsity.Unstructured(1 - density), out _).Format.Name);
    }

    [Fact]
    public void A_promise_that_does_not_pay_is_reported_with_numbers()
    {
        var decision = Choose(Pixel(), Random(64, 64, 0.75), new Sparsity.Unstructured(0.2), out var found);
        Assert.True(decision.Format.IsDense);
        Assert.Equal("SD4005", found.Single().Id);
        Assert.Contains("'w'", found[0].Message, StringComparison.Ordinal);
        Assert.Contains("75", found[0].Message, StringComparison.Ordinal);
        Assert.Contains("65%", found[0].Message, StringComparison.Ordinal);
        Assert.Matches("it would take about [0-9.]+ µs, dense [0-9.]+ µs", found[0].Message);
    }

    [Fact]
    public void A_profile_decides()
    {
        var slow = MachineProfile.Default.Rates.Single(r => r.Target == "avx512");
        TargetRates With(double csr) => new("avx512", 1, 16, slow.MacsPerNanosecond, slow.Reads, [new("dense", [new(1, 1, 0.8)]), new("csr", [new(1, 1, csr)])]);
        MachineProfile Profile(double csr) => new("test", "any", [With(csr)]);
        Assert.Equal("csr", Choose(Pixel(), Random(64, 64, 0.5), null, out _, profile: Profile(0.41)).Format.Name);
        var dense = Choose(Pixel(), Random(64, 64, 0.5), null, out _, profile: Profile(0.39));
        Assert.Equal("dense", dense.Format.Name);
        Assert.Equal(0.39 / 0.8, dense.Weighed!.Crossover, 3);
    }

    [Fact]
    public void Without_blocks_in_the_data_a_promise_of_blocks_is_no_reason_for_blocks()
    {
        // Each block holds one non-zero: blocks would store four times as much.
        float[] scattered = [.. Enumerable.Range(0, 64 * 64).Select(i => i / 64 % 4 == 0 && (i / 256 + i) % 2 == 0 ? 1f : 0)];
        Assert.Equal("csr", Choose(Pixel(), TensorData.FromFloats(scattered, 64, 64), new Sparsity.Block(4, 1, 0.4), out _).Format.Name);
    }

    [Fact]
    public void A_promise_that_cannot_be_used_is_reported()
    {
        var graph = Parse("f32[64, 64]", "f32[64, 64]", "f32[64, 64] = [o < 64, n < 64] %w[o, n] + %x[o, n]");
        Assert.True(Choose(graph, Random(64, 64, 0.05), new Sparsity.Unstructured(0.9), out var found).Format.IsDense);
        Assert.Equal("SD3023", found.Single().Id);
        Assert.True(Choose(graph, Random(64, 64, 0.05), null, out found).Format.IsDense);
        Assert.Empty(found);
    }

    [Fact]
    public void Blocks_are_stored_as_blocks()
    {
        var values = new float[64 * 64];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = ((i / 64 / 4) + (i % 64)) % 5 == 0 ? 1 : 0;
        }

        var decision = Choose(Pixel(), TensorData.FromFloats(values, 64, 64), new Sparsity.Block(4, 1, 0.75), out var found);
        Assert.Equal("bsr(4, 1)", decision.Format.Name);
        Assert.Empty(found);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Rows_that_share_their_zeros_are_blocks_of_one_column(bool promised)
    {
        // Blocks of four by four.
        float[] values = [.. Enumerable.Range(0, 64 * 64).Select(i => ((i / 256) + (i % 64 / 4)) % 5 == 0 ? 1f : 0)];
        var decision = Choose(Pixel(), TensorData.FromFloats(values, 64, 64), promised ? new Sparsity.Block(4, 4, 0.75) : null, out var found, Target.Avx2);
        Assert.Equal("bsr(4, 1)", decision.Format.Name);
        Assert.Empty(found);
    }

    [Theory]
    [InlineData(784, 0.2, "csr_blocks(64)")]
    [InlineData(784, 0.08, "csr_blocks(74)")]
    [InlineData(784, 0.05, "csr")]
    [InlineData(49, 0.05, "csr_blocks(114)")]
    [InlineData(49, 0.2, "csr_blocks(103)")]
    public void Blocks_of_columns_fill_a_cache_and_rows_in_them_are_not_too_short(int pixels, double density, string expected)
    {
        var graph = Parse("f32[1024, N]", "f32[64, 1024]", "f32[64, N] = [o < 64, n < N] sum(c < 1024) (%w[o, c] * %x[c, n])", FormattableString.Invariant($"{pixels}..{pixels}"));
        Assert.Equal(expected, Choose(graph, Random(64, 1024, density), null, out _, Target.Avx2).Format.Name);
    }

    [Fact]
    public void Without_weights_promises_are_believed()
    {
        Assert.Equal("csr", Choose(Pixel(), null, new Sparsity.Unstructured(0.9), out _).Format.Name);
        Assert.Equal("bsr(4, 1)", Choose(Pixel(), null, new Sparsity.Block(4, 1, 0.9), out _).Format.Name);
        Assert.Equal("csr", Choose(Pixel(), null, new Sparsity.NOfM(1, 4), out _).Format.Name);
        Assert.Equal("dense", Choose(Pixel(), null, null, out _).Format.Name);
    }

    [Fact]
    public void What_the_user_says_goes()
    {
        Assert.Equal("dense", Choose(Pixel(), Random(64, 64, 0.05), new Sparsity.Dense(), out _).Format.Name);
        Assert.Equal("coo", Choose(Pixel(), Random(64, 64, 0.9), null, out var found, requested: StandardFormats.Coo.Source).Format.Name);
        Assert.Empty(found);
    }

    [Fact]
    public void A_weight_that_is_reshaped_stays_dense_whatever_was_asked()
    {
        var graph = GraphParser.Parse("""
            graph G(N: 1..1)
              param w "w": f32[64, 64]
              r "reshape" in "": f32[4096] = reshape(%w)
              output r = %r
            """);
        Assert.True(Choose(graph, Random(64, 64, 0.05), null, out var found, requested: StandardFormats.Csr.Source).Format.IsDense);
        Assert.Equal("SD3024", found.Single().Id);
    }

    [Fact]
    public void The_summed_index_is_the_compressed_one()
    {
        var graph = Parse("f32[64, 400]", "f32[64, 64]", "f32[64, 400] = [o < 64, n < 400] sum(c < 64) (%w[c, o] * %x[c, n])");
        Assert.Equal("csc", Choose(graph, Random(64, 64, 0.1), null, out _).Format.Name);
    }

    [Fact]
    public void A_pattern_becomes_code_where_weights_are_known_and_there_is_room()
    {
        var pixels = Parse("f32[64, 4000]", "f32[64, 64]", "f32[64, 4000] = [o < 64, n < 4000] sum(c < 64) (%w[o, c] * %x[c, n])");
        var decision = Choose(pixels, Random(64, 64, 0.5), null, out _);
        Assert.Equal("code_blocks(22)", decision.Format.Name);
        Assert.Contains("statements of code", decision.Reason, StringComparison.Ordinal);
        Assert.NotNull(decision.Format.Pattern);
        Assert.NotEqual("code_blocks(22)", Choose(pixels, null, new Sparsity.Unstructured(0.5), out _).Format.Name);

        var wide = Parse("f32[256, 4000]", "f32[256, 256]", "f32[256, 4000] = [o < 256, n < 4000] sum(c < 256) (%w[o, c] * %x[c, n])");
        decision = Choose(wide, Random(256, 256, 0.6), null, out _);
        Assert.DoesNotContain("code", decision.Format.Name, StringComparison.Ordinal);
        Assert.Contains("have no room", decision.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Filters_keep_whole_windows_only_where_those_are_zero()
    {
        var graph = GraphParser.Parse("""
            graph G(W: 16..64)
              input x: f32[1, 16, 10, W + 2]
              param w "w": f32[16, 16, 3, 3]
              y "conv2d" in "": f32[1, 16, 8, W] = [n < 1, o < 16, p < 8, q < W] sum(c < 16, r < 3, s < 3) (%x[n, c, p + r, q + s] * %w[o, c, r, s])
              output y = %y
            """);
        Assert.Equal("csr_blocks(16)", Choose(graph, Random(16, 144, 0.3).Reshape(16, 16, 3, 3), null, out _, Target.Avx2).Format.Name);
        float[] windows = [.. Enumerable.Range(0, 16 * 144).Select(i => ((i / 9) + (i / 144)) % 4 == 0 ? 1f : 0)];
        Assert.Equal("filter_channels", Choose(graph, TensorData.FromFloats(windows, 16, 16, 3, 3), null, out _, Target.Avx2).Format.Name);
    }

    [Fact]
    public void Depthwise_filters_and_small_weights_stay_dense()
    {
        var graph = GraphParser.Parse("""
            graph G(W: 16..64)
              input x: f32[1, 256, 10, W + 2]
              param w "w": f32[256, 3, 3]
              y "depthwise" in "": f32[1, 256, 8, W] = [n < 1, c < 256, p < 8, q < W] sum(r < 3, s < 3) (%x[n, c, p + r, q + s] * %w[c, r, s])
              output y = %y
            """);
        Assert.True(Choose(graph, Random(256, 9, 0.1).Reshape(256, 3, 3), null, out _).Format.IsDense);
        Assert.True(Choose(Parse("f32[16, 400]", "f32[16, 16]", "f32[16, 400] = [o < 16, n < 400] sum(c < 16) (%w[o, c] * %x[c, n])"), Random(16, 16, 0.1), null, out _).Format.IsDense);
    }

    [Fact]
    public void Two_layers_share_a_sparse_weight_only_in_the_same_order()
    {
        string Two(string second) => $"""
            graph G(N: 1..1)
              input x: f32[64, 400]
              param w "w": f32[64, 64]
              a "op" in "": f32[64, 400] = [o < 64, n < 400] sum(c < 64) (%w[o, c] * %x[c, n])
              b "op" in "": f32[64, 400] = [o < 64, n < 400] sum(c < 64) ({second} * %a[c, n])
              output b = %b
            """;
        Assert.Equal("csr", Choose(GraphParser.Parse(Two("%w[o, c]")), Random(64, 64, 0.1), null, out _).Format.Name);
        Assert.Equal("dense", Choose(GraphParser.Parse(Two("%w[c, o]")), Random(64, 64, 0.1), null, out _).Format.Name);
    }

    private static Graph Pixel() => Parse("f32[64, 400]", "f32[64, 64]", "f32[64, 400] = [o < 64, n < 400] sum(c < 64) (%w[o, c] * %x[c, n])");

    private static Graph Linear(string range) => Parse("f32[N, 64]", "f32[64, 64]", "f32[N, 64] = [n < N, o < 64] sum(c < 64) (%x[n, c] * %w[o, c])", range);

    private static Graph Parse(string x, string w, string y, string range = "1..1") => GraphParser.Parse($"""
        graph G(N: {range})
          input x: {x}
          param w "w": {w}
          y "op" in "": {y}
          output y = %y
        """);

    private static LevelDecision Choose(Graph graph, TensorData? data, Sparsity? promise, out IReadOnlyList<Diagnostic> found, Target? target = null, BoundFormat? requested = null, MachineProfile? profile = null)
    {
        var declared = Rewriter.Rewrite(graph, node => node is ParamNode p ? new ParamNode(p.Name, p.Path, p.Type, promise, requested, null, p.Origin) : node);
        var bag = new DiagnosticBag();
        var decisions = new List<LevelDecision>();
        var chosen = ChooseLevels.Run(declared, _ => data, bag, decisions, target, profile: profile);
        GraphValidator.Validate(chosen, "choose-levels");
        found = bag.Items;
        var decision = Assert.Single(decisions);
        Assert.Equal(decision.Format, chosen.Nodes.OfType<ParamNode>().Single().Format);
        if (data is not null && !decision.Format.IsDense)
        {
            Assert.True(data.Bytes.SequenceEqual(FormatPacker.Unpack(decision.Format, FormatPacker.Pack(decision.Format, data), data.Shape).Bytes));
        }

        return decision;
    }

    private static TensorData Random(int rows, int columns, double density)
    {
        var random = new Random(5);
        var count = (int)Math.Round(rows * columns * density);
        float[] values = [.. Enumerable.Range(0, rows * columns).Select(i => i < count ? 1f + (i % 7) : 0)];
        random.Shuffle(values);
        return TensorData.FromFloats(values, rows, columns);
    }
}
