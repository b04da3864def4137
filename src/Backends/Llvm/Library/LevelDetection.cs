using System.Text;
using SparseDsl.Backends.Llvm.Emit;

namespace SparseDsl.Backends.Llvm.Library;

/// <summary>
/// Functions that find out which levels of a library this machine runs, as LLVM text: from cpuid and the state the system saves on x64, from identification
/// registers, which Linux lets programs read from 4.11 on, on arm64. Nothing of the C library is called.
/// </summary>
/// <remarks>
/// Of a processor that is no level (<c>skylake</c>) the level of its vectors is asked for, and what kernels use beyond it. Code for SVE counts on the length of
/// registers, which is compared.
/// </remarks>
internal sealed class LevelDetection(Module module, IReadOnlyList<LibraryLevel> levels, CNames names)
{
    /// <summary>Appends <c>i1 @sd.runs(level)</c>, and what is exported: <c>NAME_level</c> and <c>NAME_level_name</c>.</summary>
    public void Write()
    {
        module.AddText(levels[0].Cpu.Architecture == LlvmArchitecture.X64 ? FoundOnX64 : FoundOnArm64);
        WriteRuns();
        WriteLevel();
        WriteName();
    }

    private void WriteRuns()
    {
        var f = new Function(module);
        var found = f.Set("call i32 @sd.found()");
        var isRun = "false";
        for (var i = 0; i < levels.Count; i++)
        {
            var isThis = f.Set($"icmp eq i32 %level, {LlvmTypes.Digits(i)}");
            isRun = f.Set($"select i1 {isThis}, i1 {RunsOn(f, levels[i].Cpu, found)}, i1 {isRun}");
        }

        f.Do($"ret i1 {isRun}");
        module.Add("whether this machine runs a level", "internal i1 @sd.runs(i32 %level)", f);
    }

    // What is found is bits on x64, on arm64 the length of SVE registers in units of 128 bits.
    private static string RunsOn(Function f, LlvmCpu cpu, string found)
    {
        if (cpu.Architecture == LlvmArchitecture.Arm64)
        {
            return cpu.VectorScale == 0 ? "true" : f.Set($"icmp eq i32 {found}, {LlvmTypes.Digits(cpu.VectorScale)}");
        }

        var needed = LlvmTypes.Digits((int)Needed(cpu));
        return f.Set($"icmp eq i32 {f.Set($"and i32 {found}, {needed}")}, {needed}");
    }

    [Flags]
    private enum Found
    {
        None = 0,
        V2 = 1,
        V3 = 2,
        V4 = 4,
        AvxVnni = 8,
        Avx512Vnni = 16,
        Avx512Bf16 = 32,
    }

    private static Found Needed(LlvmCpu cpu) =>
        (cpu.Target.VectorBits switch { 512 => Found.V4, 256 => Found.V3, 128 => Found.V2, _ => Found.None })
        | (cpu.Dots.HasFlag(LlvmDots.Vnni512) ? Found.Avx512Vnni : cpu.Dots.HasFlag(LlvmDots.Vnni256) ? Found.AvxVnni : Found.None)
        | (cpu.Dots.HasFlag(LlvmDots.Bf16) ? Found.Avx512Bf16 : Found.None);

    private void WriteLevel()
    {
        var f = new Function(module);
        var best = "-1";
        for (var i = 0; i < levels.Count; i++)
        {
            best = f.Set($"select i1 {f.Set($"call i1 @sd.runs(i32 {LlvmTypes.Digits(i)})")}, i32 {LlvmTypes.Digits(i)}, i32 {best}");
        }

        f.Do($"ret i32 {best}");
        module.Add("the best level of this machine, or -1", $"i32 @{names.Library}_level()", f);
    }

    private void WriteName()
    {
        var f = new Function(module);
        var name = "null";
        for (var i = 0; i < levels.Count; i++)
        {
            var symbol = $"@sd.level{LlvmTypes.Digits(i)}";
            module.AddText($"{symbol} = internal constant [{LlvmTypes.Digits(Encoding.UTF8.GetByteCount(levels[i].Cpu.Name) + 1)} x i8] c\"{levels[i].Cpu.Name}\\00\"\n");
            name = f.Set($"select i1 {f.Set($"icmp eq i32 %level, {LlvmTypes.Digits(i)}")}, ptr {symbol}, ptr {name}");
        }

        f.Do($"ret ptr {name}");
        module.Add(null, $"ptr @{names.Library}_level_name(i32 %level)", f);
    }

    // Bits as in the System V psABI's table of levels, of which those that compilers use; cpuid changes rbx, which is no argument of a function.
    private static readonly string FoundOnX64 = """
        define internal { i32, i32, i32, i32 } @sd.cpuid(i32 %leaf, i32 %part) #0 {
        entry:
          %r = call { i32, i32, i32, i32 } asm sideeffect "cpuid", "={ax},={bx},={cx},={dx},{ax},{cx},~{dirflag},~{fpsr},~{flags}"(i32 %leaf, i32 %part)
          ret { i32, i32, i32, i32 } %r
        }

        ; bits: x86-64-v2, v3, v4, AVX-VNNI, AVX512-VNNI, AVX512-BF16
        define internal i32 @sd.found() #0 {
        entry:
          %leaf0 = call { i32, i32, i32, i32 } @sd.cpuid(i32 0, i32 0)
          %most = extractvalue { i32, i32, i32, i32 } %leaf0, 0
          %leaf1 = call { i32, i32, i32, i32 } @sd.cpuid(i32 1, i32 0)
          %c1 = extractvalue { i32, i32, i32, i32 } %leaf1, 2
          ; sse3, ssse3, cx16, sse4.1, sse4.2, popcnt
          %v2Bits = and i32 %c1, 9970177
          %isV2 = icmp eq i32 %v2Bits, 9970177
          br i1 %isV2, label %second, label %first
        first:
          ret i32 0
        second:
          ; fma, movbe, osxsave, avx, f16c
          %v3Bits = and i32 %c1, 943722496
          %isV3 = icmp eq i32 %v3Bits, 943722496
          %hasLeaf7 = icmp uge i32 %most, 7
          %go3 = and i1 %isV3, %hasLeaf7
          br i1 %go3, label %more, label %two
        two:
          ret i32 1
        more:
          %leaf7 = call { i32, i32, i32, i32 } @sd.cpuid(i32 7, i32 0)
          %b7 = extractvalue { i32, i32, i32, i32 } %leaf7, 1
          %extended = call { i32, i32, i32, i32 } @sd.cpuid(i32 -2147483648, i32 0)
          %mostExtended = extractvalue { i32, i32, i32, i32 } %extended, 0
          %leafX = call { i32, i32, i32, i32 } @sd.cpuid(i32 -2147483647, i32 0)
          %cX = extractvalue { i32, i32, i32, i32 } %leafX, 2
          %state = call { i32, i32 } asm sideeffect "xgetbv", "={ax},={dx},{cx},~{dirflag},~{fpsr},~{flags}"(i32 0)
          %saved = extractvalue { i32, i32 } %state, 0
          ; bmi1, avx2, bmi2
          %bits7 = and i32 %b7, 296
          %has7 = icmp eq i32 %bits7, 296
          %hasX = icmp ugt i32 %mostExtended, -2147483648
          %lzcnt = and i32 %cX, 32
          %hasLzcnt = icmp ne i32 %lzcnt, 0
          ; the system saves xmm and ymm
          %saved3 = and i32 %saved, 6
          %saves3 = icmp eq i32 %saved3, 6
          %a3 = and i1 %has7, %hasX
          %b3 = and i1 %hasLzcnt, %saves3
          %ok3 = and i1 %a3, %b3
          br i1 %ok3, label %third, label %two
        third:
          ; avx512 f, dq, cd, bw, vl
          %bits4 = and i32 %b7, -805109760
          %has4 = icmp eq i32 %bits4, -805109760
          ; and mask registers and zmm
          %saved4 = and i32 %saved, 230
          %saves4 = icmp eq i32 %saved4, 230
          %ok4 = and i1 %has4, %saves4
          %levels = select i1 %ok4, i32 7, i32 3
          ; products of bytes and of bf16
          %parts = extractvalue { i32, i32, i32, i32 } %leaf7, 0
          %hasPart1 = icmp uge i32 %parts, 1
          %part1 = call { i32, i32, i32, i32 } @sd.cpuid(i32 7, i32 1)
          %a1 = extractvalue { i32, i32, i32, i32 } %part1, 0
          %known = select i1 %hasPart1, i32 %a1, i32 0
          %c7 = extractvalue { i32, i32, i32, i32 } %leaf7, 2
          %avxVnni = lshr i32 %known, 1
          %avxVnniBit = and i32 %avxVnni, 8
          %bf16Bit = and i32 %known, 32
          %vnni = lshr i32 %c7, 7
          %vnniBit = and i32 %vnni, 16
          %wide = or i32 %bf16Bit, %vnniBit
          %wideBits = select i1 %ok4, i32 %wide, i32 0
          %dots = or i32 %avxVnniBit, %wideBits
          %found = or i32 %levels, %dots
          ret i32 %found
        }


        """.ReplaceLineEndings("\n");

    private static readonly string FoundOnArm64 = """
        ; the length of SVE registers in units of 128 bits, 0 without
        define internal i32 @sd.found() #0 {
        entry:
          %features = call i64 asm sideeffect "mrs $0, ID_AA64PFR0_EL1", "=r"()
          %shifted = lshr i64 %features, 32
          %sve = and i64 %shifted, 15
          %has = icmp ne i64 %sve, 0
          br i1 %has, label %measure, label %none
        measure:
          ; rdvl x0, #1
          %bytes = call i64 asm sideeffect ".inst 0x04bf5020", "={x0}"()
          %quads = lshr i64 %bytes, 4
          %rank = trunc i64 %quads to i32
          ret i32 %rank
        none:
          ret i32 0
        }


        """.ReplaceLineEndings("\n");
}
