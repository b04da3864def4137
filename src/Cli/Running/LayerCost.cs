using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Formats;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Cli.Running;

/// <summary>What one node of a graph costs at given dims.</summary>
/// <param name="Label">Operator name.</param>
/// <param name="Scope">Layer instance.</param>
/// <param name="Type">The result.</param>
/// <param name="Format">Storage of its weights, dense unless said.</param>
/// <param name="Density">Share of non-zeros in its weights, 0 to 1.</param>
/// <param name="DenseMac">Multiply-accumulates if all weights were dense.</param>
/// <param name="Mac">Multiply-accumulates of non-zero weights.</param>
/// <param name="Flop">Floating-point operations: two for each MAC, and one for each other operation on an element.</param>
/// <param name="Bytes">Bytes of operands and result, each once; sparse weights as stored values.</param>
internal sealed record LayerCost(string Label, string Scope, string Type, string Format, double Density, long DenseMac, long Mac, long Flop, long Bytes)
{
    /// <summary>The costs of all nodes that compute something.</summary>
    /// <param name="graph">The graph, storage chosen.</param>
    /// <param name="dims">Values of its dims.</param>
    /// <param name="weights">Elements of parameters; null counts every weight as non-zero.</param>
    public static IReadOnlyList<LayerCost> Of(Graph graph, IReadOnlyDictionary<string, long> dims, Func<string, TensorData?> weights) =>
        [.. graph.Nodes.OfType<ComputeNode>().Select(node => Of(node, name => dims[name], weights))];

    private static LayerCost Of(ComputeNode node, Func<string, long> dims, Func<string, TensorData?> weights)
    {
        var stored = node.Operands.Where(IsWeight).Select(o => new Stored(o, weights)).ToList();
        var sparse = stored.FirstOrDefault(s => s.Format is { IsDense: false });
        var elements = node.Type.Count.Evaluate(dims);
        var terms = node.Reduction is { } reduction ? reduction.Vars.Aggregate(1L, (n, i) => checked(n * i.Extent.Evaluate(dims))) : 0;
        var multiplies = node.Reduction?.Body.All().Any(e => e is ScalarExpr.Apply { Op.Name: "mul" }) ?? false;
        var dense = multiplies ? checked(elements * terms) : 0;
        var mac = (long)Math.Round(dense * (sparse?.Density ?? 1));
        var around = Operations(node.Body, node.Reduction) * elements;
        var flop = node.Type.Element.IsFloat() ? checked((2 * mac) + (multiplies ? 0 : elements * terms) + around) : 0;
        var bytes = Size(node, dims) + node.Operands.Distinct().Sum(o => stored.Find(s => s.Node == o)?.Bytes ?? Size(o, dims));
        var weight = sparse ?? stored.MaxBy(s => s.Data?.Count ?? 0);
        return new LayerCost(node.Origin.Label, node.Origin.Scope, node.Type.ToString(), weight?.Format?.Name ?? "dense", weight?.Density ?? 1, dense, mac, flop, bytes);
    }

    private static bool IsWeight(Node node) => node is ParamNode or ConstantNode;

    private static long Size(Node node, Func<string, long> dims) => checked(node.Type.Count.Evaluate(dims) * node.Type.Element.Size());

    /// <summary>Calls outside the reduction.</summary>
    private static long Operations(ScalarExpr body, ScalarExpr.Reduce? reduction)
    {
        var inside = (reduction?.All() ?? []).ToHashSet();
        return body.All().LongCount(e => e is ScalarExpr.Apply && !inside.Contains(e));
    }

    private sealed class Stored
    {
        public Stored(Node node, Func<string, TensorData?> weights)
        {
            Node = node;
            (Data, Format) = node switch
            {
                ParamNode p => (weights(p.Path), p.Format),
                ConstantNode c => (c.Data, c.Format),
                _ => (null, null),
            };
            Density = Data is { Count: > 0 } data ? (double)data.CountNonZeros() / data.Count : 1;
            var full = node.Type.Count.Constant.GetValueOrDefault() * node.Type.Element.Size();
            Bytes = Format is { IsDense: false } && Data is not null ? FormatPacker.Pack(Format, Data).Values.Sum(a => (long)a.ByteLength) : full;
        }

        public Node Node { get; }

        public TensorData? Data { get; }

        public Format? Format { get; }

        public double Density { get; }

        public long Bytes { get; }
    }
}
