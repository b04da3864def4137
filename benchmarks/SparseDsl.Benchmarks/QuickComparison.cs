using System.Globalization;
using SparseDsl.Measurement;

namespace SparseDsl.Benchmarks;

/// <summary>Compares both engines within one process and a minute: they take turns, so both see the same machine.</summary>
internal static class QuickComparison
{
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
        using var peer = OurNetwork.LoadPeer(workload, threads);
        using var ours = OurNetwork.Load(workload, threads);
        var times = Interleaved.Run([peer, ours], Budget.Network, threads);
        var (peerTime, ourTime) = (times[0].Median / 1000, times[1].Median / 1000);
        // Times of results that are wrong would mean nothing.
        var difference = peer.ReadOutput().Zip(ours.ReadOutput(), (a, b) => Math.Abs(a - b)).Max();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{workload.Name,-18}{peerTime,14:F3}{ourTime,12:F3}{peerTime / ourTime,8:F2}{workload.MegaFlop / ourTime,10:F1}{workload.MegaFlop / peerTime,10:F1}{difference,12:E1}");
    }
}
