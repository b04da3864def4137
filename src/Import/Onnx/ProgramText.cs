using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using SparseDsl.Compiler.Data;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Import.Onnx;

/// <summary>
/// The program while it is written. A step is a stage of a pipeline behind another step, or an expression over several; stages whose value is
/// used once stand in one pipeline.
/// </summary>
internal sealed partial class ProgramText
{
    private readonly List<Step> steps = [];
    private readonly Dictionary<string, TensorData> weights = new(StringComparer.Ordinal);
    private readonly HashSet<string> names = new(StringComparer.Ordinal);

    private sealed record Step(int? Source, string Text, ImmutableArray<string> Params)
    {
        public string Name { get; set; } = "";

        public int Uses { get; set; }
    }

    /// <summary>The tensors of the parameters, by path.</summary>
    public IReadOnlyDictionary<string, TensorData> Weights => weights;

    private List<string> Pending { get; } = [];

    /// <summary>A name nobody else has.</summary>
    public string Unique(string wish)
    {
        var name = Identifier(wish);
        for (var i = 2; !names.Add(name); i++)
        {
            name = FormattableString.Invariant($"{Identifier(wish)}_{i}");
        }

        return name;
    }

    /// <summary>How a step is written in the text of another.</summary>
    public static string Operand(int step) => FormattableString.Invariant($"<{step}>");

    /// <summary>An input.</summary>
    public int Input(string name)
    {
        steps.Add(new Step(null, "", []) { Name = name });
        return steps.Count - 1;
    }

    /// <summary>The name of an input.</summary>
    public string NameOf(int step) => steps[step].Name;

    /// <summary>Declares a parameter before the next step.</summary>
    /// <param name="role">What it is: <c>w</c>, <c>b</c>; the number of the next step follows.</param>
    /// <param name="tensor">Its elements.</param>
    /// <returns>Its name.</returns>
    public string Param(string role, TensorData tensor)
    {
        var name = Unique(FormattableString.Invariant($"{role}{steps.Count}"));
        weights.Add(name, tensor);
        Pending.Add($"{name}: {SparseDsl.Dsl.ElementTypes.Name(tensor.Type)}[{string.Join(", ", tensor.Shape.Select(e => e.ToString(CultureInfo.InvariantCulture)))}]");
        return name;
    }

    /// <summary>A stage behind a step, <c>conv2d(w1, pad: 1)</c>.</summary>
    public int Stage(int source, string text) => Add(source, text);

    /// <summary>An expression over steps, written with <see cref="Operand"/>.</summary>
    public int Expression(string text) => Add(null, text);

    /// <summary>The body of the model: everything that the outputs need.</summary>
    /// <param name="outputs">Names and steps.</param>
    public string Body(IReadOnlyList<(string Name, int Step)> outputs)
    {
        foreach (var step in steps)
        {
            foreach (var used in Used(step))
            {
                steps[used].Uses++;
            }
        }

        var text = new StringBuilder();
        var ends = outputs.ToLookup(o => o.Step, o => o.Name);
        var chains = new Dictionary<int, int>();
        for (var i = 0; i < steps.Count; i++)
        {
            // A step continues its source's pipeline when it alone uses it, nothing else is computed in between, and it is no output.
            if (steps[i].Text.Length > 0 && steps[i].Source is { } source && steps[source] is { Uses: 1, Text.Length: > 0 } && !ends.Contains(source))
            {
                chains[source] = i;
            }
        }

        var inner = chains.Values.ToHashSet();
        var count = 0;
        for (var i = 0; i < steps.Count; i++)
        {
            if (steps[i].Text.Length == 0 || inner.Contains(i))
            {
                continue;
            }

            var chain = new List<int> { i };
            while (chains.TryGetValue(chain[^1], out var next))
            {
                chain.Add(next);
            }

            Write(text, chain, ends, ref count);
        }

        foreach (var (name, step) in outputs.Where(o => steps[o.Step].Name != o.Name))
        {
            text.Append(CultureInfo.InvariantCulture, $"    output {name} = {steps[step].Name}\n");
        }

        return text.ToString();
    }

    private void Write(StringBuilder text, List<int> chain, ILookup<int, string> ends, ref int count)
    {
        var last = steps[chain[^1]];
        var parameters = chain.SelectMany(s => steps[s].Params).ToList();
        if (parameters.Count > 0)
        {
            Wrapped(text, "    param ", parameters);
        }

        var first = steps[chain[0]];
        List<string> stages = first.Source is { } source ? [steps[source].Name, first.Text] : [first.Text];
        stages.AddRange(chain.Skip(1).Select(s => steps[s].Text));
        for (var i = 0; i < stages.Count; i++)
        {
            stages[i] = Place().Replace(stages[i], m => steps[int.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture)].Name);
        }

        // An expression is looser than a pipe only where it is a choice; here it is arithmetic, which binds tighter.
        var isOutput = ends[chain[^1]].FirstOrDefault();
        last.Name = isOutput ?? Unique(FormattableString.Invariant($"x{++count}"));
        var head = isOutput is null ? $"    let {last.Name} = " : $"    output {last.Name} = ";
        var line = head + string.Join(" |> ", stages);
        text.Append(line.Length <= 110 ? line : head + string.Join("\n        |> ", stages)).Append('\n');
    }

    private static void Wrapped(StringBuilder text, string head, List<string> items)
    {
        var line = head;
        var first = true;
        foreach (var item in items)
        {
            if (!first && line.Length + item.Length + 2 > 110)
            {
                text.Append(line).Append('\n');
                (line, first) = (head, true);
            }

            line += first ? item : ", " + item;
            first = false;
        }

        text.Append(line).Append('\n');
    }

    private int Add(int? source, string text)
    {
        steps.Add(new Step(source, text, [.. Pending]));
        Pending.Clear();
        return steps.Count - 1;
    }

    private static IEnumerable<int> Used(Step step)
    {
        var operands = Place().Matches(step.Text).Select(m => int.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture));
        return step.Source is { } source ? operands.Append(source) : operands;
    }

    /// <summary>A legal name made of any string.</summary>
    public static string Identifier(string name)
    {
        var text = Illegal().Replace(name, "_").Trim('_');
        return text.Length == 0 ? "x" : char.IsAsciiDigit(text[0]) ? "n" + text : Reserved.Contains(text) ? text + "_" : text;
    }

    /// <summary>A literal of the language.</summary>
    public static string Number(double value)
    {
        var shortest = ((float)value).ToString("R", CultureInfo.InvariantCulture).Replace("E", "e", StringComparison.Ordinal).Replace("e+", "e", StringComparison.Ordinal);
        return shortest;
    }

    /// <summary>Extents between brackets.</summary>
    public static string Extents(IEnumerable<Dim> extents) => string.Join(", ", extents.Select(e => e.Text));

    private static readonly HashSet<string> Reserved = new(
        [
            "and", "as", "const", "else", "false", "fn", "for", "if", "import", "in", "layer", "let", "model", "module", "not", "op", "or", "true",
            "entry", "iterate", "offline", "route", "search", "train", "while",
            "format", "input", "mask", "output", "param", "pattern", "score", "sparsify", "state", "cover", "dim", "from", "step", "max", "min", "prod", "sum",
        ],
        StringComparer.Ordinal);

    [GeneratedRegex("<([0-9]+)>")]
    private static partial Regex Place();

    [GeneratedRegex("[^A-Za-z0-9_]+")]
    private static partial Regex Illegal();
}
