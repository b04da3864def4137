using System.Collections.Immutable;
using SparseDsl.Compiler.Lowering;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Kernels;

/// <summary>
/// A copy of the dense operand's elements that one block of a sparse one comes to, in scratch memory: a row for each coordinate the block may store.
/// Loads are aligned then, windows need no decoding, and rows whose distance is a power of two do not push each other out of the cache.
/// </summary>
/// <remarks>Of a convolution it is the block's part of im2col, for the pixels of one tile: small enough never to leave the first-level cache.</remarks>
internal sealed class Panel
{
    // No identifier has a dot, so it is no index and no dim.
    internal const string Start = "panel.start";

    // Fewer rows of the sparse operand do not pay for the copy; loads of windows, which cross cache lines, are dearer.
    private const int FewestRows = 32;
    private const int FewestRowsOfWindows = 16;
    private const long MostBytes = 64 * 1024;

    private Panel(Loops.Buffer memory, ScalarExpr.Read read, ImmutableArray<IndexRange> columns, Dim coordinate, Dim offset)
    {
        Memory = memory;
        Read = read;
        Columns = columns;
        Coordinate = coordinate;
        Address = new ReadAddress(memory, offset, []);
    }

    /// <summary>The copy: coordinates of the block by elements of the tile.</summary>
    public Loops.Buffer Memory { get; }

    /// <summary>The read that it serves.</summary>
    public ScalarExpr.Read Read { get; }

    /// <summary>The indices in a coordinate, by falling weight.</summary>
    public ImmutableArray<IndexRange> Columns { get; }

    /// <summary>The row of the copy, over <see cref="Columns"/>.</summary>
    public Dim Coordinate { get; }

    /// <summary>Where an element is, over the stored coordinate and the vector index.</summary>
    public ReadAddress Address { get; }

    /// <summary>The panel, where one pays; else null.</summary>
    public static Panel? Of(KernelBuilder kernel, Nest nest, SparseLoops sparse, IndexRange vector, int width, IndexRange rows)
    {
        var walk = sparse.Walk;
        var level = walk.LastOwn;
        if (walk.Bound[level].IsEmpty || walk.Levels[level].MayPad)
        {
            return null;
        }

        ImmutableArray<IndexRange> columns = [.. walk.Bound[level].Select(n => walk.Indices[n])];
        ScalarExpr.Read[] reads = [.. nest.Reduce!.Body.All().OfType<ScalarExpr.Read>().Where(r => nest.Address(r).Offset.Mentions(vector.Name)).Distinct()];
        if (reads is not [var read] || walk.Levels[level].Extent.Constant * width is not { } count || count * Dsl.ElementTypes.Size(read.Type) > MostBytes)
        {
            return null;
        }

        var offset = nest.Address(read).Offset;
        var isSimple = Linear.In(offset, vector.Name) is { Coefficient.Constant: >= 1 } && columns.All(c => Linear.In(offset, c.Name) is not null)
            && Enumerable.Range(sparse.Blocks, walk.Levels.Length - sparse.Blocks).Where(i => i != level).All(i => !walk.Bound[i].Any(offset.Mentions))
            && nest.Reductions.All(r => walk.Binds(r.Name) || !offset.Mentions(r.Name));
        if (!isSimple || !Pays(offset, vector, columns, rows, 64 / Dsl.ElementTypes.Size(read.Type)))
        {
            return null;
        }

        return new Panel(kernel.NewScratch("panel", read.Type, count), read, columns, walk.Coordinates[level], (Dim.Symbol(SparseWalk.CoordinateSymbol(level)) * width) + vector.Symbol - Dim.Symbol(Start));
    }

    private static bool Pays(Dim offset, IndexRange vector, ImmutableArray<IndexRange> columns, IndexRange rows, int elements)
    {
        if (columns.Length > 1 || Linear.In(offset, vector.Name)!.Value.Coefficient.Constant != 1)
        {
            return rows.Extent.Constant >= FewestRowsOfWindows;
        }

        // Of unknown distance rows may lie anywhere.
        var isAligned = Linear.In(offset, columns[0].Name)!.Value.Coefficient.Constant % elements == 0;
        return !isAligned && rows.Extent.Constant >= FewestRows;
    }
}
