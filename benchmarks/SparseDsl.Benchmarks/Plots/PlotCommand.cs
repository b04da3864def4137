using System.Text.Json;

namespace SparseDsl.Benchmarks.Plots;

/// <summary><c>--plot RESULTS.jsonl.. -o DIR</c>: a chart for each table and peer in the output of <c>--table NAME --json</c> and of <c>sparsedsl bench --json</c>.</summary>
internal static class PlotCommand
{
    /// <summary>Runs it; gives the exit code.</summary>
    public static int Run(string[] arguments)
    {
        if (arguments is not [.. { Length: > 0 } files, "-o", var folder])
        {
            Console.Error.WriteLine("usage: --plot RESULTS.jsonl.. -o DIR");
            return 2;
        }

        List<Result> results = [.. files.SelectMany(File.ReadLines).Where(line => line.Length > 0).Select(Read).OfType<Result>()];
        Directory.CreateDirectory(folder);
        foreach (var chart in results.GroupBy(r => (r.Table, r.Peer, r.Threads)).OrderBy(g => g.Key.ToString(), StringComparer.Ordinal))
        {
            var path = Path.Combine(folder, $"{chart.Key.Table}-{chart.Key.Peer.Replace(' ', '-')}-{chart.Key.Threads}.svg");
            File.WriteAllText(path, Chart(chart.Key, [.. chart]).Draw());
            Console.WriteLine(path);
        }

        return results.Count > 0 ? 0 : 1;
    }

    private static BarChart Chart((string Table, string Peer, int Threads) key, List<Result> results)
    {
        List<string> series = [.. results.Select(r => r.Variant).Distinct()];
        // Where a row was measured more than once, the last time counts.
        return new BarChart(
            $"{key.Table}: times as fast as {key.Peer}, {key.Threads} {(key.Threads == 1 ? "thread" : "threads")}", series,
            [.. results.GroupBy(r => r.Name, StringComparer.Ordinal).Select(g => (g.Key, (IReadOnlyList<double?>)[.. series.Select(s => g.LastOrDefault(r => r.Variant == s)?.Ratio)]))]);
    }

    private static Result? Read(string line)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            var root = json.RootElement;
            return root.TryGetProperty("peer", out var peer) && peer.ValueKind == JsonValueKind.String
                ? new Result(
                    Text(root, "table") ?? "networks", root.GetProperty("name").GetString()!, Text(root, "variant") ?? "sparsedsl", peer.GetString()!, root.GetProperty("threads").GetInt32(),
                    root.GetProperty("ratio").GetDouble())
                : null;
        }
        catch (Exception problem) when (problem is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new InvalidDataException($"this is no line of results: {line}", problem);
        }
    }

    private static string? Text(JsonElement root, string name) => root.TryGetProperty(name, out var value) ? value.GetString() : null;

    private sealed record Result(string Table, string Name, string Variant, string Peer, int Threads, double Ratio);
}
