using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Evaluation;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Compiler.Passes.Graphs;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Tests.Graphs;
using Xunit;

namespace SparseDsl.Compiler.Tests.Graphs;

/// <summary>Every graph pass keeps the values of graphs like those real networks are made of.</summary>
public sealed class GraphPassTests
{
    /// <summary>Names for the theory.</summary>
    public static TheoryData<string> Names => [.. GraphCases.All.Select(c => c.Name)];

    /// <summary>The whole pipeline gives the same outputs as the graph as built.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void The_pipeline_keeps_values(string name)
    {
        var graph = GraphCases.Parse(name);
        foreach (var size in new[] { 0, 1, 2, 3, 7, 9, 20 })
        {
            if (graph.Dims.Any(d => size < d.Low || size > d.High))
            {
                continue;
            }

            var values = new SampleValues(7);
            var expected = Evaluate(graph, values, size);
            var stages = new List<string>();
            var result = GraphPipeline.Run(graph, GraphPipeline.Passes(p => values.Weight(graph, p)), (pass, g) =>
            {
                stages.Add(pass);
                AssertEqual(expected, Evaluate(g, values, size), $"{name} after {pass}:\n{GraphPrinter.Print(g)}");
            });
            Assert.NotEmpty(stages);
            Assert.Equal(GraphPrinter.Print(result), GraphPrinter.Print(GraphParser.Parse(GraphPrinter.Print(result), n => Constant(result, n))));
        }
    }

    /// <summary>A batch normalisation and an activation that uses its value twice leave one node, with the scale in the weights.</summary>
    [Fact]
    public void Normalisation_and_activation_join_the_convolution()
    {
        var graph = GraphCases.Parse("conv-bn-hardswish");
        var values = new SampleValues(3);
        var result = GraphPipeline.Run(graph, GraphPipeline.Passes(p => values.Weight(graph, p)));
        var computes = result.Nodes.OfType<ComputeNode>().ToArray();
        Assert.Equal(["pad", "conv2d+batch_norm+hard_swish"], computes.Select(c => c.Origin.Label));
        Assert.True(result.Nodes.OfType<ConstantNode>().Count() == 2, GraphPrinter.Print(result));
        Assert.DoesNotContain("sqrt", GraphPrinter.Print(result), StringComparison.Ordinal);
    }

    /// <summary>Where the stride divides the filter a transposed convolution has no conditions left; a filter as long as the stride sums over channels only.</summary>
    [Theory]
    [InlineData("transposed-2x2", false, "sum(c < 3) ")]
    [InlineData("transposed-4x4-pad", false, "sum(c < 3, r < 2, s < 2) ")]
    [InlineData("transposed-6x6-by-3", false, "sum(c < 3, r < 2, s < 2) ")]
    [InlineData("transposed-3x3-uneven", true, "sum(c < 3, r < 3, s < 3) ")]
    public void Transposed_convolutions_are_decomposed_into_phases(string name, bool hasConditions, string reduction)
    {
        var text = GraphPrinter.Print(DecomposePhases.Run(GraphCases.Parse(name)));
        Assert.Equal(hasConditions, text.Contains("select", StringComparison.Ordinal));
        Assert.Contains(reduction, text, StringComparison.Ordinal);
    }

    /// <summary>Pictures narrower than a vector are not copied to get a border: their loops mask.</summary>
    [Theory]
    [InlineData("narrow-rows-3x3")]
    [InlineData("narrow-rows-1x5-depthwise")]
    [InlineData("narrow-rows-max-pool")]
    public void Narrow_rows_are_not_padded(string name)
    {
        var result = GraphPipeline.Run(GraphCases.Parse(name), GraphPipeline.Passes(null));
        Assert.DoesNotContain(result.Nodes, n => n.Origin.Label == "pad");
    }

    /// <summary>A chain of any length becomes few nodes, each small enough for a loop that the backend can optimise, with the values of the chain.</summary>
    [Fact]
    public void A_long_chain_becomes_nodes_of_bounded_size()
    {
        const int Length = 2000;
        var text = new System.Text.StringBuilder("graph G()\n  input x: f32[3]\n");
        for (var i = 0; i < Length; i++)
        {
            var operand = i == 0 ? "x" : FormattableString.Invariant($"t{i - 1}");
            text.Append(FormattableString.Invariant($"  t{i} \"add\" in \"\": f32[3] = [i < 3] %{operand}[i] + 1\n"));
        }

        var graph = GraphParser.Parse(text.Append(FormattableString.Invariant($"  output y = %t{Length - 1}\n")).ToString());
        var result = FuseElementwise.Run(graph);
        var computes = result.Nodes.OfType<ComputeNode>().ToArray();
        Assert.InRange(computes.Length, 4, 40);
        Assert.All(computes, c => Assert.InRange(c.Size, 1, 512));
        var values = new SampleValues(1);
        AssertEqual(Evaluate(graph, values, 3), Evaluate(result, values, 3), "a long chain");
    }

    private static TensorData? Constant(Graph graph, string name) => graph.Nodes.OfType<ConstantNode>().FirstOrDefault(n => n.Name == name)?.Data;

    private static DenseTensor Evaluate(Graph graph, SampleValues values, int size) =>
        GraphEvaluator.Run(graph, n => values.Input(graph, n, size), p => DenseTensor.From(values.Weight(graph, p)), _ => size)["y"];

    private static void AssertEqual(DenseTensor expected, DenseTensor actual, string message)
    {
        Assert.Equal(expected.Shape, actual.Shape);
        for (var i = 0; i < expected.Values.Length; i++)
        {
            var tolerance = 1e-5 * (1 + Math.Abs(expected.Values[i]));
            Assert.True(Math.Abs(expected.Values[i] - actual.Values[i]) <= tolerance, $"element {i}: {expected.Values[i]} and {actual.Values[i]}; {message}");
        }
    }
}
