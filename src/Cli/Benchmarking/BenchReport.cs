using System.Globalization;
using System.Text;
using System.Text.Json;
using SparseDsl.Cli.Running;
using SparseDsl.Compiler.Cost;
using SparseDsl.Measurement;

namespace SparseDsl.Cli.Benchmarking;

/// <summary>An engine's times, and how far its results are from ours over their largest magnitude.</summary>
internal sealed record EngineTime(string Name, Timing Timing, double Difference);

/// <summary>What one number of threads gave.</summary>
/// <param name="Name">Name of the model.</param>
/// <param name="Program">Name of its file, which tells pruned versions of a model apart.</param>
/// <param name="Threads">Threads of a call.</param>
/// <param name="Ours">Our times.</param>
/// <param name="Peers">The peers'.</param>
/// <param name="Costs">Layers of the model.</param>
/// <param name="Probe">The machine.</param>
/// <param name="Layers">Layers with times; null when not asked for.</param>
internal sealed record BenchReport(
    string Name, string Program, int Threads, EngineTime Ours, IReadOnlyList<EngineTime> Peers, IReadOnlyList<LayerCost> Costs, MachineProbe Probe, IReadOnlyList<LayerTime>? Layers)
{
    private double Flop => Costs.Sum(c => (double)c.Flop);

    // As if no multiply-accumulate had been skipped.
    private double EquivalentFlop => Costs.Sum(c => c.Flop + (2.0 * (c.DenseMac - c.Mac)));

    private double Bytes => Costs.Sum(c => (double)c.Bytes);

    // No layer is faster than its arithmetic at the peak, or than its operands come and go.
    private double Roof => Costs.Sum(c => Probe.RoofMicroseconds(c.Flop, c.Bytes));

    /// <summary>For people.</summary>
    public void Write(TextWriter output)
    {
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Name}, {Threads} {(Threads == 1 ? "thread" : "threads")}; the machine: {Probe.FmaGigaflops:F0} GF/s, reads {string.Join(" / ", Probe.Reads.Select(r => r.Rate.ToString("F0", CultureInfo.InvariantCulture)))} GB/s"));
        List<string[]> rows = [["engine", "median µs", "p10", "p90", "ratio", "GF/s", "as dense", "GB/s", "roofline", "difference"]];
        rows.Add([Ours.Name, Number(Ours.Timing.Median), Number(Ours.Timing.P10), Number(Ours.Timing.P90), "", Number(Rate(Flop)), Number(Rate(EquivalentFlop)), Number(Rate(Bytes)),
            (Roof / Ours.Timing.Median).ToString("P0", CultureInfo.InvariantCulture), ""]);
        rows.AddRange(Peers.Select(p => new[]
        {
            p.Name, Number(p.Timing.Median), Number(p.Timing.P10), Number(p.Timing.P90), (p.Timing.Median / Ours.Timing.Median).ToString("F2", CultureInfo.InvariantCulture), "", "", "", "",
            p.Difference.ToString("E1", CultureInfo.InvariantCulture),
        }));
        TextTable.Write(output, rows, texts: 1);
        if (Layers is not null)
        {
            LayerTime.Write(output, Layers);
        }
    }

    /// <summary>For machines: an object a line.</summary>
    public void WriteJson(TextWriter output)
    {
        foreach (var peer in Peers.Count == 0 ? [null] : Peers.Cast<EngineTime?>())
        {
            WriteLine(output, writer => Write(writer, peer));
        }

        foreach (var layer in Layers ?? [])
        {
            WriteLine(output, writer =>
            {
                writer.WriteString("name", Name);
                writer.WriteNumber("threads", Threads);
                layer.Write(writer);
            });
        }
    }

    private void Write(Utf8JsonWriter writer, EngineTime? peer)
    {
        writer.WriteString("name", Name);
        writer.WriteString("program", Program);
        writer.WriteNumber("threads", Threads);
        WriteTiming(writer, "ours", Ours.Timing);
        if (peer is null)
        {
            writer.WriteNull("peer");
            writer.WriteNull("peer_us");
            writer.WriteNull("ratio");
        }
        else
        {
            writer.WriteString("peer", peer.Name);
            WriteTiming(writer, "peer", peer.Timing);
            writer.WriteNumber("ratio", Math.Round(peer.Timing.Median / Ours.Timing.Median, 4));
            writer.WriteNumber("difference", peer.Difference);
        }

        writer.WriteNumber("gflops", Math.Round(Rate(Flop), 2));
        writer.WriteNumber("equivalent_gflops", Math.Round(Rate(EquivalentFlop), 2));
        writer.WriteNumber("gb_per_s", Math.Round(Rate(Bytes), 2));
        writer.WriteNumber("roofline", Math.Round(Roof / Ours.Timing.Median, 4));
        writer.WriteNumber("peak_gflops", Math.Round(Probe.FmaGigaflops, 1));
    }

    private static void WriteTiming(Utf8JsonWriter writer, string whose, Timing timing)
    {
        writer.WriteNumber(whose + "_us", Math.Round(timing.Median, 3));
        writer.WriteNumber(whose + "_p10_us", Math.Round(timing.P10, 3));
        writer.WriteNumber(whose + "_p90_us", Math.Round(timing.P90, 3));
    }

    private static void WriteLine(TextWriter output, Action<Utf8JsonWriter> write)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        output.WriteLine(Encoding.UTF8.GetString(bytes.ToArray()));
    }

    // Thousands a second of what was done in microseconds: G/s.
    private double Rate(double work) => work / Ours.Timing.Median / 1000;

    private static string Number(double value) => value.ToString("N1", CultureInfo.InvariantCulture);
}
