using System.Globalization;
using SparseDsl.Measurement;

namespace SparseDsl.Benchmarks;

/// <summary>Compares both engines within one process and a minute: they take turns, so both see the same machine.</summary>
internal static class QuickComparison
{
    // What two orders of summing differ by, over the largest result.
    private const double MostDifference = 1e-4;

    /// <summary>Prints a row per workload: medians, ratios to ONNX Runtime on the file as it is and on the folded one, and how far the results are apart.</summary>
    public static void Run(IEnumerable<Workload> workloads, int threads)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"threads: {threads}; median ms of calls in turn; ratio = ONNX Runtime / SparseDsl, over 1 where we are faster; folded: see FoldedOnnx"));
        Console.WriteLine($"{"network",-18}{"ONNX Runtime",14}{"folded",10}{"SparseDsl",12}{"ratio",8}{"folded",8}{"GFLOP/s",10}{"peer's",10}{"difference",12}");
        foreach (var workload in workloads)
        {
            Console.WriteLine(Row(workload, threads));
        }
    }

    private static string Row(Workload workload, int threads)
    {
        using var raw = OurNetwork.LoadPeer(workload, threads);
        using var folded = OurNetwork.LoadPeer(workload, threads, FoldedOnnx.Fold(File.ReadAllBytes(workload.Onnx), out var gone));
        using var ours = OurNetwork.Load(workload, threads);
        var times = Interleaved.Run([raw, folded, ours], Budget.Network, threads);
        var (rawTime, foldedTime, ourTime) = (times[0].Median / 1000, times[1].Median / 1000, times[2].Median / 1000);

        // Times of results that are wrong would mean nothing.
        var difference = Difference(raw.ReadOutput(), ours.ReadOutput());
        if (Difference(raw.ReadOutput(), folded.ReadOutput()) is var apart && apart > MostDifference)
        {
            throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"the folded file of {workload.Name} computes something else: {apart:E1}"));
        }

        return string.Create(
            CultureInfo.InvariantCulture,
            $"{workload.Name,-18}{rawTime,14:F3}{foldedTime,10:F3}{ourTime,12:F3}{rawTime / ourTime,8:F2}{foldedTime / ourTime,8:F2}{workload.MegaFlop / ourTime,10:F1}{workload.MegaFlop / rawTime,10:F1}{difference,12:E1}  ({gone} operators folded)");
    }

    private static double Difference(float[] expected, float[] found) =>
        expected.Zip(found, (a, b) => (double)MathF.Abs(a - b)).Max() / Math.Max(expected.Max(MathF.Abs), 1e-30);
}
