using SparseDsl.Compiler.Graphs;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Passes.Graphs.Slices;

/// <summary>A subscript of the form <c>v + offset</c> in a read.</summary>
/// <param name="Read">The read.</param>
/// <param name="Axis">Which axis of the operand it is the subscript of.</param>
/// <param name="Offset">The constant, 0 in most.</param>
internal sealed record ShiftedSubscript(ScalarExpr.Read Read, int Axis, long Offset);

/// <summary>How a node reads slices of its operands with one of its variables.</summary>
/// <param name="Variable">An output index or a variable of the reduction, of constant extent above 1.</param>
/// <param name="Subscripts">Every subscript that is the variable plus a constant.</param>
/// <param name="IsPlain">Whether the variable occurs nowhere else, and none of these subscripts can leave its operand: then values of the variable are slices.</param>
internal sealed record VariableUse(IndexRange Variable, IReadOnlyList<ShiftedSubscript> Subscripts, bool IsPlain)
{
    /// <summary>Number of values of the variable.</summary>
    public int Extent { get; } = (int)Variable.Extent.Constant!.Value;

    /// <summary>The uses of all variables of a node whose extent is constant and above 1, output indices first.</summary>
    public static IReadOnlyList<VariableUse> Of(ComputeNode node)
    {
        var all = node.Body.All();
        ScalarExpr.Read[] reads = [.. all.OfType<ScalarExpr.Read>()];
        var elsewhere = new HashSet<string>(
            all.OfType<ScalarExpr.Index>().SelectMany(i => i.Value.Symbols()).Concat(Bounds.Variables(node).SelectMany(v => v.Extent.Symbols())), StringComparer.Ordinal);
        return [.. Bounds.Variables(node).Where(v => v.Extent.Constant is > 1 and <= int.MaxValue).Select(v => Of(node, v, reads, !elsewhere.Contains(v.Name)))];
    }

    private static VariableUse Of(ComputeNode node, IndexRange variable, ScalarExpr.Read[] reads, bool isPlain)
    {
        var subscripts = new List<ShiftedSubscript>();
        foreach (var read in reads)
        {
            for (var axis = 0; axis < read.Subscripts.Length; axis++)
            {
                var subscript = read.Subscripts[axis];
                if (subscript.SymbolName == variable.Name)
                {
                    subscripts.Add(new ShiftedSubscript(read, axis, 0));
                }
                else if (!subscript.Mentions(variable.Name))
                {
                    continue;
                }
                else if (subscript.Linear(variable.Name) is { Coefficient: 1, Offset.Constant: { } offset })
                {
                    subscripts.Add(new ShiftedSubscript(read, axis, offset));
                }
                else
                {
                    isPlain = false;
                    continue;
                }

                var last = subscripts[subscripts.Count - 1];
                isPlain &= last.Offset >= 0 && node.Operands[read.Operand].Type.Shape[axis].Constant - last.Offset >= variable.Extent.Constant;
            }
        }

        return new VariableUse(variable, subscripts, isPlain);
    }
}
