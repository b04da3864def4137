using SparseDsl.Compiler.Data;

namespace SparseDsl.Compiler.Weights;

/// <summary>Weights of a model, checked against it: each of its declared type and shape, masks applied.</summary>
/// <param name="name">Where they come from, for messages.</param>
/// <param name="tensors">By path.</param>
public sealed class LoadedWeights(string name, IReadOnlyDictionary<string, TensorData> tensors)
{
    /// <summary>Where they come from.</summary>
    public string Name { get; } = name;

    /// <summary>All parameters that could be loaded, by path.</summary>
    public IReadOnlyDictionary<string, TensorData> Tensors { get; } = tensors;

    /// <summary>A parameter's elements; null when it was not loaded.</summary>
    public TensorData? Find(string path) => Tensors.TryGetValue(path, out var tensor) ? tensor : null;
}
