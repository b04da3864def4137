using SparseDsl.Compiler.Graphs;

namespace SparseDsl.Pruning.Graphs;

/// <summary>In which order layers are pruned: none before those that its inputs depend on.</summary>
internal static class LayerOrder
{
    /// <summary>Layers in groups; those of a group do not depend on each other, so one run of the network serves all of them.</summary>
    /// <remarks>A layer that is used several times is pruned where it is used first.</remarks>
    public static IReadOnlyList<IReadOnlyList<T>> Groups<T>(Graph graph, IEnumerable<T> layers, Func<T, PrunableLayer> layerOf)
    {
        var all = layers.ToList();
        var sums = new HashSet<Node>(all.SelectMany(l => layerOf(l).Uses).Select(u => u.Node), ReferenceComparer<Node>.Instance);
        var depth = new Dictionary<Node, int>(ReferenceComparer<Node>.Instance);
        foreach (var node in graph.Nodes)
        {
            depth[node] = node.Operands.Select(o => depth[o]).DefaultIfEmpty().Max() + (sums.Contains(node) ? 1 : 0);
        }

        return [.. all.GroupBy(l => layerOf(l).Uses.Min(u => depth[u.Input])).OrderBy(g => g.Key).Select(g => g.ToList())];
    }
}
