using SparseDsl.Compiler.Loops;

namespace SparseDsl.Backends.CSharp.Emit;

/// <summary>Takes an element offset apart into a sum.</summary>
internal static class Offset
{
    /// <summary>One summand.</summary>
    public readonly record struct Term(LoopExpr Value, bool Negative);

    /// <summary>The summands that are not constant, those of outer loops first, and the sum of the constants.</summary>
    public static (IReadOnlyList<Term> Terms, long Constant) Split(LoopExpr offset, Scope scope)
    {
        var terms = new List<Term>();
        var constant = Collect(offset, negative: false, terms);
        return ([.. terms.OrderBy(t => scope.DepthOf(t.Value))], constant);
    }

    private static long Collect(LoopExpr value, bool negative, List<Term> terms)
    {
        switch (value)
        {
            case LoopExpr.Const constant:
                return (negative ? -1 : 1) * (long)constant.Value;
            case LoopExpr.Op { Operation.Name: "add" } sum:
                return Collect(sum.Children[0], negative, terms) + Collect(sum.Children[1], negative, terms);
            case LoopExpr.Op { Operation.Name: "sub" } difference:
                return Collect(difference.Children[0], negative, terms) + Collect(difference.Children[1], !negative, terms);
            default:
                terms.Add(new Term(value, negative));
                return 0;
        }
    }
}
