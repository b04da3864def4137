using System.Collections.Immutable;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Import.Onnx.Programs;

/// <summary>
/// Writes the statements of a model, layer or loop. A value that is used once stands in the pipeline or expression that uses it; others get a name, which
/// is used again as soon as nobody needs the value any more: the trunk of a network is <c>x</c> from beginning to end.
/// </summary>
internal sealed class BodyPrinter
{
    private const int LongestInline = 60;
    private static readonly string[] Pool = ["x", "y", "z", "u", "v", "s", "t", "a", "b", "c", "d", "e", "g", "h"];
    private readonly Body body;
    private readonly IReadOnlyDictionary<int, Loop> loops;
    private readonly IReadOnlyDictionary<int, string> outputs;
    private readonly HashSet<string> reserved;
    private readonly IReadOnlyDictionary<(Step, string), string> parameters;
    private readonly Dictionary<int, int> remaining;
    private readonly Dictionary<int, string> named = [];
    private readonly Dictionary<int, Text> pending = [];
    private readonly List<string> lines = [];

    /// <summary>What stands for a value: its text, whether it needs parentheses inside an expression, the values it names.</summary>
    private sealed record Text(string Value, bool IsAtom, ImmutableArray<int> Names)
    {
        /// <summary>Position of the step that computes it.</summary>
        public int Position { get; init; }
    }

    /// <summary>Prepares.</summary>
    /// <param name="body">The steps.</param>
    /// <param name="inputs">Names of the values from outside.</param>
    /// <param name="outputs">Heads of output statements by value, <c>output y: f32[N, 2]</c>; a value without one is the value of the block.</param>
    /// <param name="reserved">Names that no value may get.</param>
    /// <param name="extents">Extents of every value; null where no loops are looked for.</param>
    public BodyPrinter(
        Body body, IReadOnlyDictionary<int, string> inputs, IReadOnlyDictionary<int, string> outputs, IEnumerable<string> reserved,
        IReadOnlyDictionary<int, ImmutableArray<Dim>>? extents)
    {
        (this.body, this.outputs) = (body, outputs);
        loops = extents is null ? ImmutableDictionary<int, Loop>.Empty : Loops.Of(body, extents);
        remaining = body.Uses();
        foreach (var (value, name) in inputs)
        {
            named.Add(value, name);
        }

        var declared = Paths.Of(body.Steps).Where(p => !p.Step.IsLayer).ToList();
        parameters = declared.ToDictionary(p => (p.Step, p.Weight.Path), p => p.Path);
        this.reserved = [.. reserved, .. parameters.Values];
    }

    /// <summary>The statements.</summary>
    public IReadOnlyList<string> Write()
    {
        for (var i = 0; i < body.Steps.Length;)
        {
            if (loops.TryGetValue(i, out var loop))
            {
                Write(loop);
                i += loop.Length;
            }
            else
            {
                Write(i++);
            }
        }

        foreach (var output in body.Outputs.Where(o => !outputs.ContainsKey(o)))
        {
            lines.Add(Take(output).Value);
        }

        return lines;
    }

    private void Write(int position)
    {
        var step = body.Steps[position];
        if (step.Callee == Step.Constant)
        {
            named.Add(step.Value, parameters[(step, step.Weights[0].Path)]);
            return;
        }

        Place(position, Compose(step));
    }

    private void Place(int position, Text text)
    {
        var value = body.Steps[position].Value;
        if (outputs.TryGetValue(value, out var head))
        {
            var isUsed = remaining[value] > 1;
            if (isUsed)
            {
                Let(value, text);
                text = new Text(named[value], true, []);
            }

            Flush(text);
            lines.Add($"{head} = {text.Value}");
        }
        else if (remaining.GetValueOrDefault(value) == 1 && (body.Outputs.Contains(value) || IsInline(position, text)))
        {
            pending.Add(value, text with { Position = position });
        }
        else
        {
            Let(value, text);
        }
    }

    private bool IsInline(int position, Text text)
    {
        var value = body.Steps[position].Value;
        for (var i = position + 1; i < body.Steps.Length; i++)
        {
            if (loops.TryGetValue(i, out var loop) && loop.Input == value)
            {
                return false;
            }

            var user = body.Steps[i];
            if (user.Operands.Any(o => o.Literal is null && o.Value == value))
            {
                return !user.IsExpression ? user.Operands[0].Value == value : user.Callee != "[]" && text.Value.Length <= LongestInline;
            }
        }

        return false;
    }

    private void Let(int value, Text text)
    {
        Flush(text);
        named[value] = Free([]);
        lines.Add($"let {named[value]} = {text.Value}");
    }

    // What waits to be part of a later expression gets a line of its own before the next one: parameters are numbered in the order of the text, which
    // therefore has to be that of the steps.
    private void Flush(Text next)
    {
        foreach (var (value, text) in pending.OrderBy(p => p.Value.Position).ToList())
        {
            pending.Remove(value);
            named[value] = Free(next.Names);
            lines.Add($"let {named[value]} = {text.Value}");
        }
    }

    private string Free(IEnumerable<int> kept)
    {
        var busy = named.Where(n => remaining.GetValueOrDefault(n.Key) > 0).Select(n => n.Value)
            .Concat(pending.Values.SelectMany(p => p.Names).Concat(kept).Select(v => named[v])).ToHashSet(StringComparer.Ordinal);
        return Pool.Concat(Enumerable.Range(1, int.MaxValue - 1).Select(i => FormattableString.Invariant($"x{i}"))).First(n => !busy.Contains(n) && !reserved.Contains(n));
    }

    private void Write(Loop loop)
    {
        Flush(new Text("", true, [loop.Input]));
        var name = named[loop.Input];
        var first = loop.Shared.Steps;
        remaining[loop.Input] -= first.Sum(s => s.Operands.Count(o => o.Literal is null && o.Value == loop.Input));
        if (remaining[loop.Input] > 0 || reserved.Contains(name) || !Pool.Contains(name))
        {
            var source = name;
            name = Free([]);
            lines.Add($"let {name} = {source}");
        }

        var variables = loop.Shared.Variables;
        var inner = new BodyPrinter(
            new Body(first, [first[^1].Value]), new Dictionary<int, string> { [loop.Input] = name }, ImmutableDictionary<int, string>.Empty,
            reserved.Concat(variables.Select(v => v.Name)), null);
        lines.Add($"let {name} = for {Head(loop)} {{\n{string.Join('\n', inner.Write())}\n}}");
        var last = body.Steps[loop.Start + loop.Length - 1].Value;
        named[last] = name;
        if (outputs.TryGetValue(last, out var head))
        {
            lines.Add($"{head} = {name}");
        }
    }

    private static string Head(Loop loop)
    {
        var variables = loop.Shared.Variables;
        var rounds = Enumerable.Range(0, loop.Rounds).Select(k => variables.Select(v => v.Values[k]).ToArray());
        return variables.Length switch
        {
            0 => FormattableString.Invariant($"i in 0..{loop.Rounds}"),
            1 => $"{variables[0].Name} in [{string.Join(", ", rounds.Select(r => r[0]))}]",
            _ => $"({string.Join(", ", variables.Select(v => v.Name))}) in [{string.Join(", ", rounds.Select(r => $"({string.Join(", ", r)})"))}]",
        };
    }

    private Text Take(int value)
    {
        remaining[value]--;
        return pending.Remove(value, out var text) ? text : new Text(named[value], true, [value]);
    }

    private Text Compose(Step step)
    {
        var operands = step.Operands.Select(o => o.Literal is { } literal ? new Text(literal, true, []) : Take(o.Value)).ToList();
        ImmutableArray<int> names = [.. operands.SelectMany(o => o.Names)];
        if (!step.IsExpression)
        {
            return new Text($"{operands[0].Value} |> {Call(step, operands.Skip(1))}", false, names);
        }

        var parts = operands.Select(o => o.IsAtom ? o.Value : $"({o.Value})").ToList();
        return step.Callee switch
        {
            "[]" => new Text($"{parts[0]}[{step.Settings[0].Text}]", true, names),
            "+" when parts[1].StartsWith('-') => new Text($"{parts[0]} - {parts[1][1..]}", false, names),
            "+" or "-" or "*" or "/" or "^" => new Text($"{parts[0]} {step.Callee} {parts[1]}", false, names),
            _ => new Text(Call(step, operands), true, names),
        };
    }

    private string Call(Step step, IEnumerable<Text> operands)
    {
        var arguments = operands.Select(o => o.Value).ToList();
        if (!step.IsLayer)
        {
            arguments.AddRange(step.Weights.Select(w => parameters[(step, w.Path)]));
        }

        var settings = ShortSettings.Of(step);
        for (var i = 0; i < settings.Length; i++)
        {
            // The width of the result needs no name, nor does an attribute that is the only one there can be.
            var isPlain = settings[i].Name.Length == 0 || (i == 0 && step.Settings[0].Name == settings[i].Name && settings[i].Name is "out" or "reduced" or "heads");
            var value = settings[i].Shape is { } shape ? $"[{string.Join(", ", shape.Select(d => d.Text))}]" : settings[i].Text;
            arguments.Add(isPlain ? value : $"{settings[i].Name}: {value}");
        }

        return arguments.Count == 0 ? step.Callee : $"{step.Callee}({string.Join(", ", arguments)})";
    }
}
