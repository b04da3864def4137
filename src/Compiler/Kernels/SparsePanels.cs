using SparseDsl.Compiler.Cost;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Compiler.Loops;
using SparseDsl.Compiler.Lowering;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Kernels;

/// <summary>
/// Sparse matrix times dense matrix (SpMM), and convolutions with sparse filters: a panel of the dense operand that fits the first-level cache serves all
/// rows of the sparse one before the next panel is looked at.
/// </summary>
/// <remarks>
/// <code>
/// parallel chunk of the vector index
///   for blocks of the reduction (the storage's first levels, if they are such)
///     for rows
///       acc[t] = block is first ? identity : y[t]
///       for stored elements of the row in this block
///         acc[t] = fma(w, x[t], acc[t])
///       y[t] = block is last ? epilogue(acc[t]) : acc[t]
/// </code>
/// Visiting a row's elements at random is what limits SpMM: from the second-level cache the dense operand comes at half the rate of the first. Storage in
/// blocks of columns (<c>csr_blocks</c>, <c>filter_blocks</c>) bounds the panel; partial sums wait in the result itself.
/// Additions into an element are in the order of the storage, whatever the tile and the number of threads.
/// </remarks>
internal sealed class SparsePanels
{
    // Enough tasks for a few threads; below that rows are shared out too, in groups that still reuse a panel.
    private const int FewestTasks = 8;
    private const int FewestRows = 32;

    // Where each task copies its panels, more tasks copy more.
    private const int FewestTasksThatCopy = 4;

    private const long MostBytesOfSums = 512 * 1024;

    private readonly KernelBuilder kernel;
    private readonly Nest nest;
    private readonly Schedule schedule;
    private readonly Target target;
    private readonly SparseLoops sparse;
    private readonly int blocks;
    private readonly int[] rowLevels;
    private readonly IndexRange vector;
    private readonly IndexRange? inner;
    private readonly int lanes;
    private readonly Panel? panel;
    private readonly Loops.Buffer? partial;

    private SparsePanels(KernelBuilder kernel, Nest nest, Schedule schedule, Target target, SparseLoops sparse, int blocks, int[] rowLevels)
    {
        this.kernel = kernel;
        this.nest = nest;
        this.schedule = schedule;
        this.target = target;
        this.sparse = sparse;
        this.blocks = blocks;
        this.rowLevels = rowLevels;
        vector = nest.Outputs.First(o => o.Name == schedule.Vector);
        inner = nest.Outputs.FirstOrDefault(o => o.Name == schedule.Row);
        lanes = schedule.Lanes;
        sparse.Blocks = blocks;
        panel = Panel.Of(kernel, nest, sparse, vector, Width, Rows);
        partial = PartialSums();
    }

    private int Width => schedule.Vectors * lanes;

    /// <summary>The kernel, when the operand's storage and the nest fit it; else null.</summary>
    public static SparsePanels? Of(KernelBuilder kernel, Nest nest, Schedule schedule, Target target, SparseLoops sparse)
    {
        var walk = sparse.Walk;
        var levels = Enumerable.Range(0, walk.Levels.Length).ToArray();
        var blocks = levels.TakeWhile(i => walk.IsPlain(i) && sparse.BindsReduction(i)).Count();
        var rows = levels.Skip(blocks).TakeWhile(i => walk.IsPlain(i) && sparse.BindsOutput(i)).ToArray();
        var fits = nest.Reduce is { } reduce && !sparse.Accumulates && !sparse.SkipsOutputs && schedule is { Vector: not null, AlongReduction: false, Lanes: > 1 }
            && !walk.Binds(schedule.Vector) && rows.Length > 0 && blocks + rows.Length <= walk.LastOwn
            // Results are written with the last block: there has to be one.
            && (blocks == 0 || (reduce.Type == nest.Store.Element && levels.Take(blocks).All(i => walk.Levels[i].Extent.Constant is not 0))) && nest.Reads.All(r => r.Guards.Length == 0)
            && nest.Outputs.Where(o => walk.Binds(o.Name)).All(o => o.Name == schedule.Row || rows.Any(l => walk.Bound[l][0] == o.Name))
            && (schedule.Row is null || (walk.Binds(schedule.Row) && walk.Indices[schedule.Row].Extent.Constant is not null));
        return fits ? new SparsePanels(kernel, nest, schedule, target, sparse, blocks, rows) : null;
    }

    /// <summary>The loops.</summary>
    public Stmt Build()
    {
        var levels = nest.Outputs.Where(o => o.Name != vector.Name && !sparse.Binds(o.Name)).Select(o => OuterLoop.Of(kernel, o)).ToList();
        LoopExpr at = Loop.Int(0);
        LoopExpr? group = null;
        levels.Add(new OuterLoop(kernel.NewIndex("chunk"), kernel.Lower(Dim.CeilDiv(vector.Extent, Width)), value => at = value));
        var rows = RowsOfTask();
        if (rows is { } count)
        {
            levels.Add(new OuterLoop(kernel.NewIndex(Rows.Name + "_group"), kernel.Lower(Dim.CeilDiv(Rows.Extent, count)), value => group = value));
        }

        return OuterLoops.Build(kernel, target, nest, levels, () => Chunk(at, () => RowRange(group, rows)));
    }

    private IndexRange Rows => sparse.Walk.Indices[sparse.Walk.Bound[rowLevels[0]][0]];

    /// <summary>
    /// Memory of a task for the sums between one block and the next, where the result is no good place: its rows begin anywhere in a line of the cache, so every
    /// vector would cross two of them, and a load that touches a masked store just before it waits until that is done. Null where they wait in the result.
    /// </summary>
    private Loops.Buffer? PartialSums()
    {
        var elements = 64 / Dsl.ElementTypes.Size(nest.Store.Element);
        var isAligned = vector.Extent.Constant % lanes == 0 && Linear.In(nest.StoreOffset, Rows.Name)?.Coefficient.Constant % elements == 0;
        var count = (RowsOfTask() ?? Rows.Extent.Constant) * (inner?.Extent.Constant ?? 1) * Width;
        return isAligned || rowLevels.Length != 1 || !HasParts || count is not { } size || size * Dsl.ElementTypes.Size(nest.Store.Element) > MostBytesOfSums
            ? null
            : kernel.NewScratch("sums", nest.Store.Element, size);
    }

    /// <summary>Rows of a task; null for all.</summary>
    private int? RowsOfTask()
    {
        var typical = TypicalDims.Of(kernel.Graph);
        var others = nest.Outputs.Where(o => o.Name != vector.Name && !sparse.Binds(o.Name)).Aggregate(1L, (n, o) => n * o.Extent.Evaluate(typical));
        var tasks = Math.Max(1, others * ((vector.Extent.Evaluate(typical) + Width - 1) / Width));
        var fewest = panel is null ? FewestTasks : FewestTasksThatCopy;
        if (tasks >= fewest || Rows.Extent.Constant is not { } count)
        {
            return null;
        }

        var groups = Math.Min((fewest + tasks - 1) / tasks, count / FewestRows);
        return groups > 1 ? (int)((count + groups - 1) / groups) : null;
    }

    private (LoopExpr Begin, LoopExpr End)? RowRange(LoopExpr? group, int? rows)
    {
        if (group is null)
        {
            return null;
        }

        var begin = Loop.Mul(group, Loop.Int(rows!.Value));
        return (begin, Loop.Min(Loop.Add(begin, Loop.Int(rows.Value)), kernel.Lower(Rows.Extent)));
    }

    /// <summary>One chunk of the vector index: a whole tile, or what is left at the end.</summary>
    private Stmt Chunk(LoopExpr chunk, Func<(LoopExpr Begin, LoopExpr End)?> rows)
    {
        var range = rows();
        var begin = kernel.NewIndex("begin");
        Stmt start = new Stmt.Let(begin, Loop.Mul(chunk, Loop.Int(Width)));
        start = Loop.Block([.. new[] { panel?.Memory, partial }.OfType<Loops.Buffer>().Select(m => new Stmt.Scratch(m)), start]);
        var whole = new Lazy<Stmt>(() => Blocks(new Tile(Loop.Get(begin), schedule.Vectors, lanes, _ => null, range)));
        if (vector.Extent.Constant is { } extent)
        {
            var rest = (int)(extent % Width);
            if (rest == 0)
            {
                return Loop.Block(start, whole.Value);
            }

            var end = Rest(Loop.Get(begin), rest, range);
            return Loop.Block(start, extent < Width ? end : new Stmt.If(Loop.Apply(CoreOps.Lt, chunk, Loop.Int(extent / Width)), whole.Value, end));
        }

        var isWhole = Loop.Apply(CoreOps.Le, Loop.Add(Loop.Get(begin), Loop.Int(Width)), kernel.Lower(vector.Extent));
        return Loop.Block(start, new Stmt.If(isWhole, whole.Value, Rest(Loop.Get(begin), range)));
    }

    /// <summary>A known number of elements at the end.</summary>
    private Stmt Rest(LoopExpr begin, int rest, (LoopExpr Begin, LoopExpr End)? rows)
    {
        var vectors = target.HasMasks ? (rest + lanes - 1) / lanes : rest / lanes;
        var statements = new List<Stmt>();
        if (vectors > 0)
        {
            LoopExpr? mask = rest % lanes > 0 && target.HasMasks ? new LoopExpr.FirstLanes(Loop.Int(rest % lanes), lanes) : null;
            statements.Add(Blocks(new Tile(begin, vectors, lanes, t => t == vectors - 1 ? mask : null, rows)));
        }

        if (vectors * lanes < rest)
        {
            statements.Add(Singles(Loop.Add(begin, Loop.Int(vectors * lanes)), Loop.Add(begin, Loop.Int(rest)), 1, rows));
        }

        return Loop.Block(statements);
    }

    /// <summary>An unknown number of elements at the end: half a tile or a whole one under masks, or vector by vector where there are none.</summary>
    private Stmt Rest(LoopExpr begin, (LoopExpr Begin, LoopExpr End)? rows)
    {
        var end = kernel.Lower(vector.Extent);
        var rest = kernel.NewIndex("left");
        var let = new Stmt.Let(rest, Loop.Sub(end, begin));
        if (!target.HasMasks)
        {
            var stop = kernel.NewIndex("stop");
            var count = Loop.Apply(CoreOps.Div, Loop.Get(rest), Loop.Int(lanes));
            return Loop.Block(
                let, new Stmt.Let(stop, Loop.Add(begin, Loop.Mul(count, Loop.Int(lanes)))), Singles(begin, Loop.Get(stop), lanes, rows),
                Singles(Loop.Get(stop), end, 1, rows));
        }

        var half = (schedule.Vectors + 1) / 2;
        var small = Masked(half);
        return half == schedule.Vectors ? Loop.Block(let, small)
            : Loop.Block(let, new Stmt.If(Loop.Apply(CoreOps.Le, Loop.Get(rest), Loop.Int(half * lanes)), small, Masked(schedule.Vectors)));

        Stmt Masked(int vectors)
        {
            var masks = Enumerable.Range(0, vectors).Select(_ => kernel.NewVariable("mask", new LoopType(ElementType.Bool, lanes))).ToArray();
            var lets = masks.Select((m, t) => new Stmt.Let(m, new LoopExpr.FirstLanes(Loop.Max(Loop.Sub(Loop.Get(rest), Loop.Int(t * lanes)), Loop.Int(0)), lanes)));
            return Loop.Block([.. lets, Blocks(new Tile(begin, vectors, lanes, t => Loop.Get(masks[t]), rows))]);
        }
    }

    private Stmt.For Singles(LoopExpr begin, LoopExpr end, int step, (LoopExpr Begin, LoopExpr End)? rows)
    {
        var v = kernel.NewIndex(vector.Name);
        return new Stmt.For(LoopKind.Serial, v, begin, end, step, Blocks(new Tile(Loop.Get(v), 1, step, _ => null, rows)));
    }

    /// <summary>Elements of the vector index that are computed together, for a range of rows; null for all.</summary>
    private sealed record Tile(LoopExpr Start, int Vectors, int Lanes, Func<int, LoopExpr?> Mask, (LoopExpr Begin, LoopExpr End)? Rows);

    private Stmt Blocks(Tile tile)
    {
        return At(0);

        Stmt At(int level) => level < blocks ? sparse.Walk.Over(level, () => At(level + 1))
            : panel is not null && tile.Lanes == lanes ? Loop.Block(Fill(tile), Rowwise(tile))
            : Rowwise(tile);
    }

    /// <summary>Copies a block of the other operand, so that its rows lie side by side.</summary>
    private Stmt Fill(Tile tile)
    {
        return At(0);

        Stmt At(int depth)
        {
            if (depth == panel!.Columns.Length)
            {
                return Row();
            }

            var index = kernel.NewIndex(panel.Columns[depth].Name);
            kernel.Define(panel.Columns[depth].Name, Loop.Get(index));
            return new Stmt.For(LoopKind.Serial, index, Loop.Int(0), sparse.Walk.End(panel.Columns[depth]), 1, At(depth + 1));
        }

        Stmt Row()
        {
            var copy = Lowering(tile, Loop.Int(0), packed: false);
            var first = copy.Name("row", Loop.Mul(kernel.Lower(panel!.Coordinate), Loop.Int(Width)));
            for (var t = 0; t < tile.Vectors; t++)
            {
                var x = copy.Value(panel.Read, 0, t);
                copy.Statements.Add(new Stmt.Store(panel.Memory, Loop.Add(first, Loop.Int(t * lanes)), x));
            }

            return Loop.Block(copy.Statements);
        }
    }

    private ScalarLowering Lowering(Tile tile, LoopExpr firstRow, bool packed)
    {
        if (packed)
        {
            kernel.Define(Panel.Start, tile.Start);
        }

        return new(kernel, r => packed && ReferenceEquals(r, panel!.Read) ? panel.Address : nest.Address(r), schedule.Vector, schedule.Row)
        {
            Lanes = tile.Lanes,
            MaskOf = tile.Mask,
            RowValue = r => Loop.Add(firstRow, Loop.Int(r)),
            VectorValue = t => Loop.Add(tile.Start, Loop.Int(t * tile.Lanes)),
        };
    }

    private Stmt Rowwise(Tile tile)
    {
        return At(0);

        Stmt At(int depth)
        {
            if (depth == rowLevels.Length)
            {
                return Inner(tile);
            }

            if (depth > 0 || tile.Rows is not { } range)
            {
                return sparse.Walk.Over(rowLevels[depth], () => At(depth + 1));
            }

            var index = kernel.NewIndex(Rows.Name);
            kernel.Define(Rows.Name, Loop.Get(index));
            return new Stmt.For(LoopKind.Serial, index, range.Begin, range.End, 1, At(1));
        }
    }

    /// <summary>The rows of a block, which share the other operand's loads: register tiles of a few.</summary>
    private Stmt Inner(Tile tile)
    {
        if (inner is null)
        {
            return Registers(tile, Loop.Int(0), 1);
        }

        var extent = (int)inner.Extent.Constant!.Value;
        var statements = new List<Stmt>();
        var whole = extent / schedule.Rows;
        if (whole == 1)
        {
            statements.Add(Registers(tile, Loop.Int(0), schedule.Rows));
        }
        else if (whole > 1)
        {
            var first = kernel.NewIndex(inner.Name + "_first");
            statements.Add(new Stmt.For(LoopKind.Serial, first, Loop.Int(0), Loop.Int(whole * schedule.Rows), schedule.Rows, Registers(tile, Loop.Get(first), schedule.Rows)));
        }

        if (extent % schedule.Rows > 0)
        {
            statements.Add(Registers(tile, Loop.Int(whole * schedule.Rows), extent % schedule.Rows));
        }

        return Loop.Block(statements);
    }

    /// <summary>One register tile: partial sums, stored elements, epilogue.</summary>
    private Stmt Registers(Tile tile, LoopExpr firstRow, int rows)
    {
        ScalarLowering Lowering() => this.Lowering(tile, firstRow, panel is not null && tile.Lanes == lanes);

        var accumulators = new Accumulators(kernel, nest.Reduce!, rows, tile.Vectors, tile.Lanes);
        var statements = accumulators.Declare().ToList();
        var sums = All(accumulators, rows, tile.Vectors).ToArray();
        var (isFirst, isLast) = Ends();
        if (isFirst is not null)
        {
            var before = Lowering();
            before.Statements.AddRange(sums.Select(s => new Stmt.Assign(s.Sum, partial is null
                ? new LoopExpr.Load(nest.Store, before.Offset(nest.StoreOffset, s.Row, s.Vector), tile.Lanes, nest.StoreStride(vector.Name, tile.Lanes), tile.Mask(s.Vector))
                : new LoopExpr.Load(partial, PartialOffset(tile, firstRow, s.Row, s.Vector), tile.Lanes))));
            statements.Add(new Stmt.If(Loop.Apply(CoreOps.Not, isFirst), Loop.Block(before.Statements)));
        }

        statements.Add(sparse.Reduction(accumulators, Lowering));
        var epilogue = Lowering();
        accumulators.Publish(epilogue);
        Store(epilogue, s => epilogue.Value(nest.Body, s.Row, s.Vector));
        if (isLast is null || (partial is null && ReferenceEquals(nest.Body, nest.Reduce)))
        {
            statements.AddRange(epilogue.Statements);
            return Loop.Block(statements);
        }

        var unfinished = Lowering();
        if (partial is null)
        {
            Store(unfinished, s => Loop.Get(s.Sum));
        }
        else
        {
            unfinished.Statements.AddRange(sums.Select(s => new Stmt.Store(partial, PartialOffset(tile, firstRow, s.Row, s.Vector), Loop.Get(s.Sum))));
        }

        statements.Add(new Stmt.If(isLast, Loop.Block(epilogue.Statements), Loop.Block(unfinished.Statements)));
        return Loop.Block(statements);

        void Store(ScalarLowering lowering, Func<(Variable Sum, int Row, int Vector), LoopExpr> value)
        {
            foreach (var s in sums)
            {
                var v = value(s);
                lowering.Statements.Add(new Stmt.Store(nest.Store, lowering.Offset(nest.StoreOffset, s.Row, s.Vector), v, nest.StoreStride(vector.Name, tile.Lanes), tile.Mask(s.Vector)));
            }
        }
    }

    private LoopExpr PartialOffset(Tile tile, LoopExpr firstRow, int row, int vector)
    {
        var outer = tile.Rows is { } range ? Loop.Sub(kernel.Symbol(Rows.Name), range.Begin) : kernel.Symbol(Rows.Name);
        var at = inner is null ? outer : Loop.Add(Loop.Mul(outer, kernel.Lower(inner.Extent)), Loop.Add(firstRow, Loop.Int(row)));
        return Loop.Add(Loop.Mul(at, Loop.Int(Width)), Loop.Int(vector * tile.Lanes));
    }

    private static IEnumerable<(Variable Sum, int Row, int Vector)> All(Accumulators accumulators, int rows, int vectors) =>
        Enumerable.Range(0, rows).SelectMany(r => Enumerable.Range(0, vectors).Select(t => (accumulators[r, t], r, t)));

    private bool HasParts => Enumerable.Range(0, blocks).Any(level => sparse.Walk.Indices[sparse.Walk.Bound[level][0]].Extent.Constant != 1);

    /// <summary>Whether this block of the reduction is the first, and whether it is the last; null when there is only one.</summary>
    private (LoopExpr? First, LoopExpr? Last) Ends()
    {
        LoopExpr? first = null;
        LoopExpr? last = null;
        for (var level = 0; level < blocks; level++)
        {
            var range = sparse.Walk.Indices[sparse.Walk.Bound[level][0]];
            if (range.Extent.Constant == 1)
            {
                continue;
            }

            var index = kernel.Symbol(range.Name);
            first = And(first, Loop.Apply(CoreOps.Eq, index, Loop.Int(0)));
            last = And(last, Loop.Apply(CoreOps.Eq, index, Loop.Sub(kernel.Lower(range.Extent), Loop.Int(1))));
        }

        return (first, last);

        static LoopExpr And(LoopExpr? a, LoopExpr b) => a is null ? b : Loop.Apply(CoreOps.And, a, b);
    }
}
