using System.Runtime.Intrinsics.X86;

namespace SparseDsl.Backends.Llvm;

/// <summary>Instructions for products of numbers narrower than 32 bits, beyond those of a level of x64.</summary>
[Flags]
public enum LlvmDots
{
    /// <summary>None: bytes are widened, bf16 become f32.</summary>
    None = 0,

    /// <summary>Four bytes into i32, of 128 and 256 bits: AVX-VNNI, or AVX512-VNNI with VL.</summary>
    Vnni256 = 1,

    /// <summary>Four bytes into i32, of 512 bits: AVX512-VNNI.</summary>
    Vnni512 = 2,

    /// <summary>Two bf16 into f32, of 128 to 512 bits: AVX512-BF16.</summary>
    Bf16 = 4,
}

/// <summary>What the running machine has of <see cref="LlvmDots"/>; the base library does not say all of it.</summary>
internal static class LlvmNarrow
{
    // Bits of CPUID leaf 7: sublevel 0, ECX; sublevel 1, EAX.
    private const int Avx512Vnni = 1 << 11;
    private const int AvxVnni = 1 << 4;
    private const int Avx512Bf16 = 1 << 5;

    /// <summary>Whether AVX-VNNI, in its encoding without AVX-512, is there.</summary>
    public static bool HasAvxVnni { get; } = Avx2.IsSupported && (Leaf7(1).Eax & AvxVnni) != 0;

    /// <summary>The instructions that kernels may use here.</summary>
    public static LlvmDots Here { get; } = Find();

    private static LlvmDots Find()
    {
        var result = HasAvxVnni ? LlvmDots.Vnni256 : LlvmDots.None;
        if (Avx512BW.VL.IsSupported)
        {
            result |= (Leaf7(0).Ecx & Avx512Vnni) != 0 ? LlvmDots.Vnni256 | LlvmDots.Vnni512 : LlvmDots.None;
            result |= (Leaf7(1).Eax & Avx512Bf16) != 0 ? LlvmDots.Bf16 : LlvmDots.None;
        }

        return result;
    }

    private static (int Eax, int Ecx) Leaf7(int sublevel)
    {
        if (!X86Base.IsSupported || X86Base.CpuId(0, 0).Eax < 7 || sublevel > X86Base.CpuId(7, 0).Eax)
        {
            return (0, 0);
        }

        var (eax, _, ecx, _) = X86Base.CpuId(7, sublevel);
        return (eax, ecx);
    }
}
