using System.Collections.Immutable;

namespace SparseDsl.Import.Onnx;

/// <summary>Orders nodes so that each follows all it depends on, and otherwise as they came.</summary>
internal static class NodeOrder
{
    /// <summary>Names a node needs before it can run, those its subgraphs capture included.</summary>
    public static IEnumerable<string> Dependencies(OnnxNode node) =>
        node.Inputs.Where(name => name.Length > 0).Concat(node.Subgraphs.SelectMany(graph => graph.Captures));

    /// <summary>Sorts; a cycle is an <see cref="OnnxFormatException"/>.</summary>
    public static ImmutableArray<OnnxNode> Sort(IReadOnlyList<OnnxNode> nodes)
    {
        var producers = Producers(nodes);
        var missing = new int[nodes.Count];
        var users = new List<int>[nodes.Count];
        var ready = new PriorityQueue<int, int>();
        for (var i = 0; i < nodes.Count; i++)
        {
            users[i] = [];
        }

        for (var i = 0; i < nodes.Count; i++)
        {
            foreach (var producer in Dependencies(nodes[i]).Where(producers.ContainsKey).Select(name => producers[name]).Distinct())
            {
                users[producer].Add(i);
                missing[i]++;
            }

            if (missing[i] == 0)
            {
                ready.Enqueue(i, i);
            }
        }

        var order = ImmutableArray.CreateBuilder<OnnxNode>(nodes.Count);
        while (ready.TryDequeue(out var next, out _))
        {
            order.Add(nodes[next]);
            foreach (var user in users[next].Where(user => --missing[user] == 0))
            {
                ready.Enqueue(user, user);
            }
        }

        return order.Count == nodes.Count
            ? order.MoveToImmutable()
            : throw new OnnxFormatException($"{nodes[Array.FindIndex(missing, count => count > 0)]} depends on its own result");
    }

    private static Dictionary<string, int> Producers(IReadOnlyList<OnnxNode> nodes)
    {
        var result = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < nodes.Count; i++)
        {
            foreach (var output in nodes[i].Outputs.Where(name => name.Length > 0))
            {
                result[output] = i;
            }
        }

        return result;
    }
}
