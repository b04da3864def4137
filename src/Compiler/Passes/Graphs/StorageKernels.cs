using System.Collections.Immutable;
using SparseDsl.Compiler.Cost;
using SparseDsl.Compiler.Formats;
using SparseDsl.Compiler.Passes.Graphs.Layouts;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Passes.Graphs;

/// <summary>Which class of kernels lowering makes for a weight, from how it is stored and how it is read.</summary>
internal static class StorageKernels
{
    /// <summary>Fewer terms than these: depthwise filters, in which finding where a row starts and storing its sum is most of the work.</summary>
    public const int FewestTerms = 32;

    // Blocks of fewer rows share too few loads to be another kind of kernel.
    private const int RowsThatShareLoads = 4;

    /// <summary>The kernels over a weight stored dense.</summary>
    public static KernelClass Dense(ImmutableArray<int> shape, WeightUse use) =>
        Terms(shape, use) < FewestTerms ? KernelClasses.Depthwise
        : !use.HasLanes ? KernelClasses.Linear
        : IsWindow(shape, use) ? KernelClasses.Convolution : KernelClasses.Dense;

    /// <summary>The kernels over a weight in a format.</summary>
    /// <param name="format">Its storage.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="use">How it is read.</param>
    /// <param name="lanes">f32 lanes of a vector.</param>
    public static KernelClass Of(Format format, ImmutableArray<int> shape, WeightUse use, int lanes)
    {
        var levels = Levels.Of(format, [.. shape.Select(d => Dim.Const(d))]);
        if (levels.All(l => l.IsFull))
        {
            return ChannelBlocks.IsStorage(format) && Terms(shape, use) >= FewestTerms ? KernelClasses.Channels : Dense(shape, use);
        }

        if (levels.Any(l => l.Source.Kind == "pick"))
        {
            return use.HasLanes ? KernelClasses.NOfM : KernelClasses.LinearNOfM;
        }

        if (format.Pattern is not null && levels.Any(l => l is CodedLevel))
        {
            return KernelClasses.Code;
        }

        if (levels.Any(l => l.Source.Kind == "bitmask"))
        {
            return use.HasLanes ? KernelClasses.Bits : KernelClasses.LinearBits;
        }

        var rows = BlockRows(format, levels, use);
        return use.HasLanes ? (rows >= RowsThatShareLoads ? KernelClasses.Blocks : IsWindow(shape, use) ? KernelClasses.RowsOfWindows : KernelClasses.Rows)
            : use.IsInnermost && rows >= lanes ? KernelClasses.LinearBlocks : KernelClasses.LinearRows;
    }

    /// <summary>What kernels of a class have to do.</summary>
    /// <param name="kernel">The class.</param>
    /// <param name="shape">The weight's shape.</param>
    /// <param name="use">How it is read.</param>
    /// <param name="stored">Stored elements over elements.</param>
    /// <param name="bytes">Bytes of the weight as stored.</param>
    public static KernelWork Work(KernelClass kernel, ImmutableArray<int> shape, WeightUse use, double stored, double bytes)
    {
        // Packed values are expanded to whole vectors of the row, whatever is stored of it.
        var share = kernel == KernelClasses.LinearBits ? 1 : stored;
        return new KernelWork(use.Macs * share, use.Reuse, Terms(shape, use) * share, bytes);
    }

    private static bool IsWindow(ImmutableArray<int> shape, WeightUse use) => use.Columns.Skip(1).Any(c => shape[c] > 1);

    /// <summary>Elements of a row of the weight: what a result is the sum of, stored dense.</summary>
    public static double Terms(ImmutableArray<int> shape, WeightUse use) => use.Columns.Aggregate(1.0, (product, c) => product * shape[c]);

    // Dense levels below a coordinate are its block; those along a row index are its rows.
    private static long BlockRows(Format format, ImmutableArray<Level> levels, WeightUse use)
    {
        var rows = use.Rows.Select(r => format.Source.Indices[r]).ToArray();
        return levels.SkipWhile(l => l.IsFull).Where(l => l.IsFull && rows.Any(l.Index.Mentions)).Aggregate(1L, (product, l) => product * (l.Extent.Constant ?? 1));
    }
}
