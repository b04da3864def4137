using SparseDsl.Backends.Reference;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Evaluation;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;

namespace SparseDsl.Backends.Tests.Lowering;

/// <summary>Runs a lowered program in the loop interpreter, which notices accesses outside buffers, undefined memory and lost temporaries.</summary>
internal static class Interpreted
{
    /// <summary>Outputs by name.</summary>
    public static Dictionary<string, double[]> Run(
        LoopProgram program, IReadOnlyDictionary<string, DenseTensor> inputs, Func<Region.Weight, TensorData> weights, IReadOnlyDictionary<string, long> dims)
    {
        var memory = program.Regions.OfType<Region.Weight>().ToDictionary(w => w.Name, w => Memory(weights(w).ToDoubles(), w.Element));
        foreach (var region in program.Regions.OfType<Region.Input>())
        {
            memory.Add(region.Name, Memory(inputs[region.Name].Values, region.Element));
        }

        return LoopInterpreter.Run(program, memory, dims).ToDictionary(o => o.Key, o => o.Value.Cast<object>().Select(v => Convert.ToDouble(v, null)).ToArray());
    }

    private static Array Memory(double[] values, ElementType element) => element.IsFloat() ? values : values.Select(v => (long)v).ToArray();
}
