using SparseDsl.Compiler.Graphs;

namespace SparseDsl.Compiler.Passes.Graphs;

/// <summary>Computes equal things once.</summary>
/// <remarks>Needs: nothing. Gives: no two nodes with the same operation over the same operands. Dead nodes vanish by themselves: a graph is what its outputs reach.</remarks>
public static class EliminateCommon
{
    /// <summary>Runs the pass.</summary>
    public static Graph Run(Graph graph)
    {
        var known = new Dictionary<string, Node>(StringComparer.Ordinal);
        return Rewriter.Rewrite(graph, node =>
        {
            if (node is InputNode or StateNode or ConstantNode)
            {
                return node;
            }

            var key = GraphPrinter.Key(node);
            if (known.TryGetValue(key, out var first))
            {
                return first;
            }

            known.Add(key, node);
            return node;
        });
    }
}
