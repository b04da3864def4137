using SparseDsl.Compiler.Graphs;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Passes.Graphs.Slices;

/// <summary>Values of a node's expressions where one of its variables has a given value, as far as they are the same for all values of the others.</summary>
/// <remarks>
/// A zero factor makes a product zero, whatever the other factor is: the sparse reading, as for weights that are stored sparse. A read past an edge
/// counts with the value it gives there.
/// </remarks>
internal sealed class SliceValues(ComputeNode node, SliceFacts facts, Graph graph)
{
    private const int MostTaps = 64;

    private readonly Dictionary<ScalarExpr.Read, bool> leaves = [];
    private readonly Dictionary<ScalarExpr, double?> done = [];
    private string? variable;
    private long value;

    /// <summary>The value of an expression in the node's body, or null.</summary>
    /// <param name="expr">The expression.</param>
    /// <param name="name">The variable; null binds none.</param>
    /// <param name="slice">Its value.</param>
    public double? Of(ScalarExpr expr, string? name, long slice)
    {
        if (name != variable || slice != value)
        {
            done.Clear();
        }

        (variable, value) = (name, slice);
        return Visit(expr);
    }

    private double? Visit(ScalarExpr expr)
    {
        if (done.TryGetValue(expr, out var known))
        {
            return known;
        }

        var result = expr switch
        {
            ScalarExpr.Literal literal => literal.Value,
            ScalarExpr.Read read => Inside(read) is { } inside && (inside == read.Fill || !MayLeave(read)) ? inside : null,
            ScalarExpr.Cast cast => Visit(cast.Operand) is { } operand && (operand == 0 || (IsExact(cast.Type) && IsExact(cast.Operand.Type))) ? operand : null,
            ScalarExpr.Apply apply => Apply(apply),
            ScalarExpr.Reduce reduce => Reduce(reduce),
            _ => null,
        };
        result = result is { } number && (double.IsNaN(number) || double.IsInfinity(number)) ? null : result;
        done.Add(expr, result);
        return result;
    }

    private double? Apply(ScalarExpr.Apply apply)
    {
        if (apply.Op == CoreOps.Select && Visit(apply.Arguments[0]) is { } condition)
        {
            return Visit(apply.Arguments[condition != 0 ? 1 : 2]);
        }

        double?[] arguments = [.. apply.Arguments.Select(Visit)];
        if (apply.Op.Annihilates && arguments.Contains(0))
        {
            return 0;
        }

        if (arguments.Any(a => a is null))
        {
            return apply.Op == CoreOps.Select && arguments[1] is { } same && arguments[2] == same ? same : null;
        }

        return apply.Op.ZeroAtZero && arguments.All(a => a == 0) ? 0
            : apply.Arguments.All(a => IsExact(a.Type)) && IsExact(apply.Type) ? apply.Op.Fold([.. arguments.Select(a => a!.Value)])
            : null;
    }

    private double? Reduce(ScalarExpr.Reduce reduce)
    {
        if (reduce.Kind is ReduceKind.Max or ReduceKind.Min && reduce.Body is ScalarExpr.Read tap && HasTapInside(tap, reduce))
        {
            return Inside(tap);
        }

        if (Visit(reduce.Body) is not { } term || reduce.Vars.Any(v => v.Extent.Constant == 0))
        {
            return null;
        }

        return reduce.Kind switch
        {
            ReduceKind.Sum when term == 0 => 0,
            ReduceKind.Sum => IsExact(reduce.Type) && reduce.Vars.All(v => v.Extent.IsConstant) ? reduce.Vars.Aggregate(term, (sum, v) => sum * v.Extent.Constant!.Value) : null,
            ReduceKind.Prod => term is 0 or 1 ? term : null,
            _ => reduce.Vars.All(v => v.Extent.Range(graph.RangeOf).Low >= 1) ? term : null,
        };
    }

    /// <summary>The value of all elements of the operand that the read can meet.</summary>
    private double? Inside(ScalarExpr.Read read)
    {
        var operand = node.Operands[read.Operand];
        var known = facts.Everywhere(operand);
        for (var axis = 0; axis < read.Subscripts.Length; axis++)
        {
            if (Position(read.Subscripts[axis]) is not { } position)
            {
                continue;
            }

            if (position < 0 || position >= operand.Type.Shape[axis].Constant)
            {
                return read.Fill;
            }

            known ??= facts.Of(operand, axis, position);
        }

        return known;
    }

    private long? Position(Dim subscript)
    {
        if (subscript.Constant is { } constant)
        {
            return constant;
        }

        return variable is null ? null
            : subscript.SymbolName is { } name ? (name == variable ? value : null)
            : subscript.Linear(variable) is { Coefficient: not 0 and var coefficient, Offset.Constant: { } offset } ? (coefficient * value) + offset : null;
    }

    private bool MayLeave(ScalarExpr.Read read)
    {
        if (!leaves.TryGetValue(read, out var result))
        {
            result = Bounds.MayLeave(read, node.Operands[read.Operand], node, graph);
            leaves.Add(read, result);
        }

        return result;
    }

    /// <summary>
    /// Whether every window has an element that is not padding, and padding never wins: for each axis that windows stick out of there is a tap that
    /// always lies inside (the middle one of a 3 x 3 pooling with a border of 1).
    /// </summary>
    private bool HasTapInside(ScalarExpr.Read read, ScalarExpr.Reduce reduce)
    {
        if (read.Fill != reduce.Kind.Identity(read.Type))
        {
            return false;
        }

        var shape = node.Operands[read.Operand].Type.Shape;
        return Enumerable.Range(0, shape.Length).All(axis => !Bounds.MayLeave(read.Subscripts[axis], shape[axis], node, graph) || HasTapInside(read, axis, reduce))
            && reduce.Vars.All(v => v.Extent.Range(graph.RangeOf).Low >= 1);
    }

    private bool HasTapInside(ScalarExpr.Read read, int axis, ScalarExpr.Reduce reduce)
    {
        var subscript = read.Subscripts[axis];
        IndexRange[] taps = [.. reduce.Vars.Where(v => subscript.Mentions(v.Name))];
        return taps is [{ Extent.Constant: > 0 and <= MostTaps and var count } tap]
            && read.Subscripts.Count(s => s.Mentions(tap.Name)) == 1
            && Enumerable.Range(0, (int)count).Any(t =>
                !Bounds.MayLeave(subscript.Substitute(n => n == tap.Name ? Dim.Const(t) : null), node.Operands[read.Operand].Type.Shape[axis], node, graph));
    }

    // Types whose arithmetic is that of float64 but for rounding.
    private static bool IsExact(ElementType type) => type is ElementType.F32 or ElementType.F64 or ElementType.Bool;
}
