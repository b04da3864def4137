using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Formats;
using SparseDsl.Compiler.Graphs;

namespace SparseDsl.Compiler.Cost;

/// <summary>What one node of a graph costs at given dims.</summary>
/// <param name="Node">The node.</param>
/// <param name="Label">Operator name.</param>
/// <param name="Scope">Layer instance.</param>
/// <param name="Type">The result.</param>
/// <param name="Format">Storage of its weights, dense unless said.</param>
/// <param name="Density">Share of non-zeros in its weights, 0 to 1; null while the weights are not known.</param>
/// <param name="DenseMac">Multiply-accumulates if all weights were dense.</param>
/// <param name="Mac">Multiply-accumulates of non-zero weights.</param>
/// <param name="Flop">Floating-point operations: two for each MAC, and those around it.</param>
/// <param name="Bytes">Bytes of operands and result, each once; sparse weights as they are stored.</param>
/// <param name="Kernel">Class of its kernel; <c>view</c> for what only has another shape.</param>
/// <param name="Microseconds">Estimate.</param>
/// <param name="DenseMicroseconds">Estimate with its weights stored dense.</param>
public sealed record LayerCost(
    Node Node, string Label, string Scope, string Type, string Format, double? Density, long DenseMac, long Mac, long Flop, long Bytes, string Kernel, double Microseconds,
    double DenseMicroseconds)
{
    /// <summary>The costs of all nodes that give something new, in order.</summary>
    /// <param name="graph">The graph, storage chosen.</param>
    /// <param name="dims">Values of its dims.</param>
    /// <param name="weights">Elements of parameters; null counts every weight as non-zero.</param>
    /// <param name="rates">What kernels cost.</param>
    public static IReadOnlyList<LayerCost> Of(Graph graph, IReadOnlyDictionary<string, long> dims, Func<string, TensorData?> weights, TargetRates rates)
    {
        var cost = CostModel.Of(graph, weights);
        var times = TimeModel.Of(graph, cost, rates, name => dims[name]).ToDictionary(t => t.Node, ReferenceComparer<Node>.Instance);
        var counted = cost.Nodes.ToDictionary(n => n.Node, ReferenceComparer<Node>.Instance);
        return
        [
            .. graph.Nodes.Where(n => n is ReshapeNode || counted.ContainsKey(n)).Select(n => n is ReshapeNode
                ? View(n)
                : Of(counted[n], times[n], cost, name => dims[name], node => node is not ParamNode param || weights(param.Path) is not null)),
        ];
    }

    private static LayerCost View(Node node) => new(node, node.Origin.Label, node.Origin.Scope, node.Type.ToString(), "dense", 1, 0, 0, 0, 0, "view", 0, 0);

    private static LayerCost Of(NodeCost node, NodeTime time, GraphCost graph, Func<string, long> dims, Func<Node, bool> isKnown)
    {
        // The weight that matters is the sparse one, else the largest.
        var weight = graph.Weights.Where(w => node.Node.Operands.Contains(w.Node)).OrderBy(w => StorageOf(w.Node)?.IsDense != false).ThenByDescending(w => w.Elements.Evaluate(dims)).FirstOrDefault();
        var elements = weight?.Elements.Evaluate(dims) ?? 0;
        return new LayerCost(
            node.Node, node.Node.Origin.Label, node.Node.Origin.Scope, node.Node.Type.ToString(),
            (weight is null ? null : StorageOf(weight.Node)?.Name) ?? "dense", elements == 0 ? 1 : isKnown(weight!.Node) ? (double)weight.NonZeros.Evaluate(dims) / elements : null,
            node.DenseMacs.Evaluate(dims), node.Macs.Evaluate(dims), node.Flops.Evaluate(dims), node.Bytes.Evaluate(dims), time.Kernel, time.Microseconds, time.DenseMicroseconds);
    }

    private static Format? StorageOf(Node weight) => weight is ParamNode param ? param.Format : ((ConstantNode)weight).Format;
}
