using SparseDsl.Compiler.Formats;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Passes.Graphs.Layouts;

/// <summary>How a reader looks at the channels of an operand that is an image.</summary>
internal enum ChannelRead
{
    /// <summary>At its own channel: both are in the same layout, or the operand is converted.</summary>
    Same,

    /// <summary>At the channel it sums over. A result by blocks can do that in either layout, since it broadcasts; a row-major one needs the operand row-major.</summary>
    Summed,

    /// <summary>In another way: row-major.</summary>
    Other,
}

/// <summary>Whether a node can be computed by blocks of channels, and what that asks of its operands.</summary>
internal sealed class ChannelReads
{
    private ChannelReads(bool canBlock, IReadOnlyList<(Node Operand, ChannelRead Read)> images, IReadOnlyList<(Node Weight, int Axis)> weights)
    {
        CanBlock = canBlock;
        Images = images;
        Weights = weights;
    }

    /// <summary>Whether every read stays a vector or a broadcast when lanes run along the node's channels.</summary>
    public bool CanBlock { get; }

    /// <summary>Operands that have channels to block, and how they are looked at.</summary>
    public IReadOnlyList<(Node Operand, ChannelRead Read)> Images { get; }

    /// <summary>Weights that must be stored by blocks for that, each along one of its indices.</summary>
    public IReadOnlyList<(Node Weight, int Axis)> Weights { get; }

    /// <summary>The reads of a node.</summary>
    /// <param name="node">A node of any kind.</param>
    /// <param name="constants">Nodes known once weights are.</param>
    public static ChannelReads Of(Node node, ConstantNodes constants)
    {
        var images = node.Operands.Distinct(ReferenceComparer<Node>.Instance)
            .Where(o => !constants.Contains(o) && ChannelBlocks.Size(o.Type) > 0 && !ChannelBlocks.IsPixel(o.Type)).ToArray();
        var size = constants.Contains(node) ? 0 : ChannelBlocks.Size(node.Type);
        return node switch
        {
            ComputeNode compute when size > 0 => Of(compute, size, images, constants),
            ConcatNode => Of(images, size > 0 && images.Length == node.Operands.Length && images.All(i => ChannelBlocks.Size(i.Type) == size)),
            ComputeNode compute => new ChannelReads(false, [.. images.Select(i => (i, IsSummed(compute, i) ? ChannelRead.Summed : ChannelRead.Other))], []),
            _ => new ChannelReads(false, [.. images.Select(i => (i, ChannelRead.Other))], []),
        };
    }

    private static ChannelReads Of(Node[] images, bool canBlock) => new(canBlock, [.. images.Select(i => (i, canBlock ? ChannelRead.Same : ChannelRead.Other))], []);

    private static ChannelReads Of(ComputeNode node, int size, Node[] images, ConstantNodes constants)
    {
        var channel = node.Indices[ChannelBlocks.Axis(node.Type)].Name;
        var looks = images.Select(i => (i, Look(node, i, channel, size))).ToArray();
        var weights = new List<(Node, int)>();
        var canBlock = !ChannelBlocks.IsPixel(node.Type) || looks.Any(l => l.Item2 == ChannelRead.Same);
        foreach (var read in node.Body.All().OfType<ScalarExpr.Read>().Where(r => r.Subscripts.Any(s => s.Mentions(channel))))
        {
            var operand = node.Operands[read.Operand];
            var axis = Enumerable.Range(0, read.Subscripts.Length).Where(i => read.Subscripts[i].Mentions(channel)).ToArray();
            if (axis.Length > 1 || read.Subscripts[axis[0]].SymbolName != channel)
            {
                return new ChannelReads(false, [.. images.Select(i => (i, ChannelRead.Other))], []);
            }

            if (images.Any(i => ReferenceEquals(i, operand)))
            {
                canBlock &= axis[0] == ChannelBlocks.Axis(operand.Type);
            }
            else if (!Lies(operand.Type, axis[0]))
            {
                canBlock &= operand is ParamNode or ConstantNode && !weights.Any(w => ReferenceEquals(w.Item1, operand) && w.Item2 != axis[0]);
                weights.Add((operand, axis[0]));
            }
        }

        return new ChannelReads(canBlock, looks, [.. weights.Distinct()]);
    }

    /// <summary>Whether neighbours along an index lie side by side.</summary>
    private static bool Lies(Dsl.Binding.TensorType type, int axis) => type.Shape.Skip(axis + 1).All(d => d.Constant == 1);

    private static ChannelRead Look(ComputeNode node, Node image, string channel, int size)
    {
        var reads = node.Body.All().OfType<ScalarExpr.Read>().Where(r => ReferenceEquals(node.Operands[r.Operand], image)).ToArray();
        var at = ChannelBlocks.Axis(image.Type);
        return reads.All(r => r.Subscripts[at].SymbolName == channel && r.Subscripts.Where((_, i) => i != at).All(s => !s.Mentions(channel)))
            && ChannelBlocks.Size(image.Type) == size ? ChannelRead.Same
            : IsSummed(node, image) ? ChannelRead.Summed : ChannelRead.Other;
    }

    /// <summary>Whether all reads of an image are at a reduction index that runs over its channels, and at the same one.</summary>
    private static bool IsSummed(ComputeNode node, Node image)
    {
        var at = ChannelBlocks.Axis(image.Type);
        var reads = node.Body.All().OfType<ScalarExpr.Read>().Where(r => ReferenceEquals(node.Operands[r.Operand], image));
        return node.Reduction is { } sum && reads.All(r => sum.Vars.Any(v =>
            v.Name == r.Subscripts[at].SymbolName && v.Extent.Equals(image.Type.Shape[at]) && r.Subscripts.Where((_, i) => i != at).All(s => !s.Mentions(v.Name))));
    }
}
