using SparseDsl.Compiler.Cost;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Lowering;

/// <summary>
/// Writes the loops of a Compute over dense operands: outer loops (spread over threads), chunks and tiles of the vector index, rows, reduction, epilogue.
/// </summary>
/// <remarks>
/// <code>
/// parallel t in outer indices * chunks * row tiles
///   for v in chunk step vectors * lanes
///     local acc[rows][vectors] = identity
///     for reduction indices
///       acc[r][t] = fma(w[r], x[t], acc[r][t])
///     y = epilogue(acc)
/// </code>
/// The order of additions into an accumulator is that of the reduction loops, whatever the tile and the number of threads: results do not depend on either.
/// </remarks>
internal sealed class DenseNest(KernelBuilder kernel, Nest nest, Schedule schedule, Target target, SparseLoops? sparse = null)
{
    private const int ElementwiseChunk = 8192;
    private const int ReductionChunk = 512;

    // Half of a small second-level cache: the other half is for weights and results.
    private const long PanelBytes = 256 * 1024;
    private const int SparseRows = 8;
    private const int FewestHalved = 4;

    private readonly int lanes = schedule.Lanes;

    /// <summary>The whole nest.</summary>
    public Stmt Build()
    {
        var outer = nest.Outputs.Where(o => o.Name != schedule.Row && !IsVectorOutput(o) && sparse?.Binds(o.Name) != true).ToList();
        var vector = nest.Outputs.FirstOrDefault(IsVectorOutput);
        var row = nest.Outputs.FirstOrDefault(o => o.Name == schedule.Row);
        var chunk = vector is null ? 0 : Chunk(vector);
        var levels = new List<OuterLoop>();
        foreach (var index in outer)
        {
            levels.Add(OuterLoop.Of(kernel, index));
        }

        LoopExpr? chunkIndex = null;
        if (chunk > 0)
        {
            var count = kernel.Lower(Dim.CeilDiv(vector!.Extent, Dim.Const(chunk)));
            levels.Add(new OuterLoop(kernel.NewIndex("chunk"), count, value => chunkIndex = value));
        }

        LoopExpr rowTile = Loop.Int(0);
        if (row is not null && row.Extent.Constant != schedule.Rows)
        {
            levels.Add(new OuterLoop(kernel.NewIndex(row.Name + "_tile"), kernel.Lower(Dim.CeilDiv(row.Extent, Dim.Const(schedule.Rows))), value => rowTile = value));
        }

        if (sparse?.First is { } first && first.Name != schedule.Vector && first.Name != schedule.Row)
        {
            var count = kernel.Lower(Dim.CeilDiv(first.Extent, Dim.Const(SparseRows)));
            levels.Add(new OuterLoop(kernel.NewIndex(first.Name + "_rows"), count, value => sparse.FirstRange = SparseRange(first, value)));
        }

        return OuterLoops.Build(kernel, target, nest, levels, () => Rows(row, rowTile, rows => sparse is null
            ? Inner(vector, chunk, chunkIndex, rows)
            : sparse.Outer([schedule.Vector, schedule.Row], () => Inner(vector, chunk, chunkIndex, rows))));
    }

    private (LoopExpr Begin, LoopExpr End) SparseRange(IndexRange index, LoopExpr block)
    {
        var begin = Loop.Mul(block, Loop.Int(SparseRows));
        return (begin, Loop.Min(Loop.Add(begin, Loop.Int(SparseRows)), kernel.Lower(index.Extent)));
    }

    private bool IsVectorOutput(IndexRange index) => !schedule.AlongReduction && index.Name == schedule.Vector;

    private int Chunk(IndexRange vector)
    {
        if (sparse?.Binds(vector.Name) == true)
        {
            return 0;
        }

        // A sparse operand visits rows of the dense one at random: a narrow chunk of all of them stays in the cache.
        var size = nest.Reduce is null ? ElementwiseChunk : sparse is null ? PanelChunk() : schedule.Vectors * lanes;
        return (vector.Extent.Range(kernel.Graph.RangeOf).High ?? long.MaxValue) > 2 * size ? size : 0;
    }

    /// <summary>Columns of which a panel over the whole reduction stays in the second-level cache while all rows pass over it.</summary>
    private int PanelChunk()
    {
        var width = schedule.Vectors * lanes;
        var column = nest.ReductionReads.Where(r => r.Offset.Mentions(schedule.Vector!)).Select(ElementsPerColumn).DefaultIfEmpty(1).Max();
        return (int)Math.Max(width, Math.Min(ReductionChunk, PanelBytes / 4 / Math.Max(1, column)) / width * width);
    }

    // Windows step along the panel and share its elements; indices of longer strides (channels) are rows of it.
    private long ElementsPerColumn(ReadAddress read) => nest.Reductions
        .Where(i => read.Offset.Mentions(i.Name) && !(Linear.In(read.Offset, i.Name)?.Coefficient.Constant < ReductionChunk))
        .Select(i => i.Extent.Range(kernel.Graph.RangeOf).High ?? ReductionChunk)
        .Aggregate(1L, (a, b) => a * b);

    /// <summary>The rows of a tile: all of them, and, at the end of an extent that does not divide, the rest.</summary>
    private Stmt Rows(IndexRange? row, LoopExpr tile, Func<(LoopExpr First, int Count), Stmt> body)
    {
        if (row is null)
        {
            return body((Loop.Int(0), 1));
        }

        if (row.Extent.Constant == schedule.Rows)
        {
            return body((Loop.Int(0), schedule.Rows));
        }

        var first = kernel.NewIndex(row.Name + "_first");
        var start = new Stmt.Let(first, Loop.Mul(tile, Loop.Int(schedule.Rows)));
        var whole = body((Loop.Get(first), schedule.Rows));
        if (row.Extent.Constant % schedule.Rows == 0)
        {
            return Loop.Block(start, whole);
        }

        if (MayRepeat(row))
        {
            // The last tile begins early enough to be a whole one, and computes some rows again.
            var last = Loop.Sub(kernel.Lower(row.Extent), Loop.Int(schedule.Rows));
            var few = kernel.NewIndex(row.Name);
            var singles = new Stmt.For(LoopKind.Serial, few, Loop.Int(0), kernel.Lower(row.Extent), 1, body((Loop.Get(few), 1)));
            return new Stmt.If(
                Loop.Apply(CoreOps.Ge, last, Loop.Int(0)), Loop.Block(new Stmt.Let(first, Loop.Min(Loop.Mul(tile, Loop.Int(schedule.Rows)), last)), whole), singles);
        }

        var isWhole = Loop.Apply(CoreOps.Le, Loop.Add(Loop.Get(first), Loop.Int(schedule.Rows)), kernel.Lower(row.Extent));
        Stmt rest;
        if (row.Extent.Constant is { } extent)
        {
            rest = body((Loop.Get(first), (int)(extent % schedule.Rows)));
        }
        else
        {
            var single = kernel.NewIndex(row.Name);
            rest = new Stmt.For(LoopKind.Serial, single, Loop.Get(first), kernel.Lower(row.Extent), 1, body((Loop.Get(single), 1)));
        }

        return Loop.Block(start, new Stmt.If(isWhole, whole, rest));
    }

    /// <summary>
    /// Whether rows can be computed twice, which is cheaper than computing the rest of an extent that is not known row by row. Not where an operand is read at
    /// the place of the result: the two may share memory.
    /// </summary>
    private bool MayRepeat(IndexRange row) =>
        sparse is null && nest.Reduce is not null && row.Extent.Constant is null && !nest.Reads.Any(r => r.Offset.Equals(nest.StoreOffset));

    private Stmt Inner(IndexRange? vector, int chunk, LoopExpr? chunkIndex, (LoopExpr First, int Count) rows)
    {
        if (vector is null)
        {
            return schedule.AlongReduction ? new ReductionTile(kernel, nest, schedule, target).Build(rows) : Tile(rows, null, 1, 1, null);
        }

        if (chunk == 0)
        {
            return vector.Extent.Constant is { } extent && sparse?.Walk.IsLimited(vector.Name) != true
                ? Fixed(rows, (int)extent)
                : Range(rows, Loop.Int(0), sparse is null ? kernel.Lower(vector.Extent) : sparse.Walk.End(vector), []);
        }

        var begin = kernel.NewIndex("begin");
        var end = kernel.NewIndex("end");
        Stmt[] bounds =
        [
            new Stmt.Let(begin, Loop.Mul(chunkIndex!, Loop.Int(chunk))),
            new Stmt.Let(end, Loop.Min(Loop.Add(Loop.Get(begin), Loop.Int(chunk)), kernel.Lower(vector.Extent))),
        ];
        return Range(rows, Loop.Get(begin), Loop.Get(end), bounds);
    }

    /// <summary>A vector index of known extent: whole tiles, then one narrower tile whose last vector is masked.</summary>
    private Stmt Fixed((LoopExpr First, int Count) rows, int extent)
    {
        var width = schedule.Vectors * lanes;
        var statements = new List<Stmt>();
        var whole = extent / width * width;
        if (whole > 0)
        {
            var v = kernel.NewIndex(schedule.Vector!);
            statements.Add(new Stmt.For(LoopKind.Serial, v, Loop.Int(0), Loop.Int(whole), width, Tile(rows, Loop.Get(v), schedule.Vectors, lanes, null)));
        }

        var rest = extent - whole;
        var vectors = target.HasMasks ? (rest + lanes - 1) / lanes : rest / lanes;
        if (vectors > 0)
        {
            var tail = rest % lanes;
            LoopExpr? mask = target.HasMasks && tail > 0 ? new LoopExpr.FirstLanes(Loop.Int(tail), lanes) : null;
            statements.Add(Tile(rows, Loop.Int(whole), vectors, lanes, mask));
        }

        var done = whole + (vectors * lanes);
        if (done < extent)
        {
            statements.Add(Singles(rows, Loop.Int(done), Loop.Int(extent)));
        }

        return Loop.Block(statements);
    }

    /// <summary>A range of the vector index: whole tiles, then single vectors, the last of them masked (or single elements where masks are slow).</summary>
    private Stmt Range((LoopExpr First, int Count) rows, LoopExpr begin, LoopExpr end, IEnumerable<Stmt> before)
    {
        var statements = before.ToList();
        if (lanes == 1)
        {
            statements.Add(Singles(rows, begin, end));
            return Loop.Block(statements);
        }

        var at = begin;
        if (schedule.Vectors > 1)
        {
            at = Whole(rows, at, end, schedule.Vectors, statements);
        }

        // What is left of a narrow image: single vectors would wait for each addition in turn.
        if (schedule.Vectors >= FewestHalved)
        {
            at = Whole(rows, at, end, schedule.Vectors / 2, statements);
        }

        if (!target.HasMasks)
        {
            at = Whole(rows, at, end, 1, statements);
            statements.Add(Singles(rows, at, end));
            return Loop.Block(statements);
        }

        var v = kernel.NewIndex(schedule.Vector!);
        var mask = kernel.NewVariable("mask", new LoopType(ElementType.Bool, lanes));
        var masked = Loop.Block(
            new Stmt.Let(mask, new LoopExpr.FirstLanes(Loop.Sub(end, Loop.Get(v)), lanes)),
            Tile(rows, Loop.Get(v), 1, lanes, Loop.Get(mask)));
        statements.Add(new Stmt.For(LoopKind.Serial, v, at, end, lanes, masked));
        return Loop.Block(statements);
    }

    private LoopExpr Whole((LoopExpr First, int Count) rows, LoopExpr begin, LoopExpr end, int vectors, List<Stmt> statements)
    {
        var width = vectors * lanes;
        var stop = kernel.NewIndex("stop");
        var count = Loop.Apply(CoreOps.Div, Loop.Sub(end, begin), Loop.Int(width));
        statements.Add(new Stmt.Let(stop, Loop.Add(begin, Loop.Mul(count, Loop.Int(width)))));
        var v = kernel.NewIndex(schedule.Vector!);
        statements.Add(new Stmt.For(LoopKind.Serial, v, begin, Loop.Get(stop), width, Tile(rows, Loop.Get(v), vectors, lanes, null)));
        return Loop.Get(stop);
    }

    private Stmt Singles((LoopExpr First, int Count) rows, LoopExpr begin, LoopExpr end)
    {
        var v = kernel.NewIndex(schedule.Vector ?? "v");
        return new Stmt.For(LoopKind.Serial, v, begin, end, 1, Tile(rows, Loop.Get(v), 1, 1, null));
    }

    /// <summary>One register tile: accumulators, reduction, epilogue.</summary>
    private Stmt Tile((LoopExpr First, int Count) rows, LoopExpr? vectorStart, int vectors, int width, LoopExpr? mask)
    {
        ScalarLowering LoweringOf(Func<int, LoopExpr> rowValue) => new(kernel, nest.Address, schedule.Vector, schedule.Row)
        {
            Lanes = width,
            MaskOf = t => t == vectors - 1 ? mask : null,
            RowValue = rowValue,
            VectorValue = t => Loop.Add(vectorStart!, Loop.Int(t * width)),
        };

        ScalarLowering Lowering() => LoweringOf(r => Loop.Add(rows.First, Loop.Int(r)));

        var statements = new List<Stmt>();
        var epilogue = Lowering();
        if (sparse is { Accumulates: true })
        {
            return Loop.Block(Added(epilogue, rows.Count, vectors, width, mask));
        }

        if (nest.Reduce is { } reduce)
        {
            var accumulators = new Accumulators(kernel, reduce, rows.Count, vectors, width);
            statements.AddRange(accumulators.Declare());
            statements.Add(sparse is null ? accumulators.Loops(nest.Reductions, Lowering, isInPlace: nest.IsMaskedWindow)
                : Kernels.MaskedRows.Of(kernel, nest, schedule, target, sparse, accumulators, rows.Count, r => Loop.Add(rows.First, Loop.Int(r)))
                    ?? sparse.Reduction(accumulators, Lowering));
            if (rows.Count > 1 && IsLong(rows.Count * vectors))
            {
                return Loop.Block([.. statements, .. Staged(accumulators, reduce, rows, row => LoweringOf(_ => row), vectors, width, mask)]);
            }

            accumulators.Publish(epilogue);
        }

        return Loop.Block([.. statements, .. Results(epilogue, rows.Count, vectors, width, mask)]);
    }

    /// <summary>Whether what follows the reduction is too long to be written once for every register of the tile.</summary>
    private bool IsLong(int registers) => registers * (CodeSize.OfEpilogue(nest.Body) + 2) > CodeSize.MostStatements;

    /// <summary>
    /// The epilogue as a loop over the rows of the tile. Registers have no index, so they go through memory: one store and one load for what costs dozens of
    /// operations.
    /// </summary>
    private List<Stmt> Staged(
        Accumulators accumulators, ScalarExpr.Reduce reduce, (LoopExpr First, int Count) rows, Func<LoopExpr, ScalarLowering> lowering, int vectors, int width, LoopExpr? mask)
    {
        var stage = kernel.NewScratch("stage", reduce.Type, (long)rows.Count * vectors * width);
        var row = kernel.NewIndex("row");
        var epilogue = lowering(Loop.Add(rows.First, Loop.Get(row)));
        accumulators.Publish(epilogue, stage, Loop.Get(row));
        var results = Results(epilogue, 1, vectors, width, mask);
        return
        [
            new Stmt.Scratch(stage),
            .. accumulators.Stage(stage),
            new Stmt.For(LoopKind.Serial, row, Loop.Int(0), Loop.Int(rows.Count), 1, Loop.Block(results)),
        ];
    }

    /// <summary>Values and stores of a tile.</summary>
    private List<Stmt> Results(ScalarLowering epilogue, int rows, int vectors, int width, LoopExpr? mask)
    {
        for (var r = 0; r < rows; r++)
        {
            for (var t = 0; t < vectors; t++)
            {
                var value = epilogue.Value(nest.Body, r, t);
                epilogue.Statements.Add(new Stmt.Store(nest.Store, epilogue.Offset(nest.StoreOffset, r, t), value, nest.StoreStride(schedule.Vector, width), mask is not null && t == vectors - 1 ? mask : null));
            }
        }

        return epilogue.Statements;
    }

    /// <summary>One step of a reduction whose sums are in memory.</summary>
    private List<Stmt> Added(ScalarLowering lowering, int rows, int vectors, int width, LoopExpr? mask)
    {
        for (var r = 0; r < rows; r++)
        {
            for (var t = 0; t < vectors; t++)
            {
                var tail = mask is not null && t == vectors - 1 ? mask : null;
                var offset = lowering.Offset(nest.StoreOffset, r, t);
                var sum = lowering.Name("sum", new LoopExpr.Load(nest.Store, offset, width, nest.StoreStride(schedule.Vector, width), tail));
                lowering.Statements.Add(new Stmt.Store(nest.Store, offset, Accumulators.Combined(nest.Reduce!, lowering, r, t, sum), nest.StoreStride(schedule.Vector, width), tail));
            }
        }

        return lowering.Statements;
    }
}
