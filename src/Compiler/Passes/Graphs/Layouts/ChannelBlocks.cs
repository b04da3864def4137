using System.Collections.Immutable;
using SparseDsl.Compiler.Formats;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Passes.Graphs.Layouts;

/// <summary>
/// Images stored by blocks of channels: <c>[.., c, h, w]</c> as <c>[.., c / B, h, w, c % B]</c>, so that lanes run along channels and every pixel begins a
/// vector, whatever the width of the picture. The layout that oneDNN calls nChw16c.
/// </summary>
internal static class ChannelBlocks
{
    /// <summary>Channels of the smallest block: a vector of AVX-512.</summary>
    public const int Smallest = 16;

    // Best first: two or three vectors share each broadcast of a pixel.
    private static readonly int[] Sizes = [32, 48, Smallest];

    /// <summary>The position of the channels in an image.</summary>
    public static int Axis(TensorType type) => type.Rank - 3;

    /// <summary>Channels of a block; 0 where a tensor is no image of floats or its channels fill no blocks.</summary>
    public static int Size(TensorType type) =>
        type.Rank >= 3 && type.Element == ElementType.F32 && type.Shape[Axis(type)].Constant is > 0 and var channels ? Sizes.FirstOrDefault(s => channels % s == 0) : 0;

    /// <summary>Whether an image is one pixel: both layouts are then the same bytes.</summary>
    public static bool IsPixel(TensorType type) => type.Shape.Skip(Axis(type) + 1).All(d => d.Constant == 1);

    /// <summary>The type of a tensor by blocks of its channels.</summary>
    public static TensorType Blocked(TensorType type)
    {
        var size = Size(type);
        return type with { Shape = [.. type.Shape.SetItem(Axis(type), Dim.FloorDiv(type.Shape[Axis(type)], size)), Dim.Const(size)] };
    }

    /// <summary>Subscripts of an element in the blocked tensor.</summary>
    public static IEnumerable<Dim> Subscripts(IReadOnlyList<Dim> subscripts, TensorType type)
    {
        var size = Size(type);
        var channel = subscripts[Axis(type)];
        return subscripts.Select((s, i) => i == Axis(type) ? Dim.FloorDiv(s, size) : s).Append(Dim.Mod(channel, size));
    }

    /// <summary>Dense storage of a weight by blocks of one of its indices, whose neighbours then lie side by side.</summary>
    public static Format Storage(int rank, int axis, int size)
    {
        ImmutableArray<string> indices = rank == 4 ? ["o", "c", "r", "s"] : [.. Enumerable.Range(0, rank).Select(i => FormattableString.Invariant($"i{i}"))];
        var blocked = Dim.Symbol(indices[axis]);
        var levels = indices.Select((index, i) => Dense(i == axis ? Dim.FloorDiv(blocked, size) : Dim.Symbol(index))).Append(Dense(Dim.Mod(blocked, size)));
        return new Format(new BoundFormat(FormattableString.Invariant($"channels({size})"), indices, [.. levels]));
    }

    /// <summary>Whether a format is dense by blocks of one of its indices, neighbours side by side: <c>dense(i / 32), …, dense(i % 32)</c>.</summary>
    public static bool IsStorage(Format format)
    {
        var levels = format.Source.Levels;
        return levels.Length > 1 && levels.All(l => l.Kind == "dense")
            && levels.Any(l => Sizes.Any(size => l.Index.Terms().ToArray() is [(1, [{ Kind: Dim.AtomKind.FloorDiv, Left: { SymbolName: not null } index }])]
                && l.Index.Equals(Dim.FloorDiv(index, size)) && levels[levels.Length - 1].Index.Equals(Dim.Mod(index, size))));
    }

    private static BoundLevel Dense(Dim index) => new("dense", null, index);
}
