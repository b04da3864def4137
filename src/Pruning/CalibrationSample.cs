using SparseDsl.Compiler.Data;

namespace SparseDsl.Pruning;

/// <summary>Inputs of one call of the network.</summary>
/// <param name="Inputs">A tensor for every input, of its type and shape.</param>
/// <param name="Dims">The values of the model's dims.</param>
public sealed record CalibrationSample(IReadOnlyDictionary<string, TensorData> Inputs, IReadOnlyDictionary<string, long> Dims);
