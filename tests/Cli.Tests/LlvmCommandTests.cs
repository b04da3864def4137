using System.Diagnostics;
using SparseDsl.Backends.Llvm.Toolchain;
using SparseDsl.Cli;

namespace SparseDsl.Tests.Cli;

/// <summary>Commands that go through LLVM.</summary>
public sealed class LlvmCommandTests : CommandLine
{
    internal const string Missing = "libLLVM is not installed: on Debian, apt-get install libllvm19";

    [Theory]
    [InlineData("llvm", "x86-64-v4", "<16 x float>")]
    [InlineData("llvm", "x86-64-v3", "<8 x float>")]
    [InlineData("llvm", "neoverse-n1", "target triple = \"aarch64-unknown-linux-gnu\"")]
    [InlineData("asm", "x86-64-v4", "zmm")]
    [InlineData("asm", "x86-64-v3", "ymm")]
    [InlineData("asm", "neoverse-n1", ".4s")]
    public void Dump_prints_code_for_a_processor(string stage, string cpu, string expected)
    {
        Assert.SkipUnless(stage == "llvm" || LlvmToolchain.IsThere, Missing);
        var outcome = Run("dump", Write("twice.dsl", TwiceText), "--stage", stage, "--cpu", cpu);
        Assert.Equal((0, ""), (outcome.Code, outcome.Errors));
        Assert.Contains(expected, outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_processor_is_a_mistake_of_the_command_line()
    {
        var outcome = Run("dump", Write("twice.dsl", TwiceText), "--stage", "llvm", "--cpu", "z80");
        Assert.Equal(2, outcome.Code);
        Assert.Contains("'z80' is not a processor; processors are native, x86-64-v2,", outcome.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void A_processor_that_this_machine_is_not_does_not_run()
    {
        Assert.SkipUnless(LlvmToolchain.IsThere, Missing);
        var outcome = Run("run", Write("twice.dsl", TwiceText), "--input", "x=random", "--dim", "N=2", "--backend", "llvm", "--cpu", "apple-m1");
        Assert.Equal(1, outcome.Code);
        Assert.Contains("error SD5121: this machine cannot run code for 'apple-m1'", outcome.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_GPU_one_line_says_so()
    {
        Assert.SkipUnless(LlvmToolchain.IsThere, Missing);
        var program = Write("twice.dsl", TwiceText);
        foreach (var command in new[] { "run", "bench" })
        {
            var (code, errors) = Start(("LIBCUDA_PATH", PathOf("none.so")), command, program, "--dim", "N=2", "--backend", "ptx");
            Assert.Equal(1, code);
            Assert.Contains("error SD5170: there is no GPU here that runs PTX: ", errors, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Files_for_a_GPU_need_none()
    {
        Assert.SkipUnless(LlvmToolchain.IsThere, Missing);
        var program = Write("twice.dsl", TwiceText);
        var outcome = Run("build", program, "--target", "ptx", "--cpu", "sm_90a", "-o", PathOf("gpu"));
        Assert.Equal((0, ""), (outcome.Code, outcome.Errors));
        Assert.Contains(".target sm_90a", File.ReadAllText(PathOf("gpu/Twice.ptx")), StringComparison.Ordinal);
        Assert.Contains("Twice_grid(", File.ReadAllText(PathOf("gpu/Twice.h")), StringComparison.Ordinal);
        Assert.Contains(".target sm_80", Run("dump", program, "--stage", "ptx").Output, StringComparison.Ordinal);
        Assert.Contains("the processor 'apple-m1' is not one of ptx", Run("build", program, "--target", "ptx", "--cpu", "apple-m1", "-o", PathOf("gpu")).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Functions_of_f64_are_reported_before_a_GPU_is_asked()
    {
        Assert.SkipUnless(LlvmToolchain.IsThere, Missing);
        var outcome = Run("build", Write("e.dsl", "model E() {\n    input x: f64[4]\n    output y: f64[4] = exp(x)\n}\n"), "--target", "ptx", "-o", PathOf("gpu"));
        Assert.Equal(1, outcome.Code);
        Assert.Contains("error SD5172: 'exp' of f64, in exp, has no code for GPUs", outcome.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Bench_compares_the_backends()
    {
        Assert.SkipUnless(LlvmToolchain.IsThere, Missing);
        var outcome = Run("bench", Write("twice.dsl", TwiceText), "--backend", "llvm", "--against", "csharp", "--dim", "N=2", "--rounds", "1");
        Assert.Equal((0, ""), (outcome.Code, outcome.Errors));
        Assert.Matches(@"(?m)^csharp .* 0\.0E\+000$", outcome.Output);
    }

    [Fact]
    public void Without_libLLVM_one_line_says_what_to_install()
    {
        var program = Write("twice.dsl", TwiceText);
        var (code, errors) = Start("run", program, "--input", "x=random", "--dim", "N=2", "--backend", "llvm");
        Assert.Equal(1, code);
        Assert.Contains("error SD5132: libLLVM, which this needs, is not installed\n  hint: on Debian and Ubuntu: apt-get install libllvm19", errors, StringComparison.Ordinal);

        // The other backend and the text do not need it.
        Assert.Equal((0, ""), Start("run", program, "--input", "x=random", "--dim", "N=2"));
        Assert.Equal((0, ""), Start("dump", program, "--stage", "llvm", "--cpu", "x86-64-v3"));
    }

    [Theory]
    [InlineData("no/such/linker", "error SD5133: the linker of LLVM, which makes 'libTwice.so', is not installed\n  hint: on Debian and Ubuntu: apt-get install lld-19")]
    [InlineData("/bin/false", "error SD5134: 'libTwice.so' cannot be linked: ")]
    public void Without_a_linker_that_works_one_line_says_so(string linker, string expected)
    {
        Assert.SkipUnless(LlvmToolchain.IsThere, Missing);
        var library = Write("libTwice.so", "of an earlier build"u8.ToArray());
        var (code, errors) = Start(("LD_LLD_PATH", linker), "build", Write("twice.dsl", TwiceText), "--target", "x64", "-o", Folder);
        Assert.Equal(1, code);
        Assert.Contains(expected, errors, StringComparison.Ordinal);
        Assert.Equal("of an earlier build", File.ReadAllText(library));
        Assert.Empty(Directory.EnumerateFiles(Folder, ".*"));
    }

    private (int Code, string Errors) Start(params string[] arguments) => Start(("LIBLLVM_PATH", PathOf("none.so")), arguments);

    // In a process of its own, with its own idea of what is installed.
    private (int Code, string Errors) Start((string Name, string Value) variable, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", ["exec", typeof(Program).Assembly.Location, .. arguments]) { RedirectStandardError = true, RedirectStandardOutput = true, WorkingDirectory = Folder };
        start.Environment[variable.Name] = variable.Value;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        _ = output.Result;
        return (process.ExitCode, errors);
    }
}
