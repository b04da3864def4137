using SparseDsl.Cli.Data;
using SparseDsl.Compiler.Cost;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Dsl.Binding;

namespace SparseDsl.Cli.Running;

/// <summary>What the layers of a model cost once it is optimised.</summary>
internal static class CompiledCosts
{
    /// <summary>The extents at which a model is looked at when the user names none.</summary>
    public static Dictionary<string, long> SmallestDims(BoundModel model) => model.Dims.ToDictionary(d => d.Name, d => d.SmallestUseful, StringComparer.Ordinal);

    /// <summary>The costs of all layers.</summary>
    /// <param name="session">Is told of mistakes.</param>
    /// <param name="model">The model.</param>
    /// <param name="weights">Its weights; null counts every weight as non-zero.</param>
    /// <param name="dims">Values of its dims.</param>
    /// <param name="options">How it is compiled, with a profile.</param>
    public static IReadOnlyList<LayerCost> Of(
        Session session, BoundModel model, ModelWeights? weights, IReadOnlyDictionary<string, long> dims, CompilationOptions options)
    {
        options = options with { Weights = weights is null ? null : weights.Find };
        return LayerCost.Of(Compilation.Optimise(model, options, session.Diagnostics), dims, name => weights?.Find(name), options.Profile!.For(options.Target));
    }
}
