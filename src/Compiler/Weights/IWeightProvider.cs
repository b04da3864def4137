using SparseDsl.Compiler.Data;

namespace SparseDsl.Compiler.Weights;

/// <summary>Where dense weights come from: a file, an archive, memory. The compiler itself opens no files.</summary>
public interface IWeightProvider
{
    /// <summary>What it is, for messages: <c>digits.safetensors</c>.</summary>
    string Name { get; }

    /// <summary>Names of all tensors.</summary>
    IEnumerable<string> Names { get; }

    /// <summary>A tensor by name; null when there is none. It is asked for once for each parameter.</summary>
    TensorData? Find(string name);

    /// <summary>The tensor in a mask file.</summary>
    /// <param name="path">As written in the program.</param>
    /// <param name="problem">Why it cannot be read, when the result is null.</param>
    TensorData? FindMask(string path, out string problem);
}

/// <summary>Weights in memory.</summary>
/// <param name="name">For messages.</param>
/// <param name="tensors">By name.</param>
/// <param name="masks">Mask tensors by path; null for none.</param>
public sealed class MemoryWeightProvider(string name, IReadOnlyDictionary<string, TensorData> tensors, IReadOnlyDictionary<string, TensorData>? masks = null) : IWeightProvider
{
    /// <inheritdoc/>
    public string Name { get; } = name;

    /// <inheritdoc/>
    public IEnumerable<string> Names => tensors.Keys;

    /// <inheritdoc/>
    public TensorData? Find(string name) => tensors.TryGetValue(name, out var tensor) ? tensor : null;

    /// <inheritdoc/>
    public TensorData? FindMask(string path, out string problem)
    {
        problem = "there is no such file";
        return masks is not null && masks.TryGetValue(path, out var mask) ? mask : null;
    }
}
