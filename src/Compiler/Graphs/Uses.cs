namespace SparseDsl.Compiler.Graphs;

/// <summary>
/// How often each node of a graph is read: by nodes and as an output. Keyed by name, so that a node rebuilt by a pass over other operands still has its count.
/// </summary>
public sealed class Uses
{
    private readonly Dictionary<string, int> counts = new(StringComparer.Ordinal);

    /// <summary>Counts the uses in a graph. A node that lists an operand twice uses it once.</summary>
    public Uses(Graph graph)
    {
        foreach (var operand in graph.Nodes.SelectMany(n => n.Operands.Distinct(ReferenceComparer<Node>.Instance)).Concat(graph.Outputs.Select(o => o.Node)))
        {
            counts.TryGetValue(operand.Name, out var count);
            counts[operand.Name] = count + 1;
        }
    }

    /// <summary>Number of uses; 0 for a node outside the graph.</summary>
    public int Of(Node node) => counts.TryGetValue(node.Name, out var count) ? count : 0;
}

/// <summary>Nodes whose value is known once the weights are. Keyed by name, like <see cref="Uses"/>.</summary>
public sealed class ConstantNodes
{
    private readonly HashSet<string> nodes = new(StringComparer.Ordinal);

    /// <summary>Finds them: parameters, constants, and what is computed from those only.</summary>
    public ConstantNodes(Graph graph)
    {
        foreach (var node in graph.Nodes)
        {
            if (node is ParamNode or ConstantNode || (node is ComputeNode or ReshapeNode or ConcatNode && node.Operands.All(Contains)))
            {
                nodes.Add(node.Name);
            }
        }
    }

    /// <summary>Whether a node is one.</summary>
    public bool Contains(Node node) => nodes.Contains(node.Name);
}
