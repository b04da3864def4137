using System.Collections.Immutable;
using SparseDsl.Compiler.Formats;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Lowering;

/// <summary>How the loops of one sparse operand follow its levels.</summary>
/// <remarks>
/// Each level gives values to the indices in its coordinate. A full level is an ordinary loop, and the position behind it is arithmetic:
/// <c>parent * extent + coordinate</c>. Any other level brings its own loop and a position that only the loop knows, a symbol.
/// </remarks>
internal sealed class SparseWalk
{
    private readonly KernelBuilder kernel;
    private readonly LevelScope scope;
    private readonly IReadOnlyDictionary<string, SplitLimit> limits;
    private readonly ImmutableArray<Dim> positions;

    public SparseWalk(
        KernelBuilder kernel, LevelScope scope, ImmutableArray<Level> levels, ImmutableArray<Dim> coordinates, IEnumerable<IndexRange> indices,
        IReadOnlyDictionary<string, SplitLimit> limits)
    {
        this.kernel = kernel;
        this.scope = scope;
        this.limits = limits;
        Levels = levels;
        Coordinates = coordinates;
        Indices = indices.ToDictionary(i => i.Name, StringComparer.Ordinal);
        Bound = Assign();
        positions = Positions();
    }

    /// <summary>The levels, outermost first.</summary>
    public ImmutableArray<Level> Levels { get; }

    /// <summary>The coordinate of each level, over indices.</summary>
    public ImmutableArray<Dim> Coordinates { get; }

    /// <summary>For each level the indices it gives values to, by falling weight in its coordinate.</summary>
    public ImmutableArray<ImmutableArray<string>> Bound { get; }

    /// <summary>The position of the value, over indices and what loops know.</summary>
    public Dim Value => positions.Length == 0 ? Dim.Zero : positions[positions.Length - 1];

    /// <summary>Number of the last level that brings its own loop; -1 when all are full.</summary>
    public int LastOwn => Levels.Select((l, i) => (l, i)).Where(x => !x.l.IsFull).Select(x => x.i).DefaultIfEmpty(-1).Last();

    /// <summary>All indices of the nest, by name.</summary>
    public IReadOnlyDictionary<string, IndexRange> Indices { get; }

    /// <summary>Whether some level gives an index its values.</summary>
    public bool Binds(string index) => Bound.Any(b => b.Contains(index));

    /// <summary>Whether a level is an ordinary loop over one index that always runs over its whole extent.</summary>
    public bool IsPlain(int level) => Levels[level].IsFull && Bound[level].Length == 1 && Coordinates[level].SymbolName is not null;

    /// <summary>One past the last value of an index, where the indices around it are known.</summary>
    public LoopExpr End(IndexRange index) => limits.TryGetValue(index.Name, out var limit)
        ? Loop.Min(kernel.Lower(index.Extent), kernel.Lower(limit.Total - (Dim.Symbol(limit.Block) * limit.Factor)))
        : kernel.Lower(index.Extent);

    /// <summary>Whether an index may have to stop before its extent.</summary>
    public bool IsLimited(string index) => limits.ContainsKey(index);

    /// <summary>The loop of one level, inside those of the levels before it.</summary>
    public Stmt Over(int level, Func<Stmt> body) => Levels[level].IsFull ? Full(level, body) : Own(level, body);

    /// <summary>The loop of a level, several children a round; null where it cannot be.</summary>
    public Stmt? SideBySide(int level, int ways, Func<int, Stmt> body) => Levels[level].IsFull ? null : Levels[level].IterateSideBySide(scope, Parent(level), ways, (coordinate, position, way) =>
    {
        kernel.Define(PositionSymbol(level), position);
        return Inside(level, coordinate, () => body(way));
    });

    /// <summary>
    /// The loop of a level over one index, so many of its values at once: the body gets the first value, the position of the first that is stored, the mask of
    /// those that are, and the number of the group within a round. Null where it cannot be.
    /// </summary>
    public Stmt? Masked(int level, int lanes, Func<LoopExpr, LoopExpr, LoopExpr, int, Stmt> body) =>
        Levels[level].IsMasked && Coordinates[level].SymbolName is not null ? Levels[level].IterateMasked(scope, Parent(level), lanes, body) : null;

    private LoopExpr Parent(int level) => level == 0 ? Loop.Int(0) : kernel.Lower(positions[level - 1]);

    private Stmt Full(int level, Func<Stmt> body)
    {
        if (Bound[level].Length == 0)
        {
            return body();
        }

        if (IsPlain(level))
        {
            var range = Indices[Bound[level][0]];
            var index = kernel.NewIndex(range.Name);
            kernel.Define(range.Name, Loop.Get(index));
            return new Stmt.For(LoopKind.Serial, index, Loop.Int(0), End(range), 1, body());
        }

        var coordinate = kernel.NewIndex("i");
        return new Stmt.For(LoopKind.Serial, coordinate, Loop.Int(0), kernel.Lower(Levels[level].Extent), 1, Inside(level, Loop.Get(coordinate), body));
    }

    private Stmt Own(int level, Func<Stmt> body) => Levels[level].Iterate(scope, Parent(level), (coordinate, position) =>
    {
        kernel.Define(PositionSymbol(level), position);
        return Inside(level, coordinate, body);
    });

    /// <summary>Gives a level's indices their values from its coordinate; coordinates past the end, or other than a known one, are passed over.</summary>
    private Stmt Inside(int level, LoopExpr coordinate, Func<Stmt> body)
    {
        var statements = new List<Stmt>();
        kernel.Define(CoordinateSymbol(level), coordinate);
        Decode(level, coordinate, statements);
        LoopExpr? condition = Bound[level].Length == 0 ? Loop.Apply(CoreOps.Eq, coordinate, kernel.Lower(Coordinates[level])) : null;
        foreach (var name in Bound[level].Where(n => Levels[level].MayPad && limits.ContainsKey(n)))
        {
            var inside = Loop.Apply(CoreOps.Lt, kernel.Symbol(name), End(Indices[name]));
            condition = condition is null ? inside : Loop.Apply(CoreOps.And, condition, inside);
        }

        var inner = body();
        return Loop.Block([.. statements, condition is null ? inner : new Stmt.If(condition, inner)]);
    }

    /// <summary>From <c>c * 9 + r * 3 + s</c> to c, r and s.</summary>
    private void Decode(int level, LoopExpr coordinate, List<Stmt> statements)
    {
        var rest = coordinate;
        foreach (var name in Bound[level])
        {
            var weight = Coordinates[level].Linear(name)!.Value.Coefficient;
            var value = weight == 1 ? rest : Named(name, Loop.Apply(CoreOps.Div, rest, Loop.Int(weight)), statements);
            kernel.Define(name, value);
            rest = weight == 1 ? rest : Named("rest", Loop.Apply(CoreOps.Mod, rest, Loop.Int(weight)), statements);
        }
    }

    private LoopExpr Named(string hint, LoopExpr value, List<Stmt> statements)
    {
        var variable = kernel.NewIndex(hint);
        statements.Add(new Stmt.Let(variable, value));
        return Loop.Get(variable);
    }

    /// <summary>
    /// A level binds the indices of its coordinate when it is one index, or a mixed-radix number of several, none of which has a value yet. Otherwise it
    /// binds nothing, and its coordinate is compared.
    /// </summary>
    private ImmutableArray<ImmutableArray<string>> Assign()
    {
        var bound = new HashSet<string>(StringComparer.Ordinal);
        var result = ImmutableArray.CreateBuilder<ImmutableArray<string>>();
        foreach (var coordinate in Coordinates)
        {
            var names = Digits(coordinate);
            if (names.Any(bound.Contains))
            {
                names = [];
            }

            bound.UnionWith(names);
            result.Add(names);
        }

        return result.ToImmutable();
    }

    private ImmutableArray<string> Digits(Dim coordinate)
    {
        var terms = coordinate.Terms().ToArray();
        if (terms.Any(t => t.Factors.Count != 1 || t.Factors[0].Kind != Dim.AtomKind.Symbol || !Indices.ContainsKey(t.Factors[0].Name)))
        {
            return [];
        }

        var digits = terms.OrderByDescending(t => t.Coefficient).ToArray();
        long weight = 1;
        for (var i = digits.Length - 1; i >= 0; i--)
        {
            if (digits[i].Coefficient != weight)
            {
                return [];
            }

            if (i > 0)
            {
                if (Indices[digits[i].Factors[0].Name].Extent.Constant is not { } extent)
                {
                    return [];
                }

                weight *= extent;
            }
        }

        return [.. digits.Select(d => d.Factors[0].Name)];
    }

    private ImmutableArray<Dim> Positions()
    {
        var result = ImmutableArray.CreateBuilder<Dim>();
        var position = Dim.Zero;
        for (var i = 0; i < Levels.Length; i++)
        {
            position = Levels[i].IsFull ? (position * Levels[i].Extent) + Coordinates[i] : Dim.Symbol(PositionSymbol(i));
            result.Add(position);
        }

        return result.ToImmutable();
    }

    /// <summary>What a level's stored coordinate is inside its loop.</summary>
    internal static string CoordinateSymbol(int level) => FormattableString.Invariant($"coordinate.{level}");

    // No identifier has a dot, so it is no index and no dim.
    private static string PositionSymbol(int level) => FormattableString.Invariant($"position.{level}");
}
