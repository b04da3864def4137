using SparseDsl.Dsl.Scalars;

// What must hold between passes:
//   names are unique; every operand is a node of the graph (by construction)
//   a Compute's indices have the extents of its type; its body has the type's element
//   every Read names an operand, has one subscript per index of it, and has its element type
//   subscripts and index values mention only the node's index variables, variables of reductions around them, and dims of the model
//   normal form: one Reduce object at most, none inside it, mentioning every output index of extent other than 1
//   reshapes keep the number of elements; concatenations add up along their axis and agree elsewhere
namespace SparseDsl.Compiler.Graphs;

/// <summary>Checks a graph between passes. A violation is a bug of the compiler, never of a user.</summary>
public static class GraphValidator
{
    /// <summary>Returns the graph, or throws <see cref="CompilerBugException"/> naming the node and the rule.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="after">What produced it, for the message.</param>
    public static Graph Validate(Graph graph, string after)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var dims = new HashSet<string>(graph.Dims.Select(d => d.Name), StringComparer.Ordinal);
        foreach (var node in graph.Nodes)
        {
            Require(names.Add(node.Name), node, after, "the name is not unique");
            Require(node.Type.Shape.All(d => d.Symbols().All(dims.Contains)), node, after, "the shape mentions an unknown dim");
            Check(node, dims, after);
        }

        return graph;
    }

    private static void Check(Node node, HashSet<string> dims, string after)
    {
        switch (node)
        {
            case ComputeNode compute:
                Check(compute, dims, after);
                break;
            case ReshapeNode:
                Require(node.Type.Element == node.Operands[0].Type.Element, node, after, "a reshape changes the element type");
                break;
            case ConcatNode concat:
                Check(concat, after);
                break;
        }
    }

    private static void Check(ConcatNode node, string after)
    {
        var sum = node.Operands.Select(o => o.Type.Shape[node.Axis]).Aggregate((a, b) => a + b);
        Require(sum.Equals(node.Type.Shape[node.Axis]), node, after, "extents along the axis do not add up");
    }

    private static void Check(ComputeNode node, HashSet<string> dims, string after)
    {
        Require(node.Indices.Select(i => i.Extent).SequenceEqual(node.Type.Shape), node, after, "indices and shape differ");
        Require(node.Body.Type == node.Type.Element, node, after, $"the body is {node.Body.Type}, the node {node.Type.Element}");
        var scope = new HashSet<string>(dims, StringComparer.Ordinal);
        foreach (var index in node.Indices)
        {
            Require(scope.Add(index.Name), node, after, $"index '{index.Name}' is declared twice or is a dim");
        }

        var reductions = node.Body.All().OfType<ScalarExpr.Reduce>().ToArray();
        Require(reductions.Length <= 1, node, after, "more than one reduction");
        CheckReduction(node, reductions.FirstOrDefault(), after);
        CheckScope(node, node.Body, scope, [], after);
    }

    private static void CheckReduction(ComputeNode node, ScalarExpr.Reduce? reduce, string after)
    {
        if (reduce is not null)
        {
            var free = FreeVariables.Of(reduce);
            Require(node.Indices.All(i => i.Extent.Constant == 1 || free.Contains(i.Name)), node, after, "the reduction does not mention every index");
        }
    }

    private static void CheckScope(ComputeNode node, ScalarExpr expr, HashSet<string> scope, HashSet<ScalarExpr> seen, string after)
    {
        if (!seen.Add(expr))
        {
            return;
        }

        switch (expr)
        {
            case ScalarExpr.Read read:
                Require(read.Operand < node.Operands.Length, node, after, "a read of an operand that is not there");
                var operand = node.Operands[read.Operand].Type;
                Require(read.Subscripts.Length == operand.Rank && read.Type == operand.Element, node, after, $"a read does not fit {node.Operands[read.Operand]}");
                Require(read.Subscripts.SelectMany(s => s.Symbols()).All(scope.Contains), node, after, "a subscript mentions an unknown variable");
                break;
            case ScalarExpr.Index index:
                Require(index.Value.Symbols().All(scope.Contains), node, after, "an index value mentions an unknown variable");
                break;
            case ScalarExpr.Reduce reduce:
                var inner = new HashSet<string>(scope, StringComparer.Ordinal);
                Require(reduce.Vars.All(v => inner.Add(v.Name)), node, after, "a reduction variable is declared twice or is a dim");
                CheckScope(node, reduce.Body, inner, [], after);
                return;
        }

        foreach (var child in expr.Children())
        {
            CheckScope(node, child, scope, seen, after);
        }
    }

    private static void Require(bool condition, Node node, string after, string rule)
    {
        if (!condition)
        {
            throw new CompilerBugException($"after {after}, node {GraphPrinter.Line(node)}: {rule}");
        }
    }
}
