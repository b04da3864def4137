using System.Collections.Immutable;
using System.Globalization;
using SparseDsl.Compiler.Cost;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Pruning.Graphs;

/// <summary>A weight that can be pruned, and whether it is.</summary>
/// <param name="Layer">The weight.</param>
/// <param name="Share">Its part of the network's multiplications, 0 to 1.</param>
/// <param name="Reason">Why it is left dense; empty when it is pruned.</param>
internal sealed record Candidate(PrunableLayer Layer, double Share, string Reason)
{
    /// <summary>Whether it is pruned.</summary>
    public bool IsPruned => Reason.Length == 0;
}

/// <summary>Decides which weights are pruned.</summary>
internal static class LayerSelection
{
    // Below this, finding where a row's terms are is most of the work (see StorageCandidate), and few weights carry much each: the first layer of a picture.
    private const int FewestInputs = 32;

    // Below this a layer takes no time worth saving: gates over one value for each channel.
    private const double SmallestShare = 0.002;

    /// <summary>The weights of a graph, in its order.</summary>
    public static ImmutableArray<Candidate> Run(Graph graph, PruningOptions options, IReadOnlyList<CalibrationSample> samples, DiagnosticBag diagnostics)
    {
        var dims = samples.Count > 0 ? n => samples[0].Dims[n] : TypicalDims.Of(graph);
        var total = CostModel.Of(graph, _ => null).Nodes.Sum(n => (double)n.DenseMacs.Evaluate(dims));
        var layers = LayerFinder.Find(graph);
        ImmutableArray<Candidate> candidates = [.. layers.Select(l =>
        {
            var share = l.Uses.Sum(u => (double)u.Node.Type.Count.Evaluate(dims) * l.Inputs) / Math.Max(1, total);
            return new Candidate(l, share, Reason(l, share, options));
        })];
        ReportUnused(graph, options, diagnostics);
        if (!candidates.Any(c => c.IsPruned))
        {
            diagnostics.Report(PruningDiagnostics.NothingToPrune, null, graph.Name, candidates.IsEmpty
                ? "no parameter is a factor of sums over its own indices"
                : string.Join(", ", candidates.Take(3).Select(c => $"'{c.Layer.Path}' {c.Reason}")));
        }

        return candidates;
    }

    private static string Reason(PrunableLayer layer, double share, PruningOptions options)
    {
        if (Matches(options.Exclude, layer.Path))
        {
            return "is excluded";
        }

        if (Matches(options.Include, layer.Path))
        {
            return "";
        }

        return layer.Inputs < FewestInputs ? string.Create(CultureInfo.InvariantCulture, $"has only {layer.Inputs} inputs")
            : share < SmallestShare ? string.Create(CultureInfo.InvariantCulture, $"does only {share * 100:0.00} % of the multiplications") : "";
    }

    private static void ReportUnused(Graph graph, PruningOptions options, DiagnosticBag diagnostics)
    {
        string[] paths = [.. graph.Nodes.OfType<ParamNode>().Select(p => p.Path)];
        foreach (var glob in options.Exclude.Concat(options.Include).Where(g => !paths.Any(p => ParameterGlob.Matches(g, p))))
        {
            diagnostics.Report(PruningDiagnostics.UnusedGlob, null, glob);
        }
    }

    private static bool Matches(ImmutableArray<string> globs, string path) => globs.Any(g => ParameterGlob.Matches(g, path));
}
