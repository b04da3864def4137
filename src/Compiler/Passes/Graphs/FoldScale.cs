using System.Collections.Immutable;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Passes.Graphs;

/// <summary>Folds a scale by constants after a sum of products into the weights: batch normalisation costs nothing.</summary>
/// <remarks>
/// Needs: normal form, elementwise work fused, weights to fold with afterwards. Gives: same values up to rounding; zeros of weights stay zeros.
/// <para>Before: <c>y[o, p] = ((sum(c) w[o, c] * x[c, p]) - m[o]) * s[o] + b[o]</c>.
/// After: <c>v[o, c] = w[o, c] * s[o]</c>; <c>t[o] = b[o] - m[o] * s[o]</c>; <c>y[o, p] = (sum(c) v[o, c] * x[c, p]) + t[o]</c>.</para>
/// </remarks>
public static class FoldScale
{
    /// <summary>Runs the pass.</summary>
    public static Graph Run(Graph graph)
    {
        var constants = new ConstantNodes(graph);
        var names = NodeNames.Of(graph);
        return Rewriter.Rewrite(graph, node =>
            node is ComputeNode { Reduction: { Kind: ReduceKind.Sum } } compute && !constants.Contains(node)
                ? new Folder(compute, constants, names).Run()
                : node);
    }

    private sealed class Folder(ComputeNode node, ConstantNodes constants, NodeNames names)
    {
        private readonly ScalarExpr.Reduce sum = node.Reduction!;
        private readonly Dictionary<ScalarExpr, bool> hasSum = [];

        public ComputeNode Run()
        {
            var found = new List<ScalarExpr>();
            FindAffine(node.Body, found, []);

            // Of `v` and `v + 3` (hard-swish uses both) the inner one is what is scaled.
            found.RemoveAll(outer => found.Any(inner => !ReferenceEquals(inner, outer) && outer.All().Contains(inner)));
            if (found is not [var affine] || Affine(affine) is not { } form || form.Scale is null || Weight(form.Scale) is not { } weight)
            {
                return node;
            }

            var scaled = ScaledWeight(weight, form.Scale);
            var operands = node.Operands.Add(scaled);
            var body = sum.Body.Rewrite(e => ReferenceEquals(e, weight) ? new ScalarExpr.Read(operands.Length - 1, weight.Subscripts, weight.Type, weight.Fill) : e);
            ScalarExpr replaced = new ScalarExpr.Reduce(sum.Kind, sum.Vars, body);
            if (form.Offset is not null)
            {
                replaced = ScalarExpr.Of(CoreOps.Add, replaced, form.Offset);
            }

            var whole = node.Body.Rewrite(e => ReferenceEquals(e, affine) ? replaced : e);
            return Operands.Pruned(node.Name, node.Type, node.Indices, whole, operands, node.Origin);
        }

        private void FindAffine(ScalarExpr expr, List<ScalarExpr> found, HashSet<ScalarExpr> seen)
        {
            if (!HasSum(expr) || !seen.Add(expr))
            {
                return;
            }

            if (Affine(expr) is not null)
            {
                found.Add(expr);
                return;
            }

            foreach (var child in expr.Children())
            {
                FindAffine(child, found, seen);
            }
        }

        /// <summary>The expression as <c>Scale * sum + Offset</c> with both over weights only; null Scale is 1, null Offset is 0.</summary>
        private (ScalarExpr? Scale, ScalarExpr? Offset)? Affine(ScalarExpr expr)
        {
            if (ReferenceEquals(expr, sum))
            {
                return (null, null);
            }

            if (expr is not ScalarExpr.Apply apply || apply.Type != sum.Type)
            {
                return null;
            }

            if (apply.Op == CoreOps.Neg)
            {
                return Affine(apply.Arguments[0]) is var (scale, offset) ? (Times(scale, Minus1), offset is null ? null : Times(offset, Minus1)) : null;
            }

            if (apply.Arguments.Length != 2 || apply.Arguments.Count(HasSum) != 1)
            {
                return null;
            }

            var left = HasSum(apply.Arguments[0]);
            var constant = apply.Arguments[left ? 1 : 0];
            if (!IsConstant(constant) || Affine(apply.Arguments[left ? 0 : 1]) is not var (a, b))
            {
                return null;
            }

            return Combine(apply.Op, left, a, b, constant);
        }

        private static (ScalarExpr? Scale, ScalarExpr? Offset)? Combine(CoreOp op, bool left, ScalarExpr? a, ScalarExpr? b, ScalarExpr c)
        {
            if (op == CoreOps.Add)
            {
                return (a, Plus(b, c));
            }

            if (op == CoreOps.Sub)
            {
                return left
                    ? (a, Plus(b, ScalarExpr.Of(CoreOps.Neg, c)))
                    : (Times(a, Minus1), b is null ? c : ScalarExpr.Of(CoreOps.Sub, c, b));
            }

            if (op == CoreOps.Mul)
            {
                return (Times(a, c), b is null ? null : Times(b, c));
            }

            if (op == CoreOps.Div && left)
            {
                var reciprocal = ScalarExpr.Of(CoreOps.Recip, c);
                return (Times(a, reciprocal), b is null ? null : Times(b, reciprocal));
            }

            return null;
        }

        /// <summary>The weight the scale can go into: a constant factor of the product whose subscripts have all the scale's variables.</summary>
        private ScalarExpr.Read? Weight(ScalarExpr scale)
        {
            var needed = FreeVariables.Of(scale);
            needed.IntersectWith(node.Indices.Select(i => i.Name));
            return Factors(sum.Body).OfType<ScalarExpr.Read>().FirstOrDefault(r =>
                constants.Contains(node.Operands[r.Operand])
                && node.Operands[r.Operand].Type.Shape.All(d => d.IsConstant)
                && needed.All(v => r.Subscripts.Any(s => s.SymbolName == v))
                && r.Type == scale.Type);
        }

        private static IEnumerable<ScalarExpr> Factors(ScalarExpr expr) =>
            expr is ScalarExpr.Apply apply && apply.Op == CoreOps.Mul ? apply.Arguments.SelectMany(Factors) : [expr];

        private ComputeNode ScaledWeight(ScalarExpr.Read weight, ScalarExpr scale)
        {
            var tensor = node.Operands[weight.Operand];
            ImmutableArray<IndexRange> indices = [.. tensor.Type.Shape.Select((d, i) => new IndexRange(FormattableString.Invariant($"i{i}"), d))];
            var over = scale.Substitute(n =>
            {
                for (var i = 0; i < indices.Length; i++)
                {
                    if (weight.Subscripts[i].SymbolName == n)
                    {
                        return indices[i].Symbol;
                    }
                }

                return null;
            });
            var body = ScalarExpr.Of(CoreOps.Mul, new ScalarExpr.Read(weight.Operand, [.. indices.Select(i => i.Symbol)], weight.Type), over);
            return Operands.Pruned(names.New(tensor.Name + "_scaled"), tensor.Type, indices, body, node.Operands, node.Origin with { Label = "scaled weight" });
        }

        private static ScalarExpr Minus1 => new ScalarExpr.Literal(-1, ElementType.F32);

        private static ScalarExpr Times(ScalarExpr? a, ScalarExpr b) => a is null ? b : ScalarExpr.Of(CoreOps.Mul, a, b);

        private static ScalarExpr Plus(ScalarExpr? a, ScalarExpr b) => a is null ? b : ScalarExpr.Of(CoreOps.Add, a, b);

        private bool IsConstant(ScalarExpr expr) =>
            !HasSum(expr) && expr.All().All(e => e is not ScalarExpr.Index && (e is not ScalarExpr.Read r || constants.Contains(node.Operands[r.Operand])));

        private bool HasSum(ScalarExpr expr)
        {
            if (!hasSum.TryGetValue(expr, out var result))
            {
                result = ReferenceEquals(expr, sum) || expr.Children().Any(HasSum);
                hasSum.Add(expr, result);
            }

            return result;
        }
    }
}
