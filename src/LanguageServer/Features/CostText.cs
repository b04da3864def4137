using System.Collections.Immutable;
using System.Globalization;
using SparseDsl.Compiler.Cost;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.LanguageServer.Features;

/// <summary>What values cost by the compiler's cost model, as the program says them: before operators are fused and storage is chosen, every weight stored.</summary>
internal static class CostText
{
    /// <summary>MAC, FLOP, bytes and parameters of a model.</summary>
    public static string? Of(BoundModel model) => Text(CostModel.Of(BuildGraph.Run(model), _ => null), null);

    /// <summary>What lies between a value and the values it was computed from; null when nothing does.</summary>
    public static string? Of(IndexedValue value)
    {
        if (value.Tensor is not { } tensor || tensor is BoundInput or BoundParam or BoundState || value.Sources.Contains(tensor))
        {
            return null;
        }

        // A graph of everything up to the value, and one of everything up to its sources: what the first has more is what lies between.
        return Text(Cost([tensor, .. value.Sources]), Cost(value.Sources));
    }

    private static GraphCost Cost(ImmutableArray<BoundValue> values)
    {
        var inputs = Reachable(values).OfType<BoundInput>().ToImmutableArray();
        var model = new BoundModel("", [], inputs, [], [], [.. values.Select((v, i) => (i.ToString(CultureInfo.InvariantCulture), v))], values.IsEmpty ? default : values[0].Location);
        return CostModel.Of(BuildGraph.Run(model), _ => null);
    }

    /// <summary>Values, and all that they are computed from.</summary>
    public static HashSet<BoundValue> Reachable(IEnumerable<BoundValue> values)
    {
        var found = new HashSet<BoundValue>(ReferenceEqualityComparer.Instance);
        var stack = new Stack<BoundValue>(values);
        while (stack.TryPop(out var value))
        {
            if (found.Add(value))
            {
                foreach (var operand in value.Operands)
                {
                    stack.Push(operand);
                }
            }
        }

        return found;
    }

    private static string? Text(GraphCost all, GraphCost? without)
    {
        if (all.Total is not { } total)
        {
            return null;
        }

        var before = without?.Total;
        Dim Difference(Func<NodeCost, Dim> part) => before is null ? part(total) : part(total) - part(before);
        var flops = Difference(c => c.Flops);
        var bytes = Difference(c => c.Bytes);
        var parameters = all.Parameters - (without?.Parameters ?? Dim.Zero);
        var macs = Difference(c => c.Macs);
        var promised = Promised(all) - (without is null ? Dim.Zero : Promised(without));
        var sparse = promised.Equals(macs) ? "" : $" (at most {Number(promised)} over the promised non-zeros)";
        return bytes.Equals(Dim.Zero) ? null
            : $"{Number(macs)} MAC{sparse} · {Number(flops)} FLOP · {Number(bytes)} bytes moved" + (parameters.Equals(Dim.Zero) ? "" : $" · {Number(parameters)} parameters");
    }

    /// <summary>Multiply-accumulates when of every weight only what its promise allows is stored.</summary>
    private static Dim Promised(GraphCost cost) => cost.Nodes.Aggregate(Dim.Zero, (sum, n) => sum + Promised(n));

    private static Dim Promised(NodeCost node)
    {
        foreach (var weight in node.Node.Operands.OfType<ParamNode>())
        {
            if (Promises.Density(weight.Sparsity) is { } density && weight.Type.Count.Constant is > 0 and var count)
            {
                // Every element of a weight takes part in equally many terms.
                return Dim.FloorDiv(node.Macs, Dim.Const(count)) * Dim.Const(Promises.NonZeros(count, density));
            }
        }

        return node.Macs;
    }

    /// <summary>A count, with its digits in groups of three when it is known.</summary>
    public static string Number(Dim count) => count.Constant is { } constant ? constant.ToString("N0", CultureInfo.InvariantCulture) : $"`{count}`";
}
