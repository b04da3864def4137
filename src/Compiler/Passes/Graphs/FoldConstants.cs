using System.Text;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Evaluation;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Passes.Graphs;

/// <summary>Computes what depends on weights only, once, in float64.</summary>
/// <remarks>
/// Needs: weights. Gives: every node computed from parameters and constants only, and read by a node that is not, is a Constant.
/// Without weights the graph stays as it is, or, when they are deferred, gets the same constants without elements.
/// </remarks>
public static class FoldConstants
{
    /// <summary>Runs the pass.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="weights">Gives a parameter's tensor by path, or null.</param>
    /// <param name="deferred">Whether a node over tensors that are not there becomes a constant all the same, computed by whoever packs the weights.</param>
    public static Graph Run(Graph graph, Func<string, TensorData?> weights, bool deferred = false)
    {
        var constants = new ConstantNodes(graph);
        var values = new Dictionary<string, DenseTensor>(StringComparer.Ordinal);
        return Rewriter.Rewrite(graph, node =>
        {
            if (node is not (ComputeNode or ReshapeNode or ConcatNode) || !constants.Contains(node) || !node.Type.Shape.All(d => d.IsConstant))
            {
                return node;
            }

            var operands = new DenseTensor[node.Operands.Length];
            for (var i = 0; i < operands.Length; i++)
            {
                if (Value(node.Operands[i], weights, values) is not { } value)
                {
                    return deferred ? Constant(node, null) : node;
                }

                operands[i] = value;
            }

            var result = GraphEvaluator.Evaluate(node, operands, _ => 0);
            return Constant(node, result.To(node.Type.Element));
        });
    }

    private static ConstantNode Constant(Node node, TensorData? data) => new(node.Name, node.Type, data, node.Origin, source: ScaledParameter(node), recipe: Recipe(node));

    // What is computed, and over what: operands by path or by their own recipes, since names of nodes say nothing about them.
    private static string Recipe(Node node)
    {
        var text = new StringBuilder(GraphPrinter.Key(node));
        foreach (var operand in node.Operands)
        {
            text.Append('\n').Append(operand switch
            {
                ParamNode param => $"param {param.Path}: {param.Type} {(param.Sparsity as Sparsity.MaskFile)?.Path}",
                ConstantNode { Recipe: { } recipe } => recipe,
                _ => GraphPrinter.Line(operand),
            });
        }

        return StableText.Digest(text.ToString());
    }

    private static DenseTensor? Value(Node node, Func<string, TensorData?> weights, Dictionary<string, DenseTensor> values)
    {
        if (values.TryGetValue(node.Name, out var known))
        {
            return known;
        }

        var data = node switch
        {
            ConstantNode constant => constant.Data,
            ParamNode param => weights(param.Path),
            _ => null,
        };
        if (data is null)
        {
            return null;
        }

        var value = DenseTensor.From(data);
        values.Add(node.Name, value);
        return value;
    }

    /// <summary>The parameter whose zeros the node has: <c>w[i, j]</c> times or over anything, at the same place.</summary>
    private static ParamNode? ScaledParameter(Node node) =>
        node is ComputeNode compute && Scaled(compute.Body) is { } read
            && read.Subscripts.Select(s => s.SymbolName).SequenceEqual(compute.Indices.Select(i => i.Name))
            ? compute.Operands[read.Operand] switch
            {
                ParamNode param => param,
                ConstantNode constant => constant.Source,
                _ => null,
            }
            : null;

    private static ScalarExpr.Read? Scaled(ScalarExpr expr) => expr switch
    {
        ScalarExpr.Read read => read,
        ScalarExpr.Apply { Op: var op, Arguments: var a } when op == CoreOps.Mul || op == CoreOps.Div => Scaled(a[0]),
        _ => null,
    };
}
