using System.Collections.Immutable;

namespace SparseDsl.Compiler.Graphs;

/// <summary>
/// Rebuilds a graph from its inputs to its outputs. Every node is visited once, after its operands; where nothing changed the node itself stays.
/// </summary>
public static class Rewriter
{
    /// <summary>
    /// Applies <paramref name="rewrite"/> to every node, already over rewritten operands, in topological order.
    /// </summary>
    public static Graph Rewrite(Graph graph, Func<Node, Node> rewrite)
    {
        var map = new Dictionary<Node, Node>(ReferenceComparer<Node>.Instance);
        foreach (var node in graph.Nodes)
        {
            map.Add(node, rewrite(OverNewOperands(node, map)));
        }

        var outputs = graph.Outputs.Select(o => (o.Name, map[o.Node])).ToImmutableArray();
        var same = outputs.Zip(graph.Outputs, (a, b) => ReferenceEquals(a.Item2, b.Node)).All(x => x);
        return same ? graph : new Graph(graph.Name, graph.Dims, graph.Inputs, outputs);
    }

    private static Node OverNewOperands(Node node, Dictionary<Node, Node> map)
    {
        var changed = false;
        foreach (var operand in node.Operands)
        {
            changed |= !ReferenceEquals(map[operand], operand);
        }

        return changed ? node.WithOperands([.. node.Operands.Select(o => map[o])]) : node;
    }
}
