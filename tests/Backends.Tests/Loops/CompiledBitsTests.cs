using SparseDsl.Backends.Reference;
using SparseDsl.Compiler;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Compiler.Loops;
using SparseDsl.Compiler.Lowering;
using SparseDsl.Compiler.Passes.Loops;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Tests.Graphs;

namespace SparseDsl.Backends.Tests.Loops;

/// <summary>After the loop passes, compiled code gives the bits of the interpreter that rounds every result to f32, library functions included.</summary>
public class CompiledBitsTests
{
    public static TheoryData<string, string> Cases =>
        [.. new[] { "conv-bn-hardswish", "softmax", "views" }.SelectMany(c => Target.Named.Select(t => new TheoryDataRow<string, string>(c, t.Name)))];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Compiled_code_has_the_bits_of_the_interpreter(string name, string targetName)
    {
        var target = Target.Named.Single(t => t.Name == targetName);
        var graph = GraphCases.Parse(name);
        var diagnostics = new DiagnosticBag();
        var program = LoopPipeline.Run(PlanMemory.Run(Lower.Run(graph, target, diagnostics)), target);
        Assert.Empty(diagnostics.Items);
        var values = new SampleValues(5);
        using var model = TwoBackends.Load(program, target, w => (w.Source.Folded ?? values.Weight(graph, w.Source.Tensor)).ToBytes());
        const int Size = 9;
        var inputs = graph.Inputs.ToDictionary(i => i.Name, i => values.Input(graph, i.Name, Size).To(ElementType.F32));
        var memory = inputs.ToDictionary(i => i.Key, i => (Array)i.Value.ToDoubles());
        foreach (var weight in program.Regions.OfType<Region.Weight>())
        {
            memory.Add(weight.Name, (weight.Source.Folded ?? values.Weight(graph, weight.Source.Tensor)).ToDoubles());
        }

        var expected = (double[])LoopInterpreter.Run(
            program, memory, graph.Dims.ToDictionary(d => d.Name, _ => (long)Size), new LoopInterpreterOptions(RoundToElement: true))["y"];
        Assert.Equal(expected.Select(BitConverter.DoubleToInt64Bits), model.Run(inputs)["y"].ToDoubles().Select(BitConverter.DoubleToInt64Bits));
    }
}
