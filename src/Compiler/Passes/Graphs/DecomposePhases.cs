using System.Collections.Immutable;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Passes.Graphs;

/// <summary>
/// Makes a reduction that keeps one in <c>s</c> of its terms a reduction over just these: the polyphase decomposition of a transposed convolution.
/// </summary>
/// <remarks>
/// Needs: normal form. Gives: the same values, without the conditions.
/// <para>Before: <c>y[p] = sum(r &lt; 4) x[(p - r) / 2] * w[r] if (p - r) % 2 == 0 else 0</c>. After, with r = p % 2 + 2 t:
/// <c>y[p] = sum(t &lt; 2) x[p / 2 - t] * w[p % 2 + 2 t]</c>. A filter as long as its stride leaves no reduction at all.</para>
/// Only where the stride divides the extent of the reduction: otherwise phases have different numbers of terms.
/// </remarks>
public static class DecomposePhases
{
    /// <summary>Runs the pass.</summary>
    public static Graph Run(Graph graph) => Rewriter.Rewrite(graph, node => node is ComputeNode { Reduction: { } reduce } compute ? Run(compute, reduce) : node);

    private static ComputeNode Run(ComputeNode node, ScalarExpr.Reduce reduce)
    {
        var next = reduce;
        while (Step(next) is { } step)
        {
            next = step;
        }

        return ReferenceEquals(next, reduce)
            ? node
            : SimplifyScalars.Run(Operands.Pruned(node.Name, node.Type, node.Indices, node.Body.Rewrite(e => ReferenceEquals(e, reduce) ? next : e), node.Operands, node.Origin));
    }

    /// <summary>The reduction without one of its conditions; null when none can go.</summary>
    private static ScalarExpr.Reduce? Step(ScalarExpr.Reduce reduce)
    {
        if (reduce.Body is not ScalarExpr.Apply { Op: var op, Arguments: [var condition, var value, ScalarExpr.Literal otherwise] }
            || op != CoreOps.Select || otherwise.Value != reduce.Kind.Identity(reduce.Type))
        {
            return null;
        }

        var conditions = Conjuncts(condition).ToList();
        foreach (var tested in conditions)
        {
            if (Find(tested, reduce.Vars) is { } phase)
            {
                var body = Rewritten(value, phase);
                var rest = conditions.Where(c => !ReferenceEquals(c, tested)).Select(c => Rewritten(c, phase)).ToArray();
                var kept = rest.Length == 0 ? body : ScalarExpr.Of(CoreOps.Select, rest.Aggregate((a, b) => ScalarExpr.Of(CoreOps.And, a, b)), body, otherwise);
                ImmutableArray<IndexRange> vars =
                    [.. reduce.Vars.Select(v => v.Name == phase.Variable ? new IndexRange(v.Name, Dim.FloorDiv(v.Extent, phase.Stride)) : v)];
                return new ScalarExpr.Reduce(reduce.Kind, vars, kept);
            }
        }

        return null;
    }

    private static IEnumerable<ScalarExpr> Conjuncts(ScalarExpr condition) =>
        condition is ScalarExpr.Apply { Op: var op, Arguments: var parts } && op == CoreOps.And ? parts.SelectMany(Conjuncts) : [condition];

    /// <summary><c>(Rest - Variable) % Stride == 0</c>.</summary>
    private sealed record Phase(string Variable, long Stride, Dim Rest)
    {
        public Dim Value => Dim.Mod(Rest, Stride) + (Dim.Symbol(Variable) * Stride);
    }

    private static Phase? Find(ScalarExpr condition, ImmutableArray<IndexRange> vars)
    {
        if (condition is not ScalarExpr.Apply { Op: var op, Arguments: [var left, var right] } || op != CoreOps.Eq || !IsZero(right)
            || left is not ScalarExpr.Index { Value: var value } || Single(value) is not { Kind: Dim.AtomKind.Mod } mod || mod.Right!.Constant is not { } stride)
        {
            return null;
        }

        foreach (var v in vars)
        {
            // -v and (s - 1) v are the same modulo s.
            if (mod.Left!.Linear(v.Name) is var (coefficient, offset) && Dim.Mod(v.Extent, stride).Equals(Dim.Zero) && stride > 1)
            {
                if (FloorMod(coefficient, stride) == stride - 1)
                {
                    return new Phase(v.Name, stride, offset);
                }

                if (FloorMod(coefficient, stride) == 1)
                {
                    return new Phase(v.Name, stride, -offset);
                }
            }
        }

        return null;
    }

    private static ScalarExpr Rewritten(ScalarExpr expr, Phase phase) => expr.Rewrite(e => e switch
    {
        ScalarExpr.Read read => new ScalarExpr.Read(read.Operand, [.. read.Subscripts.Select(s => Rewritten(s, phase))], read.Type, read.Fill),
        ScalarExpr.Index index => new ScalarExpr.Index(Rewritten(index.Value, phase), index.Type),
        _ => e,
    });

    // The quotient of (rest - v) by the stride is exact where the condition holds: rest / s - t.
    private static Dim Rewritten(Dim dim, Phase phase)
    {
        if (Single(dim) is { Kind: Dim.AtomKind.FloorDiv } quotient && quotient.Right!.Constant == phase.Stride
            && quotient.Left!.Linear(phase.Variable) is (-1, var rest) && Dim.Mod(rest - phase.Rest, phase.Stride).Equals(Dim.Zero))
        {
            return Dim.FloorDiv(rest, phase.Stride) - Dim.Symbol(phase.Variable);
        }

        return dim.Substitute(name => name == phase.Variable ? phase.Value : null);
    }

    private static Dim.Atom? Single(Dim dim) => dim.Terms().ToArray() is [(1, [var atom])] ? atom : null;

    private static bool IsZero(ScalarExpr expr) => expr is ScalarExpr.Literal { Value: 0 } or ScalarExpr.Index { Value.Constant: 0 };

    private static long FloorMod(long a, long b) => ((a % b) + b) % b;
}
