using System.Collections.Immutable;
using SparseDsl.Compiler.Data;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Graphs;

/// <summary>Turns a bound model into a graph in normal form: every stage of every operator becomes Compute nodes with at most one reduction.</summary>
public sealed class BuildGraph
{
    private readonly Dictionary<BoundValue, Node> nodes = [];
    private readonly NodeNames names = new();
    private readonly QuantizedInputs inputs;

    private BuildGraph() => inputs = new QuantizedInputs(names);

    /// <summary>The graph of a model. A selection (top-k, threshold) becomes a Structural node.</summary>
    public static Graph Run(BoundModel model)
    {
        var builder = new BuildGraph();
        foreach (var name in model.Inputs.Select(i => i.Name).Concat(model.States.Select(s => s.Name)))
        {
            builder.names.Reserve(name);
        }

        ImmutableArray<InputNode> inputs = [.. model.Inputs.Select(i => (InputNode)builder.Node(i))];
        var outputs = model.Outputs.Select(o => (o.Name, builder.Node(o.Value))).ToImmutableArray();
        return new Graph(model.Name, model.Dims, inputs, outputs);
    }

    private Node Node(BoundValue root)
    {
        // Bound values form deep chains in long networks: an explicit stack instead of recursion.
        var stack = new Stack<BoundValue>();
        stack.Push(root);
        while (stack.Count > 0)
        {
            var value = stack.Peek();
            var missing = value.Operands.Where(o => !nodes.ContainsKey(o)).ToArray();
            if (nodes.ContainsKey(value) || missing.Length == 0)
            {
                stack.Pop();
                if (!nodes.ContainsKey(value))
                {
                    nodes.Add(value, Create(value));
                }
            }
            else
            {
                foreach (var operand in missing)
                {
                    stack.Push(operand);
                }
            }
        }

        return nodes[root];
    }

    private Node Create(BoundValue value)
    {
        ImmutableArray<Node> operands = [.. value.Operands.Select(o => nodes[o])];
        switch (value)
        {
            case BoundInput input:
                return new InputNode(input.Name, input.Type, new NodeOrigin("input", "", input.Location));
            case BoundState state:
                return new StateNode(state.Name, state.Type, new NodeOrigin("state", "", state.Location));
            case BoundParam param:
                return new ParamNode(names.New(param.Path), param.Path, param.Type, param.Sparsity, param.Format, null,
                    new NodeOrigin("param", "", param.Location), param.AnnotationLocation);
            case BoundConstant constant:
                return new ConstantNode(names.New("constant"), constant.Type, Data(constant), new NodeOrigin("constant", "", constant.Location));
            case BoundSelect select:
                return new StructuralNode(names.New("select"), select.Type, "select",
                    ImmutableDictionary<string, object>.Empty.Add("selection", select.Selection), operands,
                    new NodeOrigin("select", "", select.Location));
            case BoundStructural structural:
                return Structural(structural, operands);
            case BoundApply apply:
                return Apply(apply, operands);
            default:
                throw new InvalidOperationException($"no node for {value.GetType().Name}");
        }
    }

    private Node Structural(BoundStructural value, ImmutableArray<Node> operands)
    {
        var origin = new NodeOrigin(value.Name, value.Scope, value.Location);
        var name = names.New(value.Name);
        return value.Name switch
        {
            "reshape" => new ReshapeNode(name, value.Type, operands[0], origin),
            "concat" => new ConcatNode(name, value.Type, (int)Convert.ToInt64(value.Attributes["axis"], null), operands, origin),
            _ => new StructuralNode(name, value.Type, value.Name, value.Attributes, operands, origin),
        };
    }

    private Node Apply(BoundApply value, ImmutableArray<Node> operands)
    {
        var origin = new NodeOrigin(value.Name, value.Scope, value.Location);
        var available = operands.ToList();
        Node result = operands.Length > 0 ? operands[0] : null!;
        foreach (var stage in value.Stages)
        {
            var last = ReferenceEquals(stage, value.Stages[value.Stages.Length - 1]);
            var label = last ? value.Name : $"{value.Name}.{stage.Name}";
            result = new NormalForm(names, origin with { Label = label }).Node(label, stage.Indices, stage.Body, available);
            result = inputs.Quantized(result);
            available.Add(result);
        }

        inputs.Note(value, result);
        return result;
    }

    private static TensorData Data(BoundConstant constant)
    {
        int[] shape = [.. constant.Type.Shape.Select(d => (int)d.Constant!.Value)];
        return TensorData.FromDoubles([.. constant.Values], shape).ConvertTo(constant.Type.Element);
    }
}
