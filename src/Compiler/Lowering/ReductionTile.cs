using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Lowering;

/// <summary>
/// A tile whose lanes run along the reduction: dot products. Several chains of accumulators hide the latency of addition; they are combined pairwise and
/// then over lanes by the fixed halving tree.
/// </summary>
internal sealed class ReductionTile(KernelBuilder kernel, Nest nest, Schedule schedule, Target target)
{
    private readonly int lanes = schedule.Lanes;
    private readonly ScalarExpr.Reduce reduce = nest.Reduce!;

    /// <summary>The statements of a tile of rows.</summary>
    public Stmt Build((LoopExpr First, int Count) rows)
    {
        var chains = new Accumulators(kernel, reduce, rows.Count, schedule.Vectors, lanes);
        var statements = chains.Declare().ToList();
        statements.Add(Outer(0, () => Along(rows, chains)));
        var epilogue = Lowering(rows, Loop.Int(0), 1);
        for (var r = 0; r < rows.Count; r++)
        {
            var sum = Enumerable.Range(0, schedule.Vectors).Select(t => Loop.Get(chains[r, t])).Aggregate((a, b) => Loop.Apply(reduce.Kind.Combine(), a, b));
            epilogue.SetKnown(reduce, r, 0, epilogue.Name("total", new LoopExpr.Horizontal(reduce.Kind, sum)));
        }

        for (var r = 0; r < rows.Count; r++)
        {
            var value = epilogue.Value(nest.Body, r, 0);
            epilogue.Statements.Add(new Stmt.Store(nest.Store, epilogue.Offset(nest.StoreOffset, r, 0), value));
        }

        return Loop.Block([.. statements, .. epilogue.Statements]);
    }

    private ScalarLowering Lowering((LoopExpr First, int Count) rows, LoopExpr start, int width, LoopExpr? mask = null) =>
        new(kernel, nest.Address, width == 1 ? null : schedule.Vector, schedule.Row)
        {
            Lanes = width,
            MaskOf = t => t == 0 ? mask : null,
            RowValue = r => Loop.Add(rows.First, Loop.Int(r)),
            VectorValue = t => Loop.Add(start, Loop.Int(t * lanes)),
        };

    /// <summary>Loops over the other reduction indices.</summary>
    private Stmt Outer(int depth, Func<Stmt> body)
    {
        var others = nest.Reductions.Where(i => i.Name != schedule.Vector).ToArray();
        if (depth == others.Length)
        {
            return body();
        }

        var index = kernel.NewIndex(others[depth].Name);
        kernel.Define(others[depth].Name, Loop.Get(index));
        return new Stmt.For(LoopKind.Serial, index, Loop.Int(0), kernel.Lower(others[depth].Extent), 1, Outer(depth + 1, body));
    }

    private Stmt Along((LoopExpr First, int Count) rows, Accumulators chains)
    {
        var extent = kernel.Lower(nest.Reductions.Single(i => i.Name == schedule.Vector).Extent);
        var statements = new List<Stmt>();
        var at = Whole(rows, chains, Loop.Int(0), extent, schedule.Vectors, statements);
        if (schedule.Vectors > 1)
        {
            at = Whole(rows, chains.First(), at, extent, 1, statements);
        }

        Rest(rows, chains.First(), at, extent, statements);
        return Loop.Block(statements);
    }

    private LoopExpr Whole((LoopExpr First, int Count) rows, Accumulators chains, LoopExpr begin, LoopExpr end, int vectors, List<Stmt> statements)
    {
        var width = vectors * lanes;
        var stop = Loop.Add(begin, Loop.Mul(Quotient(Loop.Sub(end, begin), width), Loop.Int(width)));
        if (Loop.AsInt(stop) is null)
        {
            var variable = kernel.NewIndex("stop");
            statements.Add(new Stmt.Let(variable, stop));
            stop = Loop.Get(variable);
        }

        if (Loop.AsInt(stop) is { } known && known == Loop.AsInt(begin))
        {
            return stop;
        }

        var k = kernel.NewIndex(schedule.Vector!);
        statements.Add(new Stmt.For(LoopKind.Serial, k, begin, stop, width, Loop.Block(chains.Step(Lowering(rows, Loop.Get(k), lanes)))));
        return stop;
    }

    private static LoopExpr Quotient(LoopExpr a, int b) => Loop.AsInt(a) is { } known ? Loop.Int(known / b) : Loop.Apply(CoreOps.Div, a, Loop.Int(b));

    /// <summary>The last, shorter vector: masked, or one lane at a time into lane 0.</summary>
    private void Rest((LoopExpr First, int Count) rows, Accumulators chains, LoopExpr begin, LoopExpr end, List<Stmt> statements)
    {
        if (Loop.AsInt(begin) is { } known && known == Loop.AsInt(end))
        {
            return;
        }

        if (target.HasMasks)
        {
            var mask = kernel.NewVariable("mask", new LoopType(ElementType.Bool, lanes));
            var body = Loop.Block([
                new Stmt.Let(mask, new LoopExpr.FirstLanes(Loop.Sub(end, begin), lanes)),
                .. chains.Step(Lowering(rows, begin, lanes, Loop.Get(mask)), Loop.Get(mask))]);
            statements.Add(Loop.AsInt(begin) is not null && Loop.AsInt(end) is not null ? body : new Stmt.If(Loop.Apply(CoreOps.Lt, begin, end), body));
            return;
        }

        // Every lane reads the same element; all but lane 0 are dropped again.
        var k = kernel.NewIndex(schedule.Vector!);
        kernel.Define(schedule.Vector!, Loop.Get(k));
        var first = new LoopExpr.FirstLanes(Loop.Int(1), lanes);
        var single = new ScalarLowering(kernel, nest.Address, null, schedule.Row) { Lanes = lanes, RowValue = r => Loop.Add(rows.First, Loop.Int(r)) };
        statements.Add(new Stmt.For(LoopKind.Serial, k, begin, end, 1, Loop.Block(chains.Step(single, first))));
    }
}
