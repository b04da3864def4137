using System.Collections.Immutable;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Compiler.Weights;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Pruning.Graphs;
using SparseDsl.Pruning.Methods;
using SparseDsl.Pruning.Numerics;
using SparseDsl.Pruning.Schedules;

namespace SparseDsl.Pruning;

/// <summary>Sets weights of a network to zero, layer by layer, so that its results change little.</summary>
/// <remarks>
/// A layer's inputs are sampled twice: on the dense network, and on the network whose earlier layers are pruned already. What survives is fitted to
/// what the dense layer made of the former, so that errors of earlier layers are made up for rather than added.
/// Equal inputs give equal results, whatever the number of threads and interruptions.
/// </remarks>
public sealed class Pruner
{
    private readonly PruningOptions _options;
    private readonly DiagnosticBag _diagnostics;
    private readonly IReadOnlyList<CalibrationSample> _samples;
    private readonly Dictionary<string, TensorData> _weights;
    private readonly IReadOnlyDictionary<string, TensorData> _dense;
    private readonly Graph _graph;
    private readonly RowSampler _sampler;

    /// <summary>Is told how far it is. An exception it throws ends the run; what was done so far is in <see cref="State"/>.</summary>
    public PruningProgress Progress { get; init; } = (_, _, _) => { };

    /// <summary>Where results are kept; null keeps none.</summary>
    public IPruningState? State { get; init; }

    /// <summary>Predicts times; needed for <see cref="PruningOptions.TargetSpeedup"/>, else what a report is made from.</summary>
    public TimePrediction? Times { get; init; }

    /// <param name="model">The network.</param>
    /// <param name="weights">Every parameter by path, of its type and shape; one that is not finite is reported.</param>
    /// <param name="samples">Inputs like those the network will see; none for <see cref="PruningMethod.Magnitude"/>.</param>
    /// <param name="options">What is wanted.</param>
    /// <param name="diagnostics">Is told of mistakes.</param>
    public Pruner(
        BoundModel model, IReadOnlyDictionary<string, TensorData> weights, IReadOnlyList<CalibrationSample> samples, PruningOptions options, DiagnosticBag diagnostics)
    {
        (_dense, _samples, _options, _diagnostics) = (weights, samples, options, diagnostics);
        _weights = new(weights, StringComparer.Ordinal);
        _graph = BuildGraph.Run(model);
        _sampler = new RowSampler(samples, options.Rows, (ulong)options.Seed);
    }

    /// <summary>Prunes the network; null after a report.</summary>
    public PruningResult? Run()
    {
        if (NeedsCalibration() is { } what)
        {
            _diagnostics.Report(PruningDiagnostics.NeedsCalibration, null, what);
            return null;
        }

        if (!AreFinite())
        {
            return null;
        }

        var candidates = LayerSelection.Run(_graph, _options, _samples, _diagnostics);
        if (_diagnostics.HasErrors)
        {
            return null;
        }

        List<Work> layers = [.. candidates.Where(c => c.IsPruned).Select((c, i) => new Work(c.Layer, i, c.Layer.ToMatrix(_weights[c.Layer.Path])))];
        using var network = _samples.Count == 0 ? null
            : TappedNetwork.Compile(_graph, layers.SelectMany(l => l.Layer.Uses).Select(u => u.Input), path => _dense[path], _options.Threads, _diagnostics);
        if (_diagnostics.HasErrors)
        {
            return null;
        }

        var fingerprint = new Fingerprint(_graph, _dense, _samples, _options, layers.Select(l => l.Layer.Path));
        if (network is not null)
        {
            Sample(network, layers, "sampling the dense network", l => l.Dense = _sampler.Room(l.Layer), l => l.Dense!);
            WarnOfFewRows(layers);
        }

        var plan = new Planner(_options, Times, SolveDense, State, fingerprint, Progress, _diagnostics).Plan(layers);
        if (plan is null || _diagnostics.HasErrors)
        {
            return null;
        }

        fingerprint.Add(string.Join(";", plan.Select(p => p.Value?.ToString())));
        Prune(network, layers, plan, fingerprint);
        return _diagnostics.HasErrors ? null : Result(candidates, layers, plan);
    }

    // A NaN would compare as the smallest of weights, and an infinity leaves nothing to fit.
    private bool AreFinite()
    {
        foreach (var (path, tensor) in _dense.OrderBy(w => w.Key, StringComparer.Ordinal).Where(w => w.Value.Type.IsFloat()))
        {
            for (var i = 0; i < tensor.Count; i++)
            {
                if (tensor.GetDouble(i) is var value && !double.IsFinite(value))
                {
                    var text = double.IsNaN(value) ? "NaN" : value > 0 ? "infinity" : "-infinity";
                    _diagnostics.Report(PruningDiagnostics.WeightNotFinite, null, path, text, Places.Text(tensor.Shape, i));
                    break;
                }
            }
        }

        return !_diagnostics.HasErrors;
    }

    private string? NeedsCalibration() => _samples.Count > 0 ? null
        : _options.Method != PruningMethod.Magnitude ? "this method"
        : _options.Schedule == PruningSchedule.Sensitivity || _options.TargetSpeedup is not null ? "a schedule by sensitivity" : null;

    // Runs all samples through the network and takes rows for some layers.
    private void Sample(TappedNetwork network, IReadOnlyList<Work> layers, string what, Action<Work> prepare, Func<Work, LayerRows> rows)
    {
        foreach (var layer in layers)
        {
            prepare(layer);
        }

        for (var s = 0; s < _samples.Count; s++)
        {
            Progress(what, s, _samples.Count);
            network.Run(_samples[s]);
            foreach (var layer in layers)
            {
                _sampler.Take(layer.Layer, layer.Number, s, network, rows(layer));
            }
        }
    }

    private void WarnOfFewRows(List<Work> layers)
    {
        foreach (var layer in layers.Where(l => l.Dense!.FitCount < l.Layer.Inputs && _options.Method == PruningMethod.Obs))
        {
            _diagnostics.Report(PruningDiagnostics.FewRows, null, layer.Layer.Path, Number(layer.Dense!.FitCount), Number(layer.Layer.Inputs));
        }
    }

    private void Prune(TappedNetwork? network, List<Work> layers, IReadOnlyDictionary<string, PruningPattern?> plan, Fingerprint fingerprint)
    {
        var done = 0;
        var anyPruned = false;
        foreach (var group in LayerOrder.Groups(_graph, layers, l => l.Layer))
        {
            List<Work> pruned = [.. group.Where(l => plan[l.Layer.Path] is not null)];
            List<Work> open = [.. pruned.Where(l => !TakeKept(l, plan[l.Layer.Path]!, fingerprint))];
            if (network is not null && open.Count > 0 && anyPruned)
            {
                Sample(network, open, $"sampling for {open[0].Layer.Path}", l => l.Pruned = _sampler.Room(l.Layer), l => l.Pruned!);
            }

            foreach (var layer in open)
            {
                Progress($"pruning {layer.Layer.Path}", done, layers.Count);
                if (!Solve(layer, plan[layer.Layer.Path]!))
                {
                    return;
                }

                Keep(layer, fingerprint);
                done++;
            }

            foreach (var layer in pruned)
            {
                Replace(network, layer);
            }

            anyPruned |= pruned.Count > 0;
        }
    }

    private bool Solve(Work layer, PruningPattern pattern)
    {
        var statistics = layer.Dense is null ? null : LayerStatistics.Of(layer.Pruned ?? layer.Dense, layer.Dense, layer.HasBias, _options.Threads);
        // Rows of the pruned network are of no use any more, and they are large.
        layer.Pruned = null;
        if (statistics is { IsFinite: false })
        {
            _diagnostics.Report(PruningDiagnostics.NotFinite, null, layer.Layer.Path);
            return false;
        }

        var solution = Solutions(layer, statistics, _options.Method == PruningMethod.Obs ? pattern.Steps(_options.Steps) : [pattern]).Last();
        layer.Tensor = layer.Layer.ToTensor(solution.Weights);
        layer.Bias = solution.Shift is { } shift ? Shifted(layer.Layer.Bias!, shift) : null;
        layer.Error = statistics is null or { Dense.HeldCount: 0 } ? null : solution.RelativeError(layer.Weights, statistics, layer.HasBias, _options.Threads);
        layer.Dense = null;
        return true;
    }

    /// <summary>Errors of a layer of the dense network at several patterns.</summary>
    private IReadOnlyList<double>? SolveDense(Work layer, IReadOnlyList<PruningPattern> patterns)
    {
        var statistics = LayerStatistics.Of(layer.Dense!, layer.Dense!, layer.HasBias, _options.Threads);
        if (statistics.IsFinite)
        {
            return [.. Solutions(layer, statistics, patterns).Select(s => s.RelativeError(layer.Weights, statistics, layer.HasBias, _options.Threads))];
        }

        _diagnostics.Report(PruningDiagnostics.NotFinite, null, layer.Layer.Path);
        return null;
    }

    private IEnumerable<LayerSolution> Solutions(Work layer, LayerStatistics? statistics, IReadOnlyList<PruningPattern> patterns) => _options.Method switch
    {
        PruningMethod.Magnitude => patterns.Select(p => ScoredPruning.Magnitude(layer.Weights, p)),
        PruningMethod.Wanda => patterns.Select(p => ScoredPruning.Wanda(layer.Weights, p, statistics!, !_options.WandaByLayer)),
        _ => new OptimalBrainSurgeon(layer.Weights, statistics!, layer.HasBias, _options.Damping, _options.Threads).Solve(patterns),
    };

    private TensorData Shifted(LayerBias bias, double[] shift)
    {
        var tensor = _weights[bias.Path];
        var values = tensor.ToDoubles();
        for (var i = 0; i < values.Length; i++)
        {
            values[i] += bias.Sign * shift[i];
        }

        return TensorData.FromDoubles(values, [.. tensor.Shape]).ConvertTo(tensor.Type);
    }

    private void Replace(TappedNetwork? network, Work layer)
    {
        _weights[layer.Layer.Path] = layer.Tensor!;
        network?.SetWeight(layer.Layer.Path, layer.Tensor!);
        if (layer.Bias is { } bias)
        {
            _weights[layer.Layer.BiasPath!] = bias;
            network?.SetWeight(layer.Layer.BiasPath!, bias);
        }
    }

    private bool TakeKept(Work layer, PruningPattern pattern, Fingerprint fingerprint)
    {
        if (State?.Find(fingerprint.Key(layer.Number)) is not { } kept || !kept.TryGetValue("weight", out var tensor) || !tensor.Shape.SequenceEqual(_dense[layer.Layer.Path].Shape))
        {
            return false;
        }

        layer.Tensor = tensor;
        layer.Bias = kept.GetValueOrDefault("bias");
        layer.Error = kept.TryGetValue("error", out var error) ? error.GetDouble(0) : null;
        return pattern.Zeros > 0;
    }

    private void Keep(Work layer, Fingerprint fingerprint)
    {
        var tensors = new Dictionary<string, TensorData>(StringComparer.Ordinal) { ["weight"] = layer.Tensor! };
        if (layer.Bias is { } bias)
        {
            tensors.Add("bias", bias);
        }

        if (layer.Error is { } error)
        {
            tensors.Add("error", TensorData.FromDoubles([error], 1));
        }

        State?.Keep(fingerprint.Key(layer.Number), tensors);
    }

    private PruningResult Result(ImmutableArray<Candidate> candidates, List<Work> layers, IReadOnlyDictionary<string, PruningPattern?> plan)
    {
        var work = layers.ToDictionary(l => l.Layer.Path, StringComparer.Ordinal);
        ImmutableArray<LayerReport> reports = [.. candidates.Select(c => Report(c, work.GetValueOrDefault(c.Layer.Path), plan.GetValueOrDefault(c.Layer.Path)))];
        var patterns = plan.Where(p => p.Value is not null).ToDictionary(p => p.Key, p => p.Value!, StringComparer.Ordinal);
        return new PruningResult(_weights, reports, Times is null ? null : Planner.Total(Times(patterns), patterns.Keys));
    }

    private LayerReport Report(Candidate candidate, Work? layer, PruningPattern? pattern)
    {
        var tensor = _weights[candidate.Layer.Path];
        var zeros = 1 - ((double)tensor.CountNonZeros() / tensor.Count);
        var reason = candidate.IsPruned && pattern is null ? "costs more accuracy than time" : candidate.Reason;
        return new LayerReport(
            candidate.Layer.Path, candidate.Layer.Outputs, candidate.Layer.Inputs, candidate.Share, pattern, reason, zeros, layer?.Error,
            pattern is null ? null : PatternAnnotation.Of(candidate.Layer, pattern, tensor));
    }

    private static string Number(int value) => value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>One layer on its way.</summary>
internal sealed class Work(PrunableLayer layer, int number, Matrix<float> weights)
{
    public PrunableLayer Layer { get; } = layer;

    /// <summary>Its place among those that are pruned.</summary>
    public int Number { get; } = number;

    /// <summary>The dense weights.</summary>
    public Matrix<float> Weights { get; } = weights;

    public bool HasBias => Layer.Bias is not null;

    public LayerRows? Dense { get; set; }

    public LayerRows? Pruned { get; set; }

    public TensorData? Tensor { get; set; }

    public TensorData? Bias { get; set; }

    public double? Error { get; set; }
}
