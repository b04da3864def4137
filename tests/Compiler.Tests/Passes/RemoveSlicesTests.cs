using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Evaluation;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Compiler.Passes.Graphs;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Tests.Graphs;

namespace SparseDsl.Compiler.Tests.Passes;

/// <summary>Channels that zeros in the weights make superfluous go, from everything that computes or reads them, and values stay.</summary>
public sealed class RemoveSlicesTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1000)]
    public void Random_networks_keep_their_values(int first)
    {
        var (smaller, slices) = (0, 0);
        for (var seed = first; seed < first + 50; seed++)
        {
            var network = new PrunedNetwork(seed);
            var removed = new List<RemovedSlices>();
            var expected = new[] { 1, 3 }.Select(n => network.Evaluate(network.Graph, n)).ToArray();

            // As built, where nothing is fused, and in its place in the pipeline.
            var alone = GraphValidator.Validate(RemoveSlices.Run(network.Graph, p => network.Weights[p]), "remove-slices");
            AssertSame(expected, network, alone, seed, "alone");
            var passes = GraphPipeline.Passes(p => network.Weights[p], removed: removed);
            AssertSame(expected, network, GraphPipeline.Run(network.Graph, passes), seed, "pipeline");
            smaller += removed.Any(r => r.Operation is not null) ? 1 : 0;
            slices += removed.Sum(r => r.Removed);
        }

        Assert.InRange(smaller, 30, 50);
        Assert.InRange(slices, 500, int.MaxValue);
    }

    [Fact]
    public void Rows_that_are_zero_or_constant_go_with_everything_that_reads_them()
    {
        // Channel 1 is always 0, channel 3 always 0.5: its term goes into the bias.
        var graph = Network(Two("[N, 6]", "[n < N, o < 6] max((sum(c < 4) (%x[n, c] * %w[o, c])) + %b[o], 0)", "(sum(o < 6) (%a[n, o] * %v[k, o])) + %d[k]", "[3, 6]"));
        var weights = Weights(graph, ("w", Zero(0, 1, 3)), ("b", t => t.Select((v, i) => i == 1 ? -1 : i == 3 ? 0.5f : v)));
        var removed = new List<RemovedSlices>();
        var result = Check(graph, weights, removed);
        Assert.Equal("[N, 4]", Shape(result, "a"));
        Assert.Equal(["[4, 4]", "[4]", "[3, 4]"], new[] { "w", "b", "v" }.Select(n => Shape(result, n)));
        var bias = Assert.Single(result.Nodes.OfType<ConstantNode>(), c => c.Origin.Label == "known terms").Data!;
        Assert.Equal([.. Enumerable.Range(0, 3).Select(k => weights["d"].GetDouble(k) + (0.5 * weights["v"].GetDouble((k * 6) + 3)))], bias.ToDoubles(), (e, f) => Math.Abs(e - f) < 1e-6);
        Assert.Equal(
            ["w 2 of 6 along index 0", "b 2 of 6 along index 0", "a 2 of 6 along index 1", "v 2 of 6 along index 1"],
            removed.Select(r => $"{r.Tensor} {r.Text}"));
    }

    [Fact]
    public void What_nobody_reads_is_not_computed()
    {
        var graph = Network(Two("[N, 6]", "[n < N, o < 6] max((sum(c < 4) (%x[n, c] * %w[o, c])) + %b[o], 0)", "(sum(o < 6) (%a[n, o] * %v[k, o])) + %d[k]", "[3, 6]"));
        var result = Check(graph, Weights(graph, ("v", Zero(1, 0, 2, 5))));
        Assert.Equal(["[N, 3]", "[3, 4]", "[3]", "[3, 3]"], new[] { "a", "w", "b", "v" }.Select(n => Shape(result, n)));
    }

    [Fact]
    public void The_models_inputs_and_outputs_keep_their_shapes()
    {
        var graph = Network(Two("[N, 6]", "[n < N, o < 6] (sum(c < 4) (%x[n, c] * %w[o, c])) + %b[o]", "(sum(o < 6) (%a[n, o] * %v[k, o])) + %d[k]", "[3, 6]"));
        Assert.Same(graph, Check(graph, Weights(graph, ("w", Zero(1, 2)), ("v", Zero(0, 1)))));
    }

    /// <summary>A window that sticks out reads 0 there: a channel that is always 0.5 is no constant for it, one that is always 0 is.</summary>
    [Theory]
    [InlineData(0f, "p + r - 1", 10, "[1, 2, 10]")]
    [InlineData(0.5f, "p + r - 1", 10, "[1, 3, 10]")]
    [InlineData(0.5f, "p + r", 8, "[1, 2, 10]")]
    public void Constants_stay_where_windows_read_past_edges(float bias, string position, int length, string expected)
    {
        var graph = Network($"""
              input x: f32[1, 4, 10]
              param w "w": f32[3, 4]
              param b "b": f32[3]
              param v "v": f32[5, 3, 3]
              a "conv" in "": f32[1, 3, 10] = [n < 1, o < 3, p < 10] (sum(c < 4) (%x[n, c, p] * %w[o, c])) + %b[o]
              y "conv" in "": f32[1, 5, {length}] = [n < 1, k < 5, p < {length}] sum(o < 3, r < 3) (%a[n, o, {position}] * %v[k, o, r])
            """);
        var result = Check(graph, Weights(graph, ("w", Zero(0, 1)), ("b", t => t.Select((v, i) => i == 1 ? bias : v))));
        Assert.Equal(expected, Shape(result, "a"));
    }

    /// <summary>Padding never wins a maximum: the largest of a window of a constant channel is the constant.</summary>
    [Fact]
    public void A_channel_goes_through_concat_depthwise_pooling_excitation_and_reshape()
    {
        var graph = Network("""
              input x: f32[2, 4, 8]
              param w "w": f32[3, 4]
              param b "b": f32[3]
              param d "d": f32[5, 3]
              param e "e": f32[2, 5]
              param f "f": f32[5, 2]
              param v "v": f32[6, 40]
              a "conv" in "": f32[2, 3, 8] = [n < 2, o < 3, p < 8] (sum(c < 4) (%x[n, c, p] * %w[o, c])) + %b[o]
              s "slice" in "": f32[2, 2, 8] = [n < 2, o < 2, p < 8] %a[n, o + 1, p]
              c "concat" in "": f32[2, 5, 8] = concat(1, %s, %a)
              m "pool" in "": f32[2, 5, 8] = [n < 2, o < 5, p < 8] max(r < 3) %c[n, o, p + r - 1 else -inf]
              g "depthwise" in "": f32[2, 5, 8] = [n < 2, o < 5, p < 8] sum(r < 3) (%m[n, o, p + r - 1] * %d[o, r])
              h "mean" in "": f32[2, 5] = [n < 2, o < 5] (sum(p < 8) %g[n, o, p]) / 8
              i "squeeze" in "": f32[2, 2] = [n < 2, o < 2] max(sum(c < 5) (%h[n, c] * %e[o, c]), 0)
              j "excite" in "": f32[2, 5] = [n < 2, o < 5] recip(1 + exp(0 - (sum(c < 2) (%i[n, c] * %f[o, c]))))
              k "scale" in "": f32[2, 5, 8] = [n < 2, o < 5, p < 8] %g[n, o, p] * %j[n, o]
              l "flatten" in "": f32[2, 40] = reshape(%k)
              y "linear" in "": f32[2, 6] = [n < 2, o < 6] sum(c < 40) (%l[n, c] * %v[o, c])
            """);

        // Channel 1 of a is channels 0 and 3 of c.
        var result = Check(graph, Weights(graph, ("w", Zero(0, 1)), ("b", t => t.Select((v, i) => i == 1 ? 0 : v))));
        Assert.Equal(["[2, 2, 8]", "[2, 1, 8]", "[2, 3, 8]", "[2, 3, 8]", "[2, 3, 8]"], new[] { "a", "s", "c", "m", "g" }.Select(n => Shape(result, n)));
        Assert.Equal(["[2, 3]", "[2, 3]", "[2, 3, 8]", "[2, 24]"], new[] { "h", "j", "k", "l" }.Select(n => Shape(result, n)));
        Assert.Equal(["[2, 4]", "[3, 3]", "[2, 3]", "[3, 2]", "[6, 24]"], new[] { "w", "d", "e", "f", "v" }.Select(n => Shape(result, n)));
    }

    /// <summary>Terms that two variables of a sum lose together are counted once.</summary>
    [Fact]
    public void Two_variables_of_a_sum_lose_values()
    {
        var graph = Network("""
              input x: f32[4]
              param w "w": f32[3, 4]
              param u "u": f32[4, 4]
              param b "b": f32[3]
              param d "d": f32[4]
              param v "v": f32[2, 3, 4]
              a "linear" in "": f32[3] = [o < 3] (sum(c < 4) (%x[c] * %w[o, c])) + %b[o]
              e "linear" in "": f32[4] = [o < 4] (sum(c < 4) (%x[c] * %u[o, c])) + %d[o]
              y "bilinear" in "": f32[2] = [k < 2] sum(i < 3, j < 4) ((%a[i] + %e[j]) * %v[k, i, j])
            """);

        // Both are known everywhere: all but one element of each goes.
        var weights = Weights(graph, ("w", Zero(0, 0, 1, 2)), ("b", t => t.Select(_ => 0.25f)), ("u", Zero(0, 0, 1, 2, 3)), ("d", t => t.Select(_ => 0.5f)));
        var result = Check(graph, weights);
        Assert.Equal(["[1]", "[1]", "[2, 1, 1]"], new[] { "a", "e", "v" }.Select(n => Shape(result, n)));
    }

    [Fact]
    public void A_weight_with_two_readers_loses_what_both_can_do_without()
    {
        var graph = Network("""
              input x: f32[N, 4]
              param w "w": f32[4, 4]
              param v "v": f32[3, 4]
              param u "u": f32[3, 4]
              a "linear" in "": f32[N, 4] = [n < N, o < 4] sum(c < 4) (%x[n, c] * %w[o, c])
              e "relu" in "": f32[N, 4] = [n < N, o < 4] max(%a[n, o], 0)
              f "linear" in "": f32[N, 4] = [n < N, o < 4] sum(c < 4) (%e[n, c] * %w[o, c])
              y "linear" in "": f32[N, 3] = [n < N, o < 3] (sum(c < 4) ((%f[n, c] * %v[o, c]) + (%a[n, c] * %u[o, c])))
            """);
        Assert.Same(graph, Check(graph, Weights(graph, ("w", Zero(0, 2)))));
    }

    /// <summary>Blocks and groups that were promised go as a whole or not at all.</summary>
    [Theory]
    [InlineData("@block(2, 1, 0.1)", "[4, 4]")]
    [InlineData("@nm(2, 4)", "[3, 4]")]
    [InlineData("", "[3, 4]")]
    public void Promised_blocks_stay_whole(string promise, string expected)
    {
        var graph = Network(Two("[N, 6]", "[n < N, o < 6] (sum(c < 4) (%x[n, c] * %w[o, c])) + %b[o]", "(sum(o < 6) (%a[n, o] * %v[k, o])) + %d[k]", "[3, 6]").Replace("f32[6, 4]", $"f32[6, 4] {promise}", StringComparison.Ordinal));
        Assert.Equal(expected, Shape(Check(graph, Weights(graph, ("w", Zero(0, 2, 3, 5)))), "w"));
    }

    [Fact]
    public void Without_a_zero_slice_nothing_is_looked_for()
    {
        var graph = new PrunedNetwork(1).Graph;
        var random = new SampleValues(3);
        Assert.Same(graph, RemoveSlices.Run(graph, p => random.Weight(graph, p)));
        Assert.Same(graph, RemoveSlices.Run(graph, _ => null));
    }

    /// <summary>Where weights come later, or other weights may come, shapes are those of the program.</summary>
    [Fact]
    public void Shapes_do_not_depend_on_weights_that_may_change()
    {
        var network = new PrunedNetwork(0);
        foreach (var passes in new[] { GraphPipeline.Passes(p => network.Weights[p], keepsSlices: true), GraphPipeline.Passes(null, deferred: true), GraphPipeline.Passes(null) })
        {
            Assert.DoesNotContain(passes, p => p.Name == "remove-slices");
        }
    }

    private static string Two(string hidden, string first, string second, string weight) => $"""
          input x: f32[N, 4]
          param w "w": f32[6, 4]
          param b "b": f32[6]
          param v "v": f32{weight}
          param d "d": f32[3]
          a "linear" in "": f32{hidden} = {first}
          y "linear" in "": f32[N, 3] = [n < N, k < 3] {second}
        """;

    private static Graph Network(string nodes) =>
        GraphParser.Parse("graph G(N: 1..4)\n" + string.Join("\n", nodes.ReplaceLineEndings("\n").Split('\n').Select(l => "  " + l.Trim())) + "\n  output y = %y\n");

    private static Graph Check(Graph graph, Dictionary<string, TensorData> weights, List<RemovedSlices>? removed = null)
    {
        var result = GraphValidator.Validate(RemoveSlices.Run(graph, p => weights[p], removed), "remove-slices");
        var values = new SampleValues(7);
        DenseTensor Value(Graph g) => GraphEvaluator.Run(g, n => values.Input(graph, n, 2), p => DenseTensor.From(weights[p]), _ => 2)["y"];
        Assert.Equal(Value(graph).Shape, Value(result).Shape);
        Assert.All(Value(graph).Values.Zip(Value(result).Values), v => Assert.Equal(v.First, v.Second, 5));
        return result;
    }

    private static Dictionary<string, TensorData> Weights(Graph graph, params (string Path, Func<TensorDataValues, IEnumerable<float>> Change)[] changes)
    {
        var values = new SampleValues(5);
        return graph.Nodes.OfType<ParamNode>().ToDictionary(p => p.Path, p =>
        {
            var data = values.Weight(graph, p.Path);
            return changes.FirstOrDefault(c => c.Path == p.Path).Change is { } change
                ? TensorData.FromFloats([.. change(new TensorDataValues(data))], [.. data.Shape]) : data;
        });
    }

    private static Func<TensorDataValues, IEnumerable<float>> Zero(int axis, params int[] slices) => t => t.Select((v, i) => slices.Contains(t.Position(i, axis)) ? 0 : v);

    private static string Shape(Graph graph, string name) => $"[{string.Join(", ", graph.Nodes.Single(n => n.Name == name).Type.Shape)}]";

    private sealed class TensorDataValues(TensorData data)
    {
        public IEnumerable<float> Select(Func<float, int, float> change) => data.ToFloats().Select(change);

        public IEnumerable<float> Select(Func<float, float> change) => data.ToFloats().Select(change);

        public int Position(int element, int axis) => element / data.Shape.Skip(axis + 1).Aggregate(1, (a, b) => a * b) % data.Shape[axis];
    }

    private static void AssertSame(DenseTensor[] expected, PrunedNetwork network, Graph graph, int seed, string how)
    {
        foreach (var (batch, values) in new[] { 1, 3 }.Zip(expected))
        {
            var actual = network.Evaluate(graph, batch);
            Assert.Equal(values.Shape, actual.Shape);
            for (var i = 0; i < values.Values.Length; i++)
            {
                Assert.True(
                    Math.Abs(values.Values[i] - actual.Values[i]) <= 1e-4 * (1 + Math.Abs(values.Values[i])),
                    $"seed {seed} {how}, element {i}: {values.Values[i]} and {actual.Values[i]}\n{network.Text}\n{GraphPrinter.Print(graph)}");
            }
        }
    }
}
