using System.Collections.Immutable;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Lowering;

/// <summary>
/// A Compute as loops to be: output and reduction indices, every access as one linear address. Indices of one element are gone; neighbours that all
/// accesses walk as one are one index.
/// </summary>
/// <remarks>Before: <c>y[o, h, w] = sum(c) x[c, h, w] * k[o, c]</c>. After: <c>y[o*P + p] = sum(c) x[c*P + p] * k[o*C + c]</c> with P = H*W.</remarks>
internal sealed class Nest
{
    private readonly Dictionary<ScalarExpr.Read, ReadAddress> addresses = [];
    private readonly Func<string, bool> keep;

    private Nest(ScalarExpr body, Loops.Buffer store, Dim storeOffset, IEnumerable<IndexRange> outputs, Func<string, bool> keep)
    {
        this.keep = keep;
        Body = body;
        Reduce = body.All().OfType<ScalarExpr.Reduce>().FirstOrDefault();
        Store = store;
        StoreOffset = storeOffset;
        Outputs = [.. outputs];
        Reductions = Reduce is null ? [] : [.. Reduce.Vars];
    }

    /// <summary>The value of one element.</summary>
    public ScalarExpr Body { get; private set; }

    /// <summary>The reduction in it, or null.</summary>
    public ScalarExpr.Reduce? Reduce { get; private set; }

    /// <summary>Memory of the result.</summary>
    public Loops.Buffer Store { get; }

    /// <summary>Address of the result, over output indices.</summary>
    public Dim StoreOffset { get; private set; }

    /// <summary>Output indices, outermost first.</summary>
    public List<IndexRange> Outputs { get; private set; }

    /// <summary>Reduction indices, outermost first.</summary>
    public List<IndexRange> Reductions { get; private set; }

    /// <summary>Every access of operands.</summary>
    public IEnumerable<ReadAddress> Reads => addresses.Values;

    /// <summary>Accesses inside the reduction.</summary>
    public IEnumerable<ReadAddress> ReductionReads =>
        Reduce is null ? [] : Reduce.Body.All().OfType<ScalarExpr.Read>().Select(r => addresses[r]);

    /// <summary>
    /// Bytes of the widest type a lane computes in: at least 4, since narrower integers are computed in i32 and 16-bit floats in f32; 8 where integers
    /// become 16-bit floats by way of f64.
    /// </summary>
    public int LaneBytes
    {
        get
        {
            ElementType[] types = [.. Body.All().Select(e => e.Type), Store.Element];
            if (Body.All().Any(e => e is ScalarExpr.Apply apply && apply.Op == PackedOps.Pair))
            {
                return 4; // bits, not numbers
            }

            var isByDouble = types.Contains(ElementType.BF16) ? types.Any(t => t.IsInteger()) : types.Contains(ElementType.F16) && types.Contains(ElementType.U32);
            return isByDouble ? 8 : Math.Max(4, types.Max(t => t.Size()));
        }
    }

    /// <summary>Whether an address or index value is not linear in the indices.</summary>
    public bool HasDivisions => Outputs.Concat(Reductions).Any(v =>
        Linear.In(StoreOffset, v.Name) is null
        || addresses.Values.Any(a => Linear.In(a.Offset, v.Name) is null)
        || Body.All().OfType<ScalarExpr.Index>().Any(i => Linear.In(i.Value, v.Name) is not { Coefficient.Constant: { } }));

    /// <summary>The nest of a Compute.</summary>
    /// <param name="node">In normal form.</param>
    /// <param name="store">Memory of the result.</param>
    /// <param name="storeOffset">Address of an element over the node's indices.</param>
    /// <param name="address">Address of a read.</param>
    /// <param name="define">Told that an index is always 0.</param>
    public static Nest Of(ComputeNode node, Loops.Buffer store, Dim storeOffset, Func<ScalarExpr.Read, ReadAddress> address, Action<string> define) =>
        Of(node.Body, node.Indices, store, storeOffset, address, define, _ => false);

    /// <summary>The nest of an expression over indices.</summary>
    /// <param name="body">The value of an element.</param>
    /// <param name="outputs">Indices of the result.</param>
    /// <param name="store">Memory of the result.</param>
    /// <param name="storeOffset">Address of an element over the indices.</param>
    /// <param name="address">Address of a read.</param>
    /// <param name="define">Told that an index is always 0.</param>
    /// <param name="keep">Whether an index must stay as it is, because a storage level speaks of it.</param>
    /// <param name="constants">Indices that have just one value.</param>
    public static Nest Of(
        ScalarExpr body, IEnumerable<IndexRange> outputs, Loops.Buffer store, Dim storeOffset, Func<ScalarExpr.Read, ReadAddress> address, Action<string> define,
        Func<string, bool> keep, IReadOnlyDictionary<string, long>? constants = null)
    {
        var nest = new Nest(body, store, storeOffset, outputs, keep);
        foreach (var read in body.All().OfType<ScalarExpr.Read>().Distinct())
        {
            nest.addresses.Add(read, address(read));
        }

        if (constants is { Count: > 0 })
        {
            nest.Replace(n => constants.TryGetValue(n, out var value) ? Dim.Const(value) : null);
            nest.Outputs.RemoveAll(i => constants.ContainsKey(i.Name));
        }

        nest.DropSingles(define);
        nest.Outputs = nest.Collapse(nest.Outputs);
        nest.Reductions = nest.Collapse(nest.Reductions);
        return nest;
    }

    /// <summary>Whether the whole reduction is a window over a picture, parts of which are past its edges: a depthwise filter or pooling, without a padded copy.</summary>
    public bool IsMaskedWindow => Reductions.Count > 0 && Reductions.All(r => addresses.Values.Any(a => a.Guards.Any(g => g.Subscript.Mentions(r.Name))));

    /// <summary>Distance of neighbouring lanes in the result.</summary>
    /// <param name="vector">The index that lanes run along.</param>
    /// <param name="lanes">Number of lanes.</param>
    public int StoreStride(string? vector, int lanes) => lanes == 1 ? 1 : (int)Linear.In(StoreOffset, vector!)!.Value.Coefficient.Constant!.Value;

    /// <summary>The address of a read of this nest's body.</summary>
    public ReadAddress Address(ScalarExpr.Read read) => addresses[read];

    private void DropSingles(Action<string> define)
    {
        var singles = Outputs.Concat(Reductions).Where(i => i.Extent.Constant == 1 && !keep(i.Name)).Select(i => i.Name).ToArray();
        Replace(n => singles.Contains(n) ? Dim.Zero : null);
        Outputs.RemoveAll(i => singles.Contains(i.Name));
        Reductions.RemoveAll(i => singles.Contains(i.Name));
        foreach (var single in singles)
        {
            define(single);
        }
    }

    private void Replace(Func<string, Dim?> map)
    {
        StoreOffset = StoreOffset.Substitute(map);
        foreach (var read in addresses.Keys.ToArray())
        {
            var a = addresses[read];
            addresses[read] = new ReadAddress(a.Buffer, a.Offset.Substitute(map), [.. a.Guards.Select(g => (g.Subscript.Substitute(map), g.Extent))]);
        }
    }

    private List<IndexRange> Collapse(List<IndexRange> indices)
    {
        var result = new List<IndexRange>();
        foreach (var inner in indices)
        {
            if (result.Count > 0 && CanCollapse(result[result.Count - 1], inner))
            {
                var outer = result[result.Count - 1];
                result[result.Count - 1] = Join(outer, inner);
            }
            else
            {
                result.Add(inner);
            }
        }

        return result;
    }

    private bool CanCollapse(IndexRange outer, IndexRange inner) =>
        !keep(outer.Name) && !keep(inner.Name)
        && Walks(StoreOffset, outer, inner)
        && addresses.Values.All(a => Walks(a.Offset, outer, inner) && a.Guards.All(g => CanJoin(g.Subscript, outer, inner)))
        && !Body.All().OfType<ScalarExpr.Index>().Any(i => i.Value.Mentions(outer.Name) || i.Value.Mentions(inner.Name));

    // A mask over joined rows costs a dozen operations. Where no channels share it, lanes that a narrow row leaves empty cost less.
    private bool CanJoin(Dim guard, IndexRange outer, IndexRange inner) =>
        (!guard.Mentions(outer.Name) && !guard.Mentions(inner.Name))
        || (NarrowRows.Is(outer, inner) && NarrowRows.IsShift(guard, outer, inner) && !(IsMaskedWindow && inner.Extent.Constant >= NarrowRows.Width / 2 - 1));

    private static bool Walks(Dim offset, IndexRange outer, IndexRange inner) =>
        Linear.In(offset, outer.Name) is var (a, _) && Linear.In(offset, inner.Name) is var (b, _) && a.Equals(b * inner.Extent);

    // The joined index keeps the inner name: inner -> joined, outer -> 0 gives the right address, since both have the same slope.
    private IndexRange Join(IndexRange outer, IndexRange inner)
    {
        foreach (var read in addresses.Where(a => a.Value.Guards.Length > 0).Select(a => a.Key).ToArray())
        {
            var (row, column) = (Dim.FloorDiv(inner.Symbol, inner.Extent), Dim.Mod(inner.Symbol, inner.Extent));
            var guards = addresses[read].Guards.Select(g => (g.Subscript.Substitute(n => n == outer.Name ? row : n == inner.Name ? column : null), g.Extent));
            addresses[read] = addresses[read] with { Guards = [.. guards] };
        }

        Replace(n => n == outer.Name ? Dim.Zero : null);
        return new IndexRange(inner.Name, outer.Extent * inner.Extent);
    }
}
