using SparseDsl.Compiler.Cost;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Lowering;

/// <summary>How a nest is laid over registers: which index becomes lanes, which is repeated to reuse loaded vectors.</summary>
/// <param name="Vector">The index along lanes; null for scalar code.</param>
/// <param name="Lanes">Lanes of a vector; 1 for scalar code.</param>
/// <param name="Vectors">Vectors side by side in a tile.</param>
/// <param name="Row">The output index of which several values share vector loads; null for none.</param>
/// <param name="Rows">Values of the row index in a tile.</param>
/// <param name="AlongReduction">Whether Vector is a reduction index.</param>
internal sealed record Schedule(string? Vector, int Lanes, int Vectors, string? Row, int Rows, bool AlongReduction)
{
    /// <summary>One element after the other.</summary>
    public static Schedule Scalar { get; } = new(null, 1, 1, null, 1, AlongReduction: false);
}

/// <summary>Chooses a schedule from the strides of all accesses and the target row.</summary>
internal sealed class Scheduler(Nest nest, Target target, Graph graph, SparseLoops? sparse = null)
{
    // Pixel shuffles and transposed convolutions of stride 2 to 4.
    private const int LargestStoreStride = 4;

    // From blocks of channels to rows.
    private const int LargestCopyStride = 64;

    private readonly int lanes = target.Lanes(nest.LaneBytes);
    private readonly int epilogue = CodeSize.OfEpilogue(nest.Body);

    /// <summary>The schedule of a nest without guarded reads.</summary>
    public Schedule Choose()
    {
        if (lanes == 1 || nest.HasDivisions)
        {
            return Schedule.Scalar;
        }

        if (nest.Reads.Any(r => r.Guards.Length > 0))
        {
            return Guarded();
        }

        if (sparse is null && Transposed() is { } transposed)
        {
            return transposed;
        }

        var vector = nest.Outputs.LastOrDefault(o => IsVectorOutput(o.Name, 1));
        if (vector is null || Extent(vector) < lanes)
        {
            vector = nest.Outputs.LastOrDefault(o => IsVectorOutput(o.Name, LargestStoreStride) && Extent(o) >= lanes) ?? vector;
        }

        if (sparse is not null)
        {
            return vector is null ? ScalarRows() : Tiled(vector, nest.Reduce is null || sparse.Accumulates ? null : Row(vector.Name));
        }

        var reduction = nest.Reductions.LastOrDefault(r => IsVectorReduction(r.Name));
        if (vector is not null && (Extent(vector) >= lanes || reduction is null || Filled(vector) >= Filled(reduction)))
        {
            var row = nest.Reductions.Count == 0 ? null : Row(vector.Name);
            return Tiled(vector, row);
        }

        return reduction is null ? Schedule.Scalar : AlongReduction(reduction);
    }

    /// <summary>
    /// A copy from one order of neighbours to another: lanes gather (or scatter) along one index while the tile runs along the other, so that every line of either
    /// side is used whole.
    /// </summary>
    private Schedule? Transposed()
    {
        if (nest.Body is not ScalarExpr.Read read)
        {
            return null;
        }

        var offset = nest.Address(read).Offset;
        var stored = nest.Outputs.LastOrDefault(o => Stride(nest.StoreOffset, o.Name)?.Constant == 1);
        var loaded = nest.Outputs.LastOrDefault(o => Stride(offset, o.Name)?.Constant == 1);
        if (stored is null || loaded is null || stored.Name == loaded.Name)
        {
            return null;
        }

        return IsWide(Stride(offset, stored.Name)) ? Along(stored, loaded) : IsWide(Stride(nest.StoreOffset, loaded.Name)) ? Along(loaded, stored) : null;

        static bool IsWide(Dim? stride) => stride?.Constant is > LargestStoreStride and <= LargestCopyStride;

        Schedule Along(IndexRange vector, IndexRange row) =>
            new(vector.Name, lanes, 1, Extent(row) > 1 ? row.Name : null, (int)Math.Min(lanes, Extent(row)), AlongReduction: false);
    }

    /// <summary>Masked lanes along the flat index of narrow rows; else elements one by one, with branches.</summary>
    private Schedule Guarded()
    {
        var vector = nest.Outputs.LastOrDefault(o => IsVectorOutput(o.Name, 1));
        if (vector is not null && sparse is null && nest.IsMaskedWindow && WindowRow(vector) is { } window)
        {
            return window;
        }

        // A read that stays put along the vector is one load, which cannot be masked.
        return vector is not null && nest.Reads.Where(r => r.Guards.Length > 0).All(r =>
            Stride(r.Offset, vector.Name)?.Constant >= 1 && r.Guards.All(g => ScalarLowering.IsVectorIndex(g.Subscript, vector.Name)))
            ? Tiled(vector, nest.Reduce is null || sparse is { Accumulates: false } ? null : Row(vector.Name))
            : Schedule.Scalar;
    }

    /// <summary>
    /// A row of a narrow picture at a time, with as many rows in registers as the repeated window leaves room for: where all rows are, it is known which elements
    /// of the window are past the upper and lower edge, and the masks of the other edges are the same for all rows.
    /// </summary>
    private Schedule? WindowRow(IndexRange vector)
    {
        var guards = nest.Reads.SelectMany(r => r.Guards).ToArray();
        var row = nest.Outputs.LastOrDefault(o => o.Name != vector.Name && guards.Any(g => g.Subscript.Mentions(o.Name)));
        if (row?.Extent.Constant is not { } height || vector.Extent.Constant is not { } width || guards.Any(g => Linear.In(g.Subscript, vector.Name)?.Coefficient.Constant is null))
        {
            return null;
        }

        var vectors = (int)Math.Min(2, (width + lanes - 1) / lanes);
        var window = nest.Reductions.Aggregate(1L, (n, i) => n * Extent(i));
        var most = (int)Math.Min(height, ((target.Registers / 2) - 2) / vectors);
        while (most > 1 && CodeSize.OfStep(nest.Reduce!, most, vectors) * window > CodeSize.MostStatements)
        {
            most--;
        }

        var tiles = (height + most - 1) / most;
        return new Schedule(vector.Name, lanes, vectors, row.Name, (int)((height + tiles - 1) / tiles), AlongReduction: false);
    }

    /// <summary>No lanes, but one walk over a sparse operand serves several rows.</summary>
    private Schedule ScalarRows()
    {
        var row = nest.Reduce is null ? null : nest.Outputs.LastOrDefault(o => !sparse!.Binds(o.Name) && Extent(o) >= 2);
        return row is null ? Schedule.Scalar : Schedule.Scalar with { Row = row.Name, Rows = (int)Math.Min(8, Extent(row)) };
    }

    private Schedule AlongReduction(IndexRange reduction)
    {
        var row = nest.Outputs.LastOrDefault(o => nest.Reads.Any(r => !r.Offset.Mentions(o.Name)) && Extent(o) >= 2);
        var rows = row is null ? 1 : new[] { 6, 5, 4, 3, 2 }.FirstOrDefault(r => row.Extent.Constant % r == 0 && r * epilogue <= CodeSize.MostStatements);
        return new Schedule(reduction.Name, lanes, rows > 1 ? 1 : 4, rows > 1 ? row!.Name : null, Math.Max(1, rows), AlongReduction: true);
    }

    /// <summary>Stored contiguously or nearly so, and read with constant strides.</summary>
    private bool IsVectorOutput(string name, int largestStride) =>
        sparse?.IsFree(name) != false && Stride(nest.StoreOffset, name)?.Constant is { } stride && stride >= 1 && stride <= largestStride && nest.Reads.All(r => Stride(r.Offset, name)?.Constant is >= 0 and <= 4);

    private bool IsVectorReduction(string name) => nest.Reads.All(r => Stride(r.Offset, name)?.Constant is >= 0 and <= 2)
        && nest.Reads.Any(r => Stride(r.Offset, name)?.Constant == 1);

    /// <summary>An output index that some vector load does not depend on: its values reuse that load.</summary>
    private IndexRange? Row(string vector) => nest.Outputs
        .Where(o => o.Name != vector && Extent(o) >= 2)
        .Where(o => sparse is null || (sparse.IsFree(o.Name) && !sparse.Walk.IsLimited(o.Name)))
        .Where(o => nest.ReductionReads.Any(r => r.Offset.Mentions(vector) && !r.Offset.Mentions(o.Name)))
        .OrderByDescending(Extent)
        .FirstOrDefault();

    private Schedule Tiled(IndexRange vector, IndexRange? row)
    {
        var extent = vector.Extent.Constant;
        var most = MostVectors(vector);
        var best = (Score: 0.0, Rows: 1, Vectors: 1);
        for (var rows = 1; rows <= (row is null ? 1 : 12); rows++)
        {
            for (var vectors = 1; vectors <= most; vectors++)
            {
                if ((rows * vectors) + vectors + 2 > target.Registers || IsTooLong(rows, vectors))
                {
                    continue;
                }

                var score = Used(row?.Extent.Constant, rows) * Speed(extent is { } e ? (e + lanes - 1) / lanes : null, rows, vectors);
                if (score > best.Score * 1.0001 || (score > best.Score * 0.9999 && rows * vectors > best.Rows * best.Vectors))
                {
                    best = (score, rows, vectors);
                }
            }
        }

        return new Schedule(vector.Name, lanes, best.Vectors, best.Rows > 1 ? row!.Name : null, best.Rows, AlongReduction: false);
    }

    /// <summary>Registers of a tile that are served in a cycle, on average over so many vectors.</summary>
    private double Speed(long? count, int rows, int vectors)
    {
        var tile = rows * vectors / Cycles(rows, vectors);
        if (sparse is null || count is not { } n)
        {
            return Used(count, vectors) * tile;
        }

        // The rest of a sparse product is a tile of its own: see SparsePanels.
        var rest = (int)(n % vectors);
        return rows * n / ((n / vectors * Cycles(rows, vectors)) + (rest > 0 ? Cycles(rows, rest) : 0));
    }

    /// <summary>
    /// Of one step of the reduction: latency, multiply-adds, loads. Rows of a sparse operand visit the other one in no order, so its vectors come from the
    /// second-level cache at half the rate, and finding the next one takes a while.
    /// </summary>
    private double Cycles(int rows, int vectors) => sparse is null
        ? Math.Max(4, Math.Max(rows * vectors / 2.0, (rows + vectors) / 2.0))
        : Math.Max(4, Math.Max((rows * vectors / 2.0) + 1, (rows / 2.0) + vectors));

    /// <summary>Whether a step of the reduction, or one row of what follows it, would be too long; rows that follow are a loop where they have to be (<see cref="DenseNest"/>).</summary>
    private bool IsTooLong(int rows, int vectors) => rows * vectors > 1
        && ((vectors * epilogue > CodeSize.MostStatements) || (nest.Reduce is { } reduce && CodeSize.OfStep(reduce, rows, vectors) > CodeSize.MostStatements));

    // A non-zero of a sparse operand costs a broadcast and the loop around it: more vectors share them.
    private int MostVectors(IndexRange vector) => nest.Reductions.Count == 0 ? 4
        : sparse is null ? 6
        : vector.Extent.Constant is { } extent ? (int)Math.Min(7, Math.Max(1, (extent + lanes - 1) / lanes)) : 7;

    /// <summary>The part of a vector that an index fills.</summary>
    private double Filled(IndexRange index) => Used(Extent(index), lanes);

    /// <summary>The part of a tile that does useful work, on average over an extent.</summary>
    private static double Used(long? extent, int tile) => extent is { } n && n > 0 ? (double)n / ((n + tile - 1) / tile * tile) : 1;

    private static Dim? Stride(Dim offset, string name) => Linear.In(offset, name)?.Coefficient;

    private long Extent(IndexRange index) => index.Extent.Range(graph.RangeOf).High ?? 1 << 20;
}
