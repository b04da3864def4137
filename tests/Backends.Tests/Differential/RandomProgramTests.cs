using System.Globalization;
using SparseDsl.Backends.Tests.Llvm;
using SparseDsl.Compiler;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Backends.Tests.Differential;

/// <summary>
/// Random programs give the same bits in C# and through LLVM, and within a tolerance what the reference gives. A failure is shrunk to a small program, which the message has.
/// <c>SPARSEDSL_RANDOM_SEEDS=0..100000</c> tries those seeds and says on standard error how far it is; it goes on after a failure.
/// </summary>
public sealed class RandomProgramTests(ITestOutputHelper output)
{
    private const string Variable = "SPARSEDSL_RANDOM_SEEDS";
    private const int MostFailures = 20;

    [Fact]
    public void Random_programs_agree_on_all_backends()
    {
        SuiteTests.Require();
        var isLong = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 };
        var (first, end) = Seeds();
        var sweep = new RandomSweep();
        var failures = new List<RandomFailure>();
        var clock = System.Diagnostics.Stopwatch.StartNew();
        for (var seed = first; seed < end && failures.Count < MostFailures; seed += RandomSweep.BatchSize)
        {
            var found = sweep.Run(seed, Math.Min(RandomSweep.BatchSize, end - seed));
            failures.AddRange(found);
            if (isLong)
            {
                Report(sweep, found, first, Math.Min(seed + RandomSweep.BatchSize, end), clock.Elapsed, failures.Count);
            }
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"seeds {first} to {end - 1}, {sweep.Refused} refused; milliseconds: {sweep.Times}"));
        Assert.True(failures.Count == 0, string.Join("\n\n", failures));
        Assert.InRange(sweep.Refused, 0, (end - first + 19) / 20);
    }

    [Fact]
    public void Programs_are_valid_and_of_many_kinds()
    {
        var words = new HashSet<string>(StringComparer.Ordinal);
        for (var seed = 0; seed < 1000; seed++)
        {
            var program = new ProgramGenerator(seed).Make();
            if (seed < 200)
            {
                Bind(program);
            }

            words.UnionWith(program.Values.Select(v => v.Text.Split('(')[0]));
            words.UnionWith(program.Params.Select(p => p.Element + p.Annotation));
            words.UnionWith(program.Inputs.Select(p => p.Element));
        }

        Assert.InRange(words.Count, 120, int.MaxValue);
    }

    [Fact]
    public void Shrinking_leaves_what_the_failure_needs()
    {
        static bool HasSoftmax(RandomProgram program) => program.Values.Any(v => v.Text.StartsWith("softmax(", StringComparison.Ordinal));
        var program = Enumerable.Range(0, 2000).Select(seed => new ProgramGenerator(seed).Make()).First(p => p.Values.Count > 5 && HasSoftmax(p));
        var small = Shrinker.Shrink(program, HasSoftmax);
        Assert.StartsWith("softmax", Assert.Single(small.Values).Text, StringComparison.Ordinal);
        Bind(small);
    }

    private static (int First, int End) Seeds()
    {
        var range = (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } text ? text : "1..25").Split("..");
        return (int.Parse(range[0], NumberStyles.None, CultureInfo.InvariantCulture), int.Parse(range[1], NumberStyles.None, CultureInfo.InvariantCulture));
    }

    private static void Report(RandomSweep sweep, IReadOnlyList<RandomFailure> found, int first, int next, TimeSpan elapsed, int failures)
    {
        foreach (var failure in found)
        {
            Console.Error.WriteLine(failure);
        }

        Console.Error.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{next - first} programs, next seed {next}, {failures} failures, {sweep.Refused} refused, {(next - first) / elapsed.TotalSeconds:F1} a second; milliseconds: {sweep.Times}"));
    }

    private static void Bind(RandomProgram program)
    {
        var diagnostics = new DiagnosticBag();
        var module = Compilation.Bind(new SourceText("random.dsl", program.ToString()), ModuleResolver.LibraryOnly(), diagnostics);
        Assert.True(!diagnostics.HasErrors, string.Concat(diagnostics.Items.Select(DiagnosticRenderer.Render)) + program);
        Assert.Single(module.Models);
    }
}
