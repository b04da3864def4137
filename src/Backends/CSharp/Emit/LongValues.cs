using System.Collections.Immutable;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;

namespace SparseDsl.Backends.CSharp.Emit;

/// <summary>Cuts long vector expressions into named parts, so that lines stay readable. Vectors have no lazy operands: naming one early changes nothing.</summary>
internal static class LongValues
{
    // Nodes of an expression that still make a line one can read.
    private const int LongestLine = 9;

    /// <summary>The value over parts that <paramref name="declare"/> has given names, innermost first.</summary>
    public static LoopExpr Split(LoopExpr value, Func<LoopExpr, Variable> declare) =>
        value.Type.Lanes == 1 ? value : Split(value, declare, out _);

    private static LoopExpr Split(LoopExpr value, Func<LoopExpr, Variable> declare, out int size)
    {
        var children = value.Children.ToArray();
        var sizes = new int[children.Length];
        for (var i = 0; i < children.Length; i++)
        {
            if (children[i].Type.Lanes > 1)
            {
                children[i] = Split(children[i], declare, out sizes[i]);
            }
        }

        // The longest operands get names until the rest fits.
        while (sizes.Sum() >= LongestLine && Longest(children, sizes) is { } index)
        {
            children[index] = new LoopExpr.Var(declare(children[index]));
            sizes[index] = 0;
        }

        size = 1 + sizes.Sum();
        return children.Zip(value.Children, ReferenceEquals).All(same => same) ? value : value.WithChildren(ImmutableArray.Create(children));
    }

    private static int? Longest(LoopExpr[] children, int[] sizes)
    {
        int? longest = null;
        for (var i = 0; i < children.Length; i++)
        {
            if (sizes[i] > 1 && children[i].Type.Element != ElementType.Bool && (longest is not { } best || sizes[i] > sizes[best]))
            {
                longest = i;
            }
        }

        return longest;
    }
}
