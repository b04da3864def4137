using System.Globalization;
using System.Text;

namespace SparseDsl.Backends.Tests.Differential;

/// <summary>A parameter of a random program.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Element">Type of its elements.</param>
/// <param name="Shape">Extents.</param>
/// <param name="Annotation">What the program says about it, and its data keeps to; empty for nothing.</param>
internal sealed record RandomParam(string Name, string Element, int[] Shape, string Annotation)
{
    /// <summary>The scales of a parameter that is kept in i8; null for any other.</summary>
    public RandomParam? Scale => Element != "i8" ? null
        : new RandomParam(Name + ".scale", "f32", Annotation.Contains("per: row", StringComparison.Ordinal) ? [Shape[0]] : Annotation.Contains("per: column", StringComparison.Ordinal) ? [Shape[1]] : [], "");

    public override string ToString() => $"{Name}: {Element}[{string.Join(", ", Shape)}] {Annotation}".TrimEnd();
}

/// <summary>A named value of a random program.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Text">The expression; operands as <c>{0}</c>, <c>{1}</c>, in braces of their own.</param>
/// <param name="Operands">Names of earlier values, of the types the expression needs.</param>
/// <param name="Params">Parameters that it alone uses.</param>
/// <param name="Element">Type of its elements.</param>
/// <param name="Shape">Extents.</param>
/// <param name="IsExact">Whether it is the same number in every arithmetic.</param>
/// <param name="IsSmooth">Whether a small error in what is not exact makes a small error here, so that it can be compared with the reference.</param>
internal sealed record RandomValue(string Name, string Text, string[] Operands, RandomParam[] Params, string Element, Extent[] Shape, bool IsExact, bool IsSmooth)
{
    public string Type => $"{Element}[{string.Join(", ", Shape.Select(e => e.Text))}]";

    /// <summary>Its elements for given N and W.</summary>
    public long Count(int n, int w) => Shape.Aggregate(1L, (product, e) => product * e.At(n, w));
}

/// <summary>A program that is valid by construction: every value names earlier ones, with the types and shapes that its operation needs.</summary>
/// <param name="Name">Name of its model.</param>
/// <param name="Inputs">Inputs, without text.</param>
/// <param name="Values">The others in order.</param>
/// <param name="Outputs">Names of the values that are outputs.</param>
internal sealed record RandomProgram(string Name, IReadOnlyList<RandomValue> Inputs, IReadOnlyList<RandomValue> Values, IReadOnlyList<string> Outputs)
{
    private const string Imports = "import std.nn\nimport std.formats\nimport std.attention\n\n";

    public IEnumerable<RandomParam> Params => Values.SelectMany(v => v.Params);

    /// <summary>Without what no output needs; dims stay known.</summary>
    public RandomProgram Trimmed()
    {
        var needed = Outputs.ToHashSet(StringComparer.Ordinal);
        foreach (var value in Values.Reverse().Where(v => needed.Contains(v.Name)))
        {
            needed.UnionWith(value.Operands);
        }

        var inputs = Inputs.Where(input => needed.Contains(input.Name)).ToList();
        foreach (var dim in new[] { Extent.N, Extent.W }.Where(d => !inputs.Any(i => i.Shape.Contains(d)) && Inputs.Any(i => i.Shape.Contains(d))))
        {
            inputs.Add(Inputs.First(i => i.Shape.Contains(dim)));
        }

        return this with { Inputs = [.. inputs.Distinct()], Values = [.. Values.Where(v => needed.Contains(v.Name))] };
    }

    /// <summary>Several programs as the models of one module.</summary>
    public static string Module(IEnumerable<RandomProgram> programs) => Imports + string.Join('\n', programs.Select(p => p.Model()));

    /// <summary>The program in the language.</summary>
    public override string ToString() => Module([this]);

    private string Model()
    {
        var dims = Inputs.Any(i => i.Shape.Contains(Extent.W)) ? string.Create(CultureInfo.InvariantCulture, $", W: dim {Extent.SmallestW}..{Extent.LargestW}") : "";
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"model {Name}(N: dim 1..{Extent.LargestN}{dims}) {{\n");
        foreach (var input in Inputs)
        {
            text.Append(CultureInfo.InvariantCulture, $"    input {input.Name}: {input.Type}\n");
        }

        foreach (var param in Params)
        {
            text.Append(CultureInfo.InvariantCulture, $"    param {param}\n");
        }

        foreach (var value in Values)
        {
            text.Append(CultureInfo.InvariantCulture, $"    let {value.Name} = {string.Format(CultureInfo.InvariantCulture, value.Text, [.. value.Operands])}\n");
        }

        foreach (var output in Outputs)
        {
            text.Append(CultureInfo.InvariantCulture, $"    output out_{output} = {output}\n");
        }

        return text.Append("}\n").ToString();
    }
}
