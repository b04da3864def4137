using System.Globalization;
using SparseDsl.Compiler.Cost;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.LanguageServer.Analysis;

namespace SparseDsl.LanguageServer.Features;

/// <summary>What models, parameters and values cost as they would be compiled with the weights at hand; empty texts where there are none.</summary>
/// <param name="analysis">The program.</param>
/// <param name="source">What its models cost; null when nobody knows.</param>
internal sealed class WeightedCosts(ProgramAnalysis analysis, CostSource? source)
{
    /// <summary>A model.</summary>
    public string Of(BoundModel model) => Find(model) is { } costs ? $"{With(costs)}: {Sum(costs.Layers)}" : "";

    /// <summary>A parameter: how it is stored, and the layers that read it.</summary>
    public string Of(BoundParam param)
    {
        foreach (var costs in Containing(param))
        {
            var layers = costs.Layers.Where(l => l.Node.Operands.OfType<ParamNode>().Any(p => p.Path == param.Path)).ToArray();
            if (layers.Length > 0)
            {
                var density = layers[0].Density is { } share ? $"{(share * 100).ToString("0.##", CultureInfo.InvariantCulture)}% non-zeros, " : "";
                return $"{With(costs)}: {density}stored `{layers[0].Format}`, kernel `{layers[0].Kernel}` · {Sum(layers)}";
            }
        }

        return "";
    }

    /// <summary>A value: the layers between it and what it was computed from. After fusion a layer counts where it begins.</summary>
    public string Of(IndexedValue value)
    {
        if (value.IsGeneric || value.Tensor is not { } tensor)
        {
            return "";
        }

        var between = CostText.Reachable([tensor]);
        between.ExceptWith(CostText.Reachable(value.Sources));
        var origins = between.Select(b => (ScopeOf(b), b.Location)).ToHashSet();
        if (Containing(tensor).FirstOrDefault() is not { } compiled)
        {
            return "";
        }

        var layers = compiled.Layers.Where(l => l.Node.Origin.Location is { } place && origins.Contains((l.Scope, place))).ToArray();
        return layers.Length > 0 ? $"{With(compiled)}: {Sum(layers)}" : "";
    }

    private IEnumerable<ModelCosts> Containing(BoundValue value) =>
        from model in analysis.Module.Models
        where value is BoundParam param ? model.Params.Contains(param) : CostText.Reachable(model.Outputs.Select(o => o.Value)).Contains(value)
        let costs = Find(model)
        where costs is not null
        select costs;

    private ModelCosts? Find(BoundModel model) =>
        analysis.Diagnostics.Any(d => d.Severity == Severity.Error) ? null : source?.Invoke(analysis.Source.Path, analysis.Module, model);

    private static string ScopeOf(BoundValue value) => value switch
    {
        BoundApply apply => apply.Scope,
        BoundStructural structural => structural.Scope,
        _ => "",
    };

    private static string With(ModelCosts costs)
    {
        var at = string.Join(", ", costs.Dims.Select(d => $"{d.Key} = {d.Value.ToString(CultureInfo.InvariantCulture)}"));
        return $"compiled with `{costs.Weights}`{(at.Length > 0 ? " at " + at : "")}";
    }

    private static string Sum(IReadOnlyList<LayerCost> layers)
    {
        var (mac, dense) = (layers.Sum(l => l.Mac), layers.Sum(l => l.DenseMac));
        var (time, denseTime) = (layers.Sum(l => l.Microseconds), layers.Sum(l => l.DenseMicroseconds));
        var macs = mac == dense ? $"{Count(mac)} MAC" : $"{Count(mac)} of {Count(dense)} MAC";
        var times = mac == dense ? $"about {Time(time)} µs" : $"about {Time(time)} µs (dense {Time(denseTime)})";
        return $"{macs} · {Count(layers.Sum(l => l.Bytes))} bytes · {times}";
    }

    private static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static string Time(double microseconds) => microseconds.ToString("N1", CultureInfo.InvariantCulture);
}
