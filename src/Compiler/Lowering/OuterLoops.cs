using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Lowering;

/// <summary>One of the loops around a nest's tiles.</summary>
/// <param name="Index">Its variable.</param>
/// <param name="Extent">Number of its rounds.</param>
/// <param name="Define">Told what the index is in a round.</param>
internal sealed record OuterLoop(Variable Index, LoopExpr Extent, Action<LoopExpr> Define)
{
    /// <summary>The loop of an index variable.</summary>
    public static OuterLoop Of(KernelBuilder kernel, IndexRange index) =>
        new(kernel.NewIndex(index.Name), kernel.Lower(index.Extent), value => kernel.Define(index.Name, value));
}

/// <summary>The loops around a nest's tiles: one flat parallel loop when there is enough work, else one loop for each.</summary>
internal static class OuterLoops
{
    /// <summary>The loops, outermost first, around a body.</summary>
    public static Stmt Build(KernelBuilder kernel, Target target, Nest nest, IReadOnlyList<OuterLoop> levels, Func<Stmt> body)
    {
        if (levels.Count == 0)
        {
            return body();
        }

        if (!IsWorthThreads(kernel, target, nest))
        {
            return Serial(levels, body);
        }

        if (levels.Count == 1)
        {
            levels[0].Define(Loop.Get(levels[0].Index));
            return new Stmt.For(LoopKind.Parallel, levels[0].Index, Loop.Int(0), levels[0].Extent, 1, body());
        }

        return Flat(kernel, levels, body);
    }

    private static Stmt Serial(IReadOnlyList<OuterLoop> levels, Func<Stmt> body)
    {
        foreach (var (index, _, define) in levels)
        {
            define(Loop.Get(index));
        }

        var inner = body();
        for (var i = levels.Count - 1; i >= 0; i--)
        {
            inner = new Stmt.For(LoopKind.Serial, levels[i].Index, Loop.Int(0), levels[i].Extent, 1, inner);
        }

        return inner;
    }

    private static Stmt.For Flat(KernelBuilder kernel, IReadOnlyList<OuterLoop> levels, Func<Stmt> body)
    {
        var task = kernel.NewIndex("task");
        var statements = new List<Stmt>();
        var rest = Loop.Get(task);
        for (var i = levels.Count - 1; i > 0; i--)
        {
            var (index, extent, define) = levels[i];
            if (Loop.AsInt(extent) == 1)
            {
                define(Loop.Int(0));
                continue;
            }

            statements.Add(new Stmt.Let(index, Loop.Apply(CoreOps.Mod, rest, extent)));
            define(Loop.Get(index));
            var quotient = kernel.NewIndex("rest");
            statements.Add(new Stmt.Let(quotient, Loop.Apply(CoreOps.Div, rest, extent)));
            rest = Loop.Get(quotient);
        }

        levels[0].Define(rest);
        statements.Add(body());
        return new Stmt.For(LoopKind.Parallel, task, Loop.Int(0), levels.Select(l => l.Extent).Aggregate(Loop.Mul), 1, Loop.Block(statements));
    }

    private static bool IsWorthThreads(KernelBuilder kernel, Target target, Nest nest)
    {
        var work = nest.Outputs.Concat(nest.Reductions).Select(i => i.Extent).Aggregate(Dim.One, (a, b) => a * b);
        return (work.Range(kernel.Graph.RangeOf).High ?? long.MaxValue) >= target.ParallelWork;
    }
}
