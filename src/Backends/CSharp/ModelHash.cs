using System.Text;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Formats;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;

namespace SparseDsl.Backends.CSharp;

/// <summary>Identifies which packed weights a generated class can use.</summary>
public static class ModelHash
{
    /// <summary>
    /// 64 hexadecimal digits over the model's name and, for all tiers, the names, types, sizes and formats of its weights and what folded constants are computed from.
    /// </summary>
    public static string Of(IReadOnlyList<CSharpTier> tiers)
    {
        var text = new StringBuilder(tiers[0].Program.Name).Append('\n');
        foreach (var tier in tiers)
        {
            text.Append(tier.Target.Name).Append('\n');
            foreach (var weight in tier.Program.Regions.OfType<Region.Weight>())
            {
                text.Append(weight.Name).Append(' ').Append(weight.Element.Name()).Append(' ').Append(weight.Count).Append(' ')
                    .Append(FormatText.Print(weight.Source.Format)).Append(' ').Append(weight.Source.Array)
                    .Append(' ').Append(weight.Source.Recipe ?? weight.Source.Tensor).Append(' ').Append(weight.Source.Mask).Append('\n');
            }
        }

        return StableText.Digest(text.ToString());
    }
}
