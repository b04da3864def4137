using System.Globalization;
using System.Text;

namespace SparseDsl.Backends.Tests.Differential;

/// <summary>A parameter of a random program.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Shape">Extents.</param>
/// <param name="Annotation">What the program says about it, and its data keeps to; empty for nothing.</param>
internal sealed record RandomParam(string Name, int[] Shape, string Annotation);

/// <summary>A named value of a random program.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Text">The expression; operands as <c>{0}</c>, <c>{1}</c>, in braces of their own.</param>
/// <param name="Operands">Names of earlier values, of the types the expression needs.</param>
/// <param name="Params">Parameters that it alone uses.</param>
/// <param name="Element">Type of its elements.</param>
/// <param name="Shape">Extents; the first may be the dim N, written -1.</param>
/// <param name="IsSmooth">Whether a small error in an operand makes a small error here, so that it can be compared with the reference.</param>
internal sealed record RandomValue(string Name, string Text, string[] Operands, RandomParam[] Params, string Element, int[] Shape, bool IsSmooth)
{
    public const int N = -1;

    public string Type => $"{Element}[{string.Join(", ", Shape.Select(Extent))}]";

    public static string Extent(int extent) => extent == N ? "N" : extent.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A program that is valid by construction: every value names earlier ones, with the types and shapes that its operation needs.</summary>
/// <param name="Inputs">Inputs, without text.</param>
/// <param name="Values">The others in order.</param>
/// <param name="Outputs">Names of the values that are outputs.</param>
internal sealed record RandomProgram(IReadOnlyList<RandomValue> Inputs, IReadOnlyList<RandomValue> Values, IReadOnlyList<string> Outputs)
{
    public const int LargestN = 9;

    public IEnumerable<RandomParam> Params => Values.SelectMany(v => v.Params);

    /// <summary>Without what no output needs.</summary>
    public RandomProgram Trimmed()
    {
        var needed = Outputs.ToHashSet(StringComparer.Ordinal);
        foreach (var value in Values.Reverse().Where(v => needed.Contains(v.Name)))
        {
            needed.UnionWith(value.Operands);
        }

        return this with { Inputs = [.. Inputs.Where((input, i) => i == 0 || needed.Contains(input.Name))], Values = [.. Values.Where(v => needed.Contains(v.Name))] };
    }

    /// <summary>The program in the language.</summary>
    public override string ToString()
    {
        var text = new StringBuilder("import std.nn\nimport std.formats\n\nmodel Random(N: dim 1..9) {\n");
        foreach (var input in Inputs)
        {
            text.Append(CultureInfo.InvariantCulture, $"    input {input.Name}: {input.Type}\n");
        }

        foreach (var param in Params)
        {
            text.Append($"    param {param.Name}: f32[{string.Join(", ", param.Shape)}] {param.Annotation}".TrimEnd()).Append('\n');
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
