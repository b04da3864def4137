namespace SparseDsl.Benchmarks.Plots;

/// <summary>Accuracy over speed: what pruning costs and what it gives.</summary>
internal static class AccuracyPlot
{
    // Names of those who are measured beside a pruned program, in its times and in tables of accuracy.
    private const string Dense = "dense";
    private const string OnnxRuntime = "onnxruntime";
    private const string OnnxRuntimeText = "ONNX Runtime";

    /// <summary>A chart for each table of accuracy of which at least two programs were also timed beside their dense version, on one thread.</summary>
    public static IEnumerable<(string Name, string Picture)> Of(IReadOnlyList<ResultLine.Accuracy> accuracies, IReadOnlyList<ResultLine.Time> times)
    {
        foreach (var table in accuracies.GroupBy(a => a.Of, StringComparer.Ordinal))
        {
            List<string> sets = [.. table.Select(a => a.Set).Distinct()];
            var programs = table.Select(a => a.Program).Distinct().ToHashSet(StringComparer.Ordinal);
            var places = (from program in table.GroupBy(a => a.Program, StringComparer.Ordinal)
                          let speed = Speed(program.Key, programs, times)
                          where speed is not null
                          select (program.Key, speed.Value, (IReadOnlyList<double>)[.. sets.Select(s => 100 * program.Last(a => a.Set == s).Share)])).ToList();
            if (places.Count > 1)
            {
                var name = "accuracy-" + table.Key.Split(',', ' ')[0];
                yield return (name, new ScatterChart($"{table.Key}: per cent", "times as fast as our dense code, 1 thread", sets, places).Draw());
            }
        }
    }

    /// <summary>How many times as fast as our dense version; null where nobody measured it.</summary>
    private static double? Speed(string program, HashSet<string> programs, IReadOnlyList<ResultLine.Time> times)
    {
        var own = times.Where(t => t.Table == "networks" && t.Threads == 1).ToList();
        return program switch
        {
            Dense => 1,
            OnnxRuntimeText => OverDense(own, programs),
            _ => own.LastOrDefault(t => t.Name == program && t.Peer == Dense)?.Ratio,
        };
    }

    // Each pruned program was measured beside both, and none of those runs is better than the others.
    private static double? OverDense(List<ResultLine.Time> times, HashSet<string> programs)
    {
        List<double> ratios =
        [
            .. from dense in times.Where(t => t.Peer == Dense && programs.Contains(t.Name))
               join other in times.Where(t => t.Peer == OnnxRuntime) on dense.Name equals other.Name
               orderby dense.Ratio / other.Ratio
               select dense.Ratio / other.Ratio,
        ];
        return ratios.Count == 0 ? null : ratios[ratios.Count / 2];
    }
}
