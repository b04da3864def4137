using System.Globalization;
using SparseDsl.Backends.CSharp.Hosting;
using SparseDsl.Backends.Hosting;
using SparseDsl.Backends.Llvm.Hosting;
using SparseDsl.Backends.Reference;
using SparseDsl.Backends.Tests.Llvm;
using SparseDsl.Compiler;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Backends.Tests.Differential;

/// <summary>
/// Random programs give the same bits in C# and through LLVM, and within a tolerance what the reference gives. A failure is shrunk to a small program, which the message has.
/// <c>SPARSEDSL_RANDOM=N</c> tries N programs, <c>SPARSEDSL_RANDOM_SEED=S</c> begins at another seed, <c>SPARSEDSL_RANDOM_CSHARP=K</c> compiles every K-th as C#, which takes most of the time.
/// </summary>
public sealed class RandomProgramTests(ITestOutputHelper output)
{
    private const int Few = 24;

    private int refused;

    [Fact]
    public void Random_programs_agree_on_all_backends()
    {
        SuiteTests.Require();
        var (count, first, every) = (Setting("SPARSEDSL_RANDOM", Few), Setting("SPARSEDSL_RANDOM_SEED", 1), Setting("SPARSEDSL_RANDOM_CSHARP", 1));
        var targets = Target.Named.Where(TwoBackends.HasLlvm).ToList();
        for (var seed = first; seed < first + count; seed++)
        {
            var target = targets[seed % targets.Count];
            var program = new ProgramGenerator(seed).Make();
            if (Problem(program, target, seed % every == 0) is { } problem)
            {
                var small = Shrink(program, p => Problem(p, target, seed % every == 0) is not null);
                Assert.Fail($"seed {seed}, {target.Name}: {problem}\nshrunk: {Problem(small, target, seed % every == 0)}\n{small}");
            }
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{count} programs, seeds {first} to {first + count - 1}, {refused} refused"));
        Assert.InRange(refused, 0, count / 20);
    }

    /// <summary>A product with a sparse parameter, below a minimum that needs its zeros as well.</summary>
    [Fact]
    public void A_product_with_stored_elements_stays_apart_from_a_reduction_that_cannot_skip_the_others()
    {
        SuiteTests.Require();
        Assert.Null(Problem(new ProgramGenerator(632).Make(), Target.All.First(TwoBackends.HasLlvm), withCSharp: true));
        Assert.Equal(0, refused);
    }

    [Fact]
    public void Programs_are_valid_and_of_many_kinds()
    {
        var words = new HashSet<string>(StringComparer.Ordinal);
        for (var seed = 0; seed < 300; seed++)
        {
            var program = new ProgramGenerator(seed).Make();
            Bind(program);
            words.UnionWith(program.Values.Select(v => v.Text.Split('(')[0]));
            words.UnionWith(program.Params.Select(p => p.Annotation));
        }

        Assert.InRange(words.Count, 60, int.MaxValue);
    }

    [Fact]
    public void Shrinking_leaves_what_the_failure_needs()
    {
        var program = Enumerable.Range(0, 1000).Select(seed => new ProgramGenerator(seed).Make()).First(p => p.Values.Count > 8 && p.Values.Any(v => v.Text.StartsWith("softmax", StringComparison.Ordinal)));
        var small = Shrink(program, p => p.Values.Any(v => v.Text.StartsWith("softmax", StringComparison.Ordinal)));
        Assert.StartsWith("softmax", Assert.Single(small.Values).Text, StringComparison.Ordinal);
        Bind(small);
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : otherwise;

    private static Dsl.Binding.BoundModel Bind(RandomProgram program)
    {
        var diagnostics = new DiagnosticBag();
        var module = Compilation.Bind(new SourceText("random.dsl", program.ToString()), ModuleResolver.LibraryOnly(), diagnostics);
        Assert.True(!diagnostics.HasErrors, string.Concat(diagnostics.Items.Select(DiagnosticRenderer.Render)) + program);
        return Assert.Single(module.Models);
    }

    // What differs; null when all agree. What a backend throws is a difference too.
    private string? Problem(RandomProgram program, Target target, bool withCSharp)
    {
        try
        {
            return Compare(program, target, withCSharp);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            return failure.Message;
        }
    }

    private string? Compare(RandomProgram program, Target target, bool withCSharp)
    {
        var model = Bind(program);
        var weights = program.Params.ToDictionary(p => p.Name, RandomData.Of, StringComparer.Ordinal);
        var (options, diagnostics) = (new CompilationOptions(target) { Weights = p => weights[p] }, new DiagnosticBag());
        var lowered = Compilation.Lower(model, options, diagnostics);
        if (diagnostics.HasErrors && diagnostics.Items.Where(d => d.Severity == Severity.Error).All(d => d.Id == LoweringDiagnostics.NotZeroWhereSparse.Id))
        {
            // Fusion may put a sum over stored elements under a function that is not 0 at 0; the program is refused with a hint.
            refused++;
            return null;
        }

        Assert.True(lowered is not null, string.Concat(diagnostics.Items.Where(d => d.Severity == Severity.Error).Select(DiagnosticRenderer.Render)));
        var cache = new Dictionary<string, IReadOnlyDictionary<string, TensorData>>(StringComparer.Ordinal);
        WeightBinder bind = w => Compilation.Pack(w, p => weights[p], cache);
        using var both = withCSharp ? TwoBackends.Load(lowered.Program, target, bind) : null;
        using var alone = withCSharp ? null : LlvmHost.Load(lowered.Program, TwoBackends.CpuFor(target), bind);
        var reference = new ReferenceModel(BuildGraph.Run(model), p => weights[p]);
        foreach (var n in new[] { 1, 3, RandomProgram.LargestN })
        {
            var inputs = program.Inputs.ToDictionary(i => i.Name, i => RandomData.Of(i, n), StringComparer.Ordinal);
            var found = both?.Run(inputs) ?? alone!.Run(inputs);
            var expected = reference.Run(inputs, new Dictionary<string, long> { ["N"] = n });
            foreach (var value in program.Outputs.Select(o => program.Values.Single(v => v.Name == o)).Where(v => v.IsSmooth))
            {
                if (Difference(expected["out_" + value.Name].ToDoubles(), found["out_" + value.Name].ToDoubles()) is { } difference)
                {
                    return $"{value.Name} with N = {n}: {difference}";
                }
            }
        }

        return null;
    }

    // Errors grow along a chain of operations; where numbers get large, cancellation may leave nothing of them.
    private static string? Difference(double[] expected, double[] found)
    {
        var largest = expected.Select(Math.Abs).DefaultIfEmpty(0).Max();
        if (expected.Length != found.Length || double.IsNaN(largest) || largest > 1e6)
        {
            return expected.Length == found.Length ? null : $"{found.Length} elements, not {expected.Length}";
        }

        var worst = Enumerable.Range(0, expected.Length).MaxBy(i => double.IsNaN(found[i]) ? double.PositiveInfinity : Math.Abs(expected[i] - found[i]));
        return expected.Length == 0 || Math.Abs(expected[worst] - found[worst]) <= 2e-3 * (1 + largest) ? null
            : string.Create(CultureInfo.InvariantCulture, $"element {worst} is {found[worst]:R}, in the reference {expected[worst]:R}");
    }

    /// <summary>A smaller program that still fails: fewer outputs, fewer values, fewer promises.</summary>
    private static RandomProgram Shrink(RandomProgram program, Func<RandomProgram, bool> fails)
    {
        for (var again = true; again;)
        {
            again = false;
            foreach (var smaller in Smaller(program).Where(fails))
            {
                program = smaller;
                again = true;
                break;
            }
        }

        return program;
    }

    private static IEnumerable<RandomProgram> Smaller(RandomProgram program)
    {
        if (program.Outputs.Count > 1)
        {
            foreach (var output in program.Outputs)
            {
                yield return (program with { Outputs = [output] }).Trimmed();
            }
        }

        // An operand of the output in its place, and an input of the same type in the place of any operand.
        foreach (var operand in program.Values.Where(v => program.Outputs.Contains(v.Name)).SelectMany(v => v.Operands).Where(o => program.Values.Any(v => v.Name == o)).Distinct())
        {
            yield return (program with { Outputs = [operand] }).Trimmed();
        }

        foreach (var value in program.Values)
        {
            for (var i = 0; i < value.Operands.Length; i++)
            {
                var operand = program.Values.FirstOrDefault(v => v.Name == value.Operands[i]);
                if (operand is not null)
                {
                    var input = program.Inputs.FirstOrDefault(x => x.Type == operand.Type) ?? operand with { Name = "y" + operand.Name, Text = "", Operands = [], Params = [] };
                    var changed = value with { Operands = [.. value.Operands.Select((o, k) => k == i ? input.Name : o)] };
                    yield return (program with
                    {
                        Inputs = program.Inputs.Contains(input) ? program.Inputs : [.. program.Inputs, input],
                        Values = [.. program.Values.Select(v => v == value ? changed : v)],
                    }).Trimmed();
                }
            }

            foreach (var param in value.Params.Where(p => p.Annotation.Length > 0))
            {
                yield return program with { Values = [.. program.Values.Select(v => v == value ? v with { Params = [.. v.Params.Select(p => p == param ? p with { Annotation = "" } : p)] } : v)] };
            }
        }
    }
}
