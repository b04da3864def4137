using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using SparseDsl.Compiler;

namespace SparseDsl.Backends.Llvm;

/// <summary>Instruction sets that machine code is made for.</summary>
public enum LlvmArchitecture
{
    /// <summary>x86-64.</summary>
    X64,

    /// <summary>AArch64, little-endian.</summary>
    Arm64,

    /// <summary>NVIDIA's virtual instruction set for GPUs, of which drivers make code.</summary>
    Ptx,
}

/// <summary>A processor that code is made for. A row: LLVM ends the process for a name it does not know, so names are checked here.</summary>
/// <param name="Name">In options and messages: <c>x86-64-v3</c>.</param>
/// <param name="Architecture">Its instruction set.</param>
/// <param name="LlvmName">LLVM's name of it.</param>
/// <param name="Features">LLVM's features beyond those of the name: <c>+avx512vnni,-sse4a</c>; mostly none.</param>
/// <param name="Target">What kernels are lowered for.</param>
/// <param name="HasFma">Whether fused multiply-add is an instruction. Where it is not, the target is one without it, and the few that must be exact are computed in double precision.</param>
/// <param name="Dots">Which products of packed numbers are instructions.</param>
public sealed record LlvmCpu(string Name, LlvmArchitecture Architecture, string LlvmName, string Features, Target Target, bool HasFma = true, LlvmDots Dots = LlvmDots.None)
{
    /// <summary>The processor of this machine, as far as kernels use it.</summary>
    public const string NativeName = "native";

    /// <summary>Every row but <c>native</c>.</summary>
    public static ImmutableArray<LlvmCpu> All { get; } =
    [
        X64("x86-64-v2", Target.Sse42, hasFma: false),
        X64("x86-64-v3", Target.Avx2),
        X64("x86-64-v4", Target.Avx512),
        X64("x86-64-v3", Target.Avx2, "+vnni", "+avxvnni", LlvmDots.Vnni256),
        X64("x86-64-v4", Target.Avx512Vnni, "+vnni", "+avx512vnni", LlvmDots.Vnni256 | LlvmDots.Vnni512),
        X64("x86-64-v4", Target.Avx512Vnni, "+vnni+bf16", "+avx512vnni,+avx512bf16", LlvmDots.Vnni256 | LlvmDots.Vnni512 | LlvmDots.Bf16),
        X64("haswell", Target.Avx2),
        X64("skylake", Target.Avx2),
        X64("skylake-avx512", Target.Avx512),
        X64("cascadelake", Target.Avx512Vnni, dots: LlvmDots.Vnni256 | LlvmDots.Vnni512),
        X64("icelake-server", Target.Avx512Vnni, dots: LlvmDots.Vnni256 | LlvmDots.Vnni512),
        X64("cooperlake", Target.Avx512Vnni, dots: LlvmDots.Vnni256 | LlvmDots.Vnni512 | LlvmDots.Bf16),
        X64("sapphirerapids", Target.Avx512Vnni, dots: LlvmDots.Vnni256 | LlvmDots.Vnni512 | LlvmDots.Bf16),
        X64("alderlake", Target.Avx2, dots: LlvmDots.Vnni256),
        X64("znver2", Target.Avx2),
        X64("znver3", Target.Avx2),
        Arm64("generic"),
        Arm64("cortex-a53"),
        Arm64("cortex-a72"),
        Arm64("cortex-a76"),
        Arm64("neoverse-n1"),
        Arm64("neoverse-v1", Target.Sve256),
        Arm64("neoverse-n2"),

        // Scheduled as the n2, which has the same instructions: older LLVM does not know its name.
        Arm64("neoverse-v2", Target.Neon, "neoverse-n2"),
        Arm64("a64fx", Target.Sve512),
        Arm64("apple-m1"),

        // Any processor with SVE registers of this length.
        Arm64("sve256", Target.Sve256, "generic", "+sve"),
        Arm64("sve512", Target.Sve512, "generic", "+sve"),

        // Compute capabilities: A100 and what came after it, H100 and H200 only.
        new("sm_80", LlvmArchitecture.Ptx, "sm_80", "+ptx70", Target.Warp),
        new("sm_90a", LlvmArchitecture.Ptx, "sm_90a", "+ptx80", Target.Warp),
    ];

    /// <summary>LLVM's name of the platform that code is made for: Linux, or CUDA.</summary>
    public string Triple => Architecture switch
    {
        LlvmArchitecture.X64 => "x86_64-unknown-linux-gnu",
        LlvmArchitecture.Arm64 => "aarch64-unknown-linux-gnu",
        _ => "nvptx64-nvidia-cuda",
    };

    /// <summary>The length of SVE registers in units of 128 bits, which code for it counts on; 0 for code without them.</summary>
    public int VectorScale => Architecture == LlvmArchitecture.Arm64 && Target.VectorBits > 128 ? Target.VectorBits / 128 : 0;

    /// <summary>Whether this machine runs code for it: a level whose instructions it has. What other processors have beyond those is not checked, so they never are.</summary>
    public bool IsHere => Name == NativeName || (Architecture, RuntimeInformation.ProcessArchitecture) switch
    {
        (LlvmArchitecture.Arm64, System.Runtime.InteropServices.Architecture.Arm64) => Name == "generic",
        (LlvmArchitecture.X64, System.Runtime.InteropServices.Architecture.X64) => Name switch
        {
            "x86-64-v2" => Popcnt.IsSupported && Sse42.IsSupported,
            "x86-64-v3" => Avx2.IsSupported && Fma.IsSupported && Bmi2.IsSupported && Lzcnt.IsSupported,
            "x86-64-v4" => Avx512BW.VL.IsSupported && Avx512DQ.VL.IsSupported && Avx512CD.VL.IsSupported,
            "x86-64-v3+vnni" => Find("x86-64-v3")!.IsHere && LlvmNarrow.HasAvxVnni,
            "x86-64-v4+vnni" => Find("x86-64-v4")!.IsHere && LlvmNarrow.Here.HasFlag(LlvmDots.Vnni512),
            "x86-64-v4+vnni+bf16" => Find("x86-64-v4")!.IsHere && LlvmNarrow.Here.HasFlag(LlvmDots.Vnni512 | LlvmDots.Bf16),
            _ => false,
        },
        _ => false,
    };

    /// <summary>What every machine of an instruction set runs; for code that finds out what else the machine has.</summary>
    internal static LlvmCpu BaselineOf(LlvmArchitecture architecture) => architecture == LlvmArchitecture.X64
        ? new("x86-64", architecture, "x86-64", "", Target.Scalar, HasFma: false)
        : new("armv8-a", architecture, "generic", "", Target.Scalar);

    /// <summary>The levels of an instruction set that one library can hold together, the lowest first.</summary>
    public static ImmutableArray<LlvmCpu> LevelsOf(LlvmArchitecture architecture) =>
        [.. (architecture == LlvmArchitecture.X64 ? ["x86-64-v2", "x86-64-v3", "x86-64-v4"] : (string[])["generic", "sve256", "sve512"]).Select(name => Find(name)!)];

    /// <summary>The row of an instruction set that a machine without a name gets.</summary>
    public static LlvmCpu DefaultOf(LlvmArchitecture architecture) =>
        Find(architecture switch { LlvmArchitecture.X64 => "x86-64-v3", LlvmArchitecture.Arm64 => "generic", _ => "sm_80" })!;

    /// <summary>The row with this name, or null.</summary>
    public static LlvmCpu? Find(string name) => All.FirstOrDefault(c => c.Name == name);

    private static LlvmCpu X64(string name, Target target, bool hasFma = true, LlvmDots dots = LlvmDots.None) => new(name, LlvmArchitecture.X64, name, "", target, hasFma, dots);

    private static LlvmCpu X64(string level, Target target, string suffix, string features, LlvmDots dots) =>
        new(level + suffix, LlvmArchitecture.X64, level, features, target, Dots: dots);

    private static LlvmCpu Arm64(string name, Target? target = null, string? llvmName = null, string features = "") =>
        new(name, LlvmArchitecture.Arm64, llvmName ?? name, features, target ?? Target.Neon);
}
