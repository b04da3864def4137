using System.Collections.Immutable;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Lowering;

/// <summary>The loops of a nest that follow the levels of a sparse operand; the others stay those of <see cref="DenseNest"/>.</summary>
/// <remarks>
/// Sums are kept in registers when all output indices can be known outside the loops over reduction indices: levels before the first reduction level
/// are looped over first, and full output levels behind it are moved out (their positions are arithmetic). Otherwise every stored element is visited in
/// storage order and added to the result in memory.
/// </remarks>
internal sealed class SparseLoops
{
    // Additions that are under way at the same time: latency 4, on two ports half as many would do.
    private const int FewestChains = 4;

    private readonly KernelBuilder kernel;
    private readonly HashSet<string> outputs;
    private readonly IReadOnlyList<IndexRange> reductions;
    private readonly int head;

    /// <param name="kernel">The kernel.</param>
    /// <param name="walk">The operand's levels.</param>
    /// <param name="outputs">Output indices.</param>
    /// <param name="reductions">Reduction indices.</param>
    public SparseLoops(KernelBuilder kernel, SparseWalk walk, IEnumerable<IndexRange> outputs, IEnumerable<IndexRange> reductions)
    {
        this.kernel = kernel;
        Walk = walk;
        this.outputs = new HashSet<string>(outputs.Select(o => o.Name), StringComparer.Ordinal);
        this.reductions = [.. reductions.Where(r => !walk.Binds(r.Name))];
        IsReduction = reductions.Any();
        head = Enumerable.Range(0, walk.Levels.Length).TakeWhile(i => !BindsReduction(i)).Count();
        Accumulates = IsReduction && !FitsRegisters();
    }

    /// <summary>The operand's levels.</summary>
    public SparseWalk Walk { get; }

    /// <summary>Whether there is anything to reduce.</summary>
    public bool IsReduction { get; }

    /// <summary>Whether sums are kept in memory.</summary>
    public bool Accumulates { get; }

    /// <summary>Whether some elements of the result are never visited.</summary>
    public bool SkipsOutputs => Accumulates || Enumerable.Range(0, IsReduction ? head : Walk.Levels.Length).Any(i => !Walk.Levels[i].IsFull);

    /// <summary>The output index of the first level, when its loop may be cut into ranges that run at the same time.</summary>
    public IndexRange? First => Walk.Levels.Length > 0 && Walk.IsPlain(0) && outputs.Contains(Walk.Bound[0][0]) && Walk.LastOwn >= 0
        ? Walk.Indices[Walk.Bound[0][0]]
        : null;

    /// <summary>Number of leading levels over parts of the reduction whose loops are outside those of the rows: see <see cref="Kernels.SparsePanels"/>.</summary>
    public int Blocks { get; set; }

    /// <summary>The range of the first level's index; null for all of it.</summary>
    public (LoopExpr Begin, LoopExpr End)? FirstRange { get; set; }

    /// <summary>Whether the loops of an index are made here.</summary>
    public bool Binds(string index) => Walk.Binds(index);

    /// <summary>Whether an output index may become lanes or rows: no loop of the operand depends on it.</summary>
    public bool IsFree(string index) =>
        !Walk.Binds(index) || Enumerable.Range(Walk.LastOwn + 1, Walk.Levels.Length - Walk.LastOwn - 1).Any(i => Walk.IsPlain(i) && Walk.Bound[i][0] == index);

    /// <summary>The loops around a tile.</summary>
    /// <param name="inner">Indices whose loops are inside (lanes, rows).</param>
    /// <param name="body">The tile.</param>
    public Stmt Outer(ICollection<string?> inner, Func<Stmt> body)
    {
        var last = IsReduction && !Accumulates ? head : Walk.Levels.Length;
        var levels = Enumerable.Range(0, Walk.Levels.Length)
            .Where(i => i < last || BindsOutput(i))
            .Where(i => !(Walk.IsPlain(i) && inner.Contains(Walk.Bound[i][0])));
        return Nested([.. levels], () => Accumulates ? Dense(0, body) : body());
    }

    /// <summary>The loops of the reduction inside a tile whose sums are in registers.</summary>
    public Stmt Reduction(Accumulators accumulators, Func<ScalarLowering> lowering)
    {
        var first = Math.Max(head, Blocks);
        var levels = Enumerable.Range(first, Walk.Levels.Length - first).Where(i => !BindsOutput(i)).ToList();
        var repeated = new List<IndexRange>();
        while (levels.Count > 0 && levels[levels.Count - 1] is var last && last > Walk.LastOwn && Walk.IsPlain(last) && !Walk.IsLimited(Walk.Bound[last][0]))
        {
            repeated.Insert(0, Walk.Indices[Walk.Bound[last][0]]);
            levels.RemoveAt(levels.Count - 1);
        }

        return levels.Count > 0 && accumulators.Count < FewestChains && SideBySide(levels, accumulators, [.. reductions, .. repeated], lowering) is { } chains
            ? chains
            : Nested(levels, () => accumulators.Loops([.. reductions, .. repeated], lowering));
    }

    /// <summary>
    /// A sum in one register waits for every addition. Here several registers take turns with the children of the innermost level, and are added at the end.
    /// </summary>
    private Stmt? SideBySide(List<int> levels, Accumulators accumulators, IReadOnlyList<IndexRange> inner, Func<ScalarLowering> lowering)
    {
        var last = levels[levels.Count - 1];
        var ways = (FewestChains + accumulators.Count - 1) / accumulators.Count;
        if (Walk.Levels[last].IsFull || !Walk.Levels[last].LiesSideBySide)
        {
            return null;
        }

        Accumulators[] chains = [accumulators, .. Enumerable.Range(1, ways - 1).Select(_ => accumulators.Another())];
        var loops = Nested([.. levels.Take(levels.Count - 1)], () => Walk.SideBySide(last, ways, way => chains[way].Loops(inner, lowering))!);
        return Loop.Block([.. chains.Skip(1).SelectMany(c => c.Declare()), loops, .. accumulators.Add(chains)]);
    }

    /// <summary>
    /// The loops of the reduction as far as its last level, which is the only one that brings its own loop and has one index of the reduction; null where that is
    /// not so.
    /// </summary>
    public Stmt? AroundLast(Func<int, Stmt> body)
    {
        var last = Walk.LastOwn;
        var fits = last >= 0 && last == Walk.Levels.Length - 1 && reductions.Count == 0 && !Accumulates && Walk.Bound[last].Length == 1 && BindsReduction(last)
            && Enumerable.Range(0, last).All(i => Walk.Levels[i].IsFull);
        var first = Math.Max(head, Blocks);
        return fits ? Nested([.. Enumerable.Range(first, last - first).Where(i => !BindsOutput(i))], () => body(last)) : null;
    }

    private Stmt Nested(IReadOnlyList<int> levels, Func<Stmt> body)
    {
        return At(0);

        Stmt At(int depth)
        {
            if (depth == levels.Count)
            {
                return body();
            }

            return levels[depth] == 0 && FirstRange is var (begin, end) ? Range(begin, end, () => At(depth + 1)) : Walk.Over(levels[depth], () => At(depth + 1));
        }
    }

    private Stmt.For Range(LoopExpr begin, LoopExpr end, Func<Stmt> body)
    {
        var index = kernel.NewIndex(First!.Name);
        kernel.Define(First.Name, Loop.Get(index));
        return new Stmt.For(LoopKind.Serial, index, begin, end, 1, body());
    }

    private Stmt Dense(int depth, Func<Stmt> body)
    {
        if (depth == reductions.Count)
        {
            return body();
        }

        var index = kernel.NewIndex(reductions[depth].Name);
        kernel.Define(reductions[depth].Name, Loop.Get(index));
        return new Stmt.For(LoopKind.Serial, index, Loop.Int(0), kernel.Lower(reductions[depth].Extent), 1, Dense(depth + 1, body));
    }

    /// <summary>Whether a level gives a reduction index its values.</summary>
    public bool BindsReduction(int level) => Walk.Bound[level].Any(n => !outputs.Contains(n));

    /// <summary>Whether a level gives an output index its values.</summary>
    public bool BindsOutput(int level) => Walk.Bound[level].Any(outputs.Contains);

    private bool FitsRegisters()
    {
        for (var i = 0; i < Walk.Levels.Length; i++)
        {
            var isHead = i < head;
            if (isHead ? !Walk.Levels[i].IsUnique : BindsOutput(i) && !Walk.IsPlain(i))
            {
                return false;
            }
        }

        return true;
    }
}
