using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Passes.Loops;

/// <summary>
/// What is known about one Vector loop: what differs between its iterations, which registers it collects in, and whether it can become vectors. It cannot
/// when the target has none; when lanes would be 8 bytes wide; when a store has no constant positive stride; when an inner loop's bounds differ between
/// iterations; when it contains vectors, another Vector loop or scratch; when it changes an outer register in another way than by one sum, product, minimum
/// or maximum; when a target without masks would need them for a condition; or when a tile does not fit.
/// </summary>
internal sealed class VectorPlan
{
    private const int MostVectors = 8;
    private const int CollectingVectors = 4;

    private readonly Target target;
    private readonly HashSet<Variable> inside = [];
    private readonly HashSet<Tile> insideTiles = [];
    private readonly HashSet<Variable> varying = [];
    private readonly Dictionary<Variable, LoopExpr> definitions = [];

    public VectorPlan(Stmt.For loop, Target target)
    {
        Loop = loop;
        this.target = target;
        Lanes = target.Lanes(4);
        FindInside();
        FindVarying();
        Extent = IndexAlgebra.Fold(LoopOps.Sub(loop.End, loop.Begin));
        IsVector = Lanes > 1 && CanBeVector(loop.Body, underCondition: false) && FindReductions();
    }

    public Stmt.For Loop { get; }

    public int Lanes { get; }

    /// <summary>End - begin, simplified.</summary>
    public LoopExpr Extent { get; }

    /// <summary>Whether it becomes vectors; tiles may still forbid it.</summary>
    public bool IsVector { get; set; }

    /// <summary>Outer registers it collects in.</summary>
    public Dictionary<Variable, ReduceKind> Reductions { get; } = [];

    /// <summary>Whether subscripts of outer tiles hang on its variable.</summary>
    public bool HasTiles => TileUses().Any(u => u.Subscripts.Any(Varies));

    /// <summary>Most iterations, when that is known.</summary>
    public long? MostIterations => new IndexAlgebra(NoRanges.Instance).Range(Extent).High;

    /// <summary>Whether all iterations become vectors side by side.</summary>
    public bool IsShort => MostIterations is { } most && (HasTiles || (most <= Lanes * MostVectors && (Extent is LoopExpr.Const || (target.HasMasks && most <= Lanes))));

    /// <summary>Vectors side by side: all of a short loop; of a long one as many as hide the latency of collecting.</summary>
    public int Vectors => IsShort ? (int)Math.Max(1, (MostIterations!.Value + Lanes - 1) / Lanes)
        : Reductions.Count > 0 && !Loop.Body.All().Any(s => s is Stmt.For or Stmt.While) ? CollectingVectors : 1;

    /// <summary>Whether a value differs between iterations.</summary>
    public bool Varies(LoopExpr expr) => expr.All().Any(e => (e is LoopExpr.Var v && varying.Contains(v.Variable)) || (e is LoopExpr.TileGet t && (insideTiles.Contains(t.Tile) || t.Children.Any(Varies))));

    public bool Varies(Variable variable) => varying.Contains(variable);

    /// <summary>Whether the loop declares a variable.</summary>
    public bool IsInside(Variable variable) => inside.Contains(variable);

    public bool IsInside(Tile tile) => insideTiles.Contains(tile);

    /// <summary>An integer as stride * loop variable + something equal in all iterations; null when it is not.</summary>
    public (long Stride, LoopExpr Start)? Affine(LoopExpr expr)
    {
        if (expr.Type != LoopType.Index)
        {
            return null;
        }

        var written = expr.Rewrite(e => e is LoopExpr.Var v && definitions.TryGetValue(v.Variable, out var value) ? value : e);
        return new IndexAlgebra(NoRanges.Instance).Linear(written, Loop.Variable) is var (stride, start) && !Varies(start) ? (stride, start) : null;
    }

    /// <summary>Reads and writes of outer tiles.</summary>
    public IEnumerable<(Tile Tile, IReadOnlyList<LoopExpr> Subscripts)> TileUses() => Loop.Body.All().SelectMany(Uses).Where(u => !insideTiles.Contains(u.Tile));

    /// <summary>Reads and writes of tiles by a statement itself.</summary>
    public static IEnumerable<(Tile Tile, IReadOnlyList<LoopExpr> Subscripts)> Uses(Stmt statement)
    {
        var reads = statement.Expressions().SelectMany(e => e.All()).OfType<LoopExpr.TileGet>().Select(g => (g.Tile, (IReadOnlyList<LoopExpr>)g.Children));
        return statement is Stmt.SetTile set ? reads.Append((set.Tile, set.Subscripts)) : reads;
    }

    private void FindInside()
    {
        foreach (var statement in Loop.Body.All())
        {
            if (statement.Declares() is { } variable)
            {
                inside.Add(variable);
            }

            if (statement is Stmt.DeclareTile tile)
            {
                insideTiles.Add(tile.Tile);
            }
        }
    }

    private void FindVarying()
    {
        varying.Add(Loop.Variable);
        int before;
        do
        {
            before = varying.Count;
            Spread(Loop.Body, underCondition: false);
        }
        while (varying.Count > before);
    }

    private void Spread(Stmt statement, bool underCondition)
    {
        var written = statement switch
        {
            Stmt.Let s => (s.Variable, s.Value),
            Stmt.Local s => (s.Variable, s.Value),
            Stmt.Assign s => (s.Variable, s.Value),
            _ => ((Variable, LoopExpr)?)null,
        };
        if (written is var (variable, value))
        {
            // A register is one for all iterations until something makes it differ; its declaration alone is no condition.
            if (Varies(value) || (underCondition && statement is Stmt.Assign))
            {
                varying.Add(variable);
            }

            if (statement is Stmt.Let && value.Type == LoopType.Index && Varies(value))
            {
                definitions[variable] = value.Rewrite(e => e is LoopExpr.Var v && definitions.TryGetValue(v.Variable, out var inner) ? inner : e);
            }
        }

        var isCondition = statement is Stmt.If or Stmt.While && statement.Expressions().Any(Varies);
        foreach (var inner in statement.Bodies())
        {
            Spread(inner, underCondition || isCondition);
        }
    }

    private bool CanBeVector(Stmt statement, bool underCondition)
    {
        if (!statement.Expressions().All(e => CanBeLanes(e, underCondition)))
        {
            return false;
        }

        switch (statement)
        {
            case Stmt.For loop:
                return loop.Kind == LoopKind.Serial && !Varies(loop.Begin) && !Varies(loop.End) && CanBeVector(loop.Body, underCondition);
            case Stmt.While loop:
                return !Varies(loop.Condition) && CanBeVector(loop.Body, underCondition);
            case Stmt.If choice:
                return choice.Bodies().All(s => CanBeVector(s, underCondition || Varies(choice.Condition)));
            case Stmt.Store store:
                return store.Value.Type.Lanes == 1 && Affine(store.Offset) is { Stride: > 0 } && (target.HasMasks || (!underCondition && store.Mask is null));
            case Stmt.Let let:
                return IsNarrow(let.Variable);
            case Stmt.Local local:
                return IsNarrow(local.Variable);
            case Stmt.CompressStore compress:
                return !inside.Contains(compress.Position) && compress.Value.Type.Lanes == 1
                    && Loop.Body.AllExpressions().All(e => e is not LoopExpr.Var v || v.Variable != compress.Position)
                    && Loop.Body.All().Count(s => s.Changes() == compress.Position) == 1;
            case Stmt.Scratch:
                return false;
            default:
                return statement.Bodies().All(s => CanBeVector(s, underCondition));
        }
    }

    private bool IsNarrow(Variable variable) => !varying.Contains(variable) || variable.Type.Element.Size() <= 4;

    private bool CanBeLanes(LoopExpr expr, bool underCondition)
    {
        if (expr.Type.Lanes > 1 || (expr.Type.Element.Size() > 4 && Varies(expr)))
        {
            return false;
        }

        if (expr is LoopExpr.Load load && !target.HasMasks && (underCondition || (load.Mask is not null && Varies(load.Mask))))
        {
            return false;
        }

        return expr.Children.All(c => CanBeLanes(c, underCondition));
    }

    private bool FindReductions()
    {
        foreach (var statement in Loop.Body.All().OfType<Stmt.Assign>().Where(s => !inside.Contains(s.Variable)))
        {
            var kind = new[] { ReduceKind.Sum, ReduceKind.Max, ReduceKind.Min, ReduceKind.Prod }
                .Cast<ReduceKind?>().FirstOrDefault(k => Collects(statement.Value, statement.Variable, k!.Value));
            if (kind is not { } found || statement.Variable.Type.Element is not (ElementType.F32 or ElementType.I32 or ElementType.U32)
                || (Reductions.TryGetValue(statement.Variable, out var other) && other != found))
            {
                return false;
            }

            Reductions[statement.Variable] = found;
        }

        // Nothing else may look at the register: it is complete only after the loop.
        return Reductions.Keys.All(r => Loop.Body.All().All(s => (s is Stmt.Assign a && a.Variable == r) || s.Expressions().All(e => !Mentions(e, r))));
    }

    // Whether a new value is the old one combined with something else.
    private static bool Collects(LoopExpr expr, Variable register, ReduceKind kind)
    {
        if (expr is LoopExpr.Var v)
        {
            return v.Variable == register;
        }

        if (expr is not LoopExpr.Op op)
        {
            return false;
        }

        var a = op.Children;
        if (op.Operation == CoreOps.Select)
        {
            return !Mentions(a[0], register) && Collects(a[1], register, kind) && Collects(a[2], register, kind);
        }

        var free = a.Count(c => !Mentions(c, register)) == a.Length - 1;
        if (op.Operation == kind.Combine())
        {
            return free && a.Any(c => Collects(c, register, kind));
        }

        return kind == ReduceKind.Sum && free && ((op.Operation == CoreOps.Sub && Collects(a[0], register, kind)) || (op.Operation == MachineOps.Fma && Collects(a[2], register, kind)));
    }

    private static bool Mentions(LoopExpr expr, Variable variable) => expr.All().Any(e => e is LoopExpr.Var v && v.Variable == variable);

    /// <summary>Nothing is known about variables.</summary>
    internal sealed class NoRanges : IIndexFacts
    {
        public static NoRanges Instance { get; } = new();

        public (long? Low, long? High) RangeOf(Variable variable) => (null, null);

        public int DepthOf(Variable variable) => 0;
    }
}

/// <summary>The plans of all Vector loops of a kernel, and which tiles become tiles of vectors.</summary>
internal sealed class VectorPlans
{
    private readonly Dictionary<Stmt, VectorPlan> plans = [];
    private readonly Dictionary<Tile, int> dimensions = [];

    private VectorPlans(Kernel kernel, Target target)
    {
        Lanes = target.Lanes(4);
        foreach (var loop in kernel.Body.All().OfType<Stmt.For>().Where(f => f.Kind == LoopKind.Vector))
        {
            plans[loop] = new VectorPlan(loop, target);
        }

        while (RefuseTiles(kernel))
        {
            // Refusing a loop takes its tiles from other loops.
        }
    }

    public int Lanes { get; }

    public VectorPlan this[Stmt.For loop] => plans[loop];

    public static VectorPlans Of(Kernel kernel, Target target) => new(kernel, target);

    /// <summary>The dimension of a tile that lanes run along, and their number; null for a tile that stays scalar.</summary>
    public (int Dimension, int Lanes)? VectorTile(Tile tile) => dimensions.TryGetValue(tile, out var dimension) ? (dimension, Lanes) : null;

    // A tile becomes vectors when every use of it, in every vector loop, has the loop variable in the same subscript, beginning at a multiple of the lanes.
    private bool RefuseTiles(Kernel kernel)
    {
        dimensions.Clear();
        HashSet<Tile> bad = [];
        var uses = plans.Values.Where(p => p.IsVector).SelectMany(p => p.TileUses().Select(u => (Plan: p, u.Tile, u.Subscripts))).ToList();
        foreach (var (plan, tile, subscripts) in uses)
        {
            var dimension = Dimension(plan, tile, subscripts);
            if (dimension is not { } d || (dimensions.TryGetValue(tile, out var other) && other != d))
            {
                bad.Add(tile);
            }
            else
            {
                dimensions[tile] = d;
            }
        }

        var total = kernel.Body.All().SelectMany(VectorPlan.Uses).GroupBy(u => u.Tile).ToDictionary(g => g.Key, g => g.Count());
        bad.UnionWith(dimensions.Keys.Where(t => uses.Count(u => u.Tile == t) != total[t]).ToList());
        var refused = plans.Values.Where(p => p.IsVector && p.TileUses().Any(u => bad.Contains(u.Tile))).ToList();
        refused.ForEach(p => p.IsVector = false);
        return refused.Count > 0;
    }

    private static int? Dimension(VectorPlan plan, Tile tile, IReadOnlyList<LoopExpr> subscripts)
    {
        int? found = null;
        for (var i = 0; i < subscripts.Count; i++)
        {
            if (!plan.Varies(subscripts[i]))
            {
                continue;
            }

            var start = plan.Affine(subscripts[i]) is { Stride: 1 } affine ? IndexAlgebra.Fold(LoopOps.Add(affine.Start, plan.Loop.Begin)).IntValue() : null;
            if (found is not null || start is null || start % plan.Lanes != 0 || tile.Shape[i] % plan.Lanes != 0 || tile.Type.Element.Size() > 4)
            {
                return null;
            }

            found = i;
        }

        return found is not null && plan.MostIterations is null ? null : found;
    }
}
