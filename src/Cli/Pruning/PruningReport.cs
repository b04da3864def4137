using System.Globalization;
using System.Text.Json;
using SparseDsl.Pruning;
using static SparseDsl.Cli.Pruning.LayerTable;

namespace SparseDsl.Cli.Pruning;

/// <summary>What became of each layer, as a table or as JSON.</summary>
internal static class PruningReport
{
    /// <summary>A table, and a line of totals.</summary>
    public static void Write(TextWriter output, PruningResult result)
    {
        List<string[]> rows = [["parameter", "outputs", "inputs", "MAC", "pattern", "zeros", "error"]];
        rows.AddRange(result.Layers.Select(l => new[]
        {
            l.Path, Number(l.Outputs), Number(l.Inputs), Percent(l.Share), l.Pattern?.ToString() ?? "dense: " + l.Reason, Percent(l.Zeros), l.Error is { } e ? Percent(e) : "",
        }));
        LayerTable.Write(output, rows);

        var (zeros, all) = Totals(result);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{zeros:N0} of {all:N0} weights are zero ({zeros / Math.Max(1.0, all):P1})"));
        if (result.Times is { } times)
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"predicted time {times.PrunedMicroseconds:N0} µs instead of {times.DenseMicroseconds:N0} µs: {times.Speedup:0.00} times as fast (one thread, typical sizes)"));
        }
    }

    /// <summary>The members of the result.</summary>
    public static void Write(Utf8JsonWriter writer, PruningResult result, string overlay, string weights)
    {
        writer.WriteString("overlay", overlay);
        writer.WriteString("weights", weights);
        writer.WriteStartArray("layers");
        foreach (var layer in result.Layers)
        {
            writer.WriteStartObject();
            writer.WriteString("parameter", layer.Path);
            writer.WriteNumber("outputs", layer.Outputs);
            writer.WriteNumber("inputs", layer.Inputs);
            writer.WriteNumber("share", layer.Share);
            writer.WriteString("pattern", layer.Pattern?.ToString());
            writer.WriteString("annotation", layer.Annotation);
            writer.WriteString("reason", layer.Reason.Length == 0 ? null : layer.Reason);
            writer.WriteNumber("zeros", layer.Zeros);
            WriteNumber(writer, "error", layer.Error);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        var (zeros, all) = Totals(result);
        writer.WriteNumber("zeros", zeros);
        writer.WriteNumber("elements", all);
        if (result.Times is { } times)
        {
            writer.WriteNumber("predicted_dense_us", times.DenseMicroseconds);
            writer.WriteNumber("predicted_pruned_us", times.PrunedMicroseconds);
            writer.WriteNumber("predicted_speedup", times.Speedup);
        }
    }

    private static (long Zeros, long All) Totals(PruningResult result) =>
        (result.Weights.Values.Sum(w => (long)w.Count - w.CountNonZeros()), result.Weights.Values.Sum(w => (long)w.Count));

    private static string Percent(double value) => (value * 100).ToString("0.##", CultureInfo.InvariantCulture) + "%";
}
