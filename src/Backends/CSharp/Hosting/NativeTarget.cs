#if NET10_0_OR_GREATER
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using SparseDsl.Compiler;

namespace SparseDsl.Backends.CSharp.Hosting;

/// <summary>Which targets the machine of this process is.</summary>
public static class NativeTarget
{
    /// <summary>The widest target this machine runs, with the instructions that it has.</summary>
    public static Target Widest { get; } = Target.All.First(IsHere) is var widest && widest != Target.Vector128 ? widest
        : AdvSimd.IsSupported ? Target.Neon
        : Fma.IsSupported ? Target.Vector128
        : Target.Sse42;

    /// <summary>Whether this machine runs C# for a target; that of 128 bits is the same on every machine.</summary>
    public static bool IsHere(Target target) => target.Name switch
    {
        "avx512" => Vector512.IsHardwareAccelerated && Avx512BW.VL.IsSupported && Avx512DQ.VL.IsSupported,
        "avx2" => Avx2.IsSupported && Fma.IsSupported,
        _ => true,
    };
}
#endif
