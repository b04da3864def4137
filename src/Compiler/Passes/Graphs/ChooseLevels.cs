using System.Collections.Immutable;
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
/// <param name="Id">The kind of reason: one of <see cref="StorageReasons"/>.</param>
/// <param name="Reason">One sentence.</param>
/// <param name="Weighed">What was estimated; null where nothing was.</param>
public sealed record LevelDecision(string Tensor, Format Format, double? Density, double? Stored, string Id, string Reason, WeighedStorage? Weighed = null);

/// <summary>Estimates for the layers that read a weight, for one thread, at typical dims.</summary>
/// <param name="Sparse">The sparse storage that was weighed.</param>
/// <param name="SparseKernel">The class of kernels over it.</param>
/// <param name="DenseKernel">The class of kernels over the dense weight.</param>
/// <param name="SparseMicroseconds">Time with it.</param>
/// <param name="DenseMicroseconds">Time with the weight stored dense.</param>
/// <param name="Crossover">The stored fraction below which it would be the faster one, 0 to 1.</param>
public sealed record WeighedStorage(
    Format Sparse, KernelClass SparseKernel, KernelClass DenseKernel, double SparseMicroseconds, double DenseMicroseconds, double Crossover);

/// <summary>Ids of reasons, for programs that read them; never changed.</summary>
public static class StorageReasons
{
    /// <summary>Stored as <c>@format</c> or <c>@dense</c> says.</summary>
    public const string Asked = "asked";

    /// <summary>Another storage was asked for that cannot be had.</summary>
    public const string AskedInVain = "asked-in-vain";

    /// <summary>Chosen when the weights were packed.</summary>
    public const string Recorded = "recorded";

    /// <summary>Stored dense because sparsity is not used at all.</summary>
    public const string Ignored = "ignored";

    /// <summary>Too small to gain anything.</summary>
    public const string Small = "small";

    /// <summary>No layer can skip its zeros.</summary>
    public const string NotAFactor = "not-a-factor";

    /// <summary>Nothing is known of its zeros.</summary>
    public const string Unknown = "unknown";

    /// <summary>Estimated to be faster sparse.</summary>
    public const string SparseFaster = "sparse-faster";

    /// <summary>Estimated to be faster dense.</summary>
    public const string DenseFaster = "dense-faster";

    /// <summary>Estimated to be faster sparse by itself, but the layers around it to lose more.</summary>
    public const string NeighboursLose = "neighbours-lose";
}

/// <summary>Chooses a storage level for every index of every weight.</summary>
/// <remarks>
/// Needs: normal form. Gives: a format for every parameter and constant.
/// What the user asked for with <c>@format</c> is taken. Else a weight is stored sparse when its layers are then estimated to be faster: see
/// <see cref="MachineProfile"/>. A weight that several layers read has one storage; it is sparse only if all of them can walk it in the same order.
/// A layer that gains less by its zeros than the layers around it by blocks of channels is dense: see <see cref="ChooseLayouts.Unpaid"/>.
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
    /// <param name="profile">What kernels cost; the default profile when null.</param>
    /// <param name="ignoresSparsity">Whether to store every weight dense, whatever is known or said about its zeros or asked for.</param>
    public static Graph Run(
        Graph graph, Func<string, TensorData?> weights, DiagnosticBag diagnostics, ICollection<LevelDecision>? decisions = null, Target? target = null,
        Func<string, Format?>? recorded = null, MachineProfile? profile = null, bool ignoresSparsity = false)
    {
        var uses = new WeightUses(graph);
        var made = target ?? Target.Avx512;
        var rates = (profile ?? MachineProfile.Default).For(made);
        var budget = new CodeBudget(ignoresSparsity ? [] : graph.Nodes.Where(n => n is ParamNode or ConstantNode && recorded?.Invoke(n.Name) is null)
            .Select(n => new Decider(uses, rates, diagnostics, n, weights).InCode(made)).OfType<CodeCandidate>());
        var chosen = new Dictionary<string, LevelDecision>(StringComparer.Ordinal);
        var stored = Write(graph, node => chosen[node.Name] =
            ignoresSparsity ? new Decider(uses, rates, diagnostics, node, _ => null).DecideDense()
            : recorded?.Invoke(node.Name) is { } format ? new LevelDecision(node.Name, format, null, null, StorageReasons.Recorded, "chosen when the weights were packed")
            : new Decider(uses, rates, diagnostics, node, weights).Decide(budget));
        var unpaid = ChooseLayouts.Unpaid(stored, weight => chosen[weight.Name] is { Id: StorageReasons.SparseFaster, Weighed: { } weighed }
            ? weighed.SparseMicroseconds / weighed.DenseMicroseconds : null);
        if (unpaid.Count > 0)
        {
            stored = Write(stored, node => unpaid.Contains(node.Name)
                ? chosen[node.Name] = new Decider(uses, rates, diagnostics, node, weights).Unpaid(chosen[node.Name])
                : chosen[node.Name]);
        }

        foreach (var node in graph.Nodes.Where(n => chosen.ContainsKey(n.Name)))
        {
            decisions?.Add(chosen[node.Name]);
        }

        return stored;
    }

    private static Graph Write(Graph graph, Func<Node, LevelDecision> decide) => Rewriter.Rewrite(graph, node => node switch
    {
        ParamNode param => param.WithFormat(decide(param).Format),
        ConstantNode constant => constant.WithFormat(decide(constant).Format),
        _ => node,
    });

    /// <summary>The decision about one weight.</summary>
    private sealed class Decider
    {
        private readonly WeightUses uses;
        private readonly TargetRates rates;
        private readonly DiagnosticBag diagnostics;
        private readonly Node node;
        private readonly TensorData? data;
        private readonly ParamNode? source;
        private readonly string name;
        private readonly double? density;

        public Decider(WeightUses uses, TargetRates rates, DiagnosticBag diagnostics, Node node, Func<string, TensorData?> weights)
        {
            this.uses = uses;
            this.rates = rates;
            this.diagnostics = diagnostics;
            this.node = node;
            source = node as ParamNode ?? ((ConstantNode)node).Source;
            data = node is ConstantNode constant ? constant.Data : weights(((ParamNode)node).Path);
            name = source?.Path ?? node.Name;
            density = data is null || data.Count == 0 ? null : (double)data.CountNonZeros() / data.Count;
        }

        public LevelDecision DecideDense() => Dense(StorageReasons.Ignored, "sparsity is not used");

        /// <summary>The weight with its pattern in code, where nothing else was asked for and the pattern is known.</summary>
        public CodeCandidate? InCode(Target target)
        {
            if (source?.Requested is not null || source?.Sparsity is Sparsity.Dense || node.Type.Count.Constant is not { } count || count < SmallestSparse
                || uses.Of(node) is not { } use || StorageCandidate.InCode(node.Type, data, use, target) is not { } storage)
            {
                return null;
            }

            var best = StorageCandidate.Of(node.Type, data, source?.Sparsity, use).Select(c => Sparse(c, use, count, c.Stored)).Append(DenseTime(use, count)).Min();
            return new CodeCandidate(node, storage, data!.CountNonZeros(), Sparse(storage, use, count, storage.Stored), best);
        }

        public LevelDecision Decide(CodeBudget budget)
        {
            if (source?.Requested is { } requested)
            {
                return Requested(new Format(requested, data is not null && requested.Levels.Any(l => l.Kind == "coded") ? Pattern.Of(data) : null));
            }

            if (source?.Sparsity is Sparsity.Dense)
            {
                return Dense(StorageReasons.Asked, "asked for with @dense");
            }

            if (node.Type.Count.Constant is not { } count || count < SmallestSparse)
            {
                return NotUsed(StorageReasons.Small, FormattableString.Invariant($"it has fewer than {SmallestSparse} elements"));
            }

            if (uses.Of(node) is not { } use)
            {
                return NotUsed(StorageReasons.NotAFactor, "it is not a factor of sums that can be walked in its order");
            }

            if (budget.For(node) is { } inCode)
            {
                return Weigh(inCode, use, count, budget.Note(node));
            }

            // The fastest, of equals the first.
            return StorageCandidate.Of(node.Type, data, source?.Sparsity, use).OrderBy(c => Sparse(c, use, count, c.Stored)).FirstOrDefault() is { } candidate
                ? Weigh(candidate, use, count, budget.Note(node))
                : Dense(StorageReasons.Unknown, "weights are not loaded and nothing is promised");
        }

        /// <summary>Dense after all, for the sake of the layers around.</summary>
        public LevelDecision Unpaid(LevelDecision alone)
        {
            var weighed = alone.Weighed!;
            if (source?.Sparsity is { IsPromise: true })
            {
                diagnostics.Report(
                    LoweringDiagnostics.NeighboursLose, source.AnnotationLocation ?? source.Origin.Location, name, Percent(alone.Stored!.Value),
                    Microseconds(weighed.SparseMicroseconds), Microseconds(weighed.DenseMicroseconds));
            }

            var reason = alone.Reason.Replace("are stored", "would be stored") + "; the layers around it gain more by blocks of channels, which a sparse layer does not take";
            return Dense(StorageReasons.NeighboursLose, reason) with { Stored = alone.Stored, Weighed = weighed };
        }

        private LevelDecision Requested(Format format)
        {
            if (format.IsDense || !uses.IsReadAsWhole(node))
            {
                return new LevelDecision(name, format, density, null, StorageReasons.Asked, "asked for with @format");
            }

            diagnostics.Report(WeightDiagnostics.FormatNotUsed, source!.Origin.Location, name, format.Name);
            return Dense(StorageReasons.AskedInVain, "another storage was asked for, but an operation takes its elements in row-major order");
        }

        private LevelDecision Weigh(StorageCandidate candidate, WeightUse use, long count, string note)
        {
            var (sparse, dense) = (Sparse(candidate, use, count, candidate.Stored), DenseTime(use, count));
            var weighed = new WeighedStorage(
                candidate.Format, StorageKernels.Of(candidate.Format, Shape, use, rates.Lanes), DenseKernel(use, count), sparse, dense, Crossover(candidate, use, count));
            var numbers = FormattableString.Invariant($"{Percent(candidate.Stored)} of the elements are stored: about {sparse:0.0} µs, dense {dense:0.0} µs{note}");
            if (sparse < dense)
            {
                return new LevelDecision(name, candidate.Format, density, candidate.Stored, StorageReasons.SparseFaster, numbers, weighed);
            }

            if (source?.Sparsity is { IsPromise: true })
            {
                diagnostics.Report(
                    LoweringDiagnostics.DoesNotPay, source.AnnotationLocation ?? source.Origin.Location, name, Percent(candidate.Stored),
                    Microseconds(sparse), Microseconds(dense), Percent(weighed.Crossover));
            }

            return Dense(StorageReasons.DenseFaster, numbers.Replace("are stored", "would be stored")) with { Stored = candidate.Stored, Weighed = weighed };
        }

        private ImmutableArray<int> Shape => [.. node.Type.Shape.Select(d => (int)d.Constant!.Value)];

        private double ElementBytes => Dsl.ElementTypes.Size(node.Type.Element);

        private double DenseTime(WeightUse use, long count) => DenseTime(DenseKernel(use, count), use, count);

        private double DenseTime(KernelClass kernel, WeightUse use, long count) =>
            rates.Microseconds(kernel, new KernelWork(use.Macs, use.Reuse, StorageKernels.Terms(Shape, use), count * ElementBytes));

        /// <summary>The faster of what a dense weight can be multiplied with: images row-major, or by blocks of channels (<see cref="ChooseLayouts"/>).</summary>
        private KernelClass DenseKernel(WeightUse use, long count)
        {
            var rows = StorageKernels.Dense(Shape, use);
            return use.MayBlock && StorageKernels.Terms(Shape, use) >= StorageKernels.FewestTerms
                && DenseTime(KernelClasses.Channels, use, count) < DenseTime(rows, use, count) ? KernelClasses.Channels : rows;
        }

        private double Sparse(StorageCandidate candidate, WeightUse use, long count, double stored)
        {
            var kernel = StorageKernels.Of(candidate.Format, Shape, use, rates.Lanes);
            var bytes = count * ((stored * (ElementBytes + candidate.CoordinateBytes)) + candidate.MaskBytes);
            return rates.Microseconds(kernel, StorageKernels.Work(kernel, Shape, use, stored, bytes));
        }

        /// <summary>The largest stored fraction at which the candidate is no slower than dense, to a hundredth of a percent; time rises with it.</summary>
        private double Crossover(StorageCandidate candidate, WeightUse use, long count)
        {
            var dense = DenseTime(use, count);
            var (low, high) = (0.0, 1.0);
            while (high - low > 1e-5)
            {
                var middle = (low + high) / 2;
                (low, high) = Sparse(candidate, use, count, middle) <= dense ? (middle, high) : (low, middle);
            }

            return high;
        }

        /// <summary>Dense, and a promise is not passed over in silence.</summary>
        private LevelDecision NotUsed(string id, string reason)
        {
            if (source?.Sparsity is { IsPromise: true })
            {
                diagnostics.Report(WeightDiagnostics.SparsityNotUsed, source.AnnotationLocation ?? source.Origin.Location, name, reason);
            }

            return Dense(id, reason);
        }

        private LevelDecision Dense(string id, string reason) => FillsVectorsByColumns
            ? new(name, StandardFormats.DenseTransposed, density, 1, id, reason + "; stored by columns, so that results side by side fill vectors")
            : new(name, Format.Dense(node.Type.Rank), density, 1, id, reason);

        // y[n, j] = sum(k) x[n, k] w[j, k]: by columns, a vector of w serves the rows of a tile, and nothing is summed across lanes. For a single row
        // (a matrix-vector product) streaming w in its own order is best.
        private bool FillsVectorsByColumns => node.Type.Rank == 2 && node.Type.Shape[0].Constant >= NarrowRows.Width
            && source?.Sparsity is not Sparsity.Dense && uses.Of(node) is { IsInnermost: true, Rows: [0], Columns: [1], Reuse: >= FewestRows };

        private static string Microseconds(double time) => time.ToString("0.0", CultureInfo.InvariantCulture) + " µs";

        private static string Percent(double fraction) => (fraction * 100).ToString("0.#", CultureInfo.InvariantCulture) + "%";
    }
}
