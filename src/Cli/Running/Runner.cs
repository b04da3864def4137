using System.Diagnostics;
using SparseDsl.Backends.CSharp;
using SparseDsl.Backends.Hosting;
using SparseDsl.Backends.Reference;
using SparseDsl.Cli.Data;
using SparseDsl.Compiler;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Formats;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Compiler.Loops;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Cli.Running;

/// <summary>A model with its inputs bound, ready to be called.</summary>
internal interface IRunner : IDisposable
{
    /// <summary>Computes the outputs once.</summary>
    void Invoke();

    /// <summary>The outputs of the last call, copied.</summary>
    IReadOnlyDictionary<string, TensorData> Outputs { get; }
}

/// <summary>Runs in float64 from the graph as bound.</summary>
internal sealed class ReferenceRunner(BoundModel model, ModelWeights weights, ModelInputs inputs) : IRunner
{
    private readonly ReferenceModel reference = new(BuildGraph.Run(model), path => weights[path]);

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, TensorData> Outputs { get; private set; } = new Dictionary<string, TensorData>();

    /// <inheritdoc/>
    public void Invoke() => Outputs = reference.Run(inputs.Tensors, inputs.Dims);

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}

/// <summary>Runs compiled code.</summary>
internal sealed class CompiledRunner : IRunner
{
    private readonly CompiledModel compiled;

    private CompiledRunner(CompiledModel compiled, LoweredModel lowered)
    {
        this.compiled = compiled;
        Lowered = lowered;
    }

    /// <summary>What was compiled.</summary>
    public LoweredModel Lowered { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, TensorData> Outputs => compiled.ReadOutputs();

    /// <summary>Compiles and binds; null after a report.</summary>
    /// <param name="session">Where mistakes go.</param>
    /// <param name="host">What compiles it.</param>
    /// <param name="model">The model.</param>
    /// <param name="weights">Its weights.</param>
    /// <param name="inputs">What it is run on.</param>
    /// <param name="threads">Threads of a call.</param>
    /// <param name="options">How to compile; weights are filled in.</param>
    public static CompiledRunner? Create(Session session, ModelHost host, BoundModel model, ModelWeights weights, ModelInputs inputs, int threads, CompilationOptions options)
    {
        host.WarmUp();
        options = options with { Weights = weights.Find };
        if (Compilation.Lower(model, options, session.Diagnostics) is not { } lowered || !host.Spells(session, lowered.Program))
        {
            return null;
        }

        IReadOnlyList<CSharpTier> tier = [new(options.Target, lowered.Program)];
        if (ModelPacker.Pack(tier, path => weights[path], session.Diagnostics) is not { } packed)
        {
            return null;
        }

        var bytes = packed.ToDictionary(p => p.Name, p => p.Bytes, StringComparer.Ordinal);
        var compiled = host.Load(lowered.Program, region => bytes[region.Name], threads);
        compiled.Bind(inputs.Tensors);
        return new CompiledRunner(compiled, lowered);
    }

    /// <inheritdoc/>
    public void Invoke() => compiled.Invoke();

    /// <inheritdoc/>
    public void Dispose() => compiled.Dispose();
}

/// <summary>Times calls.</summary>
internal static class Stopwatches
{
    private const double MostMilliseconds = 300;
    private const int FewestRounds = 3;
    private const int MostRounds = 2000;

    /// <summary>Milliseconds of one call.</summary>
    public static double Time(IRunner runner)
    {
        var start = Stopwatch.GetTimestamp();
        runner.Invoke();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    /// <summary>The middle of some times.</summary>
    public static double Median(IEnumerable<double> times)
    {
        double[] sorted = [.. times.Order()];
        var middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /// <summary>Median milliseconds of two models called in turn, so that both see the same machine.</summary>
    public static (double A, double B) Compare(IRunner a, IRunner b)
    {
        var start = Stopwatch.GetTimestamp();
        List<double> timesA = [];
        List<double> timesB = [];
        // The first rounds are not counted: caches and branch predictors are cold.
        for (var round = -2; round < MostRounds && (round < FewestRounds || Stopwatch.GetElapsedTime(start).TotalMilliseconds < MostMilliseconds); round++)
        {
            var (timeA, timeB) = (Time(a), Time(b));
            if (round >= 0)
            {
                timesA.Add(timeA);
                timesB.Add(timeB);
            }
        }

        return (Median(timesA), Median(timesB));
    }
}
