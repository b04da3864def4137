using SparseDsl.Backends.CSharp.Hosting;
using SparseDsl.Backends.Hosting;
using SparseDsl.Backends.Llvm;
using SparseDsl.Backends.Llvm.Hosting;
using SparseDsl.Backends.Llvm.Toolchain;
using SparseDsl.Backends.Tests.Llvm;
using SparseDsl.Backends.Tests.Llvm.Ptx;
using SparseDsl.Compiler;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Loops;
using SparseDsl.Compiler.Passes.Loops;
using SparseDsl.Dsl;

namespace SparseDsl.Backends.Tests;

/// <summary>
/// A model compiled as C# and, where libLLVM is, through LLVM, for this machine and for arm64 in an emulator: every run compares them bit by bit, and gives what C# gives.
/// One lowered for a warp of a GPU is compared with LLVM's vectors of 32 lanes instead, which C# does not spell. So every numeric test is one of LLVM as well; <see cref="SuiteTests"/> is skipped, for all to see, where it is not.
/// </summary>
internal sealed class TwoBackends : IDisposable
{
    private readonly CompiledModel csharp;
    private readonly CompiledModel? llvm;
    private readonly Arm64Model? arm64;
    private readonly CompiledModel? gpu;
    private readonly string cpu;

    private TwoBackends(CompiledModel csharp, CompiledModel? llvm, Arm64Model? arm64, CompiledModel? gpu, string cpu) =>
        (this.csharp, this.llvm, this.arm64, this.gpu, this.cpu) = (csharp, llvm, arm64, gpu, cpu);

    /// <summary>Every target of numeric tests: those of C#, and the warp of a GPU where LLVM is.</summary>
    public static IReadOnlyList<Target> Targets { get; } = [.. Target.Named, .. WarpEmulator.IsHere ? [Target.Warp] : Array.Empty<Target>()];

    /// <summary>The processor that LLVM makes code for where C# has a target.</summary>
    public static LlvmCpu CpuFor(Target target) => target.Name switch
    {
        "avx512" => LlvmCpu.Find("x86-64-v4")!,
        "avx2" => LlvmCpu.Find("x86-64-v3")!,
        "sse42" => LlvmCpu.Find("x86-64-v2")!,
        _ => LlvmCpu.Find("x86-64-v3")! with { Target = target },
    };

    /// <summary>The processor of arm64 that runs kernels lowered for a target of x64: as wide, so SVE of 64 and 32 bytes, NEON, and NEON beside SVE of 16; null where there is none like it.</summary>
    public static LlvmCpu? Arm64For(Target target) => target.Name switch
    {
        "avx512" => LlvmCpu.Find("sve512")! with { Target = target },
        "avx2" => LlvmCpu.Find("sve256")! with { Target = target },
        "neon" => LlvmCpu.Find("neoverse-n2")!,
        "vector128" or "scalar" => LlvmCpu.Find("neoverse-n1")! with { Target = target },
        _ => null,
    };

    /// <summary>Whether this machine compiles for a target through LLVM and runs that.</summary>
    public static bool HasLlvm(Target target) => LlvmToolchain.IsThere && CpuFor(target).IsHere;

    public static TwoBackends Load(LoopProgram program, Target target, WeightBinder weights, int threads = 1)
    {
        var cpu = CpuFor(target);
        if (target == Target.Warp)
        {
            // A GPU has no library of functions: they are arithmetic.
            program = program with { Calls = [.. program.Calls.Select(c => c with { Kernel = ExpandMath.Run(c.Kernel, target) })] };
            return new TwoBackends(LlvmHost.Load(program, cpu, weights, threads), null, null, PtxModel.Load(program, weights), "sm_80");
        }

        var csharp = CSharpHost.Load(program, target, weights, threads);
        var arm64 = Arm64Emulator.Missing is null && Arm64For(target) is { } row ? new Arm64Model(program, row, weights) : null;
        return new TwoBackends(csharp, HasLlvm(target) ? LlvmHost.Load(program, cpu, weights, threads) : null, arm64, null, cpu.Name);
    }

    public Dictionary<string, TensorData> Run(IReadOnlyDictionary<string, TensorData> inputs)
    {
        var expected = csharp.Run(inputs);
        if (llvm is not null)
        {
            var found = llvm.Run(inputs);
            foreach (var (name, tensor) in expected)
            {
                AssertSameBits(tensor, found[name], $"'{name}' through LLVM for {cpu}");
            }
        }

        if (gpu is not null)
        {
            var found = gpu.Run(inputs);
            foreach (var (name, tensor) in expected)
            {
                AssertSameBits(tensor, found[name], $"'{name}' for {cpu}");
            }
        }

        if (arm64 is not null)
        {
            var found = arm64.Run(inputs);
            foreach (var (name, tensor) in expected)
            {
                AssertSameBits(tensor, new TensorData(tensor.Type, tensor.Shape, found[name]), $"'{name}' for {arm64.Name}", arm64.CallsMath ? 1e-12 : 0);
            }
        }

        return expected;
    }

    public void ResetState()
    {
        csharp.ResetState();
        llvm?.ResetState();
        arm64?.ResetState();
        gpu?.ResetState();
    }

    public void Dispose()
    {
        csharp.Dispose();
        llvm?.Dispose();
        arm64?.Dispose();
        gpu?.Dispose();
    }

    /// <summary>Two tensors have the same bits; a NaN is a NaN: which of several a machine gives depends on the order of operands.</summary>
    public static void AssertSameBits(TensorData expected, TensorData found, string what, double tolerance = 0)
    {
        Assert.Equal(expected.ToString(), found.ToString());
        if (expected.Bytes.SequenceEqual(found.Bytes))
        {
            return;
        }

        for (var i = 0; i < expected.Count; i++)
        {
            var (a, b) = (expected.GetDouble(i), found.GetDouble(i));
            var same = expected.Type == ElementType.I64 ? expected.GetInt64(i) == found.GetInt64(i)
                : BitConverter.DoubleToInt64Bits(a) == BitConverter.DoubleToInt64Bits(b) || (double.IsNaN(a) && double.IsNaN(b)) || Math.Abs(a - b) <= tolerance * Math.Abs(a);
            Assert.True(same, $"{what}: element {i} is {b:R}, in C# {a:R}");
        }
    }
}
