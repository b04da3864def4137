using System.Security.Cryptography;
using System.Text;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;

namespace SparseDsl.Backends.CSharp;

/// <summary>Identifies which packed weights a generated class can use.</summary>
public static class ModelHash
{
    /// <summary>64 hexadecimal digits over the names, types, sizes and formats of the weights of all tiers.</summary>
    public static string Of(IReadOnlyList<CSharpTier> tiers)
    {
        var text = new StringBuilder();
        foreach (var tier in tiers)
        {
            text.Append(tier.Target.Name).Append('\n');
            foreach (var weight in tier.Program.Regions.OfType<Region.Weight>())
            {
                text.Append(weight.Name).Append(' ').Append(weight.Element.Name()).Append(' ').Append(weight.Count).Append(' ')
                    .Append(weight.Source.Format.Name).Append(' ').Append(weight.Source.Array).Append('\n');
            }
        }

        using var sha = SHA256.Create();
        return string.Concat(sha.ComputeHash(Encoding.UTF8.GetBytes(text.ToString())).Select(b => b.ToString("x2", System.Globalization.CultureInfo.InvariantCulture)));
    }
}
