using System.Collections.Immutable;
using System.Globalization;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Import.Onnx.Programs;

/// <summary>What segments of equal key have in common: their steps, with names where their settings differ.</summary>
/// <param name="Steps">The steps, those of the first segment with settings replaced.</param>
/// <param name="Variables">What differs.</param>
internal sealed record Generalisation(ImmutableArray<Step> Steps, ImmutableArray<Variable> Variables)
{
    /// <summary>Finds it.</summary>
    /// <param name="segments">Segments of equal key.</param>
    /// <param name="isLayer">Whether extents of the input have names there, as in a layer; in a loop they have none.</param>
    public static Generalisation Of(IReadOnlyList<Segment> segments, bool isLayer) => new Finder(segments, isLayer).Run();

    private sealed class Finder(IReadOnlyList<Segment> segments, bool isLayer)
    {
        private readonly List<Draft> drafts = [];

        private sealed record Draft(string Kind, ImmutableArray<string> Values, List<string> Names)
        {
            public string Place(int position) => FormattableString.Invariant($"\u0001{position}\u0002");
        }

        public Generalisation Run()
        {
            var steps = segments[0].Steps.Select((step, i) => step with { Settings = Settings(i) }).ToList();
            var names = Names();
            string Named(string text) => drafts.Select((d, i) => (d, i)).Aggregate(text, (t, p) => t.Replace(p.d.Place(p.i), names[p.i], StringComparison.Ordinal));
            return new Generalisation(
                [.. steps.Select(s => s with { Settings = [.. s.Settings.Select(t => t with { Text = Named(t.Text) })] })],
                [.. drafts.Select((d, i) => new Variable(names[i], d.Kind, d.Values))]);
        }

        private ImmutableArray<Setting> Settings(int step)
        {
            var result = ImmutableArray.CreateBuilder<Setting>();
            foreach (var setting in segments[0].Steps[step].Settings)
            {
                result.Add(setting switch
                {
                    { Shape: { } shape } when isLayer => setting with { Shape = [.. shape.Select(d => Segment.Relative(d, segments[0].InputExtents)!)] },
                    { Name.Length: 0 } => setting,
                    _ => setting with { Text = Resolve(setting.Name, step, result) },
                });
            }

            return result.ToImmutable();
        }

        private string Resolve(string name, int step, IEnumerable<Setting> before)
        {
            ImmutableArray<string> values = [.. segments.Select(s => s.Steps[step].Setting(name)!)];
            var isWidth = Library.IsWidth(name);
            if (isLayer && isWidth && Ratio(values, Widths(), "C", values.Distinct().Count() > 1) is { } width)
            {
                return width;
            }

            if (values.Distinct().Count() == 1)
            {
                return values[0];
            }

            // Padding that goes with the size of the window needs no name of its own.
            if (name.StartsWith("pad_", StringComparison.Ordinal))
            {
                var side = name is "pad_top" or "pad_bottom" ? "kernel_h" : "kernel_w";
                if (before.FirstOrDefault(s => s.Name == side) is { } kernel && Ratio(values, [.. segments.Select(s => s.Steps[step].Setting(side)!)], kernel.Text, false, floor: true) is { } half)
                {
                    return half;
                }
            }

            // So does a stride as long as the window.
            if (name is "stride_h" or "stride_w" && before.FirstOrDefault(s => s.Name == "kernel" + name[6..]) is { } window
                && segments.All(s => s.Steps[step].Setting(window.Name) == s.Steps[step].Setting(name)))
            {
                return window.Text;
            }

            return Variable(name, isWidth ? "dim" : values.Any(v => !long.TryParse(v, CultureInfo.InvariantCulture, out _)) ? "float" : "int", values);
        }

        private string Variable(string name, string kind, ImmutableArray<string> values)
        {
            var family = Family(name);
            for (var i = 0; i < drafts.Count; i++)
            {
                if (Family(drafts[i].Names[0]) == family && drafts[i].Values.SequenceEqual(values))
                {
                    drafts[i].Names.Add(name);
                    return drafts[i].Place(i);
                }

                if (kind == "dim" && drafts[i].Kind == "dim" && Ratio(values, drafts[i].Values, drafts[i].Place(i), true) is { } text)
                {
                    return text;
                }
            }

            drafts.Add(new Draft(kind, values, [name]));
            return drafts[^1].Place(drafts.Count - 1);
        }

        private ImmutableArray<string> Widths() =>
            [.. segments.Select(s => s.InputExtents[s.WidthAxis].Constant is { } c ? c.ToString(CultureInfo.InvariantCulture) : "")];

        // The text of values as a multiple or part of others: 'C', 'C * 3', 'hidden / 4'.
        private static string? Ratio(ImmutableArray<string> values, ImmutableArray<string> others, string name, bool allowFactor, bool floor = false)
        {
            var pairs = new List<(long A, long B)>();
            for (var i = 0; i < values.Length; i++)
            {
                if (!long.TryParse(values[i], CultureInfo.InvariantCulture, out var a) || !long.TryParse(others[i], CultureInfo.InvariantCulture, out var b) || (!floor && (a <= 0 || b <= 0)))
                {
                    return null;
                }

                pairs.Add((a, b));
            }

            if (floor)
            {
                return pairs.All(p => p.A == p.B / 2) ? $"{name} / 2" : null;
            }

            if (pairs.All(p => p.A == p.B))
            {
                return name;
            }

            var (first, second) = pairs[0];
            return !allowFactor ? null
                : first % second == 0 && pairs.All(p => p.A == p.B * (first / second)) ? FormattableString.Invariant($"{name} * {first / second}")
                : second % first == 0 && pairs.All(p => p.B == p.A * (second / first)) ? FormattableString.Invariant($"{name} / {second / first}")
                : null;
        }

        private static string Family(string name) => name.IndexOf('_', StringComparison.Ordinal) is > 0 and var at && name[..at] is "kernel" or "stride" or "pad" or "dilation" ? name[..name.IndexOf('_', StringComparison.Ordinal)] : name;

        private List<string> Names()
        {
            var result = new List<string>();
            var lastWidth = drafts.FindLastIndex(d => d.Names[0] == "out");
            for (var i = 0; i < drafts.Count; i++)
            {
                var wish = drafts[i].Names[0] == "out" ? (i == lastWidth && IsResult() ? "out" : "hidden")
                    : drafts[i].Names.Distinct().Count() > 1 ? Family(drafts[i].Names[0]) : drafts[i].Names[0];
                var name = wish;
                for (var n = 2; result.Contains(name); n++)
                {
                    name = FormattableString.Invariant($"{wish}{n}");
                }

                result.Add(name);
            }

            return result;

            // The last width that has a name is that of the result, unless the result is as wide as the input.
            bool IsResult() => segments[0].Steps.Last(s => s.Setting("out") is not null).Setting("out") == drafts[lastWidth].Values[0]
                && segments.Select((s, k) => s.Steps.Last(t => t.Setting("out") is not null).Setting("out") == drafts[lastWidth].Values[k]).All(b => b);
        }
    }
}

/// <summary>A setting that differs between segments.</summary>
/// <param name="Name">Its name, unique among them.</param>
/// <param name="Kind"><c>dim</c>, <c>int</c> or <c>float</c>.</param>
/// <param name="Values">Its value in every segment.</param>
internal sealed record Variable(string Name, string Kind, ImmutableArray<string> Values)
{
    /// <summary>The value worth a default: a step of one point where there is one, else that of more than half of the segments; widths have none.</summary>
    public string? Usual => Kind == "dim" ? null
        : IsStep && Values.Contains("1") ? "1"
        : Values.GroupBy(v => v).FirstOrDefault(g => g.Count() * 2 > Values.Length)?.Key;

    private bool IsStep => Name.StartsWith("stride", StringComparison.Ordinal) || Name.StartsWith("dilation", StringComparison.Ordinal);
}
