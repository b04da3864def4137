using System.Globalization;
using System.Text.Json;
using SparseDsl.Backends.CSharp.Hosting;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Measurement;
using SparseDsl.Measurement.Programs;
using SparseDsl.OnnxRuntime;

namespace SparseDsl.Benchmarks.Tables;

/// <summary>Prints a table within a minute or two: everyone in a row takes turns, so all see the same machine.</summary>
/// <param name="Threads">Threads of a call.</param>
/// <param name="IsJson">Whether to print an object a line instead.</param>
/// <param name="Filter">Rows whose name contains it; null for all.</param>
/// <param name="Budget">How long a row is measured.</param>
internal sealed record TableComparison(int Threads, bool IsJson, string? Filter, Budget Budget)
{
    /// <summary>Whether a call finds weights and activations where the call before left them, as far as they fit the caches; else in memory.</summary>
    public bool IsWarm { get; init; }

    /// <summary>Where each row's program, weights and peer's model are written as files, for commands that look closer; null for nowhere.</summary>
    public string? SaveTo { get; init; }

    // Sums of thousands of f32 products in another order.
    private const double MostDifference = 1e-3;

    /// <summary>Measures and prints; false when a result is wrong or no row matched.</summary>
    public bool Run(Table table)
    {
        var rows = table.Rows.Where(r => Filter is null || r.Name.Contains(Filter, StringComparison.Ordinal)).ToList();
        if (!IsJson)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{table.Title}; threads: {Threads}; {(IsWarm ? "warm" : "cold")}; median µs of calls in turn; ratio = best dense / ours"));
        }

        if (table.TakesSparsePeers)
        {
            (Threads == 1 ? SparsePeers.Missing() : [SparsePeers.OneThreadOnly]).ToList().ForEach(Console.Error.WriteLine);
        }

        var results = rows.Select(row => Measure(table, row.Make())).ToList();
        WriteMeans(results);
        return results.Count > 0 && results.All(r => r.IsRight);
    }

    private RowResult Measure(Table table, Row row)
    {
        if (SaveTo is not null)
        {
            RowFiles.Write(row, SaveTo);
        }

        var engines = new List<IEngine>();
        var notes = new List<string>();
        try
        {
            var options = new CompilationOptions(NativeTarget.Widest);
            var dense = row.Dense with { StaysInCaches = IsWarm };
            engines.Add(dense.Compile("dense", Threads, options with { IgnoresSparsity = true }));
            var copies = dense.Copies;
            engines.AddRange(row.Peers.Select(peer => new OnnxRuntimeEngine(peer.Onnx, [TensorData.FromFloats(row.Input, peer.Input)], Threads, copies) { Name = peer.Name }));
            var firstSparse = engines.Count;
            engines.AddRange(Threads == 1 && row.Product is { } product ? SparsePeers.Load(product, Threads, copies) : []);
            var firstOwn = engines.Count;
            foreach (var variant in row.Variants)
            {
                try
                {
                    var program = variant.Program with { StaysInCaches = IsWarm };
                    engines.Add(program.Compile(variant.Name, Threads, options));
                    notes.Add(variant.Name.StartsWith("auto", StringComparison.Ordinal) ? $"{variant.Name} chose {Formats(program)}" : "");
                }
                catch (InvalidDataException problem)
                {
                    notes.Add($"{variant.Name} does not compile: {problem.Message.Split('\n')[0]}");
                }
            }

            var timings = Interleaved.Run(engines, Budget with { BeginsWarm = IsWarm }, Threads);
            return Write(table, row, new Turn(engines, timings, firstSparse, firstOwn), [.. notes.Where(n => n.Length > 0)]);
        }
        finally
        {
            engines.ForEach(engine => engine.Dispose());
        }
    }

    private RowResult Write(Table table, Row row, Turn turn, IReadOnlyList<string> notes)
    {
        var (engines, timings, firstSparse, firstOwn) = turn;
        var best = timings.Take(firstSparse).Min(t => t.Median);
        var expected = engines[0].ReadOutput();
        var wrong = engines.Where(engine => Difference(expected, engine.ReadOutput()) > MostDifference).Select(engine => engine.Name).ToList();
        var ratios = engines.Skip(firstSparse).Select((engine, i) => (engine.Name, best / timings[i + firstSparse].Median)).ToList();
        if (IsJson)
        {
            for (var i = firstOwn; i < engines.Count; i++)
            {
                for (var peer = 0; peer < firstOwn; peer++)
                {
                    Console.WriteLine(Json(table, row, engines[i].Name, timings[i], engines[peer].Name, timings[peer]));
                }
            }
        }
        else
        {
            var cells = engines.Select((engine, i) => string.Create(
                CultureInfo.InvariantCulture, $"{engine.Name} {timings[i].Median:F1}{(i < firstSparse ? "" : string.Create(CultureInfo.InvariantCulture, $" ({best / timings[i].Median:F2}x, {row.DenseFlop * row.NonZeros / timings[i].Median / 1000:F0} GF/s)"))}"));
            Console.WriteLine($"{row.Name,-24}{string.Join(" | ", cells)}{(notes.Count == 0 ? "" : "  # " + string.Join("; ", notes))}");
        }

        if (wrong.Count > 0)
        {
            Console.Error.WriteLine($"{row.Name}: the results of {string.Join(", ", wrong)} differ from those of dense");
        }

        return new RowResult(ratios, wrong.Count == 0);
    }

    // Of weights that were weighed; biases and the like never are.
    private static string Formats(SmallProgram program) => string.Join(", ", program.Decisions.Where(d => d.Weighed is not null).GroupBy(d => d.Format.Name, StringComparer.Ordinal)
        .Select(g => g.Count() == 1 ? g.Key : string.Create(CultureInfo.InvariantCulture, $"{g.Key} ({g.Count()} times)")));

    private string Json(Table table, Row row, string variant, Timing ours, string peer, Timing peers)
    {
        var line = new Dictionary<string, object>
        {
            ["table"] = table.Name,
            ["name"] = row.Name,
            ["variant"] = variant,
            ["threads"] = Threads,
            ["ours_us"] = Math.Round(ours.Median, 3),
            ["ours_p10_us"] = Math.Round(ours.P10, 3),
            ["ours_p90_us"] = Math.Round(ours.P90, 3),
            ["peer"] = peer,
            ["peer_us"] = Math.Round(peers.Median, 3),
            ["ratio"] = Math.Round(peers.Median / ours.Median, 4),
            ["gflops"] = Math.Round(row.DenseFlop * row.NonZeros / ours.Median / 1000, 2),
            ["equivalent_gflops"] = Math.Round(row.DenseFlop / ours.Median / 1000, 2),
        };
        return JsonSerializer.Serialize(line);
    }

    private static double Difference(float[] expected, float[] found)
    {
        var scale = expected.Max(MathF.Abs);
        return expected.Length != found.Length ? double.PositiveInfinity : expected.Zip(found, (a, b) => (double)MathF.Abs(a - b)).Max() / Math.Max(scale, 1e-30);
    }

    // One number for each way to store: what the bars are stated in.
    private void WriteMeans(List<RowResult> results)
    {
        if (IsJson || results.Count < 2)
        {
            return;
        }

        var means = results.SelectMany(r => r.Ratios).GroupBy(r => r.Name, StringComparer.Ordinal)
            .Select(g => string.Create(CultureInfo.InvariantCulture, $"{g.Key} {Math.Exp(g.Average(r => Math.Log(r.Ratio))):F2}x"));
        Console.WriteLine("geometric means over best dense: " + string.Join(", ", means));
    }

    /// <summary>Everyone's times: our dense code and dense peers first, then sparse peers, then our sparse code.</summary>
    private sealed record Turn(IReadOnlyList<IEngine> Engines, IReadOnlyList<Timing> Timings, int FirstSparse, int FirstOwn);

    private sealed record RowResult(IReadOnlyList<(string Name, double Ratio)> Ratios, bool IsRight);
}
