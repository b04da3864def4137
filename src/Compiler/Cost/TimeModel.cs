using System.Collections.Immutable;
using SparseDsl.Compiler.Formats;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Compiler.Passes.Graphs;
using SparseDsl.Compiler.Passes.Graphs.Layouts;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Cost;

/// <summary>How long a node is expected to take.</summary>
/// <param name="Node">The node.</param>
/// <param name="Kernel">The class of its kernel: a name of <see cref="KernelClasses"/>, or <c>copy</c>, or the name of a structural operation.</param>
/// <param name="Microseconds">Estimate for the node as it is.</param>
/// <param name="DenseMicroseconds">Estimate with all its weights stored dense.</param>
public sealed record NodeTime(Node Node, string Kernel, double Microseconds, double DenseMicroseconds);

/// <summary>Estimates the time of every node of a graph from a profile.</summary>
/// <remarks>
/// A node takes the time of its multiply-accumulates (by class of kernel and size) and of its other operations, or the time in which its bytes come and go,
/// whichever is longer. Estimates of whole networks are not sums to rely on: layers share caches.
/// </remarks>
public static class TimeModel
{
    /// <summary>The time of every node that computes or copies something, in the order of the costs.</summary>
    /// <param name="graph">A graph with storage chosen.</param>
    /// <param name="cost">What <see cref="CostModel"/> counted for it.</param>
    /// <param name="rates">Rates of the machine.</param>
    /// <param name="dims">Values of the graph's dims.</param>
    public static ImmutableArray<NodeTime> Of(Graph graph, GraphCost cost, TargetRates rates, Func<string, long> dims)
    {
        var uses = new WeightUses(graph, dims);
        var weights = cost.Weights.ToDictionary(w => w.Node, ReferenceComparer<Node>.Instance);
        return [.. cost.Nodes.Select(n => Of(n, weights, uses, rates, dims))];
    }

    private static NodeTime Of(NodeCost node, Dictionary<Node, WeightCost> weights, WeightUses uses, TargetRates rates, Func<string, long> dims)
    {
        var around = Around(node, rates, dims);
        if (node.Node is not ComputeNode compute)
        {
            return new NodeTime(node.Node, node.Node is StructuralNode structural ? structural.Origin.Label : "copy", around, around);
        }

        if (compute.Reduction is { } sum && compute.Operands.Where(weights.ContainsKey).FirstOrDefault(o => ChannelBlocks.IsStorage(StorageOf(o))) is { } blocked)
        {
            return Blocked(node, weights[blocked], sum, rates, around, dims);
        }

        // The weight that decides: a sparse one, else the largest.
        var read = compute.Operands.Where(weights.ContainsKey).Select(o => (Weight: weights[o], Use: uses.Of(compute, o))).Where(o => o.Use is not null)
            .OrderBy(o => StorageOf(o.Weight.Node).IsDense).ThenByDescending(o => o.Weight.Elements.Evaluate(dims)).FirstOrDefault();
        return read.Use is { } use && Shape(read.Weight.Node) is { } shape
            ? Weighted(node, read.Weight, shape, use, rates, around, dims)
            : Unweighted(node, rates, around, dims);
    }

    private static NodeTime Weighted(NodeCost node, WeightCost weight, ImmutableArray<int> shape, WeightUse use, TargetRates rates, double around, Func<string, long> dims)
    {
        var format = StorageOf(weight.Node);
        var elements = (double)weight.Elements.Evaluate(dims);
        var bytes = elements * Dsl.ElementTypes.Size(weight.Node.Type.Element);
        var (kernel, dense) = (StorageKernels.Of(format, shape, use, rates.Lanes), StorageKernels.Dense(shape, use));
        var terms = StorageKernels.Terms(shape, use);
        var denseTime = rates.Microseconds(dense, new KernelWork(use.Macs, use.Reuse, terms, bytes));

        // Zeros stored inside blocks are multiplied as well: bytes tell how much is stored.
        var macs = Products(node, dims);
        var stored = elements == 0 ? 1 : Math.Max(macs / Math.Max(1, use.Macs), 0);
        var time = kernel == dense ? denseTime : rates.Microseconds(kernel, StorageKernels.Work(kernel, shape, use, stored, weight.Bytes.Evaluate(dims)));
        return new NodeTime(node.Node, kernel.Name, Math.Max(time, around), Math.Max(denseTime, around));
    }

    /// <summary>A layer over images by blocks of channels.</summary>
    private static NodeTime Blocked(NodeCost node, WeightCost weight, ScalarExpr.Reduce sum, TargetRates rates, double around, Func<string, long> dims)
    {
        var terms = sum.Vars.Aggregate(1.0, (product, v) => product * v.Extent.Evaluate(dims));
        var kernel = terms < StorageKernels.FewestTerms ? KernelClasses.Depthwise : KernelClasses.Channels;
        var macs = (double)node.Macs.Evaluate(dims);
        var reuse = macs / Math.Max(1, weight.Elements.Evaluate(dims));
        var time = Math.Max(around, rates.Microseconds(kernel, new KernelWork(macs, reuse, terms, weight.Bytes.Evaluate(dims))));
        return new NodeTime(node.Node, kernel.Name, time, time);
    }

    private static NodeTime Unweighted(NodeCost node, TargetRates rates, double around, Func<string, long> dims)
    {
        var macs = Products(node, dims);
        if (macs == 0)
        {
            return new NodeTime(node.Node, KernelClasses.Elementwise.Name, around, around);
        }

        // Two operands that change with every call: as if the smaller one were the weight.
        var results = Math.Max(1, (double)node.Node.Type.Count.Evaluate(dims));
        var time = macs / (rates.Efficiency(KernelClasses.Dense, Math.Sqrt(results), macs / results) * rates.MacsPerNanosecond) / 1000;
        return new NodeTime(node.Node, KernelClasses.Dense.Name, Math.Max(time, around), Math.Max(time, around));
    }

    // Packed numbers are multiplied in one operation, so a class of kernels does as many words as it does f32.
    private static double Products(NodeCost node, Func<string, long> dims) => (double)node.Macs.Evaluate(dims)
        / (node.Node is ComputeNode { Reduction: { } reduce } ? SumOfProducts.PackedIn(reduce) : 1);

    /// <summary>Operations that belong to no multiply-accumulate, or the tensors' way through the caches.</summary>
    private static double Around(NodeCost node, TargetRates rates, Func<string, long> dims)
    {
        var operations = node.OtherFlops.Evaluate(dims) / (rates.Efficiency(KernelClasses.Elementwise, 1, 1) * rates.MacsPerNanosecond) / 1000;
        return Math.Max(operations, rates.ReadMicroseconds(node.ActivationBytes.Evaluate(dims) + node.WrittenBytes.Evaluate(dims)));
    }

    private static Format StorageOf(Node weight) => (weight is ParamNode param ? param.Format : ((ConstantNode)weight).Format) ?? Format.Dense(weight.Type.Rank);

    private static ImmutableArray<int>? Shape(Node weight) =>
        weight.Type.Shape.All(d => d.Constant is not null) ? [.. weight.Type.Shape.Select(d => (int)d.Constant!.Value)] : null;
}
