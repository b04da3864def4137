using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;
using Buffer = SparseDsl.Compiler.Loops.Buffer;

namespace SparseDsl.Compiler.Passes.Loops;

/// <summary>Computes before a serial loop what no round of it changes.</summary>
/// <remarks>
/// Needs: nothing; best after SimplifyIndices, which puts the unchanging part of a sum together. Gives: the largest unchanging expressions named before
/// the loop, innermost loops first, so that they move as far out as they can. Bounded: a quarter of the vector registers for floating values and
/// <see cref="MaxIntegers"/> integers a loop; what comes first in the body goes first. Loads move only when the loop surely runs and the load surely
/// happens in it, and its buffer is not stored there; nothing leaves a parallel loop.
/// <code>
/// for k in 0..9                                       let inv = t*64
///   acc = fma(s, x[t*64 + k ..16], acc)         →     for k in 0..9
///                                                       acc = fma(s, x[inv + k ..16], acc)
/// </code>
/// </remarks>
public static class Hoist
{
    /// <summary>Most integer values moved out of one loop.</summary>
    public const int MaxIntegers = 16;

    private const int MaxMasks = 12;

    /// <summary>The kernel with less work in its loops.</summary>
    public static Kernel Run(Kernel kernel, Target target)
    {
        var names = new LoopNames(kernel);
        return kernel with { Body = Statement(kernel.Body, names, target) };
    }

    private static Stmt Statement(Stmt statement, LoopNames names, Target target)
    {
        var inner = statement.MapBodies(s => Statement(s, names, target));
        return inner switch
        {
            Stmt.For { Kind: LoopKind.Serial } loop => new LoopBody(loop, names, Math.Max(2, target.Registers / 4)).Hoisted(),
            Stmt.Block block => new Stmt.Block([.. block.Statements.SelectMany(s => s.Flat())]),
            _ => inner,
        };
    }

    private sealed class LoopBody
    {
        private readonly Stmt.For loop;
        private readonly LoopNames names;
        private readonly int maxFloats;
        private readonly bool runs;
        private readonly HashSet<Variable> varying = [];
        private readonly HashSet<Buffer> written = [];
        private readonly HashSet<Tile> tiles = [];
        private readonly List<Stmt> before = [];
        private readonly Dictionary<string, LoopExpr> moved = new(StringComparer.Ordinal);
        private int floats;
        private int vectors;
        private int masks;
        private int integers;

        public LoopBody(Stmt.For loop, LoopNames names, int maxFloats)
        {
            this.loop = loop;
            this.names = names;
            this.maxFloats = maxFloats;
            runs = loop.Begin.IntValue() < loop.End.IntValue();
            varying.Add(loop.Variable);
            foreach (var statement in loop.Body.All())
            {
                Add(varying, statement.Declares());
                Add(varying, statement.Changes());
                Add(written, statement.Writes());
                Add(tiles, (statement as Stmt.SetTile)?.Tile ?? (statement as Stmt.DeclareTile)?.Tile);
            }
        }

        public Stmt Hoisted()
        {
            var body = Move(loop.Body, certain: runs);
            return before.Count == 0 ? loop : new Stmt.Block([.. before, new Stmt.For(loop.Kind, loop.Variable, loop.Begin, loop.End, loop.Step, body)]);
        }

        private static void Add<T>(HashSet<T> set, T? item)
            where T : class
        {
            if (item is not null)
            {
                set.Add(item);
            }
        }

        private Stmt Move(Stmt statement, bool certain)
        {
            switch (statement)
            {
                case Stmt.Block block:
                    return new Stmt.Block([.. block.Statements.Select(s => Move(s, certain)).SelectMany(s => s.Flat())]);
                case Stmt.Let let when CanMove(let.Value, certain) && Affordable(let.Value):
                    // The name moves with its value; what uses it may move after it.
                    before.Add(let);
                    varying.Remove(let.Variable);
                    return new Stmt.Block([]);
                case Stmt.Scratch:
                    return statement;
            }

            var expressions = statement.Expressions();
            var next = statement.WithExpressions([.. expressions.Select(e => Move(e, certain && statement is not Stmt.While))]);
            return next switch
            {
                Stmt.For inner => inner.MapBodies(s => Move(s, certain && inner.Begin.IntValue() < inner.End.IntValue())),
                _ => next.MapBodies(s => Move(s, certain: false)),
            };
        }

        private LoopExpr Move(LoopExpr expr, bool certain)
        {
            if (expr is LoopExpr.Const or LoopExpr.Var)
            {
                return expr;
            }

            if (CanMove(expr, certain))
            {
                var key = LoopPrinter.Print(expr);
                if (moved.TryGetValue(key, out var known))
                {
                    return known;
                }

                if (Affordable(expr))
                {
                    var variable = names.Variable("inv", expr.Type);
                    before.Add(new Stmt.Let(variable, expr));
                    return moved[key] = variable.Read();
                }
            }

            var children = expr.Children;
            return children.Length == 0 ? expr : expr.WithChildren([.. children.Select(c => Move(c, certain))]);
        }

        private bool Affordable(LoopExpr expr)
        {
            // Masks have registers of their own; integer vectors are mostly what masks are made of, and need none once the masks are outside.
            return expr.Type switch
            {
                { Lanes: > 1, Element: ElementType.Bool } => masks++ < MaxMasks,
                { Lanes: > 1, Element: var element } when element.IsInteger() => vectors++ < maxFloats,
                { Lanes: > 1 } => floats++ < maxFloats,
                { Element: var element } when element.IsFloat() => floats++ < maxFloats,
                _ => integers++ < MaxIntegers,
            };
        }

        private bool CanMove(LoopExpr expr, bool certain) => expr.All().All(e => e switch
        {
            LoopExpr.Var v => !varying.Contains(v.Variable),
            LoopExpr.Load l => certain && !written.Contains(l.Buffer),
            LoopExpr.Gather g => certain && !written.Contains(g.Buffer),
            LoopExpr.Expand x => certain && !written.Contains(x.Buffer),
            LoopExpr.TileGet t => !tiles.Contains(t.Tile),
            LoopExpr.Op { Operation: var op, Type.Element: var element } o when element.IsInteger() && (op == CoreOps.Div || op == CoreOps.Mod) =>
                certain || o.Children[1] is LoopExpr.Const { Value: not 0 },
            _ => true,
        });
    }
}
