using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Formats;
using SparseDsl.Compiler.Loops;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Backends.CSharp;

/// <summary>Makes the packed weights that a generated class binds.</summary>
public static class ModelPacker
{
    /// <summary>The packed arrays of all tiers, under the names the class asks for; null when data does not fit its storage, which is then reported.</summary>
    /// <param name="tiers">The model, compiled with its weights.</param>
    /// <param name="weights">Elements of a parameter by path, of its type and shape.</param>
    /// <param name="diagnostics">Is told of mistakes.</param>
    public static IReadOnlyList<PackedWeight>? Pack(IReadOnlyList<CSharpTier> tiers, Func<string, TensorData> weights, DiagnosticBag diagnostics)
    {
        // Tiers mostly store a weight alike: it is then packed once, and the file has it once.
        var cache = new Dictionary<string, IReadOnlyDictionary<string, TensorData>>(StringComparer.Ordinal);
        var packed = new List<PackedWeight>();
        foreach (var tier in tiers)
        {
            foreach (var weight in tier.Program.Regions.OfType<Region.Weight>())
            {
                try
                {
                    packed.Add(new PackedWeight(CSharpEmitter.WeightName(tiers, tier, weight), weight.Element.Name(), Compilation.Pack(weight, weights, cache)));
                }
                catch (FormatMismatchException mismatch)
                {
                    diagnostics.Report(FileDiagnostics.Structure, null, weight.Source.Tensor, mismatch.Message);
                }
            }
        }

        return diagnostics.HasErrors ? null : packed;
    }
}
