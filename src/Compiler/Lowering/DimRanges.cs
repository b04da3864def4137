using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Lowering;

/// <summary>Simplifies divisions and remainders with what is known about symbols.</summary>
internal static class DimRanges
{
    /// <summary>
    /// The same value with <c>a / c</c> replaced by 0 and <c>a % c</c> by a wherever 0 &lt;= a &lt; c for all values of the symbols.
    /// </summary>
    public static Dim Simplify(Dim dim, Func<string, (long? Low, long? High)> rangeOf)
    {
        var sum = Dim.Zero;
        foreach (var (coefficient, factors) in dim.Terms())
        {
            sum += factors.Select(f => Simplify(f, rangeOf)).Aggregate(Dim.Const(coefficient), (a, b) => a * b);
        }

        return sum;
    }

    private static Dim Simplify(Dim.Atom atom, Func<string, (long? Low, long? High)> rangeOf)
    {
        if (atom.Kind == Dim.AtomKind.Symbol)
        {
            return atom.ToDim();
        }

        var left = Simplify(atom.Left!, rangeOf);
        var right = Simplify(atom.Right!, rangeOf);
        switch (atom.Kind)
        {
            case Dim.AtomKind.FloorDiv:
                return Below(left, right, rangeOf) ? Dim.Zero : Dim.FloorDiv(left, right);
            case Dim.AtomKind.Mod:
                return Below(left, right, rangeOf) ? left : Dim.Mod(left, right);
            case Dim.AtomKind.Min:
                return Dim.Min(left, right);
            default:
                return Dim.Max(left, right);
        }
    }

    private static bool Below(Dim value, Dim bound, Func<string, (long? Low, long? High)> rangeOf) =>
        value.Range(rangeOf).Low >= 0 && (bound - value).Range(rangeOf).Low >= 1;
}
