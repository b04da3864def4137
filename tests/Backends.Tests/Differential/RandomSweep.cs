using System.Diagnostics;
using System.Globalization;
using SparseDsl.Backends.CSharp.Hosting;
using SparseDsl.Backends.Hosting;
using SparseDsl.Backends.Llvm.Hosting;
using SparseDsl.Backends.Reference;
using SparseDsl.Compiler;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Backends.Tests.Differential;

/// <summary>A program on which backends differ, or that one of them refuses.</summary>
/// <param name="Seed">Its seed.</param>
/// <param name="Problem">What was found.</param>
/// <param name="Small">The program after shrinking.</param>
/// <param name="SmallProblem">What is found with that.</param>
internal sealed record RandomFailure(int Seed, string Problem, RandomProgram Small, string SmallProblem)
{
    public override string ToString() => $"seed {Seed}: {Problem}\nshrunk: {SmallProblem}\n{Small}";
}

/// <summary>
/// Runs random programs through all that runs here. Each is lowered for one target in turn, compiled as C# and through LLVM, which must give the same bits, and interpreted in float64,
/// which must be near. The programs of a batch are one module and one C# compilation: most of what small programs cost is done once.
/// </summary>
internal sealed class RandomSweep
{
    public const int BatchSize = 40;

    private readonly List<Target> targets = [.. Target.Named.Where(TwoBackends.HasLlvm)];
    private readonly SortedDictionary<string, TimeSpan> times = new(StringComparer.Ordinal);

    /// <summary>Programs refused with a hint, because a function that is not 0 at 0 stands over stored elements.</summary>
    public int Refused { get; private set; }

    /// <summary>Milliseconds of each stage so far.</summary>
    public string Times => string.Join(", ", times.Select(t => string.Create(CultureInfo.InvariantCulture, $"{t.Key} {t.Value.TotalMilliseconds:F0}")));

    /// <summary>Runs the programs of consecutive seeds.</summary>
    public IReadOnlyList<RandomFailure> Run(int first, int count)
    {
        List<Case> cases = [.. Enumerable.Range(first, count).Select(seed => new Case(Timed("generate", () => new ProgramGenerator(seed).Make()), targets[seed % targets.Count]))];
        RunAll(cases);
        return [.. cases.Zip(Enumerable.Range(first, count)).Where(c => c.First.Problem is not null).Select(c => Shrunk(c.Second, c.First))];
    }

    /// <summary>What is wrong with one program on one target; null when all agree.</summary>
    public string? Problem(RandomProgram program, Target target)
    {
        var one = new Case(program, target);
        RunAll([one]);
        return one.Problem;
    }

    private RandomFailure Shrunk(int seed, Case failed)
    {
        var refused = Refused;
        var small = Shrinker.Shrink(failed.Program, p => Problem(p, failed.Target) is not null);
        var failure = new RandomFailure(seed, $"{failed.Target.Name}: {failed.Problem}", small, Problem(small, failed.Target) ?? "does not fail alone");
        Refused = refused;
        return failure;
    }

    private void RunAll(List<Case> cases)
    {
        var models = Timed("bind", () => Bind(cases));
        for (var i = 0; i < cases.Count; i++)
        {
            Guard(cases[i], c => Lower(c, models[i]));
        }

        var compiled = Timed("csharp", () => CompileTogether(cases));
        foreach (var each in cases.Where(c => c.Lowered is not null && c.Problem is null))
        {
            Guard(each, c => Compare(c, compiled.GetValueOrDefault(c)));
        }

        Timed("dispose", () =>
        {
            foreach (var model in compiled.Values)
            {
                model.Dispose();
            }

            return 0;
        });
    }

    // One module; when something in it is wrong, one by one, to say which.
    private static IReadOnlyList<BoundModel?> Bind(List<Case> cases)
    {
        var diagnostics = new DiagnosticBag();
        var module = Compilation.Bind(new SourceText("random.dsl", RandomProgram.Module(cases.Select(c => c.Program))), ModuleResolver.LibraryOnly(), diagnostics);
        if (!diagnostics.HasErrors)
        {
            return module.Models;
        }

        if (cases.Count > 1)
        {
            return [.. cases.Select(c => Bind([c])[0])];
        }

        cases[0].Problem = string.Concat(diagnostics.Items.Where(d => d.Severity == Severity.Error).Select(DiagnosticRenderer.Render));
        return [null];
    }

    private void Lower(Case each, BoundModel? model)
    {
        if (model is null)
        {
            return;
        }

        var diagnostics = new DiagnosticBag();
        var options = new CompilationOptions(each.Target) { Weights = each.Weight };
        each.Graph = BuildGraph.Run(model);
        each.Lowered = Timed("lower", () => Compilation.Lower(model, options, diagnostics));
        List<Dsl.Diagnostics.Diagnostic> errors = [.. diagnostics.Items.Where(d => d.Severity == Severity.Error)];
        if (errors.Count > 0 && errors.All(d => d.Id == LoweringDiagnostics.NotZeroWhereSparse.Id))
        {
            // Fusion may put a sum over stored elements under a function that is not 0 at 0; the program is refused with a hint.
            Refused++;
            each.Lowered = null;
        }
        else if (each.Lowered is null)
        {
            each.Problem = string.Concat(errors.Select(DiagnosticRenderer.Render));
        }
    }

    // One assembly; when it does not compile, one for each, to say which.
    private static Dictionary<Case, CompiledModel> CompileTogether(List<Case> cases)
    {
        List<Case> lowered = [.. cases.Where(c => c.Lowered is not null && c.Problem is null)];
        try
        {
            var models = CSharpHost.LoadTogether([.. lowered.Select(c => (c.Lowered!.Program, c.Target, c.Binder))]);
            return lowered.Zip(models).ToDictionary(p => p.First, p => p.Second);
        }
        catch (Exception problem) when (problem is not OutOfMemoryException && cases.Count == 1)
        {
            cases[0].Problem = problem.Message;
            return [];
        }
        catch (Exception problem) when (problem is not OutOfMemoryException)
        {
            return lowered.SelectMany(c => CompileTogether([c])).ToDictionary();
        }
    }

    private void Compare(Case each, CompiledModel? csharp)
    {
        if (csharp is null)
        {
            return;
        }

        var program = each.Program;
        using var llvm = Timed("llvm", () => LlvmHost.Load(each.Lowered!.Program, TwoBackends.CpuFor(each.Target), each.Binder));
        var reference = new ReferenceModel(each.Graph!, each.Weight);
        foreach (var (n, w) in new[] { (1, Extent.SmallestW), (3, 8) })
        {
            var inputs = program.Inputs.ToDictionary(i => i.Name, i => RandomData.Of(i, n, w), StringComparer.Ordinal);
            var found = Timed("run csharp", () => csharp.Run(inputs));
            var other = Timed("run llvm", () => llvm.Run(inputs));
            foreach (var (name, tensor) in found)
            {
                TwoBackends.AssertSameBits(tensor, other[name], $"'{name}' through LLVM");
            }

            var expected = Timed("reference", () => reference.Run(inputs, new Dictionary<string, long> { ["N"] = n, ["W"] = w }));
            foreach (var value in program.Values.Where(v => v.IsSmooth && program.Outputs.Contains(v.Name)))
            {
                if (Difference(expected["out_" + value.Name], found["out_" + value.Name]) is { } difference)
                {
                    each.Problem = string.Create(CultureInfo.InvariantCulture, $"{value.Name} with N = {n}, W = {w}: {difference}");
                    return;
                }
            }
        }
    }

    // Errors grow along a chain of operations; where numbers get large, cancellation may leave nothing of them.
    private static string? Difference(TensorData reference, TensorData tensor)
    {
        if (reference.ToString() != tensor.ToString())
        {
            return $"{tensor}, in the reference {reference}";
        }

        var (expected, found) = (reference.ToDoubles(), tensor.ToDoubles());
        var largest = expected.Select(Math.Abs).DefaultIfEmpty(0).Max();
        if (expected.Length == 0 || double.IsNaN(largest) || (largest > 1e6 && reference.Type.IsFloat()))
        {
            return null;
        }

        var worst = Enumerable.Range(0, expected.Length).MaxBy(i => double.IsNaN(found[i]) ? double.PositiveInfinity : Math.Abs(expected[i] - found[i]));
        return Math.Abs(expected[worst] - found[worst]) <= (reference.Type.IsFloat() ? 2e-3 * (1 + largest) : 0) ? null
            : string.Create(CultureInfo.InvariantCulture, $"element {worst} is {found[worst]:R}, in the reference {expected[worst]:R}");
    }

    // What a backend throws is a difference too.
    private static void Guard(Case each, Action<Case> run)
    {
        try
        {
            run(each);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            each.Problem = failure.Message;
        }
    }

    private T Timed<T>(string stage, Func<T> run)
    {
        var start = Stopwatch.GetTimestamp();
        try
        {
            return run();
        }
        finally
        {
            times[stage] = times.GetValueOrDefault(stage) + Stopwatch.GetElapsedTime(start);
        }
    }

    /// <summary>A program on its way.</summary>
    private sealed class Case(RandomProgram program, Target target)
    {
        private readonly Dictionary<string, TensorData> weights =
            program.Params.SelectMany(p => p.Scale is { } scale ? [p, scale] : new[] { p }).ToDictionary(p => p.Name, RandomData.Of, StringComparer.Ordinal);

        private readonly Dictionary<string, IReadOnlyDictionary<string, TensorData>> packed = new(StringComparer.Ordinal);

        public RandomProgram Program { get; } = program;

        public Target Target { get; } = target;

        public Graph? Graph { get; set; }

        public LoweredModel? Lowered { get; set; }

        public string? Problem { get; set; }

        public WeightBinder Binder => w => Compilation.Pack(w, Weight, packed);

        public TensorData Weight(string path) => weights[path];
    }
}
