using System.Globalization;
using SparseDsl.Compiler.Data;
using SparseDsl.Examples.Ocr;

namespace SparseDsl.Benchmarks;

/// <summary>Where the time of a call goes, kernel by kernel.</summary>
internal static class KernelProfile
{
    private const int Rounds = 15;

    /// <summary>Prints the median milliseconds of every kernel, the slowest first.</summary>
    public static void Run(Workload workload, int threads)
    {
        using var model = ModelCompiler.Compile(workload.Program, threads, isProfiled: true);
        model.Bind(new Dictionary<string, TensorData>
        {
            [model.Inputs.Single().Name] = TensorData.FromFloats(workload.MakeInput(), workload.Shape),
        });
        var rounds = new List<double[]>();
        for (var i = 0; i < Rounds + 3; i++)
        {
            model.Invoke();
            rounds.Add([.. model.KernelTimes().Select(kernel => kernel.Milliseconds)]);
        }

        rounds.RemoveRange(0, 3);
        var kernels = model.KernelTimes().Select((kernel, i) => (kernel.Call, Time: Median(rounds.Select(round => round[i])), Number: i)).ToList();
        var total = kernels.Sum(kernel => kernel.Time);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{workload.Name}: {total:F3} ms in {kernels.Count} kernels"));
        foreach (var (call, time, number) in kernels.OrderByDescending(kernel => kernel.Time))
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{time,9:F3} ms {100 * time / total,5:F1} %  {number,4} {call.Kernel.Name}: {call.Label}"));
        }
    }

    private static double Median(IEnumerable<double> times)
    {
        var sorted = times.Order().ToArray();
        return sorted[sorted.Length / 2];
    }
}
