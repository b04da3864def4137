using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Lowering;

/// <summary>
/// A copy with a border (or of a part): rows outside the operand are filled, rows inside are a filled run, a copied run and a filled run.
/// </summary>
/// <remarks>
/// Fits a body that is one read whose innermost index is read with stride 1 and whose subscripts may leave the operand. An innermost index of known extent
/// that never leaves it (a block of channels) belongs to the run of the index before it.
/// </remarks>
/// <param name="kernel">Where the loops go.</param>
/// <param name="nest">The copy.</param>
/// <param name="target">What the machine offers.</param>
/// <param name="isBorder">Whether just the border is filled, because the operand is there already.</param>
internal sealed class PaddedCopy(KernelBuilder kernel, Nest nest, Target target, bool isBorder = false)
{
    private readonly ScalarExpr.Read read = (ScalarExpr.Read)nest.Body;
    private readonly int lanes = target.Lanes(nest.LaneBytes);

    // Elements of a step of the index along the run, and the index that counts them where it is another one.
    private long step = 1;
    private string? lane;

    /// <summary>Whether a nest is such a copy.</summary>
    public static bool Fits(Nest nest) =>
        nest.Body is ScalarExpr.Read read && nest.Outputs.Count > 0 && nest.Address(read) is { Guards.Length: > 0 } address
        && nest.Outputs[nest.Outputs.Count - 1].Name is var inner
        && Linear.In(address.Offset, inner) is { Coefficient.Constant: 1 }
        && Linear.In(nest.StoreOffset, inner) is { Coefficient.Constant: 1 }
        && address.Guards.All(g => Linear.In(g.Subscript, inner) is ({ Constant: 0 or 1 }, _));

    /// <summary>The loops.</summary>
    public Stmt Build()
    {
        var inner = nest.Outputs[nest.Outputs.Count - 1];
        var outer = nest.Outputs.Take(nest.Outputs.Count - 1).ToArray();
        if (outer.Length > 0 && IsRunOf(outer[outer.Length - 1], inner))
        {
            // Addresses are as linear in the block's index as in the other: elements of the run are counted by the latter, times the block.
            step = inner.Extent.Constant!.Value;
            lane = inner.Name;
            inner = outer[outer.Length - 1];
            outer = [.. outer.Take(outer.Length - 1)];
            kernel.Define(inner.Name, Loop.Int(0));
        }

        var loops = outer.Select(o => kernel.NewIndex(o.Name)).ToArray();
        for (var i = 0; i < outer.Length; i++)
        {
            kernel.Define(outer[i].Name, Loop.Get(loops[i]));
        }

        var body = Row(inner);
        for (var i = outer.Length - 1; i >= 0; i--)
        {
            var kind = i == 0 ? LoopKind.Parallel : LoopKind.Serial;
            body = new Stmt.For(kind, loops[i], Loop.Int(0), kernel.Lower(outer[i].Extent), 1, body);
        }

        return body;
    }

    private bool IsRunOf(IndexRange index, IndexRange block)
    {
        var address = nest.Address(read);
        return block.Extent.Constant is { } extent
            && address.Guards.All(g => !g.Subscript.Mentions(block.Name) && Linear.In(g.Subscript, index.Name) is ({ Constant: 0 or 1 }, _))
            && Linear.In(address.Offset, index.Name)?.Coefficient.Constant == extent && Linear.In(nest.StoreOffset, index.Name)?.Coefficient.Constant == extent;
    }

    private Stmt Row(IndexRange inner)
    {
        var guards = nest.Address(read).Guards;
        var onInner = guards.Where(g => g.Subscript.Mentions(inner.Name)).ToArray();
        var onOuter = guards.Where(g => !g.Subscript.Mentions(inner.Name)).ToArray();
        var whole = Segments(inner, onInner);
        if (onOuter.Length == 0)
        {
            return whole;
        }

        var inside = onOuter.SelectMany(g => new[]
        {
            Loop.Apply(CoreOps.Ge, kernel.Lower(g.Subscript), Loop.Int(0)),
            Loop.Apply(CoreOps.Lt, kernel.Lower(g.Subscript), kernel.Lower(g.Extent)),
        }).Aggregate((a, b) => Loop.Apply(CoreOps.And, a, b));
        return new Stmt.If(inside, whole, Run(inner, Loop.Int(0), Elements(kernel.Lower(inner.Extent)), copy: false));
    }

    // Inside: 0 <= v + k < extent, so v from -k to extent - k, within the row.
    private Stmt Segments(IndexRange inner, (Dim Subscript, Dim Extent)[] guards)
    {
        var end = kernel.Lower(inner.Extent);
        LoopExpr from = Loop.Int(0);
        var to = end;
        foreach (var (subscript, extent) in guards)
        {
            var shift = Linear.In(subscript, inner.Name)!.Value.Offset;
            from = Loop.Max(from, kernel.Lower(-shift));
            to = Loop.Min(to, kernel.Lower(extent - shift));
        }

        var first = kernel.NewIndex("first");
        var last = kernel.NewIndex("last");
        return Loop.Block(
            new Stmt.Let(first, Loop.Min(from, end)),
            new Stmt.Let(last, Loop.Max(to, Loop.Get(first))),
            Run(inner, Loop.Int(0), Elements(Loop.Get(first)), copy: false),
            Run(inner, Elements(Loop.Get(first)), Elements(Loop.Get(last)), copy: true),
            Run(inner, Elements(Loop.Get(last)), Elements(end), copy: false));
    }

    private LoopExpr Elements(LoopExpr count) => step == 1 ? count : Loop.Mul(count, Loop.Int(step));

    private Stmt Run(IndexRange inner, LoopExpr begin, LoopExpr end, bool copy)
    {
        if (copy && isBorder)
        {
            return Loop.Block();
        }

        var (buffer, offset, _) = nest.Address(read);
        if (!copy || lanes == 1 || !target.HasMasks)
        {
            var v = kernel.NewIndex(inner.Name);
            kernel.Define(lane ?? inner.Name, Loop.Get(v));
            LoopExpr single = copy ? new LoopExpr.Load(buffer, kernel.Lower(offset)) : new LoopExpr.Const(read.Fill, new LoopType(read.Type));
            return new Stmt.For(LoopKind.Serial, v, begin, end, 1, new Stmt.Store(nest.Store, kernel.Lower(nest.StoreOffset), single));
        }

        var at = kernel.NewIndex(inner.Name);
        kernel.Define(lane ?? inner.Name, Loop.Get(at));
        var mask = kernel.NewVariable("mask", new LoopType(ElementType.Bool, lanes));
        return new Stmt.For(LoopKind.Serial, at, begin, end, lanes, Loop.Block(
            new Stmt.Let(mask, new LoopExpr.FirstLanes(Loop.Sub(end, Loop.Get(at)), lanes)),
            new Stmt.Store(nest.Store, kernel.Lower(nest.StoreOffset), new LoopExpr.Load(buffer, kernel.Lower(offset), lanes, 1, Loop.Get(mask)), 1, Loop.Get(mask))));
    }
}
