using System.Collections.Immutable;
using SparseDsl.Compiler.Cost;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Compiler.Lowering;
using SparseDsl.Compiler.Passes.Graphs.Layouts;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Passes.Graphs;

/// <summary>How layers read a weight that may be stored sparse.</summary>
/// <param name="Rows">Positions of the weight's indices that are output indices, outermost first.</param>
/// <param name="Columns">Positions of those that are summed over.</param>
/// <param name="HasLanes">Whether the innermost output index is none of the weight's, so that each non-zero serves whole vectors.</param>
/// <param name="IsInnermost">Whether the innermost output index is the weight's first row index: blocks of rows can be lanes.</param>
/// <param name="Macs">Multiply-accumulates of all layers that read it, at typical dims, were it dense.</param>
/// <param name="Reuse">Results each element of the weight contributes to.</param>
/// <param name="MayBlock">Whether images on either side of it can be by blocks of channels, if it is stored dense.</param>
internal sealed record WeightUse(
    ImmutableArray<int> Rows, ImmutableArray<int> Columns, bool HasLanes, bool IsInnermost, double Macs, double Reuse, bool MayBlock);

/// <summary>Finds how every weight of a graph is read.</summary>
internal sealed class WeightUses
{
    private readonly ILookup<string, Node> readers;
    private readonly Func<string, long> dims;
    private readonly ConstantNodes constants;

    /// <param name="graph">The graph.</param>
    /// <param name="values">Values of its dims; typical ones when null.</param>
    public WeightUses(Graph graph, Func<string, long>? values = null)
    {
        readers = graph.Nodes.SelectMany(n => n.Operands.Distinct(ReferenceComparer<Node>.Instance).Select(o => (o.Name, Reader: n)))
            .ToLookup(r => r.Name, r => r.Reader, StringComparer.Ordinal);
        dims = values ?? TypicalDims.Of(graph);
        constants = new ConstantNodes(graph);
    }

    /// <summary>Whether something reads the weight's memory in row-major order, so that no other storage will do.</summary>
    public bool IsReadAsWhole(Node weight) => readers[weight.Name].Any(r => r is ReshapeNode or StructuralNode);

    /// <summary>How all layers read it, when a walk over its non-zeros serves each of them; else null.</summary>
    public WeightUse? Of(Node weight)
    {
        WeightUse? all = null;
        foreach (var reader in readers[weight.Name])
        {
            if (reader is not ComputeNode compute || Of(compute, weight) is not { } use)
            {
                return null;
            }

            if (all is not null && !(all.Rows.SequenceEqual(use.Rows) && all.Columns.SequenceEqual(use.Columns)))
            {
                return null;
            }

            all = all is null ? use : use with
            {
                HasLanes = use.HasLanes && all.HasLanes,
                IsInnermost = use.IsInnermost && all.IsInnermost,
                Macs = use.Macs + all.Macs,
                Reuse = Math.Min(use.Reuse, all.Reuse),
                MayBlock = false,
            };
        }

        return all;
    }

    /// <summary>How one layer reads it; null when a walk over its non-zeros does not serve.</summary>
    public WeightUse? Of(ComputeNode node, Node weight)
    {
        var reads = node.Body.All().OfType<ScalarExpr.Read>().Where(r => node.Operands[r.Operand].Name == weight.Name).ToArray();
        if (node.Reduction is not { } sum || reads.Length != 1 || !SumOfProducts.Factors(sum.Body).Contains(reads[0]) || !SparseLegality.MaySkip(sum, r => r == reads[0]))
        {
            return null;
        }

        var read = reads[0];
        var rows = Positions(read, weight, node.Indices);
        var columns = Positions(read, weight, sum.Vars);
        var singles = Enumerable.Range(0, read.Subscripts.Length).Count(i => read.Subscripts[i].Constant == 0 && weight.Type.Shape[i].Constant == 1);
        if (columns.IsEmpty || rows.Length + columns.Length + singles != read.Subscripts.Length || read.Subscripts.Select(s => s.Text).Where(s => s != "0").Distinct().Count() != rows.Length + columns.Length)
        {
            return null;
        }

        var inner = node.Indices.LastOrDefault(i => i.Extent.Constant != 1);
        var macs = sum.Vars.Aggregate(Evaluate(node.Type.Count), (product, v) => product * Evaluate(v.Extent));
        return new WeightUse(
            rows,
            columns,
            inner is not null && !read.Subscripts.Any(s => s.Mentions(inner.Name)),
            inner is not null && !rows.IsEmpty && read.Subscripts[rows[0]].SymbolName == inner.Name,
            macs,
            macs / Math.Max(1, Evaluate(weight.Type.Count)),
            ChannelReads.Of(node, constants) is { CanBlock: true } channels && channels.Weights.Any(w => w.Weight.Name == weight.Name));
    }

    /// <summary>Which indices of the weight are read at just one of these variables, which runs over the whole index.</summary>
    private static ImmutableArray<int> Positions(ScalarExpr.Read read, Node weight, ImmutableArray<IndexRange> variables) =>
        [.. Enumerable.Range(0, read.Subscripts.Length)
            .Where(i => variables.Any(v => v.Name == read.Subscripts[i].SymbolName && v.Extent.Equals(weight.Type.Shape[i])))];

    private double Evaluate(Dim dim) => dim.Evaluate(dims);
}
