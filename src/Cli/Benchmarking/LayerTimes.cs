using System.Globalization;
using System.Text.Json;
using SparseDsl.Cli.Running;
using SparseDsl.Compiler.Cost;
using SparseDsl.Measurement;

namespace SparseDsl.Cli.Benchmarking;

/// <summary>A layer's estimate beside its measured time.</summary>
/// <param name="Cost">The layer, with the estimate.</param>
/// <param name="Microseconds">Median measured time.</param>
/// <param name="DenseMicroseconds">That of the same layer with all weights dense; null when not measured.</param>
internal sealed record LayerTime(LayerCost Cost, double Microseconds, double? DenseMicroseconds)
{
    /// <summary>Measured over estimated time.</summary>
    public double Ratio => Cost.Microseconds > 0 ? Microseconds / Cost.Microseconds : 1;

    /// <summary>Times layers one by one.</summary>
    /// <param name="costs">The layers.</param>
    /// <param name="ours">The model.</param>
    /// <param name="dense">The same stored dense; null for none.</param>
    /// <param name="threads">Threads of a call.</param>
    /// <param name="rounds">How often each is called; the two in turn.</param>
    public static IReadOnlyList<LayerTime> Measure(IReadOnlyList<LayerCost> costs, BenchModel ours, BenchModel? dense, int threads, int rounds)
    {
        BenchModel[] models = dense is null ? [ours] : [ours, dense];
        var loaded = models.Select(m => m.LoadProfiled(threads)).ToArray();
        try
        {
            var times = models.Select(_ => new Dictionary<string, List<double>>(StringComparer.Ordinal)).ToArray();
            var names = models.Select(m => m.NodeNames()).ToArray();
            // The first round is not counted.
            for (var round = -1; round < rounds; round++)
            {
                for (var i = 0; i < models.Length; i++)
                {
                    loaded[i].Invoke();
                    Add(times[i], names[i], [.. loaded[i].KernelTimes().Select(k => k.Milliseconds * 1000)], round >= 0);
                }
            }

            return [.. costs.Where(c => times[0].ContainsKey(c.Node.Name)).Select(c => new LayerTime(
                c, Median(times[0][c.Node.Name]), dense is null || !times[1].TryGetValue(c.Node.Name, out var d) ? null : Median(d)))];
        }
        finally
        {
            Array.ForEach(loaded, model => model.Dispose());
        }
    }

    /// <summary>For people.</summary>
    public static void Write(TextWriter output, IReadOnlyList<LayerTime> layers)
    {
        List<string[]> rows = [["layer", "scope", "weights", "kernel", "estimated µs", "measured µs", "measured / estimated", "dense µs", "over dense"]];
        rows.AddRange(layers.Select(l => new[]
        {
            l.Cost.Label, l.Cost.Scope, l.Cost.Format, l.Cost.Kernel, Number(l.Cost.Microseconds), Number(l.Microseconds), Ratio2(l.Ratio),
            l.DenseMicroseconds is { } dense ? Number(dense) : "", l.DenseMicroseconds is { } other ? Ratio2(l.Microseconds / Math.Max(other, 1e-3)) : "",
        }));
        rows.Add(["total", "", "", "", Number(layers.Sum(l => l.Cost.Microseconds)), Number(layers.Sum(l => l.Microseconds)), "",
            layers.All(l => l.DenseMicroseconds is not null) ? Number(layers.Sum(l => l.DenseMicroseconds!.Value)) : "", ""]);
        TextTable.Write(output, rows, texts: 4);
    }

    /// <summary>For machines: members of an open object.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteString("layer", Cost.Node.Name);
        writer.WriteString("op", Cost.Label);
        writer.WriteString("scope", Cost.Scope);
        writer.WriteString("format", Cost.Format);
        writer.WriteString("kernel", Cost.Kernel);
        writer.WriteNumber("estimated_us", Math.Round(Cost.Microseconds, 3));
        writer.WriteNumber("measured_us", Math.Round(Microseconds, 3));
        writer.WriteNumber("ratio", Math.Round(Ratio, 4));
        if (DenseMicroseconds is { } dense)
        {
            writer.WriteNumber("dense_us", Math.Round(dense, 3));
        }
    }

    // A node may have several kernels; a round's time of it is their sum.
    private static void Add(Dictionary<string, List<double>> times, IReadOnlyList<string?> names, double[] microseconds, bool isCounted)
    {
        foreach (var node in names.Zip(microseconds).Where(k => k.First is not null).GroupBy(k => k.First!, StringComparer.Ordinal).Where(_ => isCounted))
        {
            times.TryAdd(node.Key, []);
            times[node.Key].Add(node.Sum(k => k.Second));
        }
    }

    private static double Median(IEnumerable<double> times) => new Timing(times).Median;

    private static string Number(double value) => value.ToString("F1", CultureInfo.InvariantCulture);

    private static string Ratio2(double value) => value.ToString("F2", CultureInfo.InvariantCulture);
}
