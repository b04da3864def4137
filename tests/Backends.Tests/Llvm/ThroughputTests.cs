using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using SparseDsl.Backends.Llvm;
using SparseDsl.Backends.Llvm.Analysis;
using SparseDsl.Backends.Llvm.Toolchain;
using SparseDsl.Compiler;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Loops;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Backends.Tests.Llvm;

/// <summary>
/// The inner loops of hot kernels for arm64 processors: which instructions they are, and how many cycles a round takes by LLVM's model of the processor, which there is
/// none here to measure. <c>docs/arm64.md</c> sets them beside what others published.
/// </summary>
public sealed partial class ThroughputTests
{
    private const string Analyser = "llvm-mca-19";

    private static readonly (string Name, string Text)[] Kernels =
    [
        ("spmm", """
            import std.nn
            import std.formats
            model M() {
                input x: f32[64, 784]
                param w: f32[64, 64] @format(csr)
                output y = matmul(w, x)
            }
            """),
        ("gemm", """
            import std.nn
            model M() {
                input x: f32[256, 256]
                param w: f32[256, 256]
                output y = matmul(w, x)
            }
            """),
        ("depthwise", """
            import std.nn
            model M() {
                input x: f32[1, 64, 28, 28]
                param w: f32[64, 1, 3, 3]
                output y = depthwise_conv2d(x, w, pad: 1)
            }
            """),
    ];

    public static TheoryData<string, string> Cases =>
        [.. from kernel in Kernels from cpu in new[] { "cortex-a76", "neoverse-v1" } select new TheoryDataRow<string, string>(kernel.Name, cpu)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Inner_loops_are_the_golden_ones(string kernel, string cpu)
    {
        SuiteTests.Require();
        Assert.SkipUnless(LlvmToolchain.Version.StartsWith("19.", StringComparison.Ordinal), $"goldens are those of LLVM 19, not {LlvmToolchain.Version}");
        var row = LlvmCpu.Find(cpu)!;
        var loops = AssemblyReader.HotLoops(LlvmToolchain.Assemble(LlvmEmitter.Emit(Lowered(kernel, row.Target), row), row), row.Architecture);
        var loop = loops.MaxBy(l => l.Mix.Fma)!;
        Golden.Check($"throughput/{kernel}.{cpu}.txt", Describe(loop, row, Cycles(loop, row)));
    }

    private static string Describe(HotLoop loop, LlvmCpu cpu, double cycles)
    {
        var mix = loop.Mix;
        var lanes = cpu.Target.Lanes(sizeof(float));
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"# {mix.Total} instructions: {mix.Fma} fma, {mix.Arithmetic} arithmetic, {mix.Loads} loads, {mix.Stores} stores, {mix.Moves} moves, {mix.Scalar} scalar, {mix.Branches} branches\n");
        text.Append(CultureInfo.InvariantCulture, $"# {mix.VectorRegisters} vector registers, {mix.Spills} spills\n");
        text.Append(CultureInfo.InvariantCulture, $"# {cycles:F2} cycles a round, {2 * lanes * mix.Fma / cycles:F1} FLOP a cycle\n");
        return text.AppendJoin('\n', loop.Lines).Append('\n').ToString();
    }

    /// <summary>Reciprocal throughput of a round by LLVM's machine code analyser.</summary>
    private static double Cycles(HotLoop loop, LlvmCpu cpu)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(Analyser, ["-mtriple=aarch64", $"-mcpu={cpu.LlvmName}", "-"])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            process.StandardInput.Write(string.Join('\n', loop.Lines) + "\n");
            process.StandardInput.Close();
            var errors = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            Assert.True(process.ExitCode == 0, errors.Result);
            return double.Parse(Throughput().Match(output).Groups[1].Value, CultureInfo.InvariantCulture);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip($"{Analyser} is not installed: on Debian, apt-get install llvm-19");
            return 0;
        }
    }

    private static LoopProgram Lowered(string kernel, Target target)
    {
        var diagnostics = new DiagnosticBag();
        var module = Compilation.Bind(new SourceText(kernel + ".dsl", Kernels.Single(k => k.Name == kernel).Text), ModuleResolver.LibraryOnly(), diagnostics);
        var model = Assert.Single(module.Models);
        var weights = model.Params.ToDictionary(p => p.Path, p => Weight(p.Type, isSparse: kernel == "spmm"), StringComparer.Ordinal);
        var lowered = Compilation.Lower(model, new CompilationOptions(target) { Weights = p => weights[p] }, diagnostics);
        Assert.DoesNotContain(diagnostics.Items, d => d.Severity == Severity.Error);
        return lowered!.Program;
    }

    // Every tenth element where it is sparse.
    private static TensorData Weight(TensorType type, bool isSparse)
    {
        var count = (int)type.Count.Constant!.Value;
        return new TensorData(type.Element, type.Shape.Select(d => (int)d.Constant!.Value), [.. Enumerable.Range(0, count).SelectMany(i => BitConverter.GetBytes(i % 10 == 0 || !isSparse ? 0.5f : 0))]);
    }

    [GeneratedRegex(@"Block RThroughput: ([0-9.]+)")]
    private static partial Regex Throughput();
}
