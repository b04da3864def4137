using System.Collections.Immutable;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Passes.Graphs.Slices;

/// <summary>Rewrites nodes over tensors without the slices that go.</summary>
internal sealed class SliceRewrite(Graph graph, SliceFacts facts, SliceGroups groups, Func<Node, TensorData?> weights)
{
    private readonly Dictionary<string, Node> originals = graph.Nodes.ToDictionary(n => n.Name, StringComparer.Ordinal);
    private readonly NodeNames names = NodeNames.Of(graph);

    /// <summary>The node, given over rewritten operands, without the slices that go.</summary>
    public Node Rewrite(Node node)
    {
        var original = originals[node.Name];
        var type = Type(original);
        return node switch
        {
            ParamNode or ConstantNode => ReferenceEquals(type, node.Type) ? node : Weight(node, type),
            ComputeNode compute => Compute(compute, (ComputeNode)original, type),
            ConcatNode concat => ReferenceEquals(type, node.Type) ? node : new ConcatNode(node.Name, type, concat.Axis, node.Operands, node.Origin),
            ReshapeNode => ReferenceEquals(type, node.Type) ? node : new ReshapeNode(node.Name, type, node.Operands[0], node.Origin),
            _ => node,
        };
    }

    private TensorType Type(Node node)
    {
        var shape = node.Type.Shape;
        for (var axis = 0; axis < shape.Length; axis++)
        {
            shape = groups.Kept(node, axis) is { } kept ? shape.SetItem(axis, kept.Length) : shape;
        }

        return shape.Equals(node.Type.Shape) ? node.Type : new TensorType(node.Type.Element, shape);
    }

    private ConstantNode Weight(Node node, TensorType type)
    {
        var data = weights(node)!;
        var recipe = $"slices of {(node is ParamNode param ? $"param {param.Path}" : ((ConstantNode)node).Recipe ?? GraphPrinter.Line(node))}";
        for (var axis = 0; axis < type.Rank; axis++)
        {
            if (groups.Kept(node, axis) is { } kept)
            {
                data = TensorSlices.Take(data, axis, kept);
                recipe += FormattableString.Invariant($"\n{axis}: {string.Join(" ", kept)}");
            }
        }

        return new ConstantNode(node.Name, type, data, node.Origin, source: node as ParamNode ?? ((ConstantNode)node).Source, recipe: StableText.Digest(recipe));
    }

    private ComputeNode Compute(ComputeNode node, ComputeNode original, TensorType type)
    {
        var kept = new Dictionary<string, int[]>(StringComparer.Ordinal);
        foreach (var use in VariableUse.Of(original))
        {
            if (groups.Kept(original, use) is { } values)
            {
                kept.Add(use.Variable.Name, values);
            }
        }

        var operands = node.Operands.ToList();
        var known = original.Reduction is { } sum ? Known(original, sum, kept) : null;
        var body = node.Body.Rewrite(e => e switch
        {
            ScalarExpr.Read read => Shifted(read, original.Operands[read.Operand]),
            ScalarExpr.Reduce reduce => WithKnown(Shrunk(reduce, kept), known, node, operands),
            _ => e,
        });
        if (ReferenceEquals(body, node.Body) && ReferenceEquals(type, node.Type))
        {
            return node;
        }

        ImmutableArray<IndexRange> indices = [.. node.Indices.Select(i => Shrunk(i, kept))];
        return known is null ? new ComputeNode(node.Name, type, indices, body, node.Operands, node.Origin)
            : Operands.Pruned(node.Name, type, indices, body.Rewrite(e => Merged(e, operands)), operands, node.Origin);
    }

    private KnownSum? Known(ComputeNode original, ScalarExpr.Reduce sum, Dictionary<string, int[]> kept) => sum.Vars.Any(v => kept.ContainsKey(v.Name))
        ? new KnownTerms(original, sum, new SliceValues(original, facts, graph), n => weights(n) is not null).Fold(kept, n => weights(n)!)
        : null;

    // Subscripts keep the value of their variable: only what goes below a constant part moves it.
    private ScalarExpr.Read Shifted(ScalarExpr.Read read, Node operand)
    {
        var subscripts = read.Subscripts;
        for (var axis = 0; axis < subscripts.Length; axis++)
        {
            if (groups.Kept(operand, axis) is { } kept && Offset(subscripts[axis]) is > 0 and var offset)
            {
                subscripts = subscripts.SetItem(axis, subscripts[axis] - (Dim)(offset - kept.Count(k => k < offset)));
            }
        }

        return subscripts.Equals(read.Subscripts) ? read : new ScalarExpr.Read(read.Operand, subscripts, read.Type, read.Fill);
    }

    private static long Offset(Dim subscript) =>
        subscript.Constant ?? (subscript.Symbols().Take(2).ToArray() is [var only] && subscript.Linear(only)?.Offset.Constant is { } offset ? offset : 0);

    private static IndexRange Shrunk(IndexRange variable, Dictionary<string, int[]> kept) =>
        kept.TryGetValue(variable.Name, out var values) ? new IndexRange(variable.Name, values.Length) : variable;

    private static ScalarExpr.Reduce Shrunk(ScalarExpr.Reduce reduce, Dictionary<string, int[]> kept) => reduce.Vars.Any(v => kept.ContainsKey(v.Name))
        ? new ScalarExpr.Reduce(reduce.Kind, [.. reduce.Vars.Select(v => Shrunk(v, kept))], reduce.Body)
        : reduce;

    private ScalarExpr WithKnown(ScalarExpr.Reduce reduce, KnownSum? known, ComputeNode node, List<Node> operands)
    {
        if (known is null)
        {
            return reduce;
        }

        operands.Add(Constant(names.New(node.Name + "_known"), known.Data, node.Origin));
        return ScalarExpr.Of(CoreOps.Add, reduce, new ScalarExpr.Read(operands.Count - 1, known.Subscripts, reduce.Type));
    }

    /// <summary><c>(sum + known[o]) + bias[o]</c> becomes <c>sum + both[o]</c>.</summary>
    private ScalarExpr Merged(ScalarExpr expr, List<Node> operands)
    {
        if (expr is not ScalarExpr.Apply { Op: var op, Arguments: [ScalarExpr.Apply { Arguments: [ScalarExpr.Reduce reduce, ScalarExpr.Read known] } inner, ScalarExpr.Read bias] }
            || op != CoreOps.Add || inner.Op != CoreOps.Add || bias.Type != known.Type || !bias.Subscripts.SequenceEqual(known.Subscripts)
            || operands[known.Operand] is not ConstantNode { Data: { } a } constant || Elements(operands[bias.Operand]) is not { } b || b.Type != a.Type)
        {
            return expr;
        }

        var both = TensorData.FromDoubles([.. a.ToDoubles().Zip(b.ToDoubles(), (x, y) => x + y)], [.. a.Shape]).ConvertTo(a.Type);
        operands.Add(Constant(names.New(constant.Name + "_bias"), both, constant.Origin));
        return ScalarExpr.Of(CoreOps.Add, reduce, new ScalarExpr.Read(operands.Count - 1, known.Subscripts, known.Type));
    }

    // A constant of the rewritten graph has its own elements; a parameter that is still one has those it had.
    private TensorData? Elements(Node node) => node is ConstantNode constant ? constant.Data : node is ParamNode ? weights(node) : null;

    // Names of parameters and the model do not say what it is: its elements do.
    private static ConstantNode Constant(string name, TensorData data, NodeOrigin origin) => new(
        name, new TensorType(data.Type, [.. data.Shape.Select(s => Dim.Const(s))]), data, origin with { Label = "known terms" });
}
