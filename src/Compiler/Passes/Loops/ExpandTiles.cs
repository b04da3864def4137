using System.Collections.Immutable;
using System.Globalization;
using SparseDsl.Compiler.Loops;

namespace SparseDsl.Compiler.Passes.Loops;

/// <summary>Replaces every tile by one register for each entry.</summary>
/// <remarks>
/// Needs: constant subscripts (after Unroll and Vectorise). Gives: no tiles.
/// <code>
/// tile acc: f32x16[2] = splat16(0.0)        local acc_0: f32x16 = splat16(0.0)
/// acc[1] = acc[1] + x[0 ..16]          →    local acc_1: f32x16 = splat16(0.0)
///                                           acc_1 = acc_1 + x[0 ..16]
/// </code>
/// </remarks>
public static class ExpandTiles
{
    /// <summary>The kernel without tiles.</summary>
    public static Kernel Run(Kernel kernel, Target target)
    {
        var run = new Expansion(new LoopNames(kernel), []);
        return kernel with { Body = run.Statement(kernel.Body) };
    }

    /// <summary>Expands the tiles whose subscripts are constants everywhere; leaves the others.</summary>
    internal static Kernel WhereConstant(Kernel kernel)
    {
        HashSet<Tile> others = [];
        foreach (var statement in kernel.Body.All())
        {
            var uses = statement.Expressions().SelectMany(e => e.All()).OfType<LoopExpr.TileGet>().Select(g => (g.Tile, g.Children));
            uses = statement is Stmt.SetTile set ? uses.Append((set.Tile, set.Subscripts)) : uses;
            others.UnionWith(uses.Where(u => !u.Children.All(s => IndexAlgebra.Fold(s) is LoopExpr.Const)).Select(u => u.Tile));
        }

        var run = new Expansion(new LoopNames(kernel), others);
        return kernel with { Body = run.Statement(kernel.Body) };
    }

    private sealed class Expansion(LoopNames names, HashSet<Tile> kept)
    {
        private readonly Dictionary<Tile, Variable[]> registers = [];

        public Stmt Statement(Stmt statement)
        {
            ImmutableArray<LoopExpr> expressions = [.. statement.Expressions().Select(e => e.Rewrite(Entry))];
            switch (statement)
            {
                case Stmt.DeclareTile s when !kept.Contains(s.Tile):
                    registers[s.Tile] = [.. Entries(s.Tile)];
                    return new Stmt.Block([.. registers[s.Tile].Select(r => new Stmt.Local(r, expressions[0]))]);
                case Stmt.SetTile s when !kept.Contains(s.Tile):
                    return new Stmt.Assign(Register(s.Tile, expressions.RemoveAt(expressions.Length - 1)), expressions[expressions.Length - 1]);
                case Stmt.Block s:
                    return new Stmt.Block([.. s.Statements.SelectMany(inner => Statement(inner).Flat())]);
                default:
                    return statement.WithExpressions(expressions).MapBodies(Statement);
            }
        }

        private LoopExpr Entry(LoopExpr expr) => expr is LoopExpr.TileGet get && !kept.Contains(get.Tile) ? Register(get.Tile, get.Children).Read() : expr;

        private IEnumerable<Variable> Entries(Tile tile)
        {
            var count = tile.Shape.Aggregate(1, (a, b) => a * b);
            for (var i = 0; i < count; i++)
            {
                var name = tile.Name;
                var rest = i;
                var inner = count;
                foreach (var extent in tile.Shape)
                {
                    inner /= extent;
                    name += "_" + (rest / inner).ToString(CultureInfo.InvariantCulture);
                    rest %= inner;
                }

                yield return names.Variable(name, tile.Type);
            }
        }

        private Variable Register(Tile tile, ImmutableArray<LoopExpr> subscripts)
        {
            var index = 0L;
            for (var i = 0; i < subscripts.Length; i++)
            {
                var subscript = IndexAlgebra.Fold(subscripts[i]).IntValue();
                index = subscript >= 0 && subscript < tile.Shape[i] ? (index * tile.Shape[i]) + subscript.Value
                    : throw new CompilerBugException($"the subscript {LoopPrinter.Print(subscripts[i])} of the tile '{tile.Name}' is no constant inside it");
            }

            return registers[tile][index];
        }
    }
}
