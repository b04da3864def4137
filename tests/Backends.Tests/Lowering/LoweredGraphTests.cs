using SparseDsl.Compiler;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Evaluation;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Compiler.Loops;
using SparseDsl.Compiler.Lowering;
using SparseDsl.Compiler.Passes.Graphs;
using SparseDsl.Compiler.Passes.Loops;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Tests.Graphs;
using Xunit;

namespace SparseDsl.Backends.Tests.Lowering;

/// <summary>Compiled graphs give what the float64 evaluator gives, on every target, for sizes around the lanes of a vector.</summary>
public sealed class LoweredGraphTests
{
    /// <summary>Every case on every target.</summary>
    public static TheoryData<string, string> Cases =>
        [.. GraphCases.All.SelectMany(c => TwoBackends.Targets.Select(t => new TheoryDataRow<string, string>(c.Name, t.Name)))];

    /// <summary>Without passes and with them.</summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public void Compiled_graphs_equal_the_evaluator(string name, string targetName)
    {
        var target = TwoBackends.Targets.Single(t => t.Name == targetName);
        var graph = GraphCases.Parse(name);
        var values = new SampleValues(11);
        Compare(graph, graph, target, values, name);
        Compare(graph, GraphPipeline.Run(graph, GraphPipeline.Passes(p => values.Weight(graph, p))), target, values, name);
    }

    /// <summary>Networks that lost channels to zeros in their weights, compiled as users compile them.</summary>
    [Theory]
    [InlineData("scalar", 1)]
    [InlineData("avx2", 1)]
    [InlineData("avx512", 1)]
    [InlineData("avx2", 16)]
    [InlineData("avx512", 16)]
    public void Networks_without_superfluous_channels_equal_the_evaluator(string targetName, int unit)
    {
        var removed = new List<RemovedSlices>();
        var blocked = 0;
        for (var seed = 0; seed < (unit == 1 ? 12 : 8); seed++)
        {
            var network = new PrunedNetwork(seed, unit);
            var (options, diagnostics) = (new CompilationOptions(Target.All.Single(t => t.Name == targetName)) { Weights = p => network.Weights[p], Removed = removed }, new DiagnosticBag());
            var lowered = Compilation.Lower(Compilation.Optimise(network.Model, options, diagnostics), options, diagnostics)!;
            Assert.DoesNotContain(diagnostics.Items, d => d.Severity == Severity.Error);
            blocked += lowered.Graph.Nodes.Count(n => n is ConstantNode { Format.Name: { } format } && format.StartsWith("channels(", StringComparison.Ordinal));
            var cache = new Dictionary<string, IReadOnlyDictionary<string, TensorData>>(StringComparer.Ordinal);
            using var model = TwoBackends.Load(lowered.Program, options.Target, w => Compilation.Pack(w, p => network.Weights[p], cache));
            var expected = network.Evaluate(network.Graph, 3).Values;
            var actual = model.Run(new Dictionary<string, TensorData>(StringComparer.Ordinal) { ["x"] = network.Input(3) })["y"].ToDoubles();
            Assert.All(expected.Zip(actual), v => Assert.True(Math.Abs(v.First - v.Second) <= 1e-4 * (1 + Math.Abs(v.First)), $"seed {seed}: {v.First} and {v.Second}\n{network.Text}"));
        }

        Assert.InRange(removed.Count, unit == 1 ? 40 : 5, int.MaxValue);
        Assert.True(unit == 1 || blocked > 0, $"{blocked} weights by blocks of channels");
    }

    private static void Compare(Graph original, Graph graph, Target target, SampleValues values, string name)
    {
        var diagnostics = new DiagnosticBag();
        var program = PlanMemory.Run(Lower.Run(graph, target, diagnostics));
        Assert.Empty(diagnostics.Items);
        using var model = TwoBackends.Load(program, target, w => Bytes(w, original, values));
        foreach (var size in new[] { 0, 1, 2, 3, 7, 8, 9, 16, 17, 20, 31, 32, 33, 40 })
        {
            if (original.Dims.Any(d => size < d.Low || size > d.High))
            {
                continue;
            }

            var expected = GraphEvaluator.Run(original, n => values.Input(original, n, size), p => DenseTensor.From(values.Weight(original, p)), _ => size)["y"];
            var inputs = original.Inputs.ToDictionary(i => i.Name, i => values.Input(original, i.Name, size).To(ElementType.F32));
            var actual = model.Run(inputs)["y"];
            Assert.Equal(expected.Shape, actual.Shape);
            var found = actual.ToDoubles();
            for (var i = 0; i < found.Length; i++)
            {
                Assert.True(Math.Abs(found[i] - expected.Values[i]) <= 1e-5 * (1 + Math.Abs(expected.Values[i])), $"{name} size {size} element {i}: {expected.Values[i]} and {found[i]}");
            }
        }
    }

    private static ReadOnlyMemory<byte> Bytes(Region.Weight weight, Graph graph, SampleValues values) =>
        (weight.Source.Folded ?? values.Weight(graph, weight.Source.Tensor)).ToBytes();
}
