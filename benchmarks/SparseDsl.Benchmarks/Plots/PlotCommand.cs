namespace SparseDsl.Benchmarks.Plots;

/// <summary>
/// <c>--plot RESULTS.jsonl.. -o DIR</c>: charts of the output of <c>--table NAME --json</c> and of <c>sparsedsl bench --json</c>, one for each table and peer; and of
/// <c>examples/ocr/evaluate --json</c>, accuracy over speed, where the times of the same programs are there.
/// </summary>
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

        Directory.CreateDirectory(folder);
        List<ResultLine> lines = [.. files.SelectMany(File.ReadLines).Where(line => line.Length > 0).Select(ResultLine.Read).OfType<ResultLine>()];
        List<ResultLine.Time> times = [.. lines.OfType<ResultLine.Time>()];
        (string Name, string Picture)[] charts = [.. Bars(times), .. AccuracyPlot.Of([.. lines.OfType<ResultLine.Accuracy>()], times)];
        foreach (var (name, picture) in charts.OrderBy(c => c.Name, StringComparer.Ordinal))
        {
            var path = Path.Combine(folder, name + ".svg");
            File.WriteAllText(path, picture);
            Console.WriteLine(path);
        }

        return charts.Length > 0 ? 0 : 1;
    }

    private static IEnumerable<(string Name, string Picture)> Bars(IEnumerable<ResultLine.Time> times) =>
        from chart in times.GroupBy(r => (r.Table, r.Peer, r.Threads))
        select (FormattableString.Invariant($"{chart.Key.Table}-{chart.Key.Peer.Replace(' ', '-')}-{chart.Key.Threads}"), Chart(chart.Key, [.. chart]).Draw());

    private static BarChart Chart((string Table, string Peer, int Threads) key, List<ResultLine.Time> results)
    {
        List<string> series = [.. results.Select(r => r.Variant).Distinct()];
        // Where a row was measured more than once, the last time counts.
        return new BarChart(
            $"{key.Table}: times as fast as {key.Peer}, {key.Threads} {(key.Threads == 1 ? "thread" : "threads")}", series,
            [.. results.GroupBy(r => r.Name, StringComparer.Ordinal).Select(g => (g.Key, (IReadOnlyList<double?>)[.. series.Select(s => g.LastOrDefault(r => r.Variant == s)?.Ratio)]))]);
    }
}
