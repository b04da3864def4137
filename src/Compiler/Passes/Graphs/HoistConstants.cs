using System.Collections.Immutable;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Passes.Graphs;

/// <summary>Moves parts of a body that depend on weights only into nodes of their own, for FoldConstants to compute.</summary>
/// <remarks>
/// Needs: normal form. Gives: in a node that is not constant, the largest subexpressions over parameters are single reads.
/// <para>Before: <c>y[c, p] = (x[c, p] - m[c]) * (g[c] * rsqrt(v[c] + 1e-5))</c>. After: <c>s[c] = g[c] * rsqrt(v[c] + 1e-5)</c>;
/// <c>y[c, p] = (x[c, p] - m[c]) * s[c]</c>.</para>
/// Not done where the part would be larger than four times what it is made from.
/// </remarks>
public static class HoistConstants
{
    /// <summary>Runs the pass.</summary>
    public static Graph Run(Graph graph)
    {
        var constants = new ConstantNodes(graph);
        var names = NodeNames.Of(graph);
        return Rewriter.Rewrite(graph, node =>
            node is ComputeNode compute && !constants.Contains(node) ? Hoist(compute, constants, names) : node);
    }

    private static ComputeNode Hoist(ComputeNode node, ConstantNodes constants, NodeNames names)
    {
        var operands = node.Operands.ToList();
        var done = new Dictionary<ScalarExpr, ScalarExpr>();
        var body = Visit(node.Body);
        return ReferenceEquals(body, node.Body) ? node : Operands.Pruned(node.Name, node.Type, node.Indices, body, operands, node.Origin);

        // Top down: the largest constant part is found first.
        ScalarExpr Visit(ScalarExpr expr)
        {
            if (done.TryGetValue(expr, out var known))
            {
                return known;
            }

            ScalarExpr result;
            if (IsWorthMoving(expr, node, constants, out var indices))
            {
                var type = new TensorType(expr.Type, [.. indices.Select(i => i.Extent)]);
                operands.Add(Operands.Pruned(names.New(node.Name + "_constant"), type, indices, expr, node.Operands, node.Origin));
                result = new ScalarExpr.Read(operands.Count - 1, [.. indices.Select(i => i.Symbol)], expr.Type);
            }
            else
            {
                ScalarExpr[] children = [.. expr.Children()];
                ScalarExpr[] next = [.. children.Select(Visit)];
                result = children.Zip(next, ReferenceEquals).All(x => x) ? expr : expr.WithChildren(next);
            }

            done.Add(expr, result);
            return result;
        }
    }

    private static bool IsWorthMoving(ScalarExpr expr, ComputeNode node, ConstantNodes constants, out ImmutableArray<IndexRange> indices)
    {
        indices = [];
        var reads = expr.All().OfType<ScalarExpr.Read>().ToArray();
        if (expr is ScalarExpr.Read or ScalarExpr.Cast { Operand: ScalarExpr.Read } || reads.Length == 0
            || !reads.All(r => constants.Contains(node.Operands[r.Operand])))
        {
            return false;
        }

        var free = FreeVariables.Of(expr);
        indices = [.. Bounds.Variables(node).Where(v => free.Contains(v.Name))];
        var size = new TensorType(expr.Type, [.. indices.Select(i => i.Extent)]).Count.Constant;
        var source = reads.Max(r => node.Operands[r.Operand].Type.Count.Constant);
        return size is { } n && source is { } m && n <= 4 * m;
    }
}
