using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Passes.Graphs.Slices;

/// <summary>Which slices of the tensors of a graph have one value in all their elements, whatever the inputs are.</summary>
/// <remarks>
/// Starts from the weights and follows index notation: a zero row of a filter gives a zero channel, its bias and activation a constant one.
/// A slice is what has one coordinate along one axis of constant extent.
/// </remarks>
internal sealed class SliceFacts
{
    private readonly Graph graph;
    private readonly Dictionary<string, double?[]?[]> slices = new(StringComparer.Ordinal);
    private readonly Dictionary<string, double> everywhere = new(StringComparer.Ordinal);

    private SliceFacts(Graph graph) => this.graph = graph;

    /// <summary>The facts of a graph; null when no weight has a zero slice, so that there is nothing to look for.</summary>
    /// <param name="graph">A graph in normal form.</param>
    /// <param name="weights">The elements of a parameter or constant; null when they are not known.</param>
    public static SliceFacts? Of(Graph graph, Func<Node, TensorData?> weights)
    {
        var facts = new SliceFacts(graph);
        var anyZero = false;
        foreach (var node in graph.Nodes.Where(n => n is ParamNode or ConstantNode))
        {
            if (weights(node) is { Count: > 0 } data)
            {
                anyZero |= facts.Add(node, data);
            }
        }

        if (!anyZero)
        {
            return null;
        }

        foreach (var node in graph.Nodes)
        {
            facts.Add(node);
        }

        return facts;
    }

    /// <summary>The value of all elements of a slice, or null.</summary>
    public double? Of(Node node, int axis, long slice) =>
        everywhere.TryGetValue(node.Name, out var all) ? all
        : slices.TryGetValue(node.Name, out var axes) && axes[axis] is { } values ? values[slice] : null;

    /// <summary>The value of all elements of a tensor, or null.</summary>
    public double? Everywhere(Node node) => everywhere.TryGetValue(node.Name, out var all) ? all : null;

    /// <summary>Whether anything is known of slices along an axis.</summary>
    public bool AnyAlong(Node node, int axis) => everywhere.ContainsKey(node.Name) || (slices.TryGetValue(node.Name, out var axes) && axes[axis] is not null);

    private bool Add(Node node, TensorData data)
    {
        var axes = new double?[]?[data.Rank];
        for (var axis = 0; axis < data.Rank; axis++)
        {
            axes[axis] = TensorSlices.Constants(data, axis);
        }

        Keep(node, axes, data.Rank == 0 ? data.GetDouble(0) : null);
        return axes.Any(a => a!.Contains(0));
    }

    private void Add(Node node)
    {
        switch (node)
        {
            case ComputeNode compute:
                Add(compute);
                break;
            case ConcatNode concat:
                Keep(node, [.. Enumerable.Range(0, node.Type.Rank).Select(a => Along(concat, a))], null);
                break;
            case ReshapeNode reshape:
                Keep(node, Along(reshape), Everywhere(reshape.Operands[0]));
                break;
        }
    }

    private void Add(ComputeNode node)
    {
        var uses = VariableUse.Of(node).Where(u => u.Subscripts.Any(s => AnyAlong(node.Operands[s.Read.Operand], s.Axis))).ToArray();
        if (uses.Length == 0 && !node.Operands.Any(o => everywhere.ContainsKey(o.Name)))
        {
            return;
        }

        var values = new SliceValues(node, this, graph);
        var all = values.Of(node.Body, null, 0);
        var axes = new double?[]?[node.Type.Rank];
        for (var axis = 0; axis < axes.Length && all is null; axis++)
        {
            if (uses.FirstOrDefault(u => u.Variable.Name == node.Indices[axis].Name) is { } use)
            {
                axes[axis] = [.. Enumerable.Range(0, use.Extent).Select(k => values.Of(node.Body, use.Variable.Name, k))];
            }
        }

        Keep(node, axes, all);
    }

    private double?[]? Along(ConcatNode node, int axis)
    {
        if (node.Type.Shape[axis].Constant is not { } extent || !node.Operands.Any(o => AnyAlong(o, axis)))
        {
            return null;
        }

        if (axis == node.Axis)
        {
            return [.. node.Operands.SelectMany(o => Enumerable.Range(0, (int)o.Type.Shape[axis].Constant!.Value).Select(k => Of(o, axis, k)))];
        }

        return [.. Enumerable.Range(0, (int)extent).Select(k => Same(node.Operands.Select(o => Of(o, axis, k))))];
    }

    private double?[]?[] Along(ReshapeNode node)
    {
        var axes = new double?[]?[node.Type.Rank];
        var operand = node.Operands[0];
        foreach (var group in ReshapeGroup.Of(operand.Type.Shape, node.Type.Shape))
        {
            if (group.From.IsEmpty || group.To.IsEmpty || !AnyAlong(operand, group.From[0]) || node.Type.Shape[group.To[0]].Constant is not { } extent
                || operand.Type.Shape[group.From[0]].Constant is not { } outer)
            {
                continue;
            }

            // Outermost axes only: their slices are runs of the same elements on both sides.
            axes[group.To[0]] = extent % outer == 0 ? [.. Enumerable.Range(0, (int)extent).Select(k => Of(operand, group.From[0], k / (extent / outer)))]
                : outer % extent == 0 ? [.. Enumerable.Range(0, (int)extent).Select(k => Same(Enumerable.Range(0, (int)(outer / extent)).Select(i => Of(operand, group.From[0], (k * (outer / extent)) + i))))]
                : null;
        }

        return axes;
    }

    private void Keep(Node node, double?[]?[] axes, double? all)
    {
        all ??= axes.Select(a => a is { Length: > 0 } ? Same(a) : null).FirstOrDefault(v => v is not null);
        if (all is { } value)
        {
            everywhere[node.Name] = value;
            return;
        }

        for (var axis = 0; axis < axes.Length; axis++)
        {
            axes[axis] = axes[axis] is { } a && a.Any(v => v is not null) ? a : null;
        }

        if (axes.Any(a => a is not null))
        {
            slices[node.Name] = axes;
        }
    }

    private static double? Same(IEnumerable<double?> values)
    {
        double? first = null;
        var isFirst = true;
        foreach (var value in values)
        {
            if (value is null || (!isFirst && value != first))
            {
                return null;
            }

            (first, isFirst) = (value, false);
        }

        return first;
    }
}
