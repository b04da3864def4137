using System.Globalization;
using BenchmarkDotNet.Running;
using SparseDsl.Benchmarks.Plots;
using SparseDsl.Benchmarks.Tables;

namespace SparseDsl.Benchmarks;

// dotnet run -c Release --project benchmarks/SparseDsl.Benchmarks -- --quick [--threads N] [NETWORK..]
//     a table within a minute; NETWORK is the start of a row's name, such as rec
// ... -- --profile [--threads N] [NETWORK..]
//     milliseconds of every kernel of a network
// ... -- --compile [NETWORK..]
//     milliseconds of every stage of compiling a network
// ... -- --table NAME [--threads N] [--only TEXT] [--json] [--warm] [--long]
//     one table (spmm, blocks, nm, gemv, mobilenet, networks): rows whose name contains TEXT, ours by every storage and by the compiler's choice, against dense code
// ... -- --plot RESULTS.jsonl.. -o DIR
//     charts of what --table NAME --json and sparsedsl bench --json gave
// dotnet run -c Release --project benchmarks/SparseDsl.Benchmarks -- --filter '*RecogniserDense*'
//     BenchmarkDotNet with its own options
internal static class Program
{
    private static int Main(string[] arguments)
    {
        try
        {
            return arguments switch
            {
                [("--quick" or "--compile" or "--profile") and var what, .. var rest] => Quick(what, rest),
                ["--table", .. var rest] => TableCommand.Run(rest),
                ["--plot", .. var rest] => PlotCommand.Run(rest),
                _ => BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(arguments).Any() ? 0 : 1,
            };
        }
        catch (Exception problem) when (problem is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine("benchmarks: " + problem.Message.ReplaceLineEndings(" "));
            return 1;
        }
    }

    /// <summary>The modes over whole networks.</summary>
    internal static int Quick(string what, string[] arguments)
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

        switch (what)
        {
            case "--compile":
                chosen.ForEach(workload => CompileTimes.Run(workload, rounds: 3));
                break;
            case "--profile":
                chosen.ForEach(workload => KernelProfile.Run(workload, threads));
                break;
            default:
                QuickComparison.Run(chosen, threads);
                break;
        }

        return 0;
    }

    private static int Misuse()
    {
        Console.Error.WriteLine($"usage: --quick|--profile|--compile [--threads N] [NETWORK..], networks being {string.Join(", ", Workload.All.Select(workload => workload.Name))}");
        return 2;
    }
}
