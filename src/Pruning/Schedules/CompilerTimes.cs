using SparseDsl.Compiler;
using SparseDsl.Compiler.Cost;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Pruning.Graphs;
using SparseDsl.Pruning.Methods;

namespace SparseDsl.Pruning.Schedules;

/// <summary>Predicts times with the compiler's own choice of storage: what it would say of weights pruned by magnitude to the same patterns.</summary>
/// <param name="bind">The network with annotations by parameter path.</param>
/// <param name="weights">Every parameter by path.</param>
/// <param name="target">What the code is for.</param>
/// <param name="profile">What kernels cost.</param>
public sealed class CompilerTimes(Func<IEnumerable<(string Path, string Annotation)>, BoundModel> bind, IReadOnlyDictionary<string, TensorData> weights, Target target,
    MachineProfile profile)
{
    /// <summary>The times of the network pruned to some patterns.</summary>
    public NetworkTimes Predict(IReadOnlyDictionary<string, PruningPattern> patterns)
    {
        var pruned = new Dictionary<string, TensorData>(weights, StringComparer.Ordinal);
        var annotations = new List<(string, string)>();
        foreach (var layer in LayerFinder.Find(BuildGraph.Run(bind([]))).Where(l => patterns.ContainsKey(l.Path)))
        {
            var pattern = patterns[layer.Path];
            var tensor = layer.ToTensor(ScoredPruning.Magnitude(layer.ToMatrix(weights[layer.Path]), pattern).Weights);
            pruned[layer.Path] = tensor;
            annotations.Add((layer.Path, PatternAnnotation.Of(layer, pattern, tensor)));
        }

        // What does not pay is said of the weights in the end, not of every trial.
        var options = new CompilationOptions(target) { Weights = pruned.GetValueOrDefault, Profile = profile };
        var graph = Compilation.Optimise(bind(annotations), options, new DiagnosticBag());
        return Times(graph, pruned, [.. patterns.Keys]);
    }

    private NetworkTimes Times(Graph graph, Dictionary<string, TensorData> pruned, HashSet<string> paths)
    {
        var layers = paths.ToDictionary(p => p, _ => default(LayerTime), StringComparer.Ordinal);
        var rest = 0.0;
        foreach (var time in TimeModel.Of(graph, CostModel.Of(graph, pruned.GetValueOrDefault), profile.For(target), TypicalDims.Of(graph)))
        {
            if (time.Node.Operands.Select(PathOf).FirstOrDefault(p => p is not null && paths.Contains(p)) is { } path)
            {
                var (dense, sparse) = layers[path];
                layers[path] = new LayerTime(dense + time.DenseMicroseconds, sparse + Math.Min(time.Microseconds, time.DenseMicroseconds));
            }
            else
            {
                rest += time.Microseconds;
            }
        }

        return new NetworkTimes(rest, layers);
    }

    private static string? PathOf(Node node) => node switch
    {
        ParamNode param => param.Path,
        ConstantNode constant => constant.Source?.Path,
        _ => null,
    };
}
