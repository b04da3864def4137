using System.Collections.Immutable;
using SparseDsl.Compiler;
using SparseDsl.Compiler.Cost;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Pipeline;

namespace SparseDsl.Measurement.Calibration;

/// <summary>Measures what kernels cost on this machine, by compiling small programs and timing them.</summary>
/// <param name="Target">The target whose code is measured; this machine has it.</param>
/// <param name="Threads">Numbers of threads.</param>
/// <param name="Cases">What to measure.</param>
/// <param name="Budget">How long each.</param>
public sealed record Calibrator(Target Target, IReadOnlyList<int> Threads, IReadOnlyList<Func<CalibrationCase>> Cases, Budget Budget)
{
    // A kernel that is faster than the peak was measured while the peak was not; one that is a millionth of it stood still.
    private const double Least = 1e-6;

    /// <summary>The profile.</summary>
    /// <param name="compiler">Version of the compiler.</param>
    /// <param name="progress">Told how many of how many measurements are done.</param>
    public MachineProfile Run(string compiler, Action<int, int> progress)
    {
        var done = 0;
        void Step() => progress(++done, Threads.Count * (Cases.Count + 1));
        return new MachineProfile(Machine.Name, compiler, [.. Threads.Select(threads => Rates(threads, Step))]);
    }

    private TargetRates Rates(int threads, Action step)
    {
        var probe = Budget.Milliseconds > 0 ? MachineProbe.Of(threads) : MachineProbe.Measure(threads, 1);
        var peak = Round(probe.FmaGigaflops / 2);
        step();
        var points = new List<(string Class, RatePoint Point)>();
        foreach (var make in Cases)
        {
            points.Add(Measure(make(), threads, peak));
            step();
        }

        ImmutableArray<KernelRates> kernels = [.. points.GroupBy(p => p.Class, StringComparer.Ordinal).Select(g => new KernelRates(g.Key, [.. g.Select(p => p.Point)]))];
        return new TargetRates(Target.Name, threads, Target.Lanes(sizeof(float)), peak, Reads(probe), kernels);
    }

    // Data twice as large as was measured for a cache is still mostly in it; beyond the last it is in memory.
    private static ImmutableArray<ReadRate> Reads(MachineProbe probe) =>
        [.. probe.Reads.Select((r, i) => new ReadRate(i + 1 == probe.Reads.Count ? double.PositiveInfinity : r.Bytes * 2.0, Round(r.Rate)))];

    private (string Class, RatePoint Point) Measure(CalibrationCase measured, int threads, double peak)
    {
        var options = new CompilationOptions(Target);
        using var engine = measured.Program.Compile(measured.Kernel.Name, threads, options);
        var time = Interleaved.Run([engine], Budget, threads)[0].Median;
        var operations = measured.Operations > 0 ? measured.Operations : Flop(measured, options);
        return (measured.Kernel.Name, new RatePoint(measured.Reuse, measured.Terms, Math.Max(Least, Round(operations / time / 1000 / peak))));
    }

    private static double Flop(CalibrationCase measured, CompilationOptions options)
    {
        var cost = CostModel.Of(measured.Program.Lower(options).Graph, path => measured.Program.Weights.GetValueOrDefault(path));
        return cost.Nodes.Sum(n => (double)n.Flops.Constant!.Value);
    }

    // More digits than mean something only make profiles long.
    private static double Round(double value) => value == 0 ? 0 : Math.Round(value, 3 - (int)Math.Floor(Math.Log10(value)));
}
