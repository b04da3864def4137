using System.Globalization;
using SparseDsl.Compiler.Cost;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Formats;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Compiler.Passes.Graphs;

/// <summary>Why a weight is stored as it is; shown by <c>explain</c>.</summary>
/// <param name="Tensor">Path of the parameter, or name of the folded constant.</param>
/// <param name="Format">The chosen storage.</param>
/// <param name="Density">Non-zeros over elements; null when weights are not loaded.</param>
/// <param name="Stored">Stored elements over elements, zeros inside blocks included; of the sparse storage that was weighed, else 1.</param>
/// <param name="Reason">One sentence.</param>
/// <param name="DenseMicroseconds">Estimate for the layers that read it, stored dense, one thread, at typical dims; null where nothing was weighed.</param>
/// <param name="SparseMicroseconds">The same, stored sparse.</param>
public sealed record LevelDecision(
    string Tensor, Format Format, double? Density, double? Stored, string Reason, double? DenseMicroseconds = null, double? SparseMicroseconds = null);

/// <summary>Chooses a storage level for every index of every weight.</summary>
/// <remarks>
/// Needs: normal form. Gives: a format for every parameter and constant.
/// What the user asked for with <c>@format</c> is taken. Else a weight is stored sparse when its layers are then estimated to be faster: see
/// <see cref="MachineProfile"/>. A weight that several layers read has one storage; it is sparse only if all of them can walk it in the same order.
/// </remarks>
public static class ChooseLevels
{
    private const int SmallestSparse = 1024;
    private const int FewestRows = 4;

    /// <summary>Runs the pass.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="weights">A parameter's tensor by path, or null when it is not loaded: promises are believed then.</param>
    /// <param name="diagnostics">Is told of annotations that do not pay or cannot be used.</param>
    /// <param name="decisions">Is told of every choice; may be null.</param>
    /// <param name="target">What the code is for; the widest when null.</param>
    /// <param name="recorded">Choices made before, by name of the node; null, or a null result, chooses now.</param>
    public static Graph Run(
        Graph graph, Func<string, TensorData?> weights, DiagnosticBag diagnostics, ICollection<LevelDecision>? decisions = null, Target? target = null,
        Func<string, Format?>? recorded = null)
    {
        var uses = new WeightUses(graph);
        var profile = MachineProfile.For(target ?? Target.Avx512);
        return Rewriter.Rewrite(graph, node =>
        {
            if (node is not (ParamNode or ConstantNode))
            {
                return node;
            }

            var decision = recorded?.Invoke(node.Name) is { } format ? new LevelDecision(node.Name, format, null, null, "chosen when the weights were packed")
                : new Decider(uses, profile, diagnostics, node, weights).Decide();
            decisions?.Add(decision);
            return node is ParamNode param ? param.WithFormat(decision.Format) : ((ConstantNode)node).WithFormat(decision.Format);
        });
    }

    /// <summary>The decision about one weight.</summary>
    private sealed class Decider
    {
        private readonly WeightUses uses;
        private readonly MachineProfile profile;
        private readonly DiagnosticBag diagnostics;
        private readonly Node node;
        private readonly TensorData? data;
        private readonly ParamNode? source;
        private readonly string name;
        private readonly double? density;

        public Decider(WeightUses uses, MachineProfile profile, DiagnosticBag diagnostics, Node node, Func<string, TensorData?> weights)
        {
            this.uses = uses;
            this.profile = profile;
            this.diagnostics = diagnostics;
            this.node = node;
            source = node as ParamNode ?? ((ConstantNode)node).Source;
            data = node is ConstantNode constant ? constant.Data : weights(((ParamNode)node).Path);
            name = source?.Path ?? node.Name;
            density = data is null || data.Count == 0 ? null : (double)data.CountNonZeros() / data.Count;
        }

        public LevelDecision Decide()
        {
            if (source?.Requested is { } requested)
            {
                return Requested(new Format(requested));
            }

            if (source?.Sparsity is Sparsity.Dense)
            {
                return Dense("asked for with @dense");
            }

            if (node.Type.Count.Constant is not { } count || count < SmallestSparse)
            {
                return NotUsed(FormattableString.Invariant($"it has fewer than {SmallestSparse} elements"));
            }

            if (uses.Of(node) is not { } use)
            {
                return NotUsed("it is not a factor of sums that can be walked in its order");
            }

            return StorageCandidate.Of(node.Type, data, source?.Sparsity, use) is { } candidate
                ? Weigh(candidate, use, count)
                : Dense("weights are not loaded and nothing is promised");
        }

        private LevelDecision Requested(Format format)
        {
            if (format.IsDense || !uses.IsReadAsWhole(node))
            {
                return new LevelDecision(name, format, density, null, "asked for with @format");
            }

            diagnostics.Report(WeightDiagnostics.FormatNotUsed, source!.Origin.Location, name, format.Name);
            return Dense("another storage was asked for, but an operation takes its elements in row-major order");
        }

        private LevelDecision Weigh(StorageCandidate candidate, WeightUse use, long count)
        {
            var crossover = candidate.Crossover(profile, use);
            var elementBytes = (double)Dsl.ElementTypes.Size(node.Type.Element);
            var dense = profile.DenseMicroseconds(use.Macs, count * elementBytes);
            var sparse = profile.SparseMicroseconds(use.Macs, candidate.Stored, crossover, count * candidate.Stored * (elementBytes + candidate.CoordinateBytes));
            var numbers = FormattableString.Invariant($"{Percent(candidate.Stored)} of the elements are stored: about {sparse:0.0} µs, dense {dense:0.0} µs");
            if (sparse < dense)
            {
                return new LevelDecision(name, candidate.Format, density, candidate.Stored, numbers, dense, sparse);
            }

            if (source?.Sparsity is { IsPromise: true })
            {
                var worthwhile = sparse > 0 ? candidate.Stored * dense / sparse : 0;
                diagnostics.Report(LoweringDiagnostics.DoesNotPay, source.AnnotationLocation ?? source.Origin.Location, name, Percent(candidate.Stored), Percent(worthwhile));
            }

            return Dense(numbers.Replace("are stored", "would be stored")) with { Stored = candidate.Stored, DenseMicroseconds = dense, SparseMicroseconds = sparse };
        }

        /// <summary>Dense, and a promise is not passed over in silence.</summary>
        private LevelDecision NotUsed(string reason)
        {
            if (source?.Sparsity is { IsPromise: true })
            {
                diagnostics.Report(WeightDiagnostics.SparsityNotUsed, source.AnnotationLocation ?? source.Origin.Location, name, reason);
            }

            return Dense(reason);
        }

        private LevelDecision Dense(string reason) => FillsVectorsByColumns
            ? new(name, StandardFormats.DenseTransposed, density, 1, reason + "; stored by columns, so that results side by side fill vectors")
            : new(name, Format.Dense(node.Type.Rank), density, 1, reason);

        // y[n, j] = sum(k) x[n, k] w[j, k]: by columns, a vector of w serves the rows of a tile, and nothing is summed across lanes. For a single row
        // (a matrix-vector product) streaming w in its own order is best.
        private bool FillsVectorsByColumns => node.Type.Rank == 2 && node.Type.Shape[0].Constant >= NarrowRows.Width
            && source?.Sparsity is not Sparsity.Dense && uses.Of(node) is { IsInnermost: true, Rows: [0], Columns: [1], Reuse: >= FewestRows };

        private static string Percent(double fraction) => (fraction * 100).ToString("0.#", CultureInfo.InvariantCulture) + "%";
    }
}
