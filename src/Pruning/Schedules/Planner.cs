using System.Globalization;
using SparseDsl.Compiler.Data;
using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Pruning.Schedules;

/// <summary>Decides how much each layer is pruned.</summary>
internal sealed class Planner(
    PruningOptions options, TimePrediction? times, Func<Work, IReadOnlyList<PruningPattern>, IReadOnlyList<double>?> errorsOf, IPruningState? state, Fingerprint fingerprint,
    PruningProgress progress, DiagnosticBag diagnostics)
{
    // Fractions of zeros at which layers are tried.
    private static readonly double[] Levels = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

    // A speed-up that rounding of the request keeps from being met exactly.
    private const double Tolerance = 1e-9;

    /// <summary>The pattern of each layer by path, null for dense; null after a report.</summary>
    public IReadOnlyDictionary<string, PruningPattern?>? Plan(IReadOnlyList<Work> layers)
    {
        if (options.TargetSpeedup is { } target)
        {
            return ForTime(layers, target);
        }

        return options.Schedule == PruningSchedule.Sensitivity && options.Pattern.WithZeros(0.5) is not null
            ? ForZeros(layers)
            : layers.ToDictionary(l => l.Layer.Path, PruningPattern? (_) => options.Pattern, StringComparer.Ordinal);
    }

    /// <summary>Times of a network some of whose layers are pruned.</summary>
    public static PredictedTimes Total(NetworkTimes times, IEnumerable<string> pruned)
    {
        var paths = pruned.ToHashSet(StringComparer.Ordinal);
        return new PredictedTimes(
            times.Rest + times.Layers.Values.Sum(t => t.Dense), times.Rest + times.Layers.Sum(t => paths.Contains(t.Key) ? t.Value.Sparse : t.Value.Dense));
    }

    private Dictionary<string, PruningPattern?>? ForZeros(IReadOnlyList<Work> layers)
    {
        var patterns = Patterns();
        if (Errors(layers, patterns) is not { } errors)
        {
            return null;
        }

        // The elements that are left, as many as the uniform schedule leaves.
        var choices = layers.Select((l, i) => Choices(patterns, errors[i], p => Elements(l) * (1 - (p?.Zeros ?? 0)))).ToList();
        return Chosen(layers, Budget.Spend(choices, layers.Sum(Elements) * (1 - options.Pattern.Zeros) * (1 + Tolerance)));
    }

    private Dictionary<string, PruningPattern?>? ForTime(IReadOnlyList<Work> layers, double target)
    {
        var patterns = Patterns();
        var predicted = patterns.Select(p => times!(layers.ToDictionary(l => l.Layer.Path, _ => p, StringComparer.Ordinal))).ToList();
        var dense = Total(predicted[0], []).DenseMicroseconds;
        var best = predicted.Max(p => Total(p, layers.Select(l => l.Layer.Path)).Speedup);
        if (best * (1 + Tolerance) < target)
        {
            diagnostics.Report(PruningDiagnostics.OutOfReach, null, Number(target), Number(best));
            return null;
        }

        if (options.Schedule == PruningSchedule.Uniform)
        {
            var first = predicted.FindIndex(p => Total(p, layers.Select(l => l.Layer.Path)).Speedup * (1 + Tolerance) >= target);
            return layers.ToDictionary(l => l.Layer.Path, PruningPattern? (_) => patterns[first], StringComparer.Ordinal);
        }

        if (Errors(layers, patterns) is not { } errors)
        {
            return null;
        }

        var choices = layers.Select((l, i) => Choices(patterns, errors[i], p => Time(predicted, patterns, l, p))).ToList();
        return Chosen(layers, Budget.Spend(choices, (dense / target * (1 + Tolerance)) - predicted[0].Rest - Others(predicted[0], layers)));
    }

    // Several fractions where the kind of pattern has them; the wanted one is always among them.
    private List<PruningPattern> Patterns() => options.Pattern.WithZeros(0.5) is null ? [options.Pattern]
        : [.. Levels.Append(options.Pattern.Zeros).Distinct().Order().Select(z => options.Pattern.WithZeros(z)!)];

    private static List<Choice> Choices(List<PruningPattern> patterns, IReadOnlyList<double> errors, Func<PruningPattern?, double> cost) =>
        [new Choice(null, cost(null), 0), .. patterns.Select((p, i) => new Choice(p, cost(p), errors[i]))];

    private static double Time(List<NetworkTimes> predicted, List<PruningPattern> patterns, Work layer, PruningPattern? pattern)
    {
        var at = pattern is null ? -1 : patterns.IndexOf(pattern);
        return at < 0 ? predicted[0].Layers[layer.Layer.Path].Dense : predicted[at].Layers[layer.Layer.Path].Sparse;
    }

    private static double Others(NetworkTimes times, IReadOnlyList<Work> layers)
    {
        var paths = layers.Select(l => l.Layer.Path).ToHashSet(StringComparer.Ordinal);
        return times.Layers.Where(t => !paths.Contains(t.Key)).Sum(t => t.Value.Dense);
    }

    private static Dictionary<string, PruningPattern?> Chosen(IReadOnlyList<Work> layers, IReadOnlyList<Choice> choices) =>
        layers.Zip(choices).ToDictionary(p => p.First.Layer.Path, p => p.Second.Pattern, StringComparer.Ordinal);

    private List<IReadOnlyList<double>>? Errors(IReadOnlyList<Work> layers, List<PruningPattern> patterns)
    {
        fingerprint.Add(string.Join(";", patterns));
        var all = new List<IReadOnlyList<double>>();
        foreach (var layer in layers)
        {
            progress($"measuring {layer.Layer.Path}", all.Count, layers.Count);
            if (Errors(layer, patterns) is not { } errors)
            {
                return null;
            }

            all.Add(errors);
        }

        return all;
    }

    private IReadOnlyList<double>? Errors(Work layer, List<PruningPattern> patterns)
    {
        var key = fingerprint.Key(string.Create(CultureInfo.InvariantCulture, $"{layer.Number:000}-errors"));
        if (state?.Find(key) is { } kept && kept.TryGetValue("errors", out var table) && table.Count == patterns.Count)
        {
            return table.ToDoubles();
        }

        var errors = errorsOf(layer, patterns);
        if (errors is not null)
        {
            state?.Keep(key, new Dictionary<string, TensorData>(StringComparer.Ordinal) { ["errors"] = TensorData.FromDoubles([.. errors], errors.Count) });
        }

        return errors;
    }

    private static double Elements(Work layer) => (double)layer.Layer.Outputs * layer.Layer.Inputs;

    private static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
