using System.Globalization;
using System.Text.Json;
using SparseDsl.Pruning.Quantizing;
using static SparseDsl.Cli.Pruning.LayerTable;

namespace SparseDsl.Cli.Pruning;

/// <summary>What became of each layer, as a table or as JSON.</summary>
internal static class QuantizationReport
{
    /// <summary>A table, and a line of totals.</summary>
    public static void Write(TextWriter output, QuantizationResult result)
    {
        List<string[]> rows = [["parameter", "outputs", "inputs", "MAC", "stored", "range of inputs", "error"]];
        rows.AddRange(result.Layers.Select(l => new[]
        {
            l.Path, Number(l.Outputs), Number(l.Inputs), Percent(l.Share), l.Annotation is null ? "f32: " + l.Reason : result.Weights[l.Path].Type == Dsl.ElementType.I8 ? "i8" : "bf16",
            l.Low is { } low && l.High is { } high ? string.Create(CultureInfo.InvariantCulture, $"{low:0.###} to {high:0.###}") : "", l.Error is { } e ? Percent(e) : "",
        }));
        LayerTable.Write(output, rows);

        var done = result.Layers.Where(l => l.Annotation is not null).ToList();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{done.Count} of {result.Layers.Length} weights are quantised, with {done.Sum(l => l.Share):P1} of the multiplications"));
    }

    /// <summary>The members of the result.</summary>
    public static void Write(Utf8JsonWriter writer, QuantizationResult result, string overlay, string weights)
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
            writer.WriteString("annotation", layer.Annotation);
            writer.WriteString("reason", layer.Reason.Length == 0 ? null : layer.Reason);
            WriteNumber(writer, "low", layer.Low);
            WriteNumber(writer, "high", layer.High);
            WriteNumber(writer, "error", layer.Error);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static string Percent(double fraction) => fraction.ToString("P2", CultureInfo.InvariantCulture);
}
