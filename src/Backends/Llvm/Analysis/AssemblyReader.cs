using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace SparseDsl.Backends.Llvm.Analysis;

/// <summary>
/// Finds the hot loops in assembler text as LLVM writes it. A loop is what lies between a label and a branch back to it; without counts of how often each runs, the
/// innermost loop with most work on vectors stands for a function.
/// </summary>
public static partial class AssemblyReader
{
    /// <summary>One loop for each function that has any, in their order.</summary>
    /// <param name="text">The text of a module.</param>
    /// <param name="architecture">Its instruction set.</param>
    public static IReadOnlyList<HotLoop> HotLoops(string text, LlvmArchitecture architecture)
    {
        var kinds = new InstructionKinds(architecture);
        var loops = new List<HotLoop>();
        foreach (var (name, lines) in Functions(text.Split('\n')))
        {
            var hottest = Innermost(lines, kinds).Select(l => new HotLoop(name, l, kinds.Count(l))).MaxBy(l => l.Mix.Vector);
            if (hottest is not null)
            {
                loops.Add(hottest);
            }
        }

        return loops;
    }

    private static IEnumerable<(string Name, List<string> Lines)> Functions(string[] text)
    {
        var (name, lines) = ("", new List<string>());
        foreach (var line in text)
        {
            if (FunctionType().Match(line) is { Success: true } type)
            {
                (name, lines) = (type.Groups[1].Value, []);
            }
            else if (FunctionSize().Match(line) is { Success: true } size && size.Groups[1].Value == name)
            {
                yield return (name, lines);
            }
            else if (IsInstruction(line) || LabelOf(line) is not null)
            {
                lines.Add(line.Trim());
            }
        }
    }

    private static IEnumerable<ImmutableArray<string>> Innermost(List<string> lines, InstructionKinds kinds)
    {
        var labels = new Dictionary<string, int>(StringComparer.Ordinal);
        var loops = new List<(int Begin, int End)>();
        for (var i = 0; i < lines.Count; i++)
        {
            if (LabelOf(lines[i]) is { } label)
            {
                labels[label] = i;
            }
            else if (kinds.BranchTarget(lines[i]) is { } target && labels.TryGetValue(target, out var begin))
            {
                loops.RemoveAll(l => l.Begin == begin);
                loops.Add((begin, i));
            }
        }

        return loops.Where(l => !loops.Any(o => o != l && o.Begin >= l.Begin && o.End <= l.End)).Select(l => lines[l.Begin..(l.End + 1)].ToImmutableArray());
    }

    private static string? LabelOf(string line) => Label().Match(line) is { Success: true } match ? match.Groups[1].Value : null;

    private static bool IsInstruction(string line) => line.Length > 1 && line[0] == '\t' && line[1] is not ('.' or '#' or '/');

    [GeneratedRegex(@"^\t\.type\t""?([^,""]+)""?,[@%]function")]
    private static partial Regex FunctionType();

    [GeneratedRegex(@"^\t\.size\t""?([^,""]+)""?,")]
    private static partial Regex FunctionSize();

    [GeneratedRegex(@"^(\.L\w+):")]
    private static partial Regex Label();
}
