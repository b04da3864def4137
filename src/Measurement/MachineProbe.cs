using System.Collections.Concurrent;
using System.Diagnostics;
using SparseDsl.Runtime;

namespace SparseDsl.Measurement;

/// <summary>What the machine can do, measured in this process: the roof under which kernels run.</summary>
/// <param name="Threads">Threads that measured at the same time; rates are those of all together.</param>
/// <param name="FmaGigaflops">Multiply-adds from registers, each two operations, in GF/s.</param>
/// <param name="Reads">Reading speed in GB/s of data of a size that stays in a cache, rising in size; the last is main memory.</param>
public sealed record MachineProbe(int Threads, double FmaGigaflops, IReadOnlyList<(long Bytes, double Rate)> Reads)
{
    // Half of a usual cache, so that the rest of the process does not push it out; the last is far larger than any.
    private static readonly long[] Sizes = [24 << 10, 512 << 10, 8 << 20, 256 << 20];

    private static readonly ConcurrentDictionary<int, MachineProbe> Known = new();

    /// <summary>The rates of this process, measured when they are first asked for: a second or so.</summary>
    public static MachineProbe Of(int threads) => Known.GetOrAdd(threads, t => Measure(t, milliseconds: 60));

    /// <summary>Measures.</summary>
    /// <param name="threads">Threads that measure at the same time.</param>
    /// <param name="milliseconds">For each rate.</param>
    public static MachineProbe Measure(int threads, double milliseconds) => new(
        threads,
        Together(threads, () => FmaRate(milliseconds)),
        [.. Sizes.Select(bytes => (bytes, Together(threads, () => ReadRate(bytes / (bytes == Sizes[^1] ? threads : 1), milliseconds))))]);

    /// <summary>GB/s of data of this size.</summary>
    public double ReadRateOf(double bytes) => Reads.Select(r => ((double)r.Bytes * 2, r.Rate)).FirstOrDefault(r => bytes <= r.Item1, (0, Reads[^1].Rate)).Item2;

    /// <summary>The microseconds no code can be faster than: its arithmetic at the peak, or the bytes that must come and go.</summary>
    public double RoofMicroseconds(double flop, double bytes) => Math.Max(flop / FmaGigaflops, bytes / ReadRateOf(bytes)) / 1000;

    private static double Together(int threads, Func<double> rate)
    {
        if (threads == 1)
        {
            return rate();
        }

        var rates = new double[threads];
        using var start = new Barrier(threads);
        Thread[] all =
        [
            .. Enumerable.Range(0, threads).Select(i => new Thread(() =>
            {
                start.SignalAndWait();
                rates[i] = rate();
            })),
        ];
        Array.ForEach(all, thread => thread.Start());
        Array.ForEach(all, thread => thread.Join());
        return rates.Sum();
    }

    private static double FmaRate(double milliseconds) => Best(milliseconds, () => Probes.Fma(20_000)) / 1e9;

    private static unsafe double ReadRate(long bytes, double milliseconds)
    {
        using var buffer = new AlignedBuffer(bytes);
        buffer.AsSpan<byte>().Fill(1);
        var passes = (int)Math.Max(1, (1 << 20) / bytes);
        return Best(milliseconds, () => Probes.Read((float*)buffer.Pointer, bytes / sizeof(float), passes)) / 1e9;
    }

    // Work for a second: the best of many turns is what the machine can do; others were disturbed.
    private static double Best(double milliseconds, Func<double> turn)
    {
        turn();
        var (best, begin) = (0.0, Stopwatch.GetTimestamp());
        do
        {
            var start = Stopwatch.GetTimestamp();
            var work = turn();
            best = Math.Max(best, work / Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        while (Stopwatch.GetElapsedTime(begin).TotalMilliseconds < milliseconds);
        return best;
    }
}
