using System.Collections.Immutable;
using System.Globalization;
using SparseDsl.Compiler.Cost;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Backends.CSharp;

/// <summary>What the documentation of a generated class says about a parameter.</summary>
/// <param name="Path">The parameter's path in the weights file.</param>
/// <param name="Text">Type and shape, sparsity, storage and cost, in one line.</param>
public sealed record ParameterNote(string Path, string Text)
{
    /// <summary>A note for every parameter, in order of declaration.</summary>
    /// <param name="model">The model.</param>
    /// <param name="lowered">The model for each target, storage chosen.</param>
    public static ImmutableArray<ParameterNote> Of(BoundModel model, LoweredTiers lowered)
    {
        var cost = CostModel.Of(lowered.Graphs[0], _ => null);
        return [.. model.Params.Select(p => new ParameterNote(p.Path, Describe(p, lowered, cost)))];
    }

    private static string Describe(BoundParam param, LoweredTiers lowered, GraphCost cost)
    {
        var graph = lowered.Graphs[0];
        List<string> parts = [param.Type.ToString()];
        if (param.Sparsity is { } sparsity && Describe(sparsity) is { } promise)
        {
            parts.Add(promise);
        }

        if (graph.Nodes.FirstOrDefault(n => IsStorageOf(n, param.Path)) is not { } node)
        {
            parts.Add(graph.Nodes.Any(n => n is ConstantNode { Recipe: not null }) ? "folded into other weights" : "not used");
            return string.Join("; ", parts);
        }

        parts.Add(Storage(param, lowered));
        var macs = cost.Nodes.Where(n => IsFactorIn(node, n.Node)).Aggregate(Dim.Zero, (sum, n) => sum + n.DenseMacs);
        if (macs.Constant != 0)
        {
            parts.Add($"{macs} multiply-accumulates");
        }

        return string.Join("; ", parts);
    }

    // Mostly the same for all targets: then none is named.
    private static string Storage(BoundParam param, LoweredTiers lowered)
    {
        var stored = lowered.Tiers.Zip(lowered.Graphs, (tier, graph) => (tier.Target.Name, Storage: Storage(graph.Nodes.First(n => IsStorageOf(n, param.Path)))));
        var kinds = stored.GroupBy(s => s.Storage, s => s.Name, StringComparer.Ordinal).ToList();
        return "stored " + (kinds.Count == 1 ? kinds[0].Key : string.Join(", ", kinds.Select(k => $"{k.Key} for {string.Join(" and ", k)}")));
    }

    private static string Storage(Node node) =>
        ((node as ParamNode)?.Format ?? (node as ConstantNode)?.Format) is { IsDense: false } format ? $"as {format.Name}" : "dense";

    // A bias is read by the same layer, but takes no part in its products.
    private static bool IsFactorIn(Node weight, Node node) => node is ComputeNode { Reduction: { } sum } compute
        && sum.All().OfType<ScalarExpr.Read>().Any(r => ReferenceEquals(compute.Operands[r.Operand], weight));

    private static bool IsStorageOf(Node node, string path) =>
        node is ParamNode param ? param.Path == path : node is ConstantNode { Source: { } source } && source.Path == path;

    private static string? Describe(Sparsity sparsity) => sparsity switch
    {
        Sparsity.Dense => "dense",
        Sparsity.Unstructured u => $"at least {Percent(u.MinZeros)} zeros",
        Sparsity.Block b => FormattableString.Invariant($"at least {Percent(b.MinZeros)} of its {b.Rows} x {b.Columns} blocks zero"),
        Sparsity.NOfM nm => FormattableString.Invariant($"at most {nm.N} non-zeros in every {nm.M}"),
        Sparsity.MaskFile mask => $"zero where {mask.Path} is",
        Sparsity.Channels c => $"at least {Percent(c.MinZeros)} of its channels zero",
        _ => null,
    };

    private static string Percent(double fraction) => (fraction * 100).ToString("0.##", CultureInfo.InvariantCulture) + "%";
}
