using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Runtime;

namespace SparseDsl.Backends.Hosting;

/// <summary>The packed bytes of a weight region: as many elements as its count says, little-endian.</summary>
public delegate ReadOnlyMemory<byte> WeightBinder(Region.Weight weight);

/// <summary>Packed weights in memory, for hosts.</summary>
public static class ProgramWeights
{
    /// <summary>Copies of all weights of a program, under the names of its regions.</summary>
    public static MemoryWeights Copy(LoopProgram program, WeightBinder weights)
    {
        var packed = new MemoryWeights();
        foreach (var weight in program.Regions.OfType<Region.Weight>())
        {
            packed.Add(weight.Name, weight.Element.Name(), weights(weight).Span);
        }

        return packed;
    }
}
