using System.Collections.Immutable;
using SparseDsl.Compiler.Cost;
using SparseDsl.Compiler.Formats;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Compiler.Passes.Graphs.Layouts;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Passes.Graphs;

/// <summary>Chooses for every image between row-major order and blocks of channels (<see cref="ChannelBlocks"/>), over the whole graph at once.</summary>
/// <remarks>
/// Needs: storage chosen. Gives: the same values; images by blocks as tensors of one more index, weights of their layers stored by blocks, and a copy where a
/// tensor is needed in the other layout.
/// <para>
/// A layer with a sparse weight works on row-major images, a layer with a dense weight is faster over channels, and where they meet a tensor is converted.
/// Which is cheapest over all is a minimum cut (<see cref="MinimumCut"/>).
/// </para>
/// </remarks>
public static class ChooseLayouts
{
    private const double Never = 1e15;

    /// <summary>Runs the pass.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="recorded">Storage chosen before, by name of the weight: layers follow it. Null, or a null result, where there is none.</param>
    public static Graph Run(Graph graph, Func<string, Format?>? recorded = null)
    {
        var constants = new ConstantNodes(graph);
        var reads = graph.Nodes.ToDictionary(n => n, n => ChannelReads.Of(n, constants), ReferenceComparer<Node>.Instance);
        var uses = new Uses(graph);
        var blocked = Choose(graph, reads, weight => Storage(weight, uses, recorded), _ => null);
        return blocked.Count == 0 ? graph : MaterialisePadding.Run(new Writer(graph, reads, blocked).Graph());
    }

    /// <summary>Sparse weights that had better be dense: their layers gain less by their zeros than the layers around them lose by row-major images.</summary>
    /// <param name="graph">With storage chosen for each weight by itself.</param>
    /// <param name="share">Time of a weight's layer with its zeros skipped over the time of the same dense; null where the storage is not to be changed.</param>
    /// <returns>Names of the weights.</returns>
    internal static IReadOnlyCollection<string> Unpaid(Graph graph, Func<Node, double?> share)
    {
        var sparse = new HashSet<Node>(graph.Nodes.Where(n => n is ParamNode or ConstantNode && share(n) is not null), ReferenceComparer<Node>.Instance);
        if (sparse.Count == 0)
        {
            return [];
        }

        var constants = new ConstantNodes(graph);
        var reads = graph.Nodes.ToDictionary(n => n, n => ChannelReads.Of(n, constants), ReferenceComparer<Node>.Instance);
        var uses = new Uses(graph);
        var blocked = Choose(graph, reads, weight => sparse.Contains(weight) && uses.Of(weight) == 1 ? WeightStorage.Any : Storage(weight, uses, null), weight => sparse.Contains(weight) ? share(weight) : null);
        return new HashSet<string>(blocked.SelectMany(n => reads[n].Weights).Select(w => w.Weight).Where(sparse.Contains).Select(w => w.Name), StringComparer.Ordinal);
    }

    /// <summary>How a weight may be stored.</summary>
    private enum WeightStorage
    {
        Any,
        RowMajor,
        Blocked,
    }

    private static WeightStorage Storage(Node weight, Uses uses, Func<string, Format?>? recorded)
    {
        if (recorded?.Invoke(weight.Name) is { } chosen)
        {
            return !chosen.IsDense && ChannelBlocks.IsStorage(chosen) ? WeightStorage.Blocked : WeightStorage.RowMajor;
        }

        var format = weight is ParamNode param ? param.Format : ((ConstantNode)weight).Format;
        return weight is ParamNode { Requested: not null } || uses.Of(weight) != 1 || format is { IsDense: false } ? WeightStorage.RowMajor : WeightStorage.Any;
    }

    private static HashSet<Node> Choose(Graph graph, Dictionary<Node, ChannelReads> reads, Func<Node, WeightStorage> storage, Func<Node, double?> share)
    {
        var costs = new LayoutCosts(TypicalDims.Of(graph));
        var free = graph.Nodes.Where(n => reads[n].CanBlock && reads[n].Weights.All(w => storage(w.Weight) != WeightStorage.RowMajor)).ToList();
        var number = free.Select((n, i) => (n, i)).ToDictionary(x => x.n, x => x.i, ReferenceComparer<Node>.Instance);
        var cut = new MinimumCut(free.Count);
        foreach (var node in free)
        {
            var mustBlock = reads[node].Weights.Any(w => storage(w.Weight) == WeightStorage.Blocked);
            var skipping = reads[node].Weights.Select(w => share(w.Weight)).Where(s => s is not null).DefaultIfEmpty(null).Min();
            cut.CostsFirst(number[node], mustBlock ? Never : skipping is { } part ? Math.Min(costs.RowMajor(node), costs.Blocked(node) * part) : costs.RowMajor(node));
            cut.CostsSecond(number[node], costs.Blocked(node));
        }

        foreach (var (operand, read, reader) in graph.Nodes.SelectMany(n => reads[n].Images.Select(i => (i.Operand, i.Read, n))))
        {
            var convert = costs.Convert(operand);
            switch (number.TryGetValue(operand, out var from), number.TryGetValue(reader, out var to))
            {
                case (true, true) when read != ChannelRead.Other:
                    cut.CostsApart(from, to, convert);
                    if (read == ChannelRead.Same)
                    {
                        cut.CostsApart(to, from, convert);
                    }

                    break;
                case (true, _):
                    cut.CostsSecond(from, convert);
                    break;
                case (false, true) when read == ChannelRead.Same:
                    cut.CostsSecond(to, convert);
                    break;
                default:
                    break;
            }
        }

        foreach (var output in graph.Outputs.Where(o => number.ContainsKey(o.Node) && !ChannelBlocks.IsPixel(o.Node.Type)))
        {
            cut.CostsSecond(number[output.Node], costs.Convert(output.Node));
        }

        var second = cut.Solve();
        return new HashSet<Node>(free.Where(n => second[number[n]]), ReferenceComparer<Node>.Instance);
    }

    /// <summary>Writes the graph with some nodes blocked.</summary>
    private sealed class Writer(Graph graph, Dictionary<Node, ChannelReads> reads, HashSet<Node> blocked)
    {
        private readonly NodeNames names = NodeNames.Of(graph);
        private readonly Dictionary<Node, Node> asMade = new(ReferenceComparer<Node>.Instance);
        private readonly Dictionary<Node, Node> asRows = new(ReferenceComparer<Node>.Instance);
        private readonly Dictionary<Node, Node> asBlocks = new(ReferenceComparer<Node>.Instance);

        public Graph Graph()
        {
            var storage = blocked.SelectMany(n => reads[n].Weights.Select(w => (w.Weight.Name, Format: ChannelBlocks.Storage(w.Weight.Type.Rank, w.Axis, ChannelBlocks.Size(n.Type)))))
                .ToDictionary(w => w.Name, w => w.Format, StringComparer.Ordinal);
            foreach (var node in graph.Nodes)
            {
                asMade.Add(node, node switch
                {
                    ParamNode param when storage.TryGetValue(param.Name, out var format) => param.WithFormat(format),
                    ConstantNode constant when storage.TryGetValue(constant.Name, out var format) => constant.WithFormat(format),
                    _ when blocked.Contains(node) => Blocked(node),
                    _ => RowMajor(node),
                });
            }

            return new Graph(graph.Name, graph.Dims, graph.Inputs, [.. graph.Outputs.Select(o => (o.Name, Rows(o.Node)))]);
        }

        private Node RowMajor(Node node)
        {
            ImmutableArray<Node> operands = [.. node.Operands.Select(Rows)];
            return operands.SequenceEqual(node.Operands, ReferenceComparer<Node>.Instance) ? node : node.WithOperands(operands);
        }

        private Node Blocked(Node node)
        {
            if (node is ConcatNode concat)
            {
                return new ConcatNode(node.Name, ChannelBlocks.Blocked(node.Type), concat.Axis, [.. node.Operands.Select(Blocks)], node.Origin);
            }

            var images = reads[node].Images.ToDictionary(i => i.Operand, i => i.Read, ReferenceComparer<Node>.Instance);
            bool[] areBlocked = [.. node.Operands.Select(o => images.TryGetValue(o, out var read)
                && (read == ChannelRead.Same || (read == ChannelRead.Summed && blocked.Contains(o))))];
            ImmutableArray<Node> operands = [.. node.Operands.Select((o, i) => areBlocked[i] ? Blocks(o) : Rows(o))];
            var result = BlockedNodes.Result((ComputeNode)node, operands, i => areBlocked[i]);
            return ChannelBlocks.IsPixel(node.Type) ? new ReshapeNode(names.New(node.Name + "_pixel"), node.Type, result, node.Origin) : result;
        }

        private bool IsInBlocks(Node node) => blocked.Contains(node) && !ChannelBlocks.IsPixel(node.Type);

        private Node Rows(Node node)
        {
            if (!IsInBlocks(node))
            {
                return asMade[node];
            }

            if (!asRows.TryGetValue(node, out var rows))
            {
                rows = BlockedNodes.ToRows(asMade[node], node, names.New(node.Name + "_rows"));
                asRows.Add(node, rows);
            }

            return rows;
        }

        private Node Blocks(Node node)
        {
            if (IsInBlocks(node))
            {
                return asMade[node];
            }

            if (!asBlocks.TryGetValue(node, out var blocks))
            {
                blocks = BlockedNodes.ToBlocks(asMade[node], names.New(node.Name + "_blocks"));
                asBlocks.Add(node, blocks);
            }

            return blocks;
        }
    }
}
