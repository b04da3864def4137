using SparseDsl.Backends.Llvm.Toolchain;
using SparseDsl.Compiler;

namespace SparseDsl.Backends.Tests.Llvm;

/// <summary>What is tested through LLVM, said where it is not.</summary>
public class SuiteTests
{
    public const string Missing = "libLLVM is not installed: on Debian, apt-get install libllvm19";

    /// <summary>Skips a test that needs libLLVM.</summary>
    internal static void Require() => Assert.SkipUnless(LlvmToolchain.IsThere, Missing);

    [Theory]
    [InlineData("avx512", 4)]
    [InlineData("avx2", 2)]
    [InlineData("neon", 0)]
    [InlineData("vector128", 0)]
    public void Every_numeric_test_runs_on_arm64_as_well(string target, int vectorScale)
    {
        Require();
        Assert.SkipUnless(Arm64Emulator.Missing is null, Arm64Emulator.Missing ?? "");
        Assert.Equal(vectorScale, TwoBackends.Arm64For(Target.Named.Single(t => t.Name == target))!.VectorScale);
    }

    [Theory]
    [InlineData("avx512")]
    [InlineData("avx2")]
    [InlineData("vector128")]
    [InlineData("neon")]
    [InlineData("sse42")]
    [InlineData("scalar")]
    public void Every_numeric_test_runs_through_LLVM_as_well(string target)
    {
        Require();
        var row = Target.Named.Single(t => t.Name == target);
        Assert.SkipUnless(TwoBackends.HasLlvm(row), $"this machine cannot run code for {TwoBackends.CpuFor(row).Name}");
        Assert.NotEqual("", LlvmToolchain.Version);
    }
}
