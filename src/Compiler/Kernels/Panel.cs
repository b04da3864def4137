using SparseDsl.Compiler.Loops;
using SparseDsl.Compiler.Lowering;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Kernels;

/// <summary>
/// A copy of the dense operand's elements that one block of a sparse one comes to, row beside row in scratch memory: loads are aligned then, and rows
/// whose distance is a power of two do not push each other out of the cache.
/// </summary>
internal sealed class Panel
{
    // No identifier has a dot, so it is no index and no dim.
    internal const string Start = "panel.start";

    // Fewer rows do not pay for the copy.
    private const int FewestRows = 64;
    private const long MostBytes = 32 * 1024;

    private Panel(Loops.Buffer memory, ScalarExpr.Read read, IndexRange column, Dim offset)
    {
        Memory = memory;
        Read = read;
        Column = column;
        Address = new ReadAddress(memory, offset, []);
    }

    /// <summary>The copy: columns of the block by elements of the tile.</summary>
    public Loops.Buffer Memory { get; }

    /// <summary>The read that it serves.</summary>
    public ScalarExpr.Read Read { get; }

    /// <summary>The index of the stored columns.</summary>
    public IndexRange Column { get; }

    /// <summary>Where an element is, over the column and the vector index.</summary>
    public ReadAddress Address { get; }

    /// <summary>The panel, where one pays; else null.</summary>
    public static Panel? Of(KernelBuilder kernel, Nest nest, SparseLoops sparse, IndexRange vector, int width, IndexRange rows)
    {
        var walk = sparse.Walk;
        var level = walk.LastOwn;
        if (walk.Bound[level].Length != 1 || walk.Coordinates[level].SymbolName is null || !(rows.Extent.Constant >= FewestRows))
        {
            return null;
        }

        var column = walk.Indices[walk.Bound[level][0]];
        ScalarExpr.Read[] reads = [.. nest.Reduce!.Body.All().OfType<ScalarExpr.Read>().Where(r => nest.Address(r).Offset.Mentions(vector.Name)).Distinct()];
        if (reads is not [var read] || !(column.Extent.Constant * width * Dsl.ElementTypes.Size(read.Type) <= MostBytes))
        {
            return null;
        }

        var offset = nest.Address(read).Offset;
        var isSimple = Linear.In(offset, vector.Name) is { Coefficient.Constant: 1 } && Linear.In(offset, column.Name) is not null
            && Enumerable.Range(sparse.Blocks, walk.Levels.Length - sparse.Blocks).Where(i => i != level).All(i => !walk.Bound[i].Any(offset.Mentions));
        if (!isSimple || IsAligned(Linear.In(offset, column.Name)!.Value.Coefficient, 64 / Dsl.ElementTypes.Size(read.Type)))
        {
            return null;
        }

        var memory = new Loops.Buffer(kernel.NewVariable("panel", LoopType.Index).Name, read.Type, column.Extent * width, BufferAccess.Scratch);
        return new Panel(memory, read, column, (column.Symbol * width) + vector.Symbol - Dim.Symbol(Start));
    }

    private static bool IsAligned(Dim stride, int elements) => Dim.Mod(stride, elements).Constant == 0;
}
