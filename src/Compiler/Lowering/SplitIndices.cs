using SparseDsl.Compiler.Graphs;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Lowering;

/// <summary>A split index may run past the end: <c>block * Factor + inner</c> must stay below <c>Total</c>.</summary>
internal sealed record SplitLimit(string Block, long Factor, Dim Total);

/// <summary>Splits indices that storage levels or subscripts see in parts.</summary>
/// <remarks>
/// Before: level coordinates <c>i / 4</c> and <c>i % 4</c>. After: i = i_block * 4 + i_in, and the coordinates are <c>i_block</c> and <c>i_in</c>.
/// </remarks>
internal sealed class SplitIndices
{
    private readonly Dictionary<string, (string Block, string Inner, long Factor)> splits = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SplitLimit> limits = new(StringComparer.Ordinal);
    private readonly Graph graph;

    public SplitIndices(IEnumerable<IndexRange> indices, IEnumerable<Dim> coordinates, Graph graph)
    {
        this.graph = graph;
        var ranges = indices.ToDictionary(i => i.Name, StringComparer.Ordinal);
        var names = new HashSet<string>(ranges.Keys.Concat(graph.Dims.Select(d => d.Name)), StringComparer.Ordinal);
        foreach (var atom in coordinates.SelectMany(c => c.Terms()).SelectMany(t => t.Factors))
        {
            if (atom.Kind is Dim.AtomKind.FloorDiv or Dim.AtomKind.Mod && IndexOf(atom.Left!) is { } name && atom.Right!.Constant is { } factor
                && ranges.TryGetValue(name, out var range) && !splits.ContainsKey(name))
            {
                Add(range, factor, names);
            }
        }
    }

    /// <summary>The index of <c>i</c> or <c>i + 1</c>, where the shift is a constant.</summary>
    private static string? IndexOf(Dim dim) => dim.SymbolName ?? (dim.Terms().FirstOrDefault(t => t.Factors.Count > 0).Factors is [var atom]
        && atom.ToDim().SymbolName is { } name && dim.Linear(name) is (1, { Constant: not null }) ? name : null);

    /// <summary>Inner indices with their extents.</summary>
    public IEnumerable<(string Name, long Extent)> Inner => splits.Values.Select(s => (s.Inner, s.Factor));

    /// <summary>Whether any index is split.</summary>
    public bool Any => splits.Count > 0;

    /// <summary>What an inner index must keep to, where the extent is no multiple of the factor.</summary>
    public IReadOnlyDictionary<string, SplitLimit> Limits => limits;

    /// <summary>An index, or the two it is split into.</summary>
    public IEnumerable<IndexRange> Parts(IndexRange index) => splits.TryGetValue(index.Name, out var split)
        ? [new IndexRange(split.Block, Dim.CeilDiv(index.Extent, split.Factor)), new IndexRange(split.Inner, split.Factor)]
        : [index];

    /// <summary>The value of an unsplit index over its parts; null for an index that stays.</summary>
    public Dim? Whole(string name) =>
        splits.TryGetValue(name, out var split) ? (Dim.Symbol(split.Block) * split.Factor) + Dim.Symbol(split.Inner) : null;

    /// <summary>An expression over the parts.</summary>
    public Dim Rewrite(Dim dim) => splits.Count == 0 ? dim : dim.Substitute(Whole).Simplify(RangeOf);

    private (long? Low, long? High) RangeOf(string name)
    {
        foreach (var split in splits.Values)
        {
            if (split.Inner == name)
            {
                return (0, split.Factor - 1);
            }

            if (split.Block == name)
            {
                return (0, null);
            }
        }

        return graph.RangeOf(name);
    }

    private void Add(IndexRange range, long factor, HashSet<string> names)
    {
        var block = Free(range.Name + "_block", names);
        var inner = Free(range.Name + "_in", names);
        splits.Add(range.Name, (block, inner, factor));
        if (!Dim.Mod(range.Extent, factor).Equals(Dim.Zero))
        {
            limits.Add(inner, new SplitLimit(block, factor, range.Extent));
        }
    }

    private static string Free(string name, HashSet<string> names)
    {
        while (!names.Add(name))
        {
            name += "_";
        }

        return name;
    }
}
