using System.Diagnostics;
using System.Globalization;
using SparseDsl.Examples.Ocr;

namespace SparseDsl.Benchmarks;

/// <summary>Where the time of compiling a network goes, stage by stage; the loop passes summed over all kernels.</summary>
internal static class CompileTimes
{
    /// <summary>Compiles a workload a few times and prints the milliseconds of each: the first includes the compiler's own JIT.</summary>
    public static void Run(Workload workload, int rounds)
    {
        var program = workload.Program;
        for (var round = 1; round <= rounds; round++)
        {
            var stages = new Dictionary<string, double>(StringComparer.Ordinal);
            var start = Stopwatch.GetTimestamp();
            var last = start;
            using (ModelCompiler.Compile(program, observer: (stage, _) =>
            {
                var now = Stopwatch.GetTimestamp();
                stages[stage] = stages.GetValueOrDefault(stage) + Stopwatch.GetElapsedTime(last, now).TotalMilliseconds;
                last = now;
            }))
            {
                var total = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{workload.Name}, compilation {round}: {total:F0} ms"));
            }

            foreach (var (stage, time) in stages.Where(stage => stage.Value >= 1))
            {
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {stage,-36}{time,8:F0} ms"));
            }
        }
    }
}
