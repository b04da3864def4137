using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Pruning.Graphs;

namespace SparseDsl.Pruning.Tests;

/// <summary>Which weights are found, what their matrix is, and which elements of the other factor make a sum.</summary>
public class LayerFinderTests
{
    [Fact]
    public void Convolutions_and_products_are_found_and_depthwise_filters_are_not()
    {
        var layers = Programs.Layers(Programs.ConvNet);
        Assert.Equal(
            ["wide.weight 9x36 wide.bias", "normal.weight 36x81 normal.mean", "point.weight 35x36 point.bias", "head.weight 10x35 head.bias"],
            layers.Select(l => $"{l.Path} {l.Outputs}x{l.Inputs} {l.BiasPath}"));
    }

    [Theory]
    [InlineData("output y = x . w", "w 9x7 ")]
    [InlineData("output y = w' . x'", "w 9x7 ")]
    [InlineData("output y = x . v'", "v 9x7 ")]
    [InlineData("output y = linear_no_bias(x, v)", "v 9x7 ")]
    [InlineData("output y = x . w + b", "w 9x7 b")]
    [InlineData("let h = x . w\n output z = h\n output y = h + b", "w 9x7 ")]
    [InlineData("output y = x . w + b\n output z = b", "w 9x7 ")]
    [InlineData("output y = relu(x . w) + b", "w 9x7 ")]
    [InlineData("output y = (x . w) * b", "w 9x7 ")]
    public void Weights_are_found_in_either_place_with_their_bias(string body, string expected)
    {
        var program = $"import std.nn\nmodel M(N: dim 1..8) {{\n input x: f32[N, 7]\n param w: f32[7, 9], v: f32[9, 7], b: f32[9]\n {body}\n}}\n";
        Assert.Equal([expected], Programs.Layers(program).Select(l => $"{l.Path} {l.Outputs}x{l.Inputs} {l.BiasPath}"));
    }

    [Theory]
    [InlineData("output y = x . w\n output z = w")]
    [InlineData("output y = x * (sum_last(w))")]
    [InlineData("output y = x . exp(w)")]
    [InlineData("output y = x . w\n let u = x + reshape(w, [7])\n output z = u")]
    public void A_weight_that_something_else_reads_is_left_alone(string body)
    {
        var program = $"import std.nn\nop sum_last(x[i, j]) -> y[i] = sum(j) x[i, j]\nmodel M(N: dim 1..8) {{\n input x: f32[N, 7]\n param w: f32[7, 1]\n {body}\n}}\n";
        Assert.Empty(Programs.Layers(program));
    }

    // Two groups of outputs, each over its own half of the inputs.
    [Fact]
    public void A_weight_of_groups_is_left_alone() => Assert.Empty(Programs.Layers("""
        op grouped(x[n, g, c], w[g, o, c]) -> y[n, g, o] = sum(c) x[n, g, c] * w[g, o, c]
        model M(N: dim 1..8) {
            input x: f32[N, 2, 40]
            param w: f32[2, 8, 40]
            output y = grouped(x, w)
        }
        """));

    [Fact]
    public void A_weight_used_twice_is_one_layer_of_two_sums()
    {
        var layer = Assert.Single(Programs.Layers("import std.nn\nmodel M(N: dim 1..8) {\n input x: f32[N, 9]\n param w: f32[9, 9]\n output y = relu(x . w) . w\n}\n"));
        Assert.Equal(2, layer.Uses.Length);
        Assert.Null(layer.BiasPath);
    }

    [Fact]
    public void A_sum_of_a_patch_and_the_weight_is_an_element_of_the_output()
    {
        var model = Programs.Bind(Programs.ConvNet);
        var (graph, weights, sample) = (BuildGraph.Run(model), Programs.Weights(model), Programs.Samples(model, 1, ("N", 2), ("H", 13))[0]);
        var layers = LayerFinder.Find(graph);
        var uses = layers.Select(l => Assert.Single(l.Uses)).ToList();
        // The sums themselves, without the bias that the node of a product adds.
        var bare = uses.Where(u => ReferenceEquals(u.Node.Body, u.Node.Reduction)).ToList();
        Assert.Equal(3, bare.Count);
        using var network = TappedNetwork.Compile(graph, uses.Select(u => u.Input).Concat(bare.Select(u => u.Node)), p => weights[p], threads: 1, new DiagnosticBag())!;
        network.Run(sample);
        foreach (var (layer, use) in layers.Zip(uses).Where(p => bare.Contains(p.Second)))
        {
            Check(layer, use, network, weights[layer.Path], sample);
        }
    }

    [Fact]
    public void Replaced_weights_count_from_the_next_run_on()
    {
        var model = Programs.Bind(Programs.Mlp);
        var (graph, weights, sample) = (BuildGraph.Run(model), Programs.Weights(model), Programs.Samples(model, 1, ("N", 3))[0]);
        var tap = LayerFinder.Find(graph)[1].Uses[0].Input;
        using var network = TappedNetwork.Compile(graph, [tap], p => weights[p], threads: 1, new DiagnosticBag())!;
        network.Run(sample);
        Assert.Contains(network.Tap(tap).ToArray(), v => v > 0);
        network.SetWeight("w1", TensorData.FromFloats(new float[48 * 40], 48, 40));
        network.SetWeight("b1", TensorData.FromFloats([.. Enumerable.Repeat(0.25f, 48)], 48));
        network.Run(sample);
        Assert.All(network.Tap(tap).ToArray(), v => Assert.Equal(0.25f, v));
    }

    // Stored by columns, where results side by side fill vectors.
    [Fact]
    public void Replaced_weights_of_wide_products_count_as_well()
    {
        var model = Programs.Bind("import std.nn\nmodel Wide(N: dim 1..64) {\n input x: f32[N, 40]\n param w: f32[256, 40], v: f32[33, 256]\n output y = linear_no_bias(linear_no_bias(x, w), v)\n}\n");
        var (graph, weights, sample) = (BuildGraph.Run(model), Programs.Weights(model), Programs.Samples(model, 1, ("N", 32))[0]);
        var tap = LayerFinder.Find(graph)[1].Uses[0].Input;
        using var network = TappedNetwork.Compile(graph, [tap], p => weights[p], threads: 1, new DiagnosticBag())!;
        network.SetWeight("w", TensorData.FromFloats([.. Enumerable.Range(0, 256 * 40).Select(i => i % 40 == 3 ? i / 40 : 0f)], 256, 40));
        network.Run(sample);
        var x = sample.Inputs["x"].ToFloats();
        Assert.Equal([.. Enumerable.Range(0, 32 * 256).Select(i => x[(i / 256 * 40) + 3] * (i % 256))], network.Tap(tap).ToArray());
    }

    private static void Check(PrunableLayer layer, LayerUse use, TappedNetwork network, TensorData weight, CalibrationSample sample)
    {
        long Dims(string name) => sample.Dims[name];
        var count = use.Patches.Positions(Dims);
        var rows = new float[count][];
        int[] shape = [.. use.Input.Type.Shape.Select(d => (int)d.Evaluate(Dims))];
        use.Patches.Gather(network.Tap(use.Input), shape, Dims, [.. Enumerable.Range(0, (int)count).Select(i => (long)i)], i => rows[i] = new float[layer.Inputs]);
        var (output, matrix) = (network.Tap(use.Node).ToArray(), layer.ToMatrix(weight));
        var pixels = (int)(count / 2);
        for (var position = 0; position < count; position++)
        {
            for (var o = 0; o < layer.Outputs; o++)
            {
                var expected = Enumerable.Range(0, layer.Inputs).Sum(i => (double)rows[position][i] * matrix[o, i]);
                var actual = output[(((position / pixels) * layer.Outputs) + o) * pixels + (position % pixels)];
                Assert.Equal(expected, actual, 1e-3 * (1 + Math.Abs(expected)));
            }
        }
    }
}
