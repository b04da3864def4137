using SparseDsl.Compiler;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Loops;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;

namespace SparseDsl.Backends.CSharp;

/// <summary>
/// The constants of a model that need no weight file. Whoever writes the class, packs its weights or makes a project of it asks here, so that all agree.
/// </summary>
public static class ModelConstants
{
    /// <summary>Constants of fewer bytes than this are written into the class; the C# compiler takes seconds and gigabytes for a few megabytes.</summary>
    public const int MostBytes = 64 * 1024;

    /// <summary>
    /// The packed arrays of a model without parameters, under the names the class asks for; empty when it has none at all. Null when they belong in a weight
    /// file: the model has parameters, or its constants are too large.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="tiers">The model lowered; its weights may be deferred.</param>
    public static IReadOnlyList<PackedWeight>? InClass(BoundModel model, IReadOnlyList<CSharpTier> tiers)
    {
        if (!model.Params.IsEmpty)
        {
            return null;
        }

        var cache = new Dictionary<string, IReadOnlyDictionary<string, TensorData>>(StringComparer.Ordinal);
        var arrays = new List<PackedWeight>();
        foreach (var tier in tiers)
        {
            arrays.AddRange(tier.Program.Regions.OfType<Region.Weight>().Select(weight => new PackedWeight(
                CSharpEmitter.WeightName(tiers, tier, weight),
                weight.Element.Name(),
                Compilation.Pack(weight, path => throw new CompilerBugException($"a model without parameters reads '{path}'"), cache))));
        }

        return Distinct(arrays).Sum(bytes => (long)bytes.Length) < MostBytes ? arrays : null;
    }

    /// <summary>The different arrays in order of first appearance: tiers mostly have the same.</summary>
    internal static IReadOnlyList<ReadOnlyMemory<byte>> Distinct(IReadOnlyList<PackedWeight> arrays)
    {
        var distinct = new List<ReadOnlyMemory<byte>>();
        foreach (var array in arrays.Where(a => IndexIn(distinct, a) < 0))
        {
            distinct.Add(array.Bytes);
        }

        return distinct;
    }

    /// <summary>Which of the arrays has these bytes; -1 for none.</summary>
    internal static int IndexIn(IReadOnlyList<ReadOnlyMemory<byte>> distinct, PackedWeight array)
    {
        for (var i = 0; i < distinct.Count; i++)
        {
            if (distinct[i].Span.SequenceEqual(array.Bytes.Span))
            {
                return i;
            }
        }

        return -1;
    }
}
