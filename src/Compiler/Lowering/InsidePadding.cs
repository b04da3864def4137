using System.Collections.Immutable;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Compiler.Loops;
using SparseDsl.Compiler.Passes.Graphs.Layouts;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Lowering;

// Results that are wanted with a border only are computed into their place inside it: no copy, just the border is filled.
//
// Only where the innermost index has no border and fills whole vectors (a block of channels): elsewhere the rows of the result would begin anywhere, and no
// two of them could be walked as one.
public sealed partial class Lower
{
    private const int WholeVectors = 16;

    private readonly Dictionary<Node, ComputeNode> padded = new(ReferenceComparer<Node>.Instance);

    private void FindPadded()
    {
        var uses = new Uses(graph);
        foreach (var pad in graph.Nodes.OfType<ComputeNode>())
        {
            if (pad.Body is ScalarExpr.Read read && pad.Operands is [ComputeNode inside] && uses.Of(inside) == 1 && !outputs.ContainsKey(inside) && !outputs.ContainsKey(pad)
                && inside.Type.Element == pad.Type.Element && IsBorder(pad, read, inside) && !padded.ContainsKey(inside) && inside.Operands.All(IsWhole))
            {
                padded.Add(inside, pad);
            }
        }
    }

    // Sums over a sparse weight may be made in memory, by kernels that read what the one before them wrote where it would be without a border.
    private static bool IsWhole(Node operand) => operand is not (ParamNode or ConstantNode) || StorageOf(operand) is { IsDense: true } || ChannelBlocks.IsStorage(StorageOf(operand));

    private bool IsBorder(ComputeNode pad, ScalarExpr.Read read, ComputeNode inside)
    {
        var last = pad.Indices.Length - 1;
        return last >= 0 && read.Subscripts.Length == pad.Indices.Length
            && inside.Type.Shape[last].Constant is { } extent && extent % WholeVectors == 0
            && read.Subscripts[last].SymbolName == pad.Indices[last].Name && pad.Type.Shape[last].Constant == extent
            && Bounds.MayLeave(read, inside, pad, graph)
            && pad.Indices.Zip(read.Subscripts, (i, s) => s.Linear(i.Name) is (1, { Constant: <= 0 })).All(x => x)
            && pad.Indices.Zip(inside.Type.Shape, (i, e) => (i, e)).Zip(read.Subscripts, (x, s) => (x.i.Extent - x.e + s - x.i.Symbol).Range(graph.RangeOf).Low >= 0).All(x => x);
    }

    /// <summary>Computes what lies inside.</summary>
    private void EmitInside(ComputeNode inside, ComputeNode pad)
    {
        var region = Result(pad);
        regions.Add(inside, region);
        var shifts = ((ScalarExpr.Read)pad.Body).Subscripts.Select((s, i) => pad.Indices[i].Symbol - s);
        ImmutableArray<Dim> place = [.. inside.Indices.Zip(shifts, (i, shift) => i.Symbol + shift)];
        Emit(inside, region, Linear.Offset(place, pad.Type.Shape));
    }

    private void EmitBorder(ComputeNode pad)
    {
        var kernel = new KernelBuilder(graph);
        var border = kernel.Bind(regions[pad], BufferAccess.Out);
        var shape = pad.Operands[0].Type.Shape;
        var nest = Nest.Of(
            pad, border, Linear.Offset([.. pad.Indices.Select(i => i.Symbol)], pad.Type.Shape),
            read => new ReadAddress(border, Linear.Offset(read.Subscripts, shape), [.. read.Subscripts.Zip(shape, (s, e) => (s, e)).Where(g => Bounds.MayLeave(g.s, g.e, pad, graph))]),
            single => kernel.Define(single, Loop.Int(0)));
        calls.Add(kernel.Finish(pad.Name, Label(pad), new PaddedCopy(kernel, nest, target, isBorder: true).Build()));
    }
}
