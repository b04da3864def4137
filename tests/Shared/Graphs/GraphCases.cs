using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Evaluation;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Dsl;

namespace SparseDsl.Tests.Graphs;

/// <summary>Graphs like those real networks are made of, as text. Each has one output, y.</summary>
internal static class GraphCases
{
    /// <summary>Graphs by name; %x and %y are inputs.</summary>
    public static readonly (string Name, string Text)[] All =
    [
        ("transposed-2x2", """
            graph G(H: 1..40)
              input x: f32[1, 3, H, 9]
              param w "w": f32[3, 2, 2, 2]
              param b "b": f32[2]
              t "conv_transpose2d" in "": f32[1, 2, H*2, 18] = [n < 1, o < 2, p < H*2, q < 18] sum(c < 3, r < 2, s < 2) select(and(index(((p - r) % 2)) == 0:i32, index(((q - s) % 2)) == 0:i32), %x[n, c, ((p - r) / 2), ((q - s) / 2)] * %w[c, o, r, s], 0)
              u "add" in "": f32[1, 2, H*2, 18] = [n < 1, o < 2, p < H*2, q < 18] max(%t[n, o, p, q] + %b[o], 0)
              output y = %u
            """),
        ("transposed-4x4-pad", """
            graph G(H: 1..40)
              input x: f32[1, 3, H, 17]
              param w "w": f32[3, 2, 4, 4]
              param b "b": f32[2]
              t "conv_transpose2d" in "": f32[1, 2, H*2, 34] = [n < 1, o < 2, p < H*2, q < 34] sum(c < 3, r < 4, s < 4) select(and(index(((p + 1 - r) % 2)) == 0:i32, index(((q + 1 - s) % 2)) == 0:i32), %x[n, c, ((p + 1 - r) / 2), ((q + 1 - s) / 2)] * %w[c, o, r, s], 0)
              u "add" in "": f32[1, 2, H*2, 34] = [n < 1, o < 2, p < H*2, q < 34] max(%t[n, o, p, q] + %b[o], 0)
              output y = %u
            """),
        ("transposed-6x6-by-3", """
            graph G(H: 1..40)
              input x: f32[1, 3, H, 6]
              param w "w": f32[3, 2, 6, 6]
              param b "b": f32[2]
              t "conv_transpose2d" in "": f32[1, 2, H*3 + 3, 21] = [n < 1, o < 2, p < H*3 + 3, q < 21] sum(c < 3, r < 6, s < 6) select(and(index(((p - r) % 3)) == 0:i32, index(((q - s) % 3)) == 0:i32), %x[n, c, ((p - r) / 3), ((q - s) / 3)] * %w[c, o, r, s], 0)
              u "add" in "": f32[1, 2, H*3 + 3, 21] = [n < 1, o < 2, p < H*3 + 3, q < 21] max(%t[n, o, p, q] + %b[o], 0)
              output y = %u
            """),
        ("transposed-3x3-uneven", """
            graph G(H: 1..40)
              input x: f32[1, 3, H, 9]
              param w "w": f32[3, 2, 3, 3]
              param b "b": f32[2]
              t "conv_transpose2d" in "": f32[1, 2, H*2 - 1, 17] = [n < 1, o < 2, p < H*2 - 1, q < 17] sum(c < 3, r < 3, s < 3) select(and(index(((p + 1 - r) % 2)) == 0:i32, index(((q + 1 - s) % 2)) == 0:i32), %x[n, c, ((p + 1 - r) / 2), ((q + 1 - s) / 2)] * %w[c, o, r, s], 0)
              u "add" in "": f32[1, 2, H*2 - 1, 17] = [n < 1, o < 2, p < H*2 - 1, q < 17] max(%t[n, o, p, q] + %b[o], 0)
              output y = %u
            """),
        ("narrow-rows-3x3", """
            graph G(N: 0..9)
              input x: f32[N, 3, 5, 6]
              param w "w": f32[7, 3, 3, 3]
              param b "b": f32[7]
              t "conv2d" in "": f32[N, 7, 5, 6] = [n < N, o < 7, p < 5, q < 6] sum(c < 3, r < 3, s < 3) (%x[n, c, p + r - 1, q + s - 1] * %w[o, c, r, s])
              u "add" in "": f32[N, 7, 5, 6] = [n < N, o < 7, p < 5, q < 6] max(%t[n, o, p, q] + %b[o], 0)
              output y = %u
            """),
        ("narrow-rows-1x5-depthwise", """
            graph G(N: 0..9)
              input x: f32[N, 3, 40, 2]
              param w "w": f32[3, 5]
              t "depthwise" in "": f32[N, 3, 40, 2] = [n < N, c < 3, p < 40, q < 2] sum(s < 5) (%x[n, c, p, q + s - 2] * %w[c, s])
              output y = %t
            """),
        ("narrow-rows-max-pool", """
            graph G(N: 0..9)
              input x: f32[N, 3, 7, 11]
              t "max_pool" in "": f32[N, 3, 7, 11] = [n < N, c < 3, p < 7, q < 11] max(r < 3, s < 3) %x[n, c, p + r - 1, q + s - 1 else -inf]
              output y = %t
            """),
        ("conv-bn-hardswish", """
            graph G(H: 1..40)
              input x: f32[1, 3, H, 8]
              param w "w": f32[4, 3, 3, 3]
              param m "m": f32[4]
              param v "v": f32[4]
              param g "g": f32[4]
              param b "b": f32[4]
              conv "conv2d" in "": f32[1, 4, H, 8] = [n < 1, o < 4, p < H, q < 8] sum(c < 3, r < 3, s < 3) (%x[n, c, p + r - 1, q + s - 1] * %w[o, c, r, s])
              bn "batch_norm" in "": f32[1, 4, H, 8] = [n < 1, c < 4, h < H, w < 8] ((%conv[n, c, h, w] - %m[c]) * (%g[c] / sqrt(abs(%v[c]) + 0.001))) + %b[c]
              hs "hard_swish" in "": f32[1, 4, H, 8] = [a < 1, b < 4, c < H, d < 8] %bn[a, b, c, d] * (max(0, min(6, %bn[a, b, c, d] + 3)) / 6)
              output y = %hs
            """),
        ("residual", """
            graph G(N: 0..9)
              input x: f32[N, 6]
              param w "w": f32[5, 6]
              param u "u": f32[5, 6]
              a "linear" in "": f32[N, 5] = [n < N, o < 5] sum(k < 6) (%x[n, k] * %w[o, k])
              c "linear" in "": f32[N, 5] = [n < N, o < 5] sum(k < 6) (%x[n, k] * %u[o, k])
              d "relu" in "": f32[N, 5] = [i < N, j < 5] max(%c[i, j], 0)
              e "add" in "": f32[N, 5] = [i < N, j < 5] %a[i, j] + %d[i, j]
              output y = %e
            """),
        ("long-epilogue", """
            graph G(N: 1..40)
              input x: f32[N, 5]
              param w "w": f32[5, 77]
              param b "b": f32[77]
              input r: f32[N]
              a "linear" in "": f32[N, 77] = [n < N, o < 77] sum(k < 5) (%x[n, k] * %w[k, o])
              y "bend" in "": f32[N, 77] = [n < N, o < 77] (tanh(%a[n, o] + %b[o]) * erf(%a[n, o])) + (tanh(%a[n, o] * %r[n]) * %r[n])
              output y = %y
            """),
        ("long-step", """
            graph G(N: 1..40)
              input x: f32[N, 3]
              param w "w": f32[3, 77]
              y "far" in "": f32[N, 77] = [n < N, o < 77] sum(k < 3) (tanh(%x[n, k] * %w[k, o]) * erf(%x[n, k] - %w[k, o]))
              output y = %y
            """),
        ("softmax", """
            graph G(N: 0..9)
              input x: f32[N, 7]
              m "max" in "": f32[N] = [i < N] max(j < 7) %x[i, j]
              e "exp" in "": f32[N, 7] = [i < N, j < 7] exp(%x[i, j] - %m[i])
              s "sum" in "": f32[N] = [i < N] sum(j < 7) %e[i, j]
              y "div" in "": f32[N, 7] = [i < N, j < 7] %e[i, j] / %s[i]
              output y = %y
            """),
        ("depthwise-stride", """
            graph G(W: 1..33)
              input x: f32[1, 4, 9, W]
              param w "w": f32[4, 5, 5]
              y "depthwise" in "": f32[1, 4, 5, ((W - 1) / 2) + 1] = [n < 1, c < 4, p < 5, q < ((W - 1) / 2) + 1] sum(r < 5, s < 5) (%x[n, c, p*2 + r - 2, q*2 + s - 2] * %w[c, r, s])
              output y = %y
            """),
        ("views", """
            graph G(N: 1..9)
              input x: f32[N, 12]
              a "slice" in "": f32[N, 4] = [i < N, j < 4] %x[i, j + 4]
              t "transpose" in "": f32[4, N] = [i < 4, j < N] %a[j, i]
              p "product" in "": f32[N, N] = [i < N, j < N] sum(k < 4) (%a[i, k] * %t[k, j])
              output y = %p
            """),
        ("max-pool", """
            graph G(W: 2..20)
              input x: f32[2, W]
              y "max_pool" in "": f32[2, W] = [n < 2, p < W] max(r < 3) %x[n, p + r - 1 else -inf]
              output y = %y
            """),
    ];

    /// <summary>The graph of a name.</summary>
    public static Graph Parse(string name) => GraphParser.Parse(All.Single(c => c.Name == name).Text);
}

/// <summary>Deterministic values for inputs and weights, by name.</summary>
internal sealed class SampleValues(int seed)
{
    public TensorData Weight(Graph graph, string path)
    {
        var node = graph.Nodes.OfType<ParamNode>().Single(p => p.Path == path);
        int[] shape = [.. node.Type.Shape.Select(d => (int)d.Constant!.Value)];
        return Random(path, shape).To(ElementType.F32);
    }

    public DenseTensor Input(Graph graph, string name, int size)
    {
        var node = graph.Inputs.Single(i => i.Name == name);
        return Random(name, [.. node.Type.Shape.Select(d => (int)d.Evaluate(_ => size))]);
    }

    private DenseTensor Random(string name, int[] shape)
    {
        var random = new Random(name.Aggregate(seed, (h, c) => (h * 31) + c));
        var tensor = DenseTensor.Zeros(shape);
        for (var i = 0; i < tensor.Values.Length; i++)
        {
            tensor.Values[i] = (random.NextDouble() * 2) - 1;
        }

        return tensor;
    }
}
