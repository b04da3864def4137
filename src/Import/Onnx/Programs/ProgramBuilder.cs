using System.Collections.Immutable;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Import.Onnx.Programs;

/// <summary>Collects the steps of a model while its nodes are imported.</summary>
internal sealed class ProgramBuilder
{
    private readonly List<Step> steps = [];
    private readonly Dictionary<int, string> inputs = [];

    /// <summary>Names of the inputs by value.</summary>
    public IReadOnlyDictionary<int, string> Inputs => inputs;

    /// <summary>An input; gives its value.</summary>
    public int Input(string name)
    {
        var value = inputs.Count + steps.Count;
        inputs.Add(value, name);
        return value;
    }

    /// <summary>A step; gives its value.</summary>
    public int Add(string callee, ImmutableArray<Operand> operands, ImmutableArray<Setting> settings, ImmutableArray<Weight> weights, ImmutableArray<Dim> extents)
    {
        steps.Add(new Step(inputs.Count + steps.Count, callee, operands, settings, weights, extents));
        return steps[^1].Value;
    }

    /// <summary>
    /// What the outputs need, in the order in which it reads: every step right behind what it takes, first operands first. Branches of a network, which
    /// exporters interleave, come one after the other.
    /// </summary>
    public Body Body(IEnumerable<int> outputs)
    {
        var producers = steps.ToDictionary(s => s.Value);
        var order = ImmutableArray.CreateBuilder<Step>();
        var done = new HashSet<int>();
        var pending = new Stack<int>(outputs.Reverse());
        while (pending.TryPeek(out var value))
        {
            var needed = producers.TryGetValue(value, out var step) && !done.Contains(value)
                ? step.Operands.Where(o => o.Literal is null && producers.ContainsKey(o.Value) && !done.Contains(o.Value)).Select(o => o.Value).ToList()
                : [];
            if (needed.Count > 0)
            {
                needed.Reverse();
                needed.ForEach(pending.Push);
                continue;
            }

            pending.Pop();
            if (step is not null && done.Add(value))
            {
                order.Add(step);
            }
        }

        return new Body(order.ToImmutable(), [.. outputs]);
    }
}
