using System.Collections.Immutable;

namespace SparseDsl.Compiler.Cost;

/// <summary>How fast a kernel of one size was: its multiply-accumulates a nanosecond over the peak's.</summary>
/// <param name="Reuse">Results that each element of the weight contributes to: pixels, or rows of a batch.</param>
/// <param name="Terms">Stored elements that a result is the sum of.</param>
/// <param name="Efficiency">Above 0; near 1 at best.</param>
public sealed record RatePoint(double Reuse, double Terms, double Efficiency);

/// <summary>Rates of a class of kernels.</summary>
/// <param name="Class">Name of the class.</param>
/// <param name="Points">At least one, in any order; times in between are interpolated.</param>
public sealed record KernelRates(string Class, ImmutableArray<RatePoint> Points);

/// <summary>Reading speed.</summary>
/// <param name="Bytes">Of data up to this size; infinity for any.</param>
/// <param name="Rate">In GB/s.</param>
public sealed record ReadRate(double Bytes, double Rate);

/// <summary>Work of a sum of products over a weight.</summary>
/// <param name="Macs">Multiply-accumulates of stored elements.</param>
/// <param name="Reuse">Results that each element contributes to.</param>
/// <param name="Terms">Stored elements a result is the sum of.</param>
/// <param name="WeightBytes">Bytes of the weight as stored.</param>
public sealed record KernelWork(double Macs, double Reuse, double Terms, double WeightBytes);

/// <summary>What a machine does with the code for one target on a number of threads.</summary>
public sealed class TargetRates
{
    private readonly Dictionary<string, Surface> surfaces;

    /// <param name="target">Name of the target.</param>
    /// <param name="threads">Threads of a call.</param>
    /// <param name="lanes">f32 lanes of a vector.</param>
    /// <param name="peak">Multiply-accumulates a nanosecond that nothing can exceed.</param>
    /// <param name="reads">Reading speeds by size, rising in size; the last for any size.</param>
    /// <param name="kernels">Rates of classes; <see cref="KernelClasses.Dense"/> among them.</param>
    public TargetRates(string target, int threads, int lanes, double peak, ImmutableArray<ReadRate> reads, ImmutableArray<KernelRates> kernels)
    {
        Target = target;
        Threads = threads;
        Lanes = lanes;
        MacsPerNanosecond = peak;
        Reads = reads;
        Kernels = kernels;
        surfaces = kernels.ToDictionary(k => k.Class, k => new Surface(k.Points), StringComparer.Ordinal);
    }

    /// <summary>Name of the target.</summary>
    public string Target { get; }

    /// <summary>Threads of a call.</summary>
    public int Threads { get; }

    /// <summary>f32 lanes of a vector.</summary>
    public int Lanes { get; }

    /// <summary>Multiply-accumulates a nanosecond that nothing can exceed.</summary>
    public double MacsPerNanosecond { get; }

    /// <summary>Reading speeds by size, rising in size.</summary>
    public ImmutableArray<ReadRate> Reads { get; }

    /// <summary>Rates of classes of kernels.</summary>
    public ImmutableArray<KernelRates> Kernels { get; }

    /// <summary>Time to read bytes that were last used a whole model ago, in microseconds.</summary>
    public double ReadMicroseconds(double bytes) => bytes / Reads.First(r => bytes <= r.Bytes).Rate / 1000;

    /// <summary>Share of the peak that kernels of a class reach at a size.</summary>
    public double Efficiency(KernelClass kernel, double reuse, double terms)
    {
        var known = kernel;
        while (!surfaces.ContainsKey(known.Name))
        {
            known = KernelClasses.Find(known.Fallback ?? throw new CompilerBugException("a profile has no rates for dense kernels"))!;
        }

        return surfaces[known.Name].At(reuse, terms);
    }

    /// <summary>Time of a kernel in microseconds: its arithmetic or its weight, whichever takes longer.</summary>
    public double Microseconds(KernelClass kernel, KernelWork work) =>
        Math.Max(work.Macs / (Efficiency(kernel, work.Reuse, work.Terms) * MacsPerNanosecond) / 1000, ReadMicroseconds(work.WeightBytes));

    /// <summary>
    /// Efficiency over sizes: between points of one reuse linear in the logarithm of the terms, between reuses linear in the logarithm of the reuse, and
    /// constant outside.
    /// </summary>
    private sealed class Surface
    {
        private readonly (double Reuse, (double At, double Value)[] Points)[] rows;

        public Surface(ImmutableArray<RatePoint> points) => rows =
        [
            .. points.GroupBy(p => p.Reuse).OrderBy(g => g.Key)
                .Select(g => (g.Key, g.OrderBy(p => p.Terms).Select(p => (p.Terms, p.Efficiency)).ToArray())),
        ];

        public double At(double reuse, double terms) => Between([.. rows.Select(row => (row.Reuse, Between(row.Points, terms)))], reuse);

        private static double Between((double At, double Value)[] points, double at)
        {
            var high = Array.FindIndex(points, p => p.At >= at);
            if (high <= 0)
            {
                return high < 0 ? points[points.Length - 1].Value : points[0].Value;
            }

            var (a, b) = (points[high - 1], points[high]);
            return a.Value + ((b.Value - a.Value) * Math.Log(at / a.At) / Math.Log(b.At / a.At));
        }
    }
}
