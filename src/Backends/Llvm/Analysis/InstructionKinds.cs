using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace SparseDsl.Backends.Llvm.Analysis;

/// <summary>Tells of which kind an instruction is, from its text.</summary>
internal sealed partial class InstructionKinds(LlvmArchitecture architecture)
{
    private bool IsX64 => architecture == LlvmArchitecture.X64;

    /// <summary>Counts instructions by kind.</summary>
    public InstructionMix Count(ImmutableArray<string> lines)
    {
        var (fma, arithmetic, loads, stores, moves, scalar, branches, fromMemory, spills) = (0, 0, 0, 0, 0, 0, 0, 0, 0);
        var registers = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, operands) in lines.Where(l => !l.EndsWith(':')).Select(Parts))
        {
            var found = Vectors(operands);
            registers.UnionWith(found);
            if (IsBranch(name))
            {
                branches++;
            }
            else if (found.Count == 0)
            {
                scalar++;
            }
            else if (Fused(name))
            {
                fma++;
                fromMemory += Memory().IsMatch(operands) ? 1 : 0;
            }
            else if (IsStore(name, operands))
            {
                stores++;
                spills += IsStack(operands) ? 1 : 0;
            }
            else if (IsLoad(name, operands))
            {
                loads++;
                spills += IsStack(operands) ? 1 : 0;
            }
            else if (IsMove(name))
            {
                moves++;
            }
            else
            {
                arithmetic++;
                fromMemory += Memory().IsMatch(operands) ? 1 : 0;
            }
        }

        return new InstructionMix(fma, arithmetic, loads, stores, moves, scalar, branches, fromMemory, registers.Count, spills);
    }

    /// <summary>The label that a branch goes to; null for another instruction.</summary>
    public string? BranchTarget(string line)
    {
        var (name, operands) = Parts(line);
        return IsBranch(name) && Target().Match(operands) is { Success: true } match ? match.Value : null;
    }

    private static (string Name, string Operands) Parts(string line)
    {
        var end = line.IndexOfAny(['\t', ' ']);
        return end < 0 ? (line, "") : (line[..end], line[(end + 1)..].Trim());
    }

    // Numbers alone: xmm3, ymm3 and zmm3 are one register, as are v3, q3, s3 and z3.
    private HashSet<string> Vectors(string operands) =>
        [.. (IsX64 ? VectorOnX64() : VectorOnArm64()).Matches(operands).Select(m => m.Groups[1].Value)];

    private bool IsBranch(string name) => IsX64 ? name[0] == 'j' || name.StartsWith("call", StringComparison.Ordinal)
        : name is "b" or "bl" or "blr" or "br" or "cbz" or "cbnz" or "tbz" or "tbnz" || name.StartsWith("b.", StringComparison.Ordinal);

    private bool Fused(string name) => (IsX64 ? FusedOnX64() : FusedOnArm64()).IsMatch(name);

    private bool IsStore(string name, string operands) => IsX64
        ? name.Contains("mov", StringComparison.Ordinal) && StoredOnX64().IsMatch(operands)
        : name.StartsWith("st", StringComparison.Ordinal);

    private bool IsLoad(string name, string operands) => IsX64
        ? (name.Contains("mov", StringComparison.Ordinal) || name.Contains("broadcast", StringComparison.Ordinal) || name.Contains("gather", StringComparison.Ordinal)) && Memory().IsMatch(operands)
        : name.StartsWith("ld", StringComparison.Ordinal);

    private bool IsMove(string name) => IsX64
        ? name.StartsWith("vmov", StringComparison.Ordinal) || name.StartsWith("mov", StringComparison.Ordinal)
        : name is "mov" or "movi" or "movprfx" or "dup" or "fmov";

    private bool IsStack(string operands) => operands.Contains(IsX64 ? "(%rsp" : "[sp", StringComparison.Ordinal);

    [GeneratedRegex(@"\.L\w+")]
    private static partial Regex Target();

    [GeneratedRegex(@"%[xyz]mm(\d+)")]
    private static partial Regex VectorOnX64();

    [GeneratedRegex(@"\b[vqdshbz](\d+)\b")]
    private static partial Regex VectorOnArm64();

    [GeneratedRegex(@"^vfn?m(add|sub)")]
    private static partial Regex FusedOnX64();

    [GeneratedRegex(@"^f(n?m(add|sub|ad|sb)|ml[as]|nml[as])$")]
    private static partial Regex FusedOnArm64();

    // AT&T order: the last operand is written.
    [GeneratedRegex(@"\)( \{%k\d\})?$")]
    private static partial Regex StoredOnX64();

    [GeneratedRegex(@"\(")]
    private static partial Regex Memory();
}
