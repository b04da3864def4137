using SparseDsl.Compiler;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Compiler.Weights;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Backends.CSharp;

/// <summary>A model lowered for several targets.</summary>
/// <param name="Tiers">In the order in which a class tries them.</param>
/// <param name="Graphs">The graph of each tier, storage chosen.</param>
public sealed record LoweredTiers(IReadOnlyList<CSharpTier> Tiers, IReadOnlyList<Graph> Graphs);

/// <summary>Compiles one model for several targets. What does not depend on the target is done once.</summary>
public static class TierCompiler
{
    /// <summary>The model ready for <see cref="CSharpEmitter"/>; null after a report.</summary>
    /// <param name="model">The model.</param>
    /// <param name="targets">At least one, in the order in which a class tries them.</param>
    /// <param name="options">Their target is replaced by each of <paramref name="targets"/>.</param>
    /// <param name="recorded">Storage chosen before; null chooses now.</param>
    /// <param name="diagnostics">Is told of mistakes; a warning that every target gives is reported once.</param>
    public static LoweredTiers? Lower(
        BoundModel model, IReadOnlyList<Target> targets, CompilationOptions options, StorageRecord? recorded, DiagnosticBag diagnostics) =>
        Run(model, targets, options, recorded, diagnostics, (graph, each, bag) => Compilation.Lower(graph, each, bag)?.Program);

    /// <summary>
    /// The model as far as packing its weights needs for a class that was compiled without them, which keeps all slices: programs have their weight regions, but their
    /// kernels have not been through the loop passes. Null after a report.
    /// </summary>
    public static LoweredTiers? LowerWeights(
        BoundModel model, IReadOnlyList<Target> targets, CompilationOptions options, StorageRecord? recorded, DiagnosticBag diagnostics) =>
        Run(model, targets, options with { KeepsSlices = true }, recorded, diagnostics, (graph, each, bag) => SparseDsl.Compiler.Lowering.Lower.Run(graph, each.Target, bag));

    private static LoweredTiers? Run(
        BoundModel model, IReadOnlyList<Target> targets, CompilationOptions options, StorageRecord? recorded, DiagnosticBag diagnostics,
        Func<Graph, CompilationOptions, DiagnosticBag, Compiler.Loops.LoopProgram?> lower)
    {
        var simplified = Compilation.Simplify(model, options);
        var tiers = new List<CSharpTier>();
        var graphs = new List<Graph>();
        foreach (var target in targets)
        {
            var each = options with { Target = target, Storage = recorded?.For(model.Name, target) };
            var found = new DiagnosticBag();
            var graph = Compilation.Store(simplified, each, found);
            var program = lower(graph, each, found);
            foreach (var diagnostic in found.Items.Where(d => tiers.Count == 0 || d.Severity == Severity.Error))
            {
                diagnostics.Add(diagnostic);
            }

            if (program is null || found.HasErrors)
            {
                return null;
            }

            graphs.Add(graph);
            tiers.Add(new CSharpTier(target, program));
        }

        return new LoweredTiers(tiers, graphs);
    }
}
