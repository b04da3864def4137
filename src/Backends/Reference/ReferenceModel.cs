using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Evaluation;
using SparseDsl.Compiler.Graphs;

namespace SparseDsl.Backends.Reference;

/// <summary>A model computed in float64 straight from its graph: slow, and what compiled models are compared with.</summary>
/// <param name="graph">The graph.</param>
/// <param name="parameters">A tensor for every parameter, by path.</param>
public sealed class ReferenceModel(Graph graph, Func<string, TensorData> parameters)
{
    private readonly Dictionary<string, DenseTensor> loaded = new(StringComparer.Ordinal);

    /// <summary>Computes the outputs from inputs by name, rounded to their element types at the end.</summary>
    /// <param name="inputs">A tensor for each input; shapes fit the dims.</param>
    /// <param name="dims">A value for each symbolic dim.</param>
    public Dictionary<string, TensorData> Run(IReadOnlyDictionary<string, TensorData> inputs, IReadOnlyDictionary<string, long> dims)
    {
        var results = GraphEvaluator.Run(graph, name => DenseTensor.From(inputs[name]), Parameter, name => dims[name]);
        return graph.Outputs.ToDictionary(o => o.Name, o => results[o.Name].To(o.Node.Type.Element), StringComparer.Ordinal);
    }

    private DenseTensor Parameter(string path)
    {
        if (!loaded.TryGetValue(path, out var tensor))
        {
            tensor = DenseTensor.From(parameters(path));
            loaded.Add(path, tensor);
        }

        return tensor;
    }
}
