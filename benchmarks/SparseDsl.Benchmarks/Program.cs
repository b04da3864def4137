using System.Globalization;
using BenchmarkDotNet.Running;

namespace SparseDsl.Benchmarks;

// dotnet run -c Release --project benchmarks/SparseDsl.Benchmarks -- --quick [--threads N] [NETWORK..]
//     a table within a minute; NETWORK is the start of a row's name, such as rec
// dotnet run -c Release --project benchmarks/SparseDsl.Benchmarks -- --filter '*RecogniserDense*'
//     BenchmarkDotNet with its own options
internal static class Program
{
    private static int Main(string[] arguments)
    {
        if (arguments is not ["--quick", .. var rest])
        {
            return BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(arguments).Any() ? 0 : 1;
        }

        try
        {
            return Quick(rest);
        }
        catch (Exception problem) when (problem is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine("benchmarks: " + problem.Message.ReplaceLineEndings(" "));
            return 1;
        }
    }

    private static int Quick(string[] arguments)
    {
        var threads = 1;
        if (arguments is ["--threads", var count, .. var rest])
        {
            arguments = rest;
            if (!int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out threads) || threads < 1)
            {
                return Misuse();
            }
        }

        List<Workload> chosen = [.. Workload.All.Where(workload => arguments.Length == 0 || arguments.Any(name => workload.Name.StartsWith(name, StringComparison.Ordinal)))];
        if (chosen.Count == 0)
        {
            return Misuse();
        }

        QuickComparison.Run(chosen, threads);
        return 0;
    }

    private static int Misuse()
    {
        Console.Error.WriteLine($"usage: --quick [--threads N] [NETWORK..], networks being {string.Join(", ", Workload.All.Select(workload => workload.Name))}");
        return 2;
    }
}
