using System.Collections.Immutable;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Passes.Loops;

/// <summary>
/// Brings integer scalars into canonical form (<see cref="IndexAlgebra"/>), folds conditions that ranges of loop variables decide, and drops what can
/// never run: branches, loops without rounds, masks that are always true. A loop of exactly one round becomes its body, the name of a constant the constant.
/// </summary>
/// <remarks>
/// Needs: nothing. Gives: offsets as sums, outermost variable first, constant last. Values of floating type are not touched.
/// <code>
/// y[(k + 3 + t*32*2) ..16 if first16(16)] = a     →     y[t*64 + k + 3 ..16] = a
/// </code>
/// </remarks>
public static class SimplifyIndices
{
    /// <summary>The kernel with simpler integers.</summary>
    public static Kernel Run(Kernel kernel, Target target)
    {
        var facts = new Facts(kernel);
        return kernel with { Body = new Simplifier(facts).Statement(kernel.Body) };
    }

    private sealed class Facts : IIndexFacts
    {
        private readonly Dictionary<Variable, (long? Low, long? High)> ranges = [];
        private readonly Dictionary<Variable, int> depths = [];

        public Facts(Kernel kernel)
        {
            foreach (var scalar in kernel.Scalars)
            {
                ranges[scalar] = (0, null);
            }
        }

        public int Depth { get; set; }

        /// <summary>Names of constants.</summary>
        public Dictionary<Variable, LoopExpr> Constants { get; } = [];

        public (long? Low, long? High) RangeOf(Variable variable) => ranges.TryGetValue(variable, out var range) ? range : (null, null);

        public int DepthOf(Variable variable) => depths.TryGetValue(variable, out var depth) ? depth : 0;

        public void Declare(Variable variable, (long? Low, long? High) range)
        {
            ranges[variable] = range;
            depths[variable] = Depth;
        }
    }

    private sealed class Simplifier
    {
        private readonly Facts facts;
        private readonly IndexAlgebra algebra;

        public Simplifier(Facts facts)
        {
            this.facts = facts;
            algebra = new IndexAlgebra(facts, Expression);
        }

        public Stmt Statement(Stmt statement)
        {
            ImmutableArray<LoopExpr> old = statement.Expressions();
            ImmutableArray<LoopExpr> expressions = [.. old.Select(Expression)];
            var next = old.SequenceEqual(expressions) ? statement : statement.WithExpressions(expressions);
            switch (next)
            {
                case Stmt.Block s:
                    return new Stmt.Block([.. s.Statements.SelectMany(inner => Statement(inner).Flat())]);
                case Stmt.Let { Value: LoopExpr.Const } s:
                    facts.Constants[s.Variable] = s.Value;
                    return new Stmt.Block([]);
                case Stmt.Let s:
                    facts.Declare(s.Variable, s.Value.Type == LoopType.Index ? algebra.Range(s.Value) : (null, null));
                    return next;
                case Stmt.Local s:
                    facts.Declare(s.Variable, (null, null));
                    return next;
                case Stmt.Store { Mask: { } mask } s when IsTrue(mask):
                    return new Stmt.Store(s.Buffer, s.Offset, s.Value, s.Stride);
                case Stmt.For s:
                    return For(s);
                case Stmt.While s:
                    return IsFalse(s.Condition) ? new Stmt.Block([]) : s.MapBodies(Inside);
                case Stmt.If s:
                    return IsTrue(s.Condition) ? Statement(s.Then)
                        : IsFalse(s.Condition) ? Statement(s.Otherwise ?? new Stmt.Block([]))
                        : s.MapBodies(Statement);
                default:
                    return next;
            }
        }

        private Stmt For(Stmt.For loop)
        {
            var (low, high) = (algebra.Range(loop.Begin).Low, algebra.Range(loop.End).High - 1);
            var (begin, end) = (loop.Begin.IntValue(), loop.End.IntValue());
            if (begin >= end)
            {
                return new Stmt.Block([]);
            }

            if (loop.Kind is LoopKind.Serial or LoopKind.Unrolled && begin + loop.Step >= end)
            {
                return Statement(loop.Body.RewriteExpressions(e => e is LoopExpr.Var v && v.Variable == loop.Variable ? loop.Begin : e));
            }

            facts.Depth++;
            facts.Declare(loop.Variable, (low, high));
            var body = Statement(loop.Body);
            facts.Depth--;
            return ReferenceEquals(body, loop.Body) ? loop : new Stmt.For(loop.Kind, loop.Variable, loop.Begin, loop.End, loop.Step, body);
        }

        private Stmt Inside(Stmt body)
        {
            facts.Depth++;
            var result = Statement(body);
            facts.Depth--;
            return result;
        }

        private LoopExpr Expression(LoopExpr expr)
        {
            // A sum is simplified as a whole, its terms through this method.
            if (IndexAlgebra.IsArithmetic(expr))
            {
                return algebra.Simplify(expr);
            }

            var children = expr.Children;
            ImmutableArray<LoopExpr> next = [.. children.Select(Expression)];
            var result = children.SequenceEqual(next) ? expr : expr.WithChildren(next);
            return Simplify(result);
        }

        private LoopExpr Simplify(LoopExpr expr)
        {
            switch (expr)
            {
                case LoopExpr.Var v:
                    return facts.Constants.TryGetValue(v.Variable, out var constant) ? constant : v;
                case LoopExpr.Op op:
                    return Folded(op);
                case LoopExpr.Splat { Children: [LoopExpr.Const c] }:
                    return new LoopExpr.Const(c.Value, expr.Type);
                case LoopExpr.Cast { Children: [LoopExpr.Const { Type: { Lanes: 1, Element: ElementType.I32 } } c] } when expr.Type.Element is ElementType.F32 or ElementType.F64 && Math.Abs(c.Value) <= 1 << 24:
                    return new LoopExpr.Const(c.Value, expr.Type);
                case LoopExpr.Cast cast when cast.Type == cast.Children[0].Type:
                    return cast.Children[0];
                case LoopExpr.FirstLanes first when algebra.Range(first.Children[0]).Low >= first.Type.Lanes:
                    return new LoopExpr.Const(1, first.Type);
                case LoopExpr.Load { Mask: { } mask } load when IsTrue(mask):
                    return new LoopExpr.Load(load.Buffer, load.Offset, load.Type.Lanes, load.Stride);
                case LoopExpr.Load { Mask: { } mask } load when IsFalse(mask):
                    return new LoopExpr.Const(0, load.Type);
                case LoopExpr.Gather { Mask: { } mask } gather when IsTrue(mask):
                    return new LoopExpr.Gather(gather.Buffer, gather.Offsets);
                default:
                    return expr;
            }
        }

        private LoopExpr Folded(LoopExpr.Op op)
        {
            var (operation, a) = (op.Operation, op.Children);
            if (operation == CoreOps.Select && a[0] is LoopExpr.Const choice)
            {
                return choice.Value != 0 ? a[1] : a[2];
            }

            if (operation == CoreOps.And || operation == CoreOps.Or)
            {
                return Logical(op);
            }

            if (operation == CoreOps.Not && a[0] is LoopExpr.Const negated)
            {
                return new LoopExpr.Const(negated.Value == 0 ? 1 : 0, op.Type);
            }

            return operation.Rule == ResultRule.Bool && a[0].Type == LoopType.Index ? Compared(op) : op;
        }

        private static LoopExpr Logical(LoopExpr.Op op)
        {
            var neutral = op.Operation == CoreOps.And ? 1 : 0;
            foreach (var (constant, other) in new[] { (op.Children[0], op.Children[1]), (op.Children[1], op.Children[0]) })
            {
                if (constant is LoopExpr.Const c)
                {
                    return (c.Value != 0 ? 1 : 0) == neutral ? other : c;
                }
            }

            return op;
        }

        private LoopExpr Compared(LoopExpr.Op op)
        {
            var (low, high) = algebra.Range(LoopOps.Sub(op.Children[0], op.Children[1]));
            bool? holds = op.Operation.Name switch
            {
                "lt" => high < 0 ? true : low >= 0 ? false : null,
                "le" => high <= 0 ? true : low > 0 ? false : null,
                "gt" => low > 0 ? true : high <= 0 ? false : null,
                "ge" => low >= 0 ? true : high < 0 ? false : null,
                "eq" => low == 0 && high == 0 ? true : low > 0 || high < 0 ? false : null,
                "ne" => low > 0 || high < 0 ? true : low == 0 && high == 0 ? false : null,
                _ => null,
            };
            return holds is { } value ? new LoopExpr.Const(value ? 1 : 0, op.Type) : op;
        }

        private static bool IsTrue(LoopExpr condition) => condition is LoopExpr.Const { Value: not 0 };

        private static bool IsFalse(LoopExpr condition) => condition is LoopExpr.Const { Value: 0 };
    }
}
