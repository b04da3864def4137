using System.Globalization;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Compiler.Passes.Graphs.Slices;

namespace SparseDsl.Compiler.Passes.Graphs;

/// <summary>A tensor that lost slices; shown by <c>explain</c>.</summary>
/// <param name="Tensor">Path of the parameter, or name of the tensor in the graph.</param>
/// <param name="Operation">Label of the operation that computes it; null for a weight.</param>
/// <param name="Scope">Path of the layer; empty at model level.</param>
/// <param name="Axis">The index that is shorter.</param>
/// <param name="Removed">How many slices went.</param>
/// <param name="Extent">How many there were.</param>
public sealed record RemovedSlices(string Tensor, string? Operation, string Scope, int Axis, int Removed, int Extent)
{
    /// <summary>One line: <c>12 of 64 along index 1</c>.</summary>
    public string Text => string.Format(CultureInfo.InvariantCulture, "{0} of {1} along index {2}", Removed, Extent, Axis);
}

/// <summary>Removes channels, rows and columns that are always zero or always the same, or that nobody reads, from everything that computes or reads them.</summary>
/// <remarks>
/// Needs: normal form, weights, constants folded, padding not materialised yet (what a read past an edge gives decides whether a constant may go). Gives: same
/// values up to the rounding of sums that lost terms; inputs and outputs of the model keep their shapes.
/// <para>Before, with row 7 of w and b[7] zero: <c>a[o &lt; 64, p] = max((sum(c) w[o, c] * x[c, p]) + b[o], 0)</c>;
/// <c>y[k, p] = sum(o &lt; 64) v[k, o] * a[o, p]</c>. After: <c>a[o &lt; 63, p]</c> and <c>sum(o &lt; 63)</c> over weights without row, element and column 7.</para>
/// <para>The same for a column of v that is zero, and for b[7] &gt; 0, when 0.5 * v[k, 7] goes into a bias. See <see cref="SliceFacts"/> for what is known and
/// <see cref="SliceGroups"/> for what may go. A graph without a zero slice in any weight is returned as it is.</para>
/// </remarks>
public static class RemoveSlices
{
    /// <summary>Runs the pass.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="weights">A parameter's tensor by path, or null.</param>
    /// <param name="removed">Is told of every tensor that becomes smaller; may be null.</param>
    public static Graph Run(Graph graph, Func<string, TensorData?> weights, ICollection<RemovedSlices>? removed = null)
    {
        var data = new Dictionary<string, TensorData?>(StringComparer.Ordinal);
        TensorData? Weight(Node node)
        {
            if (!data.TryGetValue(node.Name, out var result))
            {
                result = node is ConstantNode constant ? constant.Data : node is ParamNode param ? weights(param.Path) : null;
                data.Add(node.Name, result);
            }

            return result;
        }

        if (SliceFacts.Of(graph, Weight) is not { } facts || new SliceGroups(graph, facts, n => Weight(n) is not null) is not { Any: true } groups)
        {
            return graph;
        }

        var rewrite = new SliceRewrite(graph, facts, groups, Weight);
        var result = Rewriter.Rewrite(graph, rewrite.Rewrite);
        if (removed is not null)
        {
            Report(graph, groups, removed);
        }

        return result;
    }

    private static void Report(Graph graph, SliceGroups groups, ICollection<RemovedSlices> removed)
    {
        foreach (var node in graph.Nodes)
        {
            for (var axis = 0; axis < node.Type.Rank; axis++)
            {
                if (groups.Kept(node, axis) is { } kept)
                {
                    var extent = (int)node.Type.Shape[axis].Constant!.Value;
                    var weight = node as ParamNode ?? (node as ConstantNode)?.Source;
                    removed.Add(new RemovedSlices(
                        weight?.Path ?? node.Name, node is ParamNode or ConstantNode ? null : node.Origin.Label, node.Origin.Scope, axis, extent - kept.Length, extent));
                }
            }
        }
    }
}
