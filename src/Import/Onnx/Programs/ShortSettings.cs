using System.Collections.Immutable;
using System.Globalization;

namespace SparseDsl.Import.Onnx.Programs;

/// <summary>Settings as a person would write them: what is the default is left out, what is equal for height and width is given once.</summary>
internal static class ShortSettings
{
    private static readonly string[] Axes = ["_h", "_w"];

    /// <summary>The settings worth writing.</summary>
    public static ImmutableArray<Setting> Of(Step step)
    {
        var given = step.Settings.ToDictionary(s => s.Name, s => s, StringComparer.Ordinal);
        var result = ImmutableArray.CreateBuilder<Setting>();
        var written = new HashSet<string>(StringComparer.Ordinal);
        foreach (var setting in step.Settings)
        {
            if (Window(setting.Name) is { } group)
            {
                // An operator sees the size of its window on its filters.
                var isSeen = group == "kernel" && !step.IsLayer && step.Weights.Length > 0;
                if (!isSeen && written.Add(group))
                {
                    Write(result, group, given, step);
                }
            }
            else if (setting.Text != Default(step, setting.Name) || setting.Shape is not null)
            {
                result.Add(setting);
            }
        }

        return result.ToImmutable();
    }

    private static string? Default(Step step, string name) =>
        step.Layer is { } layer ? layer.Generics.First(g => g.Name == name).Default : Library.Default(step.Callee, name);

    private static string? Window(string name) => name switch
    {
        "kernel_h" or "kernel_w" => "kernel",
        "stride_h" or "stride_w" => "stride",
        "dilation_h" or "dilation_w" => "dilation",
        "pad_top" or "pad_left" or "pad_bottom" or "pad_right" => "pad",
        _ => null,
    };

    private static void Write(ImmutableArray<Setting>.Builder result, string group, Dictionary<string, Setting> given, Step step)
    {
        if (step.Layer is not null)
        {
            // A layer of the network has the attributes it has, each by its own name.
            result.AddRange(step.Settings.Where(s => Window(s.Name) == group && s.Text != Default(step, s.Name)));
            return;
        }

        string[] leaves = group == "pad" ? ["pad_top", "pad_left"] : [.. Axes.Select(a => group + a)];
        var wanted = leaves.Select(l => given[l].Text).ToArray();
        var kernel = result.FirstOrDefault(s => s.Name == "kernel")?.Text ?? Library.Default(step.Callee, "kernel") ?? (given.TryGetValue("kernel_h", out var k) ? k.Text : "");
        var otherwise = group switch
        {
            "pad" => Library.KeepsSize(step.Callee) ? Half(kernel) : "0",
            "stride" when Library.StridesByKernel(step.Callee) => kernel,
            "kernel" => Library.Default(step.Callee, "kernel"),
            _ => "1",
        };

        // The value for all that leaves the fewest exceptions.
        var common = new[] { otherwise, wanted[0], wanted[1] }.Where(c => c is not null).MinBy(c => wanted.Count(w => w != c) + (c == otherwise ? 0 : 1));
        if (common != otherwise)
        {
            result.Add(new Setting(group, common!));
        }

        result.AddRange(leaves.Where(l => given[l].Text != common).Select(l => given[l]));
        if (group == "pad")
        {
            result.AddRange(new[] { ("pad_bottom", "pad_top"), ("pad_right", "pad_left") }.Where(p => given[p.Item1].Text != given[p.Item2].Text).Select(p => given[p.Item1]));
        }
    }

    private static string Half(string kernel) =>
        long.TryParse(kernel, CultureInfo.InvariantCulture, out var k) ? (k / 2).ToString(CultureInfo.InvariantCulture) : kernel + " / 2";
}
