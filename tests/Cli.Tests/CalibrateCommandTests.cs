using SparseDsl.Compiler;
using SparseDsl.Compiler.Cost;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Measurement.Calibration;
using SparseDsl.Measurement.Programs;

namespace SparseDsl.Tests.Cli;

/// <summary>calibrate: what is measured is what the compiler makes, and the profile is one that commands take.</summary>
public sealed class CalibrateCommandTests : CommandLine
{
    // Of two thread counts: the probe of the machine, and every case.
    private static readonly int Steps = 2 * (1 + CalibrationCases.OneOfEach.Count);

    [Fact]
    public void The_profile_is_read_again_and_names_every_class()
    {
        var path = PathOf("profile.json");
        var outcome = Run("calibrate", "-o", path, "--threads", "1,2", "--rounds", "1");
        Assert.Equal(0, outcome.Code);
        Assert.EndsWith($"{path}\n", outcome.Output, StringComparison.Ordinal);
        Assert.Contains($"calibrating: {Steps} of {Steps}\n", outcome.Errors, StringComparison.Ordinal);

        var profile = MachineProfile.TryParse(File.ReadAllText(path), out var problem);
        Assert.Equal("", problem);
        Assert.Equal([1, 2], profile!.Rates.Select(r => r.Threads));
        Assert.All(profile.Rates, r => Assert.Equal(KernelClasses.All.Select(k => k.Name).Order(StringComparer.Ordinal), r.Kernels.Select(k => k.Class).Order(StringComparer.Ordinal)));
        Assert.Equal(File.ReadAllText(path), profile.Print());

        // Measured here, with this compiler: nothing to warn of, and the same choice every time.
        var file = Write("digits.dsl", DigitsText);
        var first = Run("explain", file, "--profile", path, "--json");
        Assert.DoesNotContain("SD5128", first.Ids);
        Assert.Equal(first.Output, Run("explain", file, "--profile", path, "--json").Output);
    }

    [Fact]
    public void A_profile_that_cannot_be_written_is_said_before_measuring()
    {
        var outcome = Run("calibrate", "-o", Path.Combine(Write("file", "text"), "profile.json"));
        Assert.Equal(1, outcome.Code);
        Assert.Contains("SD5102", outcome.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("calibrating", outcome.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nosuch/profile.json", "SD5102")]
    [InlineData("", "SD5142")]
    public void Folders_are_neither_made_nor_taken_for_files(string path, string id)
    {
        var outcome = Run("calibrate", "-o", PathOf(path));
        Assert.Equal(1, outcome.Code);
        Assert.Contains(id, outcome.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("calibrating", outcome.Errors, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(Folder));
    }

    [Fact]
    public void Every_program_is_of_the_class_and_size_it_stands_for()
    {
        foreach (var make in CalibrationCases.All.Concat(CalibrationCases.OneOfEach))
        {
            var measured = make();
            var graph = Graph(measured.Program);
            var cost = CostModel.Of(graph, path => measured.Program.Weights.GetValueOrDefault(path));
            var node = TimeModel.Of(graph, cost, MachineProfile.Default.For(Target.Avx512), _ => 1).Zip(cost.Nodes).MaxBy(n => n.Second.Flops.Constant);
            Assert.Equal(measured.Kernel.Name, node.First.Kernel);
            if (measured.Operations > 0)
            {
                var steps = measured.Kernel == KernelClasses.LinearBits ? node.Second.DenseMacs : node.Second.Macs;
                Assert.InRange(steps.Constant!.Value / measured.Operations, 0.99, 1.01);
                Assert.InRange(measured.Operations / measured.Reuse / measured.Terms, 1, 4096);
            }
        }
    }

    private static Graph Graph(SmallProgram program)
    {
        var diagnostics = new DiagnosticBag();
        var module = Compilation.Bind(new SourceText("measured.dsl", program.Text), ModuleResolver.LibraryOnly(), diagnostics);
        var graph = Compilation.Optimise(module.Models.Single(), new CompilationOptions(Target.Avx512) { Weights = path => program.Weights.GetValueOrDefault(path) }, diagnostics);
        Assert.False(diagnostics.HasErrors);
        return graph;
    }
}
