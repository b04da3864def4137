using SparseDsl.Compiler.Cost;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Tests.Cost;

/// <summary>Counts against numbers worked out by hand.</summary>
public sealed class CostModelTests
{
    [Fact]
    public void A_dense_linear_layer()
    {
        var cost = Single("""
            graph G(N: 1..64)
              input x: f32[N, 784]
              param w "w": f32[256, 784]
              param b "b": f32[256]
              y "linear" in "": f32[N, 256] = [n < N, i < 256] max(sum(k < 784) (%x[n, k] * %w[i, k]) + %b[i], 0)
              output y = %y
            """, null);
        Assert.Equal("N*200704", cost.Macs.Text);
        Assert.Equal(cost.Macs, cost.DenseMacs);
        Assert.Equal(256 * 2, At(cost.OtherFlops, 1));
        Assert.Equal((2 * 200704) + 512, At(cost.Flops, 1));
        Assert.Equal(4 * 784 * 3, At(cost.ActivationBytes, 3));
        Assert.Equal(4 * (200704 + 256), At(cost.WeightBytes, 3));
        Assert.Equal(4 * 256 * 3, At(cost.WrittenBytes, 3));
        Assert.Equal(At(cost.ActivationBytes, 3) + At(cost.WeightBytes, 3) + At(cost.WrittenBytes, 3), At(cost.Bytes, 3));
    }

    [Fact]
    public void Weights_stored_sparse_cost_their_non_zeros()
    {
        var w = new float[32];
        w[1] = w[9] = w[20] = 1;
        var cost = Single("""
            graph G(N: 1..64)
              input x: f32[8, N]
              param w "w": f32[4, 8] format "csr" [i, j] -> dense(i), compressed(j)
              y "matmul" in "": f32[4, N] = [i < 4, n < N] sum(k < 8) (%w[i, k] * %x[k, n])
              output y = %y
            """, TensorData.FromFloats(w, 4, 8));
        Assert.Equal("N*3", cost.Macs.Text);
        Assert.Equal("N*32", cost.DenseMacs.Text);
        Assert.Equal("N*6", cost.Flops.Text);

        // Five pointers, three coordinates, three values.
        Assert.Equal(4 * (5 + 3 + 3), cost.WeightBytes.Constant);
    }

    [Fact]
    public void A_convolution_counts_padding_and_its_epilogue()
    {
        var cost = Single("""
            graph G(W: 8..64)
              input x: f32[1, 3, 16, W]
              param f "f": f32[8, 3, 3, 3]
              y "conv2d" in "": f32[1, 8, 16, W] = [n < 1, o < 8, p < 16, q < W] max(min(sum(c < 3, r < 3, s < 3) (%x[n, c, p + r - 1, q + s - 1] * %f[o, c, r, s]), 6), 0)
              output y = %y
            """, null);
        Assert.Equal(8 * 16 * 10 * 27, At(cost.Macs, 10));
        Assert.Equal(8 * 16 * 10 * 2, At(cost.OtherFlops, 10));
    }

    [Fact]
    public void Maxima_sums_and_integers_are_no_multiply_accumulates()
    {
        var graph = GraphParser.Parse("""
            graph G(N: 1..9)
              input x: f32[N, 7]
              input i: i32[N, 7]
              m "max" in "": f32[N] = [n < N] max(j < 7) %x[n, j]
              e "exp" in "": f32[N, 7] = [n < N, j < 7] exp(%x[n, j] - %m[n])
              s "sum" in "": f32[N] = [n < N] sum(j < 7) %e[n, j]
              d "dots" in "": i32[N] = [n < N] sum(j < 7) (%i[n, j] * %i[n, j])
              output s = %s
              output d = %d
            """);
        var costs = CostModel.Of(graph, _ => null);
        long[] flops = [.. costs.Nodes.Select(n => At(n.OtherFlops, 2))];
        long[] macs = [.. costs.Nodes.Select(n => At(n.Macs, 2))];
        Assert.Equal(["m", "e", "s", "d"], costs.Nodes.Select(n => n.Node.Name));
        Assert.Equal([14, 2 * 7 * (1 + 8), 14, 0], flops);
        Assert.Equal([0, 0, 0, 14], macs);
        Assert.Equal(At(costs.Total!.Flops, 2), costs.Nodes.Sum(n => At(n.Flops, 2)));
    }

    [Fact]
    public void Parameters_and_non_zeros_are_counted_once()
    {
        var graph = GraphParser.Parse("""
            graph G(N: 1..9)
              input x: f32[N, 4]
              param w "w": f32[4, 4]
              a "linear" in "": f32[N, 4] = [n < N, i < 4] sum(k < 4) (%x[n, k] * %w[i, k])
              b "linear" in "": f32[N, 4] = [n < N, i < 4] sum(k < 4) (%a[n, k] * %w[i, k])
              output b = %b
            """);
        var cost = CostModel.Of(graph, _ => TensorData.FromFloats([.. Enumerable.Range(0, 16).Select(i => i % 4 == 0 ? 1f : 0)], 4, 4));
        Assert.Equal(16, cost.Parameters.Constant);
        Assert.Equal(4, cost.NonZeros.Constant);
        Assert.Equal("N*32", cost.Total!.Macs.Text);
    }

    [Fact]
    public void Dense_storage_in_another_order_skips_nothing()
    {
        var graph = GraphParser.Parse("""
            graph G()
              input x: f32[2, 4]
              param w "w": f32[4, 4] format "columns" [i, j] -> dense(j), dense(i)
              y "linear" in "": f32[2, 4] = [n < 2, j < 4] sum(k < 4) (%x[n, k] * %w[j, k])
              output y = %y
            """);
        var cost = CostModel.Of(graph, _ => TensorData.FromFloats([.. Enumerable.Range(0, 16).Select(i => i % 2f)], 4, 4));
        Assert.Equal((32, 32), (cost.Total!.Macs.Constant!.Value, cost.Total.DenseMacs.Constant!.Value));
    }

    [Fact]
    public void A_graph_that_computes_nothing_has_no_total() =>
        Assert.Null(CostModel.Of(GraphParser.Parse("""
            graph G()
              input x: f32[4]
              output y = %x
            """), _ => null).Total);

    [Theory]
    [InlineData(1, 64, 1, 8)]
    [InlineData(0, 0, 1, 1)]
    [InlineData(8, 2048, 8, 128)]
    [InlineData(5, 5, 1, 5)]
    [InlineData(32, 64, 32, 32)]
    public void Typical_dims_are_the_geometric_middle(long low, long high, long step, long expected)
    {
        var graph = new Graph("G", [new SymbolicDim("N", low, high, step)], [], []);
        Assert.Equal(expected, TypicalDims.Of(graph)("N"));
    }

    private static NodeCost Single(string text, TensorData? weights) => CostModel.Of(GraphParser.Parse(text), path => path == "w" ? weights : null).Nodes.Single();

    private static long At(Dim dim, long value) => dim.Evaluate(_ => value);
}
