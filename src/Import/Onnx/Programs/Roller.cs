using System.Collections.Immutable;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Import.Onnx.Programs;

/// <summary>Finds layers: segments of a model that occur several times and differ only in widths, settings and weights.</summary>
/// <remarks>
/// Greedy: of all segments that repeat, the one that makes the program shortest becomes a layer, and again until none makes it shorter. A layer begins
/// with what has weights of its own and takes the activations behind it along, as people draw the line.
/// </remarks>
internal sealed class Roller(ProgramNames names, IReadOnlyDictionary<int, ImmutableArray<Dim>> extents)
{
    private const int Longest = 64;

    // A call; what an attribute adds to it, and a setting to the definition, that somebody has to understand, the more when it is for one call alone; a definition and its braces.
    private const double CallCost = 1;
    private const double AttributeCost = 0.4;
    private const double SettingCost = 1;
    private const double OddSettingCost = 3;
    private const double DefinitionCost = 2;
    private readonly List<Layer> layers = [];

    /// <summary>The layers found, each before those that use it.</summary>
    public IReadOnlyList<Layer> Layers => layers;

    /// <summary>The body in terms of layers.</summary>
    public Body Run(Body body)
    {
        while (Best(body) is var (segments, shared))
        {
            var layer = Define(segments[0], shared);
            layers.Add(layer);
            body = Replace(body, segments, layer, shared);
        }

        return body;
    }

    private (List<Segment> Segments, Generalisation Shared)? Best(Body body)
    {
        (List<Segment>, Generalisation)? best = null;
        var gain = 1.0;
        foreach (var segments in Candidates(body))
        {
            var length = segments[0].Steps.Length;
            var most = ((segments.Count * (length - CallCost)) - length - DefinitionCost) * Preference(segments[0]);
            if (most <= gain)
            {
                continue;
            }

            var shared = Generalisation.Of(segments, isLayer: true);
            var saved = most - (Preference(segments[0]) * Cost(shared, segments.Count));
            if (saved > gain)
            {
                (gain, best) = (saved, (segments, shared));
            }
        }

        return best;
    }

    private static double Cost(Generalisation shared, int calls) => shared.Variables.Sum(v =>
        (v.Usual is null ? AttributeCost * calls : AttributeCost * Odd(v)) + (v.Kind == "dim" ? 0 : Odd(v) == 1 ? OddSettingCost : SettingCost));

    private static int Odd(Variable variable) => variable.Values.Count(x => x != variable.Usual);

    // A depthwise convolution and the pointwise one behind it belong together more than the pointwise one and what follows. A shortcut reads as well around
    // the call, where blocks with and without it can be one layer.
    private static double Preference(Segment segment)
    {
        var isSeparable = segment.Steps[0].Callee.StartsWith("depthwise", StringComparison.Ordinal) && segment.Steps.Any(s => s.Callee.StartsWith("conv", StringComparison.Ordinal));
        var isShortcut = segment.Steps[^1].Callee == "+" && segment.Steps[^1].Operands.Any(o => o.Literal is null && o.Value == segment.Input);
        return isSeparable ? 1.25 : isShortcut ? 0.9 : 1;
    }

    private IEnumerable<List<Segment>> Candidates(Body body)
    {
        // All segments of a shape, and those of them with equal windows: one odd block should not cost the others an attribute.
        var groups = new Dictionary<string, List<Segment>>(StringComparer.Ordinal);
        var order = new List<List<Segment>>();
        for (var start = 0; start < body.Steps.Length; start++)
        {
            if (!CanStart(body.Steps[start]))
            {
                continue;
            }

            foreach (var segment in Segment.From(body, extents, start, Longest).Where(s => s.Steps.Length > 1 && CanEnd(body, s) && !HasRepeat(s)))
            {
                Add(segment.Key, segment);
                Add(segment.Key + " with " + Values(segment), segment);
            }
        }

        return order.Where(g => g.Count > 1);

        void Add(string key, Segment segment)
        {
            if (!groups.TryGetValue(key, out var group))
            {
                groups.Add(key, group = []);
                order.Add(group);
            }

            if (group.Count == 0 || group[^1].Start + group[^1].Steps.Length <= segment.Start)
            {
                group.Add(segment);
            }
        }
    }

    private static string Values(Segment segment) =>
        string.Join(';', segment.Steps.SelectMany(s => s.Settings).Where(s => !Library.IsWidth(s.Name)).Select(s => s.Text));

    private static bool CanStart(Step step) => !step.IsExpression && !Library.IsTail(step.Callee) && (step.Weights.Length > 0 || step.IsLayer);

    // An activation, normalisation or scale stays with what it follows.
    private static bool CanEnd(Body body, Segment segment)
    {
        var next = segment.Start + segment.Steps.Length;
        return next >= body.Steps.Length || !Library.IsTail(body.Steps[next].Callee) || body.Steps[next].Operands[0].Value != segment.Output;
    }

    // The same layer twice in a row is the beginning of a loop, which should not disappear inside a layer.
    private static bool HasRepeat(Segment segment) =>
        segment.Steps.Zip(segment.Steps.Skip(1)).Any(p => p.First.Layer is not null && ReferenceEquals(p.First.Layer, p.Second.Layer));

    private Layer Define(Segment first, Generalisation shared)
    {
        var body = new Body(shared.Steps, [first.Output]);
        // What has no default stands first.
        var generics = shared.Variables.Select(v => new Generic(v.Name, v.Kind, v.Usual)).OrderBy(g => g.Default is null ? 0 : 1).ThenBy(g => g.Name == "out" ? 0 : 1);
        return new Layer(Named(shared.Steps, first.Input), first.Input, first.InputExtents.Length, body, [.. generics]);
    }

    private string Named(IReadOnlyList<Step> steps, int input)
    {
        var name = LayerNames.Of(steps, input);
        return names.Layer(names.HasLayer(name) ? LayerNames.Qualified(name, steps) : name);
    }

    private static Body Replace(Body body, List<Segment> segments, Layer layer, Generalisation shared)
    {
        var result = body.Steps.ToBuilder();
        for (var k = segments.Count - 1; k >= 0; k--)
        {
            var segment = segments[k];
            var settings = layer.Generics.Select(g => new Setting(g.Name, shared.Variables.Single(v => v.Name == g.Name).Values[k]));
            var weights = Paths.Of(segment.Steps).Select(p => p.Weight with { Path = p.Path });
            var call = new Step(segment.Output, layer.Name, [new Operand(segment.Input)], [.. settings], [.. weights], segment.Steps[^1].Extents) { Layer = layer };
            result.RemoveRange(segment.Start, segment.Steps.Length);
            result.Insert(segment.Start, call);
        }

        return body with { Steps = result.ToImmutable() };
    }
}
