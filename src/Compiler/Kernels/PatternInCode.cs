using System.Collections.Immutable;
using SparseDsl.Compiler.Cost;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Formats;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Compiler.Loops;
using SparseDsl.Compiler.Lowering;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Kernels;

/// <summary>
/// Products with a sparse weight whose pattern is known when code is made: a statement for every non-zero, sums of a block of rows in registers.
/// </summary>
/// <remarks>
/// <code>
/// parallel tile of the other output indices
///   for blocks of rows, in place
///     for parts of the reduction, in place
///       for vectors of the tile
///         acc[r] = part is first ? identity : y[r]
///         x = load; acc[2] = fma(w[17], x, acc[2]); acc[5] = fma(w[18], x, acc[5]); ...
///         y[r] = acc[r]
///     for rows of the block: y = epilogue(y)
/// </code>
/// A loaded vector serves all rows of the block, weights are operands in memory, and nothing is looked up. A part is as long as compilers keep in registers
/// what belongs there, and loops over the whole tile, so that its code comes from the cache of instructions. Additions into an element are in the order of
/// the reduction.
/// </remarks>
internal sealed class PatternInCode
{
    /// <summary>Statements of a part: longer ones take RyuJIT past the local variables it keeps track of, shorter ones load and store sums more often.</summary>
    private const int MostStatements = 800;

    // Vectors of a tile: enough to pay for fetching the code of a part, few enough for the sums of a block to stay in the second-level cache.
    private const int VectorsOfTile = 32;

    private readonly KernelBuilder kernel;
    private readonly Nest nest;
    private readonly Target target;
    private readonly SparseWalk walk;
    private readonly LevelEntries entries;
    private readonly ScalarExpr.Read weight;
    private readonly IndexRange vector;
    private readonly IndexRange block;
    private readonly IndexRange row;
    private readonly IndexRange[] terms;
    private readonly IndexRange? near;
    private readonly int lanes;
    private readonly List<Stmt> strides = [];

    private PatternInCode(KernelBuilder kernel, Nest nest, Schedule schedule, Target target, SparseWalk walk, LevelEntries entries, ScalarExpr.Read weight)
    {
        this.kernel = kernel;
        this.nest = nest;
        this.target = target;
        this.walk = walk;
        this.entries = entries;
        this.weight = weight;
        lanes = schedule.Lanes;
        vector = nest.Outputs.First(o => o.Name == schedule.Vector);
        block = walk.Indices[walk.Bound[0][0]];
        row = walk.Indices[walk.Bound[walk.Levels.Length - 1][0]];
        terms = [.. walk.Bound.Skip(1).Take(walk.Levels.Length - 2).Select(b => walk.Indices[b[0]])];
        near = nest.Outputs.LastOrDefault(o => o.Name != vector.Name && !walk.Binds(o.Name));
    }

    /// <summary>Whether storage is meant for this kernel: blocks of output indices, then terms of the sum one by one, then the rows of a block that have it.</summary>
    public static bool IsFor(SparseWalk walk, IReadOnlyCollection<IndexRange> outputs)
    {
        var last = walk.Levels.Length - 1;
        return last >= 2 && walk.Levels[last] is CodedLevel && IsOutput(0) && IsOutput(last) && walk.Bound[last].Length == 1
            && Enumerable.Range(0, last).All(i => walk.IsPlain(i) && walk.Levels[i].Extent.Constant is not null && (i == 0 || !IsOutput(i)));

        bool IsOutput(int level) => walk.Bound[level].Length > 0 && outputs.Any(o => o.Name == walk.Bound[level][0]);
    }

    /// <summary>The kernel, when the nest fits it; else null.</summary>
    /// <param name="kernel">The kernel under construction.</param>
    /// <param name="nest">A nest over storage that <see cref="IsFor"/> it.</param>
    /// <param name="schedule">Which index becomes lanes.</param>
    /// <param name="target">What the code is for.</param>
    /// <param name="walk">The weight's levels.</param>
    /// <param name="packed">The arrays of a tensor with the weight's pattern.</param>
    public static PatternInCode? Of(
        KernelBuilder kernel, Nest nest, Schedule schedule, Target target, SparseWalk walk, IReadOnlyDictionary<string, TensorData> packed)
    {
        if (schedule is not { Vector: { } vector, AlongReduction: false, Lanes: > 1 } || walk.Binds(vector) || nest.Reduce is not { Kind: ReduceKind.Sum } reduce
            || reduce.Type != nest.Store.Element || nest.Reads.Any(r => r.Guards.Length > 0) || nest.Reductions.Any(r => !walk.Binds(r.Name))
            || (!target.HasMasks && nest.Outputs.First(o => o.Name == vector).Extent.Constant % schedule.Lanes != 0))
        {
            return null;
        }

        var position = walk.Value.SymbolName!;
        var row = walk.Bound[walk.Levels.Length - 1][0];
        var factors = reduce.Body is ScalarExpr.Apply { Op: var op, Arguments: [var a, var b] } && op == CoreOps.Mul ? new[] { a, b } : [];
        var weight = factors.OfType<ScalarExpr.Read>().FirstOrDefault(r => nest.Address(r).Offset.Mentions(position));
        var others = factors.Where(f => f != weight).SelectMany(f => f.All()).OfType<ScalarExpr.Read>().Select(r => nest.Address(r).Offset);
        var fits = weight is not null && factors.All(f => f.Type == reduce.Type) && others.All(o => !o.Mentions(position) && !o.Mentions(row))
            && factors.Where(f => f != weight).All(f => !FreeVariables.Of(f).Contains(row));
        return fits ? new PatternInCode(kernel, nest, schedule, target, walk, ((CodedLevel)walk.Levels[walk.Levels.Length - 1]).Entries(packed), weight!) : null;
    }

    /// <summary>The loops.</summary>
    public Stmt Build()
    {
        var levels = nest.Outputs.Where(o => o.Name != vector.Name && o.Name != near?.Name && !walk.Binds(o.Name)).Select(o => OuterLoop.Of(kernel, o)).ToList();
        var (split, size) = near is null ? (vector, VectorsOfTile * lanes) : (near, NearOfTile());
        LoopExpr tile = Loop.Int(0);
        levels.Add(new OuterLoop(kernel.NewIndex("piece"), kernel.Lower(Dim.CeilDiv(split.Extent, size)), value => tile = value));
        var addresses = nest.Reduce!.Body.All().OfType<ScalarExpr.Read>().Where(r => r != weight).Distinct().ToDictionary(r => r, r => Plain(nest.Address(r)));
        return Loop.Block([.. strides, OuterLoops.Build(kernel, target, nest, levels, () =>
        {
            var begin = kernel.NewIndex("begin");
            var end = kernel.NewIndex("end");
            return Loop.Block(
                new Stmt.Let(begin, Loop.Mul(tile, Loop.Int(size))),
                new Stmt.Let(end, Loop.Min(Loop.Add(Loop.Get(begin), Loop.Int(size)), kernel.Lower(split.Extent))),
                Blocks(new Range(Loop.Get(begin), Loop.Get(end)), addresses));
        })]);
    }

    private sealed record Range(LoopExpr Begin, LoopExpr End);

    /// <summary>Rows of an image (or whatever the next index is) that make up a tile.</summary>
    private int NearOfTile()
    {
        var vectors = (vector.Extent.Evaluate(TypicalDims.Of(kernel.Graph)) + lanes - 1) / lanes;
        return (int)Math.Max(1, (VectorsOfTile + vectors - 1) / Math.Max(1, vectors));
    }

    /// <summary>An address in which what an index of the sum is multiplied with is a name, so that no product is computed for each term.</summary>
    private ReadAddress Plain(ReadAddress address) =>
        address with { Offset = terms.Aggregate(address.Offset, (offset, term) => Plain(offset, term.Name)) };

    private Dim Plain(Dim offset, string index)
    {
        if (Linear.In(offset, index) is not { } linear || linear.Coefficient.Constant is not null)
        {
            return offset;
        }

        var stride = kernel.NewIndex("stride");
        strides.Add(new Stmt.Let(stride, kernel.Lower(linear.Coefficient)));
        var symbol = FormattableString.Invariant($"stride.{strides.Count}");
        kernel.Define(symbol, Loop.Get(stride));
        return linear.Offset + (Dim.Symbol(index) * Dim.Symbol(symbol));
    }

    private Stmt Blocks(Range tile, Dictionary<ScalarExpr.Read, ReadAddress> addresses)
    {
        var statements = new List<Stmt>();
        var points = terms.Aggregate(1, (count, term) => count * (int)term.Extent.Constant!.Value);
        for (var number = 0; number < block.Extent.Constant; number++)
        {
            kernel.Define(block.Name, Loop.Int(number));
            var rows = walk.IsLimited(row.Name) ? (int)Loop.AsInt(walk.End(row))!.Value : (int)row.Extent.Constant!.Value;
            var parts = Parts(number * points, points, rows);
            for (var i = 0; i < parts.Count; i++)
            {
                statements.Add(Over(tile, (at, mask) => Part(parts[i], i == 0, rows, at, mask, addresses)));
            }

            if (!ReferenceEquals(nest.Body, nest.Reduce))
            {
                statements.Add(Epilogue(tile, rows));
            }
        }

        return Loop.Block(statements);
    }

    /// <summary>Terms of a block (numbers of their positions on the level before the last) cut into parts of bounded length.</summary>
    private List<(int First, int End)> Parts(int first, int count, int rows)
    {
        var parts = new List<(int, int)>();
        var (begin, statements) = (first, 2 * rows);
        for (var term = first; term < first + count; term++)
        {
            var own = entries.Of(term).Length;
            if (statements + own >= MostStatements && term > begin)
            {
                parts.Add((begin, term));
                (begin, statements) = (term, 2 * rows);
            }

            statements += own == 0 ? 0 : own + 1;
        }

        parts.Add((begin, first + count));
        return parts;
    }

    /// <summary>Loops over the vectors of a tile.</summary>
    private Stmt Over(Range tile, Func<LoopExpr, LoopExpr?, Stmt> body)
    {
        if (near is null)
        {
            return Vectors(tile.Begin, tile.End, body);
        }

        var index = kernel.NewIndex(near.Name);
        kernel.Define(near.Name, Loop.Get(index));
        return new Stmt.For(LoopKind.Serial, index, tile.Begin, tile.End, 1, Vectors(Loop.Int(0), kernel.Lower(vector.Extent), body));
    }

    private Stmt.For Vectors(LoopExpr begin, LoopExpr end, Func<LoopExpr, LoopExpr?, Stmt> body)
    {
        var at = kernel.NewIndex(vector.Name);
        if (vector.Extent.Constant % lanes == 0)
        {
            return new Stmt.For(LoopKind.Serial, at, begin, end, lanes, body(Loop.Get(at), null));
        }

        var mask = kernel.NewVariable("mask", new LoopType(ElementType.Bool, lanes));
        return new Stmt.For(LoopKind.Serial, at, begin, end, lanes, Loop.Block(
            new Stmt.Let(mask, new LoopExpr.FirstLanes(Loop.Sub(end, Loop.Get(at)), lanes)),
            body(Loop.Get(at), Loop.Get(mask))));
    }

    private ScalarLowering Lowering(LoopExpr at, LoopExpr? mask, Func<int, LoopExpr> rowValue, Func<ScalarExpr.Read, ReadAddress> address) =>
        new(kernel, address, vector.Name, row.Name) { Lanes = lanes, MaskOf = _ => mask, RowValue = rowValue, VectorValue = _ => at };

    /// <summary>Some terms of the sums of a block of rows, for one vector.</summary>
    private Stmt Part((int First, int End) part, bool isFirst, int rows, LoopExpr at, LoopExpr? mask, Dictionary<ScalarExpr.Read, ReadAddress> addresses)
    {
        var sums = Enumerable.Range(0, rows).Select(r => kernel.NewVariable(FormattableString.Invariant($"acc_{r}"), new LoopType(nest.Reduce!.Type, lanes))).ToArray();
        var used = Enumerable.Range(0, rows).Where(r => isFirst || Enumerable.Range(part.First, part.End - part.First).Any(t => entries.Of(t).IndexOf(r) >= 0)).ToArray();
        var memory = Lowering(at, mask, r => Loop.Int(r), nest.Address);
        List<Stmt> statements = [.. used.Select(r => new Stmt.Local(sums[r], isFirst ? new LoopExpr.Const(0, sums[r].Type)
            : new LoopExpr.Load(nest.Store, memory.Offset(nest.StoreOffset, r, 0), lanes, nest.StoreStride(vector.Name, lanes), mask)))];
        for (var term = part.First; term < part.End; term++)
        {
            if (entries.Of(term).Length > 0)
            {
                statements.AddRange(Term(term, sums, Lowering(at, mask, r => Loop.Int(r), r => addresses.TryGetValue(r, out var plain) ? plain : nest.Address(r))));
            }
        }

        statements.AddRange(used.Select(r => new Stmt.Store(
            nest.Store, memory.Offset(nest.StoreOffset, r, 0), Loop.Get(sums[r]), nest.StoreStride(vector.Name, lanes), mask)));
        return Loop.Block(statements);
    }

    private List<Stmt> Term(int term, Variable[] sums, ScalarLowering lowering)
    {
        var rest = term;
        for (var i = terms.Length - 1; i >= 0; i--)
        {
            var extent = (int)terms[i].Extent.Constant!.Value;
            kernel.Define(terms[i].Name, Loop.Int(rest % extent));
            rest /= extent;
        }

        for (var position = entries.Starts[term]; position < entries.Starts[term + 1]; position++)
        {
            var sum = sums[entries.Coordinates[position]];
            lowering.SetKnown(weight, 0, 0, new LoopExpr.Splat(new LoopExpr.Load(nest.Address(weight).Buffer, Loop.Int(position)), lanes));
            var value = Accumulators.Combined(nest.Reduce!, lowering, 0, 0, Loop.Get(sum));
            lowering.Statements.Add(new Stmt.Assign(sum, value));
        }

        return lowering.Statements;
    }

    /// <summary>What is around the sum, in place, row by row.</summary>
    private Stmt.For Epilogue(Range tile, int rows)
    {
        var index = kernel.NewIndex(row.Name);
        kernel.Define(row.Name, Loop.Get(index));
        return new Stmt.For(LoopKind.Serial, index, Loop.Int(0), Loop.Int(rows), 1, Over(tile, (at, mask) =>
        {
            var lowering = Lowering(at, mask, _ => Loop.Get(index), nest.Address);
            var (offset, stride) = (lowering.Offset(nest.StoreOffset, 0, 0), nest.StoreStride(vector.Name, lanes));
            lowering.SetKnown(nest.Reduce!, 0, 0, lowering.Name("sum", new LoopExpr.Load(nest.Store, offset, lanes, stride, mask)));
            var value = lowering.Value(nest.Body, 0, 0);
            lowering.Statements.Add(new Stmt.Store(nest.Store, offset, value, stride, mask));
            return Loop.Block(lowering.Statements);
        }));
    }
}
