using SparseDsl.Compiler.Cost;
using SparseDsl.Dsl.Binding;

namespace SparseDsl.LanguageServer;

/// <summary>What a model costs as it would be compiled.</summary>
/// <param name="Layers">Its layers after optimisation, storage chosen by the weights.</param>
/// <param name="Dims">The extents at which they were counted.</param>
/// <param name="Weights">Name of the file with the weights.</param>
public sealed record ModelCosts(IReadOnlyList<LayerCost> Layers, IReadOnlyDictionary<string, long> Dims, string Weights);

/// <summary>How the host finds out what a model costs with its weights; null when there are none. It is asked again for every hover, so it remembers.</summary>
/// <param name="path">Path of the program.</param>
/// <param name="module">The program.</param>
/// <param name="model">The model.</param>
public delegate ModelCosts? CostSource(string path, BoundModule module, BoundModel model);
