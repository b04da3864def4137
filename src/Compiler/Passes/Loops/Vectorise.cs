using System.Collections.Immutable;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Passes.Loops;

/// <summary>Makes Vector loops vector code for the target's lanes (L = lanes of four bytes).</summary>
/// <remarks>
/// Needs: no Unrolled loops. Gives: no Vector loops. A loop that cannot become vectors (see <see cref="VectorPlan"/>) becomes Serial, or Unrolled when tiles
/// hang on it.
/// <para>
/// A short loop becomes vectors side by side, whose statements are interleaved; the last is masked where the extent is no multiple of L. A long one becomes
/// a loop over whole vectors and a rest: one masked vector, or a scalar loop where the target has no masks. Only tails of register tiles are masked
/// on such a target, and emitters spell those lane by lane.
/// </para>
/// <para>
/// A register that takes a sum, product, minimum or maximum gets vectors to collect in, declared before the outermost loop that uses it only so; lanes that
/// a mask turns off keep what they have. Afterwards vectors are combined by halving (i with i + n/2), then lanes by halving, then with the register.
/// </para>
/// <code>
/// vector i in 0..N                              for i in 0..N / 16*16 step 16
///   acc = acc + x[i]*w[i]              →          acc_v = acc_v + x[i ..16]*w[i ..16]
///                                               if N / 16*16 &lt; N
///                                                 acc_v = select(first16(...), ..., acc_v)
///                                               acc = acc + hsum(acc_v)
/// </code>
/// </remarks>
public static class Vectorise
{
    /// <summary>The kernel without Vector loops.</summary>
    public static Kernel Run(Kernel kernel, Target target)
    {
        kernel = ExpandTiles.WhereConstant(kernel);
        if (!kernel.Body.All().Any(s => s is Stmt.For { Kind: LoopKind.Vector }))
        {
            return kernel;
        }

        var names = new LoopNames(kernel);
        var plans = VectorPlans.Of(kernel, target);
        var body = new Rewriting(names, plans, target).Statement(kernel.Body);
        return kernel with { Body = Sweep.Unread(body) };
    }

    private sealed class Rewriting(LoopNames names, VectorPlans plans, Target target)
    {
        private readonly Dictionary<Tile, Tile> tiles = [];
        private readonly Dictionary<Variable, Variable[]> collectors = [];

        public Stmt Statement(Stmt statement)
        {
            var collected = statement is Stmt.Block or Stmt.For { Kind: LoopKind.Parallel } ? [] : Collected(statement);
            var before = collected.SelectMany(c => Declare(c.Register, c.Kind, c.Vectors)).ToList();
            var middle = Plain(statement);
            return collected.Count == 0 ? middle : new Stmt.Block([.. before, .. middle.Flat(), .. collected.Select(c => Combine(c.Register, c.Kind))]);
        }

        private Stmt Plain(Stmt statement)
        {
            switch (statement)
            {
                case Stmt.Block block:
                    return new Stmt.Block([.. block.Statements.SelectMany(s => Statement(s).Flat())]);
                case Stmt.DeclareTile declaration when plans.VectorTile(declaration.Tile) is var (dimension, lanes):
                    var tile = declaration.Tile;
                    var shape = tile.Shape.SetItem(dimension, tile.Shape[dimension] / lanes);
                    tiles[tile] = new Tile(tile.Name, tile.Type.WithLanes(lanes), shape);
                    return new Stmt.DeclareTile(tiles[tile], LoopOps.Splat(declaration.Value, lanes));
                case Stmt.For { Kind: LoopKind.Vector } loop:
                    return plans[loop].IsVector ? Vector(loop, plans[loop]) : Scalar(loop);
                default:
                    return statement.MapBodies(Statement);
            }
        }

        private Stmt.For Scalar(Stmt.For loop) =>
            new(plans[loop].HasTiles ? LoopKind.Unrolled : LoopKind.Serial, loop.Variable, loop.Begin, loop.End, 1, Statement(loop.Body));

        private Stmt.Block Vector(Stmt.For loop, VectorPlan plan) =>
            new([.. new VectorLoop(loop, plan, names, tiles, collectors, target).Build()]);

        // Registers that a statement uses only to collect in vector loops, all by the same operation.
        private List<(Variable Register, ReduceKind Kind, int Vectors)> Collected(Stmt statement)
        {
            var found = new List<(Variable, ReduceKind, int)>();
            var loops = statement.All().OfType<Stmt.For>().Where(f => f.Kind == LoopKind.Vector && plans[f].IsVector).Select(f => plans[f]).ToList();
            foreach (var register in loops.SelectMany(l => l.Reductions.Keys).Distinct())
            {
                var users = loops.Where(l => l.Reductions.ContainsKey(register)).ToList();
                var kinds = users.Select(l => l.Reductions[register]).Distinct().ToList();
                var inLoops = users.Sum(l => Mentions(l.Loop, register));
                if (!collectors.ContainsKey(register) && kinds.Count == 1 && inLoops == Mentions(statement, register))
                {
                    found.Add((register, kinds[0], users.Max(l => l.Vectors)));
                }
            }

            return found;
        }

        private static int Mentions(Stmt statement, Variable register) =>
            statement.All().Sum(s => (s.Changes() == register || s.Declares() == register ? 1 : 0)
                + s.Expressions().SelectMany(e => e.All()).Count(e => e is LoopExpr.Var v && v.Variable == register));

        private IEnumerable<Stmt> Declare(Variable register, ReduceKind kind, int vectors)
        {
            var type = register.Type.WithLanes(plans.Lanes);
            collectors[register] = [.. Enumerable.Range(0, vectors).Select(_ => names.Variable(register.Name + "_v", type))];
            return collectors[register].Select(v => new Stmt.Local(v, LoopOps.Const(kind.Identity(type.Element), type)));
        }

        private Stmt.Assign Combine(Variable register, ReduceKind kind)
        {
            LoopExpr[] parts = [.. collectors[register].Select(v => v.Read())];
            collectors.Remove(register);
            for (var count = parts.Length; count > 1; count = (count + 1) / 2)
            {
                var half = (count + 1) / 2;
                for (var i = 0; i + half < count; i++)
                {
                    parts[i] = LoopOps.Of(kind.Combine(), parts[i], parts[i + half]);
                }
            }

            return new Stmt.Assign(register, LoopOps.Of(kind.Combine(), register.Read(), new LoopExpr.Horizontal(kind, parts[0])));
        }
    }
}
