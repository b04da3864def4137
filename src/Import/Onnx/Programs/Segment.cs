using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Import.Onnx.Programs;

/// <summary>Consecutive steps that take one value and give one: what can be a layer or the body of a loop.</summary>
/// <param name="Start">Position of the first step.</param>
/// <param name="Steps">The steps.</param>
/// <param name="Input">The value taken.</param>
/// <param name="InputExtents">Its extents.</param>
/// <param name="Key">Equal for segments that differ in nothing but the values of settings, widths and weights.</param>
internal sealed record Segment(int Start, ImmutableArray<Step> Steps, int Input, ImmutableArray<Dim> InputExtents, string Key)
{
    /// <summary>The value given.</summary>
    public int Output => Steps[^1].Value;

    /// <summary>The axis of the input that counts channels or features.</summary>
    public int WidthAxis => InputExtents.Length == 4 ? 1 : InputExtents.Length - 1;

    /// <summary>All segments of a body that begin at a step, the shortest first.</summary>
    /// <param name="body">The body.</param>
    /// <param name="extents">Extents of every value.</param>
    /// <param name="start">Position of the first step.</param>
    /// <param name="longest">Most steps.</param>
    public static IEnumerable<Segment> From(Body body, IReadOnlyDictionary<int, ImmutableArray<Dim>> extents, int start, int longest)
    {
        var last = LastUses(body);
        var positions = new Dictionary<int, int>();
        int? input = null;
        var key = new StringBuilder();
        var open = 0;
        for (var i = start; i < Math.Min(body.Steps.Length, start + longest); i++)
        {
            var step = body.Steps[i];
            foreach (var operand in step.Operands.Where(o => o.Literal is null && !positions.ContainsKey(o.Value)))
            {
                if (input is { } other && other != operand.Value)
                {
                    yield break;
                }

                input = operand.Value;
            }

            if (input is not { } x)
            {
                yield break;
            }

            positions.Add(step.Value, i - start);
            if (!Append(key, step, positions, extents[x]))
            {
                yield break;
            }

            // A value may leave only where the segment ends.
            open = Math.Max(open, i > start ? last[body.Steps[i - 1].Value] : 0);
            if (open == int.MaxValue)
            {
                yield break;
            }

            if (open <= i)
            {
                yield return new Segment(start, body.Steps[start..(i + 1)], x, extents[x], key.ToString());
            }
        }
    }

    private static Dictionary<int, int> LastUses(Body body)
    {
        var last = new Dictionary<int, int>();
        for (var i = 0; i < body.Steps.Length; i++)
        {
            last.TryAdd(body.Steps[i].Value, i);
            foreach (var operand in body.Steps[i].Operands.Where(o => o.Literal is null))
            {
                last[operand.Value] = i;
            }
        }

        foreach (var output in body.Outputs)
        {
            last[output] = int.MaxValue;
        }

        return last;
    }

    private static bool Append(StringBuilder key, Step step, Dictionary<int, int> positions, ImmutableArray<Dim> input)
    {
        key.Append(step.Callee).Append('(').Append(input.Length);
        foreach (var operand in step.Operands)
        {
            key.Append(',').Append(operand.Literal ?? (positions.TryGetValue(operand.Value, out var at) ? "#" + at.ToString(CultureInfo.InvariantCulture) : "in"));
        }

        foreach (var setting in step.Settings)
        {
            key.Append(';').Append(setting.Name);
            if (setting.Shape is not null || setting.Name.Length == 0)
            {
                if (Relative(setting, input) is not { } text)
                {
                    return false;
                }

                key.Append(text);
            }
        }

        // An operator's parameters are declared beside it, with numbers for extents.
        if (!step.IsLayer)
        {
            step.Weights.ToList().ForEach(w => key.Append('|').AppendJoin('x', w.Tensor.Shape));
        }

        key.Append(')');
        return true;
    }

    /// <summary>A setting without a name, in which extents of the input have their names; null where another extent than those is open.</summary>
    public static string? Relative(Setting setting, ImmutableArray<Dim> input)
    {
        if (setting.Shape is not { } shape)
        {
            return setting.Text;
        }

        var items = shape.Select(d => Relative(d, input)).ToList();
        return items.Contains(null) ? null : string.Join(", ", items.Select(d => d!.Text));
    }

    /// <summary>An extent in the names of those of an input; null where that cannot be said.</summary>
    public static Dim? Relative(Dim extent, ImmutableArray<Dim> input)
    {
        var names = Layer.Axes(input.Length);
        var width = input.Length == 4 ? 1 : input.Length - 1;
        if (extent.IsConstant)
        {
            return extent.Equals(input[width]) && extent.Constant > 1 ? Dim.Symbol(names[width]) : extent;
        }

        for (var i = 0; i < input.Length; i++)
        {
            if (input[i].Equals(extent))
            {
                return Dim.Symbol(names[i]);
            }
        }

        return input.Length == 4 && (input[2] * input[3]).Equals(extent) ? Dim.Symbol(names[2]) * Dim.Symbol(names[3]) : null;
    }
}
