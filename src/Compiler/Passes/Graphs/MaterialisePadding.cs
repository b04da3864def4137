using System.Collections.Immutable;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Passes.Graphs;

/// <summary>Gives reductions that read past the edge of an activation a padded copy of it, so that their inner loops need no conditions.</summary>
/// <remarks>
/// Needs: normal form. Gives: inside a Reduce, no read of an activation may leave its operand (where subscripts are linear).
/// <para>Before: <c>y[p] = sum(r &lt; 3) x[p + r - 1] * w[r]</c>. After: <c>t[i &lt; N + 2] = x[i - 1]</c>; <c>y[p] = sum(r &lt; 3) t[p + r] * w[r]</c>.</para>
/// <para>Pictures with narrow rows are left alone: see <see cref="NarrowRows"/>.</para>
/// The copy is one pass over memory with long runs; the conditions would be in the innermost loop.
/// </remarks>
public static class MaterialisePadding
{
    /// <summary>Runs the pass.</summary>
    public static Graph Run(Graph graph)
    {
        var constants = new ConstantNodes(graph);
        var names = NodeNames.Of(graph);
        return Rewriter.Rewrite(graph, node => node is ComputeNode { Reduction: not null } compute && !NarrowRows.Fits(compute) ? Pad(compute, graph, constants, names) : node);
    }

    private static ComputeNode Pad(ComputeNode node, Graph graph, ConstantNodes constants, NodeNames names)
    {
        var operands = node.Operands.ToList();
        var body = node.Body.Rewrite(e =>
        {
            if (e is not ScalarExpr.Read read || constants.Contains(node.Operands[read.Operand])
                || !Bounds.MayLeave(read, node.Operands[read.Operand], node, graph))
            {
                return e;
            }

            return Padded(read, node, graph, names, operands) ?? e;
        });
        return ReferenceEquals(body, node.Body) ? node : Operands.Pruned(node.Name, node.Type, node.Indices, body, operands, node.Origin);
    }

    private static ScalarExpr.Read? Padded(ScalarExpr.Read read, ComputeNode node, Graph graph, NodeNames names, List<Node> operands)
    {
        var operand = node.Operands[read.Operand];
        var low = new Dim[read.Subscripts.Length];
        var extents = new Dim[read.Subscripts.Length];
        for (var i = 0; i < low.Length; i++)
        {
            (low[i], extents[i]) = (Dim.Zero, operand.Type.Shape[i]);
            if (Bounds.MayLeave(read.Subscripts[i], operand.Type.Shape[i], node, graph))
            {
                if (Bounds.Extremes(read.Subscripts[i], node) is not ({ } from, { } to))
                {
                    return null;
                }

                (low[i], extents[i]) = (from, to - from + Dim.One);
            }
        }

        ImmutableArray<IndexRange> indices = [.. extents.Select((d, i) => new IndexRange(FormattableString.Invariant($"i{i}"), d))];
        var copy = new ScalarExpr.Read(0, [.. indices.Zip(low, (i, l) => i.Symbol + l)], read.Type, read.Fill);
        var type = new TensorType(read.Type, [.. extents]);
        operands.Add(new ComputeNode(names.New(operand.Name + "_padded"), type, indices, copy, [operand], node.Origin with { Label = "pad" }));
        return new ScalarExpr.Read(operands.Count - 1, [.. read.Subscripts.Zip(low, (s, l) => s - l)], read.Type, read.Fill);
    }
}
