using System.Collections.Immutable;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Passes.Loops;

/// <summary>Builds what stands for one Vector loop: vectors side by side, or a loop over whole vectors and a rest.</summary>
internal sealed class VectorLoop(
    Stmt.For loop, VectorPlan plan, LoopNames names, Dictionary<Tile, Tile> tiles, Dictionary<Variable, Variable[]> collectors, Target target)
{
    private readonly int lanes = plan.Lanes;

    public IEnumerable<Stmt> Build() => plan.IsShort ? Short() : Long();

    private IEnumerable<Stmt> Short()
    {
        var extent = plan.Extent.IntValue();
        if (extent <= 0)
        {
            return [];
        }

        var masks = Enumerable.Range(0, plan.Vectors).Select(v => extent >= (v + 1) * lanes ? null : Mask(IndexAlgebra.Fold(LoopOps.Sub(plan.Extent, LoopOps.Int(v * lanes)))));
        var body = Body(loop.Begin, [.. masks], mayBeEmpty: extent is null && plan.Vectors > 1);

        // Where no iteration at all is possible, nothing may be loaded.
        return extent is not null ? body : [new Stmt.If(LoopOps.Of(CoreOps.Lt, loop.Begin, loop.End), new Stmt.Block([.. body]))];
    }

    private LoopExpr.FirstLanes Mask(LoopExpr count) => new(count, lanes);

    private List<Stmt> Long()
    {
        var result = new List<Stmt>();
        var begin = Named("begin", loop.Begin, result);
        var end = Named("end", loop.End, result);
        var at = begin;
        foreach (var vectors in plan.Vectors > 1 ? new[] { plan.Vectors, 1 } : [1])
        {
            at = Whole(at, end, vectors, result);
        }

        var rest = IndexAlgebra.Fold(LoopOps.Sub(end, at));
        if (rest.IntValue() <= 0)
        {
            return result;
        }

        if (target.HasMasks)
        {
            Stmt tail = new Stmt.Block([.. Body(at, [Mask(rest)], mayBeEmpty: false)]);
            result.Add(rest is LoopExpr.Const ? tail : new Stmt.If(LoopOps.Of(CoreOps.Lt, at, end), tail));
        }
        else
        {
            var copy = new Stmt.For(LoopKind.Serial, loop.Variable, at, end, 1, loop.Body);
            result.Add(new LoopCloner(names).Clone(copy));
        }

        return result;
    }

    // A loop over so many vectors at a time, as long as they are whole; gives where it ends.
    private LoopExpr Whole(LoopExpr begin, LoopExpr end, int vectors, List<Stmt> result)
    {
        var width = LoopOps.Int(vectors * lanes);
        var count = IndexAlgebra.Fold(LoopOps.Max(LoopOps.Sub(end, begin), LoopOps.Int(0)));
        var stop = Named("stop", IndexAlgebra.Fold(LoopOps.Add(begin, LoopOps.Mul(LoopOps.Div(count, width), width))), result);
        if (IndexAlgebra.Fold(LoopOps.Sub(stop, begin)).IntValue() is not 0)
        {
            var variable = names.Variable(loop.Variable.Name, LoopType.Index);
            var body = Body(variable.Read(), new LoopExpr?[vectors], mayBeEmpty: false);
            result.Add(new Stmt.For(LoopKind.Serial, variable, begin, stop, vectors * lanes, new Stmt.Block([.. body])));
        }

        return stop;
    }

    private IEnumerable<Stmt> Body(LoopExpr start, LoopExpr?[] masks, bool mayBeEmpty)
    {
        var emitter = new VectorEmitter(plan, names, tiles, collectors, start, mayBeEmpty);
        return emitter.Body(loop.Body, masks);
    }

    private LoopExpr Named(string hint, LoopExpr value, List<Stmt> result)
    {
        if (value is LoopExpr.Const or LoopExpr.Var)
        {
            return value;
        }

        var variable = names.Variable(hint, value.Type);
        result.Add(new Stmt.Let(variable, value));
        return variable.Read();
    }
}
