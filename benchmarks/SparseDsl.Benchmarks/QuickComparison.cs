using System.Diagnostics;
using System.Globalization;

namespace SparseDsl.Benchmarks;

/// <summary>Compares both engines within one process and a minute: they take turns, so both see the same machine.</summary>
internal static class QuickComparison
{
    private const double WarmUpMilliseconds = 1000;
    private const double Milliseconds = 5000;
    private const int FewestRounds = 15;

    /// <summary>Prints a row per workload: medians, their ratio, and how far the results are apart.</summary>
    public static void Run(IEnumerable<Workload> workloads, int threads)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"threads: {threads}; median ms of calls in turn; ratio = ONNX Runtime / SparseDsl, over 1 where we are faster"));
        Console.WriteLine($"{"network",-18}{"ONNX Runtime",14}{"SparseDsl",12}{"ratio",8}{"GFLOP/s",10}{"peer's",10}{"difference",12}");
        foreach (var workload in workloads)
        {
            Console.WriteLine(Row(workload, threads));
        }
    }

    private static string Row(Workload workload, int threads)
    {
        using var peer = new OnnxRuntimeEngine(workload, threads);
        using var ours = new OurEngine(workload, threads);
        var (peerTime, ourTime) = Compare(peer, ours);
        // Times of results that are wrong would mean nothing.
        var difference = peer.ReadOutput().Zip(ours.ReadOutput(), (a, b) => Math.Abs(a - b)).Max();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{workload.Name,-18}{peerTime,14:F3}{ourTime,12:F3}{peerTime / ourTime,8:F2}{workload.MegaFlop / ourTime,10:F1}{workload.MegaFlop / peerTime,10:F1}{difference,12:E1}");
    }

    private static (double Peer, double Ours) Compare(IEngine peer, IEngine ours)
    {
        Rounds(peer, ours, WarmUpMilliseconds, fewest: 3);
        var (peerTimes, ourTimes) = Rounds(peer, ours, Milliseconds, FewestRounds);
        return (Median(peerTimes), Median(ourTimes));
    }

    private static (List<double> Peer, List<double> Ours) Rounds(IEngine peer, IEngine ours, double milliseconds, int fewest)
    {
        var start = Stopwatch.GetTimestamp();
        var (peerTimes, ourTimes) = (new List<double>(), new List<double>());
        while (peerTimes.Count < fewest || Stopwatch.GetElapsedTime(start).TotalMilliseconds < milliseconds)
        {
            peerTimes.Add(Time(peer));
            ourTimes.Add(Time(ours));
        }

        return (peerTimes, ourTimes);
    }

    private static double Time(IEngine engine)
    {
        var start = Stopwatch.GetTimestamp();
        engine.Invoke();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static double Median(List<double> times)
    {
        times.Sort();
        var middle = times.Count / 2;
        return times.Count % 2 == 1 ? times[middle] : (times[middle - 1] + times[middle]) / 2;
    }
}
