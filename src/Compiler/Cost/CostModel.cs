using System.Collections.Immutable;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Formats;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

// What a model costs, counted from its graph.
//
// A MAC is one multiply-accumulate of a sum of products; a FLOP is one floating-point operation, so a MAC is two of them. The two are never mixed:
// Macs counts the former, OtherFlops everything else (epilogues, activations, sums without products, maxima), Flops = 2 * Macs + OtherFlops.
// Terms of a sum that read padding are counted, as everybody does. Work per operation is CoreOp.Flops (exp is 8).
// Bytes are those of every operand and of the result, once each: what moves when nothing stays in a cache and nothing is read twice.
namespace SparseDsl.Compiler.Cost;

/// <summary>What one node costs, over the dims of the model.</summary>
/// <param name="Node">The node.</param>
/// <param name="DenseMacs">Multiply-accumulates if every weight were stored.</param>
/// <param name="Macs">Multiply-accumulates of weights that are not zero, where the weight is stored sparse.</param>
/// <param name="OtherFlops">Floating-point operations that belong to no MAC.</param>
/// <param name="ActivationBytes">Bytes of operands that are not weights.</param>
/// <param name="WeightBytes">Bytes of weights as they are stored: values and the arrays of their levels.</param>
/// <param name="WrittenBytes">Bytes of the result.</param>
public sealed record NodeCost(Node Node, Dim DenseMacs, Dim Macs, Dim OtherFlops, Dim ActivationBytes, Dim WeightBytes, Dim WrittenBytes)
{
    /// <summary>Floating-point operations.</summary>
    public Dim Flops => (Macs * 2) + OtherFlops;

    /// <summary>Bytes read and written.</summary>
    public Dim Bytes => ActivationBytes + WeightBytes + WrittenBytes;
}

/// <summary>What a weight holds.</summary>
/// <param name="Node">A parameter or constant.</param>
/// <param name="Elements">Its elements: the parameters it contributes.</param>
/// <param name="NonZeros">Those that are not zero; <paramref name="Elements"/> when the data is not known.</param>
/// <param name="Bytes">Bytes as stored.</param>
public sealed record WeightCost(Node Node, Dim Elements, Dim NonZeros, Dim Bytes);

/// <summary>What a graph costs.</summary>
/// <param name="Nodes">Nodes that compute or copy something, in execution order.</param>
/// <param name="Weights">Parameters and constants the graph reads.</param>
public sealed record GraphCost(ImmutableArray<NodeCost> Nodes, ImmutableArray<WeightCost> Weights)
{
    /// <summary>All nodes together (its Node is the last); null when there are none. Weights read by two nodes are moved twice.</summary>
    public NodeCost? Total => Nodes.IsEmpty ? null : Nodes.Aggregate((a, b) => new NodeCost(
        b.Node, a.DenseMacs + b.DenseMacs, a.Macs + b.Macs, a.OtherFlops + b.OtherFlops,
        a.ActivationBytes + b.ActivationBytes, a.WeightBytes + b.WeightBytes, a.WrittenBytes + b.WrittenBytes));

    /// <summary>Number of parameters: elements of every weight.</summary>
    public Dim Parameters => Weights.Aggregate(Dim.Zero, (sum, w) => sum + w.Elements);

    /// <summary>Number of parameters that are not zero.</summary>
    public Dim NonZeros => Weights.Aggregate(Dim.Zero, (sum, w) => sum + w.NonZeros);
}

/// <summary>Counts what a graph costs.</summary>
public static class CostModel
{
    /// <summary>The cost of every node.</summary>
    /// <param name="graph">A graph in normal form; weights without a format count as dense.</param>
    /// <param name="weights">A parameter's tensor by path; null where it is not known.</param>
    public static GraphCost Of(Graph graph, Func<string, TensorData?> weights)
    {
        var stored = graph.Nodes.Where(n => n is ParamNode or ConstantNode).ToDictionary(n => n, n => Weight(n, weights), ReferenceComparer<Node>.Instance);
        var nodes = graph.Nodes.Where(n => n is ComputeNode or ConcatNode or StructuralNode).Select(n => Of(n, stored));
        return new GraphCost([.. nodes], [.. graph.Nodes.Where(stored.ContainsKey).Select(n => stored[n])]);
    }

    private static WeightCost Weight(Node node, Func<string, TensorData?> weights)
    {
        var (data, format) = node is ParamNode param ? (weights(param.Path), param.Format) : (((ConstantNode)node).Data, ((ConstantNode)node).Format);
        var dense = node.Type.Count * node.Type.Element.Size();
        if (data is null)
        {
            return new WeightCost(node, node.Type.Count, node.Type.Count, dense);
        }

        var bytes = format is null or { IsDense: true } ? dense : Dim.Const(FormatPacker.Pack(format, data).Values.Sum(a => (long)a.ByteLength));
        return new WeightCost(node, node.Type.Count, data.CountNonZeros(), bytes);
    }

    private static NodeCost Of(Node node, Dictionary<Node, WeightCost> stored)
    {
        var operands = node.Operands.Distinct(ReferenceComparer<Node>.Instance).ToArray();
        var activations = operands.Where(o => !stored.ContainsKey(o)).Aggregate(Dim.Zero, (sum, o) => sum + Bytes(o));
        var weights = operands.Where(stored.ContainsKey).Aggregate(Dim.Zero, (sum, o) => sum + stored[o].Bytes);
        var work = node is ComputeNode compute ? Work(compute, stored) : (Dim.Zero, Dim.Zero, Dim.Zero);
        return new NodeCost(node, work.Item1, work.Item2, work.Item3, activations, weights, Bytes(node));
    }

    private static Dim Bytes(Node node) => node.Type.Count * node.Type.Element.Size();

    private static (Dim DenseMacs, Dim Macs, Dim OtherFlops) Work(ComputeNode node, Dictionary<Node, WeightCost> stored)
    {
        var inside = node.Reduction is { } r ? new HashSet<ScalarExpr>(r.Body.All()) : [];
        var around = node.Body.All().Where(e => !inside.Contains(e)).Sum(Flops) * node.Type.Count;
        if (node.Reduction is not { } reduce)
        {
            return (Dim.Zero, Dim.Zero, around);
        }

        var terms = node.Type.Count * reduce.Vars.Aggregate(Dim.One, (product, v) => product * v.Extent);
        var share = Skipped(node, reduce, stored);
        var done = share?.Terms ?? terms;
        var products = SumOfProducts.Is(reduce);
        if (SumOfProducts.PackedIn(reduce) is > 1 and var packed)
        {
            return (terms * packed, done * packed, around);
        }

        var flops = inside.Sum(Flops) + (reduce.Type.IsFloat() ? 1 : 0) - (products && reduce.Type.IsFloat() ? 2 : 0);
        return products ? (terms, done, around + (done * flops)) : (Dim.Zero, Dim.Zero, around + (done * flops));
    }

    /// <summary>The terms a walk over a sparse weight comes to: its non-zeros, times the extents of the indices that do not select among them.</summary>
    private static (Node Weight, Dim Terms)? Skipped(ComputeNode node, ScalarExpr.Reduce reduce, Dictionary<Node, WeightCost> stored)
    {
        foreach (var read in reduce.Body.All().OfType<ScalarExpr.Read>())
        {
            var operand = node.Operands[read.Operand];
            if (((operand as ParamNode)?.Format ?? (operand as ConstantNode)?.Format) is { } format && format.Source.Levels.Any(l => l.Kind != "dense"))
            {
                var free = node.Indices.Concat(reduce.Vars).Where(v => !read.Subscripts.Any(s => s.Mentions(v.Name)));
                return (operand, free.Aggregate(stored[operand].NonZeros, (product, v) => product * v.Extent));
            }
        }

        return null;
    }

    /// <summary>Operations on integers are none of floating point.</summary>
    private static long Flops(ScalarExpr expr) => expr is ScalarExpr.Apply apply && apply.Arguments.Any(a => a.Type.IsFloat()) ? apply.Op.Flops : 0;
}

/// <summary>Recognises sums of products.</summary>
internal static class SumOfProducts
{
    /// <summary>Whether a reduction adds products of two factors or more: each term is one multiply-accumulate.</summary>
    public static bool Is(ScalarExpr.Reduce reduce) => reduce.Kind == ReduceKind.Sum && Factors(reduce.Body).Skip(1).Any();

    /// <summary>The factors of a term; the term itself when it is no product. Packed numbers are one factor.</summary>
    public static IEnumerable<ScalarExpr> Factors(ScalarExpr expr) =>
        expr is ScalarExpr.Apply apply && (apply.Op == CoreOps.Mul || PackedOps.Count(apply.Op) > 1) ? apply.Arguments.SelectMany(Factors) : [expr];

    /// <summary>How many multiply-accumulates a term is: more than one where it is a product of packed numbers.</summary>
    public static int PackedIn(ScalarExpr.Reduce reduce) => reduce.Body is ScalarExpr.Apply apply ? PackedOps.Count(apply.Op) : 1;
}
