using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Evaluation;

/// <summary>
/// Computes a graph in float64, element by element, straight from its index notation. It is the oracle of the numeric tests, the reference backend,
/// and what constant folding computes with. Storage formats do not matter to it.
/// </summary>
public static class GraphEvaluator
{
    /// <summary>The outputs of a graph.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="inputs">A tensor for each input, by name; shapes must fit.</param>
    /// <param name="parameters">A tensor for each parameter, by path.</param>
    /// <param name="dims">A value for each symbolic dim.</param>
    public static IReadOnlyDictionary<string, DenseTensor> Run(
        Graph graph, Func<string, DenseTensor> inputs, Func<string, DenseTensor> parameters, Func<string, long> dims)
    {
        var values = new Dictionary<Node, DenseTensor>(ReferenceComparer<Node>.Instance);
        foreach (var node in graph.Nodes)
        {
            values.Add(node, Evaluate(node, [.. node.Operands.Select(o => values[o])], inputs, parameters, dims));
        }

        return graph.Outputs.ToDictionary(o => o.Name, o => values[o.Node], StringComparer.Ordinal);
    }

    /// <summary>The value of one Compute, Reshape, Concat, Structural or Constant node over known operands.</summary>
    public static DenseTensor Evaluate(Node node, IReadOnlyList<DenseTensor> operands, Func<string, long> dims) =>
        Evaluate(node, operands, Missing, Missing, dims);

    private static DenseTensor Evaluate(
        Node node, DenseTensor[] operands, Func<string, DenseTensor> inputs, Func<string, DenseTensor> parameters, Func<string, long> dims) =>
        Evaluate(node, (IReadOnlyList<DenseTensor>)operands, inputs, parameters, dims);

    private static DenseTensor Evaluate(
        Node node, IReadOnlyList<DenseTensor> operands, Func<string, DenseTensor> inputs, Func<string, DenseTensor> parameters, Func<string, long> dims)
    {
        int[] shape = [.. node.Type.Shape.Select(d => checked((int)d.Evaluate(dims)))];
        return node switch
        {
            InputNode input => inputs(input.Name),
            ParamNode param => parameters(param.Path),
            StateNode => DenseTensor.Zeros(shape, node.Type.Element),
            ConstantNode constant => DenseTensor.From(constant.Data ?? throw new CompilerBugException($"the elements of '{constant.Name}' are deferred")),
            ReshapeNode => operands[0] with { Shape = shape },
            ConcatNode concat => Concat(concat, shape, operands),
            StructuralNode structural => StructuralOperations.Evaluate(structural, shape, operands, dims),
            ComputeNode compute => Compute(compute, shape, operands, dims),
            _ => throw new InvalidOperationException(node.GetType().Name),
        };
    }

    private static DenseTensor Compute(ComputeNode node, int[] shape, IReadOnlyList<DenseTensor> operands, Func<string, long> dims)
    {
        var compiler = new ScalarCompiler(operands, dims);
        int[] slots = [.. node.Indices.Select(i => compiler.Declare(i.Name))];
        var result = DenseTensor.Zeros(shape, node.Type.Element);
        Action<int> store = Store(compiler, node.Body, result);
        var offset = 0;
        Nest(0);
        return result;

        void Nest(int depth)
        {
            if (depth == slots.Length)
            {
                store(offset++);
                return;
            }

            for (var i = 0; i < shape[depth]; i++)
            {
                compiler.Set(slots[depth], i);
                Nest(depth + 1);
            }
        }
    }

    private static Action<int> Store(ScalarCompiler compiler, ScalarExpr body, DenseTensor result)
    {
        if (result.Integers is not { } integers)
        {
            var value = compiler.Compile(body);
            return offset => result.Values[offset] = value();
        }

        var whole = compiler.CompileInteger(body);
        return offset => result.Values[offset] = integers[offset] = whole();
    }

    private static DenseTensor Concat(ConcatNode node, int[] shape, IReadOnlyList<DenseTensor> operands)
    {
        var result = DenseTensor.Zeros(shape, node.Type.Element);
        var inner = shape.Skip(node.Axis + 1).Aggregate(1, (a, b) => a * b);
        var outer = shape.Take(node.Axis).Aggregate(1, (a, b) => a * b);
        var at = 0;
        foreach (var operand in operands)
        {
            var run = operand.Shape[node.Axis] * inner;
            for (var o = 0; o < outer; o++)
            {
                result.Copy(operand, o * run, (o * shape[node.Axis] * inner) + at, run);
            }

            at += run;
        }

        return result;
    }

    private static DenseTensor Missing(string name) => throw new InvalidOperationException($"no value for '{name}'");
}
