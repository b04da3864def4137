using System.Collections.Immutable;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Passes.Graphs.Layouts;

/// <summary>Writes nodes by blocks of channels, and conversions between the layouts.</summary>
/// <remarks>
/// Before: <c>y[o, p] = sum(c) x[c, p] * w[o, c]</c>. After, for blocks of 16: <c>y[o_block, p, o_lane] = sum(c_block, c_lane) x[c_block, p, c_lane] *
/// w[o_block * 16 + o_lane, c_block * 16 + c_lane]</c>. The order of a sum is that of before.
/// </remarks>
internal static class BlockedNodes
{
    /// <summary>A Compute with a result by blocks of channels.</summary>
    /// <param name="node">The node, over operands row-major.</param>
    /// <param name="operands">Its operands as they are now.</param>
    /// <param name="isBlocked">Whether an operand is by blocks.</param>
    public static ComputeNode Result(ComputeNode node, ImmutableArray<Node> operands, Func<int, bool> isBlocked)
    {
        var taken = new HashSet<string>(Bounds.Variables(node).Select(v => v.Name), StringComparer.Ordinal);
        var splits = new Dictionary<string, Split>(StringComparer.Ordinal);
        var at = ChannelBlocks.Axis(node.Type);
        var channel = node.Indices[at];
        splits.Add(channel.Name, Split.Of(channel, ChannelBlocks.Size(node.Type), taken));
        foreach (var read in node.Body.All().OfType<ScalarExpr.Read>().Where(r => isBlocked(r.Operand)))
        {
            var type = node.Operands[read.Operand].Type;
            var name = read.Subscripts[ChannelBlocks.Axis(type)].SymbolName!;
            if (!splits.ContainsKey(name))
            {
                splits.Add(name, Split.Of(Bounds.Variables(node).First(v => v.Name == name), ChannelBlocks.Size(type), taken));
            }
        }

        var body = node.Body.Rewrite(e => e switch
        {
            ScalarExpr.Read read when isBlocked(read.Operand) =>
                new ScalarExpr.Read(read.Operand, [.. ChannelBlocks.Subscripts(read.Subscripts, node.Operands[read.Operand].Type).Select(Over)], read.Type, read.Fill),
            ScalarExpr.Read read => new ScalarExpr.Read(read.Operand, [.. read.Subscripts.Select(Over)], read.Type, read.Fill),
            ScalarExpr.Index index => new ScalarExpr.Index(Over(index.Value), index.Type),
            ScalarExpr.Reduce reduce => new ScalarExpr.Reduce(reduce.Kind, [.. reduce.Vars.SelectMany(v => splits.TryGetValue(v.Name, out var s) ? s.Parts : [v])], reduce.Body),
            _ => e,
        });
        var mine = splits[channel.Name];
        return new ComputeNode(
            node.Name, ChannelBlocks.Blocked(node.Type), [.. node.Indices.SetItem(at, mine.Block), mine.Lane], body, operands, node.Origin);

        Dim Over(Dim dim) => dim.Substitute(n => splits.TryGetValue(n, out var s) ? s.Whole : null).Simplify(RangeOf);

        (long? Low, long? High) RangeOf(string name)
        {
            foreach (var split in splits.Values)
            {
                if (name == split.Lane.Name)
                {
                    return (0, split.Lane.Extent.Constant - 1);
                }

                if (name == split.Block.Name)
                {
                    return (0, split.Block.Extent.Constant - 1);
                }
            }

            return (null, null);
        }
    }

    /// <summary>A row-major tensor by blocks: <c>y[c_block, p, c_lane] = x[c_block * 16 + c_lane, p]</c>.</summary>
    public static ComputeNode ToBlocks(Node node, string name) => Result(Copy(node, name), [node], _ => false);

    /// <summary>A blocked tensor row-major: <c>y[c, p] = x[c / 16, p, c % 16]</c>.</summary>
    /// <param name="blocked">The tensor.</param>
    /// <param name="original">The node before it was blocked.</param>
    /// <param name="name">Name of the copy.</param>
    public static ComputeNode ToRows(Node blocked, Node original, string name)
    {
        var copy = Copy(original, name);
        var read = (ScalarExpr.Read)copy.Body;
        return new ComputeNode(
            name, copy.Type, copy.Indices, new ScalarExpr.Read(0, [.. ChannelBlocks.Subscripts(read.Subscripts, original.Type)], read.Type), [blocked], copy.Origin);
    }

    private static ComputeNode Copy(Node node, string name)
    {
        ImmutableArray<IndexRange> indices = [.. node.Type.Shape.Select((d, i) => new IndexRange(FormattableString.Invariant($"i{i}"), d))];
        return new ComputeNode(
            name, node.Type, indices, new ScalarExpr.Read(0, [.. indices.Select(i => i.Symbol)], node.Type.Element), [node], node.Origin with { Label = "layout" });
    }

    /// <summary>An index as two.</summary>
    private sealed record Split(IndexRange Block, IndexRange Lane)
    {
        public IEnumerable<IndexRange> Parts => [Block, Lane];

        public Dim Whole => (Block.Symbol * Lane.Extent) + Lane.Symbol;

        public static Split Of(IndexRange index, int size, HashSet<string> taken)
        {
            var block = Free(index.Name + "_block", taken);
            return new Split(new IndexRange(block, Dim.FloorDiv(index.Extent, size)), new IndexRange(Free(index.Name + "_lane", taken), Dim.Const(size)));
        }

        private static string Free(string name, HashSet<string> taken)
        {
            var free = Renaming.Free(name, taken);
            taken.Add(free);
            return free;
        }
    }
}
