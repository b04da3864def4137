using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Passes.Loops;

/// <summary>What is known about integer variables while a pass walks a kernel.</summary>
internal interface IIndexFacts
{
    /// <summary>Bounds of a variable, both included; null where unknown.</summary>
    (long? Low, long? High) RangeOf(Variable variable);

    /// <summary>Number of loops around a variable's declaration: sums begin with what changes least.</summary>
    int DepthOf(Variable variable);
}

/// <summary>
/// Integer scalar expressions as sums of integer multiples: constants fold, equal terms meet, and the sum is written with the outermost variables
/// first and the constant last, so that what an inner loop does not change stands together: <c>t*64 + k + 3</c>.
/// </summary>
internal sealed class IndexAlgebra(IIndexFacts facts, Func<LoopExpr, LoopExpr>? simplifyAtom = null)
{
    private static readonly IndexAlgebra WithoutFacts = new(new NoFacts());

    /// <summary>The canonical form of an i32 scalar, without knowledge of its variables.</summary>
    public static LoopExpr Fold(LoopExpr expr) => WithoutFacts.Simplify(expr);

    /// <summary>Whether an expression is integer arithmetic that becomes part of a sum.</summary>
    public static bool IsArithmetic(LoopExpr expr) => expr is LoopExpr.Op { Operation: var op } && expr.Type == LoopType.Index
        && (op == CoreOps.Add || op == CoreOps.Sub || op == CoreOps.Neg || op == CoreOps.Mul || op == CoreOps.Div || op == CoreOps.Mod || op == CoreOps.Min || op == CoreOps.Max);

    /// <summary>The canonical form of an i32 scalar; other expressions are given back.</summary>
    public LoopExpr Simplify(LoopExpr expr) => expr.Type == LoopType.Index ? Write(Sum(expr)) : expr;

    /// <summary>Bounds of an i32 scalar, both included.</summary>
    public (long? Low, long? High) Range(LoopExpr expr) => Range(Sum(expr));

    /// <summary>Coefficient of a variable in a sum and the rest, when it occurs only so; null otherwise. For a variable that does not occur (0, expr).</summary>
    public (long Coefficient, LoopExpr Offset)? Linear(LoopExpr expr, Variable variable)
    {
        var sum = Sum(expr);
        var rest = new Terms { Constant = sum.Constant };
        long coefficient = 0;
        foreach (var (atom, factor) in sum.Entries.Values)
        {
            if (atom is LoopExpr.Var v && v.Variable == variable)
            {
                coefficient = factor;
            }
            else if (atom.All().Any(e => e is LoopExpr.Var inner && inner.Variable == variable))
            {
                return null;
            }
            else
            {
                rest.Add(atom, factor);
            }
        }

        return (coefficient, Write(rest));
    }

    /// <summary>expr / divisor when every term is a multiple of it; null otherwise.</summary>
    public LoopExpr? Exact(LoopExpr expr, long divisor)
    {
        var sum = Sum(expr);
        return sum.Constant % divisor == 0 && sum.Entries.Values.All(e => e.Factor % divisor == 0) ? Write(sum.Map(f => f / divisor)) : null;
    }

    private Terms Sum(LoopExpr expr)
    {
        var sum = new Terms();
        Accumulate(sum, expr, 1);
        return sum;
    }

    private void Accumulate(Terms sum, LoopExpr expr, long factor)
    {
        switch (expr)
        {
            case LoopExpr.Const c:
                sum.Constant += (long)c.Value * factor;
                break;
            case LoopExpr.Op { Operation: var op } o when op == CoreOps.Add || op == CoreOps.Sub:
                Accumulate(sum, o.Children[0], factor);
                Accumulate(sum, o.Children[1], op == CoreOps.Add ? factor : -factor);
                break;
            case LoopExpr.Op { Operation: var op } o when op == CoreOps.Neg:
                Accumulate(sum, o.Children[0], -factor);
                break;
            case LoopExpr.Op { Operation: var op } o when op == CoreOps.Mul:
                Product(sum, o, factor);
                break;
            case LoopExpr.Op { Operation: var op } o when op == CoreOps.Div || op == CoreOps.Mod:
                Quotient(sum, o, factor);
                break;
            case LoopExpr.Op { Operation: var op } o when op == CoreOps.Min || op == CoreOps.Max:
                Extreme(sum, o, factor);
                break;
            default:
                Atom(sum, simplifyAtom is null ? expr : simplifyAtom(expr), factor);
                break;
        }
    }

    private static void Atom(Terms sum, LoopExpr atom, long factor)
    {
        if (atom is LoopExpr.Const c)
        {
            sum.Constant += (long)c.Value * factor;
        }
        else
        {
            sum.Add(atom, factor);
        }
    }

    // Only constants are multiplied out: anything else would need more multiplications than it had.
    private void Product(Terms sum, LoopExpr.Op product, long factor)
    {
        var (left, right) = (Sum(product.Children[0]), Sum(product.Children[1]));
        if (left.IsConstant || right.IsConstant)
        {
            var (terms, times) = right.IsConstant ? (left, right.Constant) : (right, left.Constant);
            sum.Add(terms, factor * times);
            return;
        }

        LoopExpr[] factors = [Write(left), Write(right)];
        Array.Sort(factors, (a, b) => (Depth(a), LoopPrinter.Print(a)).CompareTo((Depth(b), LoopPrinter.Print(b))));
        sum.Add(LoopOps.Mul(factors[0], factors[1]), factor);
    }

    // (c*q + x) / c = q + x / c, and x / c = k where k*c <= x < (k + 1)*c; the remainder likewise.
    private void Quotient(Terms sum, LoopExpr.Op op, long factor)
    {
        var (left, right) = (Sum(op.Children[0]), Sum(op.Children[1]));
        var isDivision = op.Operation == CoreOps.Div;
        if (!right.IsConstant || right.Constant <= 0)
        {
            sum.Add(LoopOps.Of(op.Operation, Write(left), Write(right)), factor);
            return;
        }

        var c = right.Constant;
        var (whole, rest) = left.Split(c);
        var (low, high) = Range(rest);
        long? quotient = low is { } l && high is { } h && FloorDivide(l, c) == FloorDivide(h, c) ? FloorDivide(l, c) : null;
        if (isDivision)
        {
            sum.Add(whole.Map(f => f / c), factor);
        }

        if (quotient is { } k)
        {
            sum.Constant += isDivision ? k * factor : 0;
            if (!isDivision)
            {
                rest.Constant -= k * c;
                sum.Add(rest, factor);
            }
        }
        else
        {
            sum.Add(LoopOps.Of(op.Operation, Write(rest), LoopOps.Int(c)), factor);
        }
    }

    private void Extreme(Terms sum, LoopExpr.Op op, long factor)
    {
        var (left, right) = (Sum(op.Children[0]), Sum(op.Children[1]));
        var difference = new Terms();
        difference.Add(left, 1);
        difference.Add(right, -1);
        var (low, high) = Range(difference);
        var isMin = op.Operation == CoreOps.Min;
        if (high <= 0 || low >= 0)
        {
            sum.Add(high <= 0 == isMin ? left : right, factor);
        }
        else
        {
            sum.Add(LoopOps.Of(op.Operation, Write(left), Write(right)), factor);
        }
    }

    private (long? Low, long? High) Range(Terms sum)
    {
        (long? Low, long? High) range = (sum.Constant, sum.Constant);
        foreach (var (atom, factor) in sum.Entries.Values)
        {
            var (low, high) = AtomRange(atom);
            var (a, b) = (low * factor, high * factor);
            range = factor > 0 ? (range.Low + a, range.High + b) : (range.Low + b, range.High + a);
        }

        return range;
    }

    private (long? Low, long? High) AtomRange(LoopExpr atom)
    {
        switch (atom)
        {
            case LoopExpr.Var v:
                return facts.RangeOf(v.Variable);
            case LoopExpr.Op { Operation: var op } o when op == CoreOps.Mod && o.Children[1].IntValue() is > 0 and var c:
                return (0, c - 1);
            case LoopExpr.Op { Operation: var op } o when op == CoreOps.Div && o.Children[1].IntValue() is > 0 and var c:
                var (l, h) = Range(o.Children[0]);
                return (l is { } low ? FloorDivide(low, c) : null, h is { } high ? FloorDivide(high, c) : null);
            case LoopExpr.Op { Operation: var op } o when op == CoreOps.Mul:
                var (a, b) = (Range(o.Children[0]), Range(o.Children[1]));
                return a.Low >= 0 && b.Low >= 0 ? (a.Low * b.Low, a.High * b.High) : (null, null);
            case LoopExpr.Op { Operation: var op } o when op == CoreOps.Min:
                var (m, n) = (Range(o.Children[0]), Range(o.Children[1]));
                return (m.Low is { } x && n.Low is { } y ? Math.Min(x, y) : null, m.High is { } p && n.High is { } q ? Math.Min(p, q) : m.High ?? n.High);
            case LoopExpr.Op { Operation: var op } o when op == CoreOps.Max:
                var (s, t) = (Range(o.Children[0]), Range(o.Children[1]));
                return (s.Low is { } u && t.Low is { } v2 ? Math.Max(u, v2) : s.Low ?? t.Low, s.High is { } w && t.High is { } z ? Math.Max(w, z) : null);
            default:
                return (null, null);
        }
    }

    private LoopExpr Write(Terms sum)
    {
        var terms = sum.Entries.OrderBy(e => Depth(e.Value.Atom)).ThenBy(e => e.Key, StringComparer.Ordinal).Select(e => e.Value).ToList();
        var first = terms.FindIndex(t => t.Factor > 0);
        if (first > 0 && Depth(terms[first].Atom) == Depth(terms[0].Atom))
        {
            (terms[0], terms[first]) = (terms[first], terms[0]);
        }

        LoopExpr? result = null;
        foreach (var (atom, factor) in terms)
        {
            var term = factor is 1 or -1 ? atom : LoopOps.Mul(atom, LoopOps.Int(result is null ? factor : Math.Abs(factor)));
            result = result is null ? (factor == -1 ? LoopOps.Of(CoreOps.Neg, atom) : term) : factor > 0 ? LoopOps.Add(result, term) : LoopOps.Sub(result, term);
        }

        return result is null ? LoopOps.Int(sum.Constant)
            : sum.Constant == 0 ? result
            : sum.Constant > 0 ? LoopOps.Add(result, LoopOps.Int(sum.Constant)) : LoopOps.Sub(result, LoopOps.Int(-sum.Constant));
    }

    private static long FloorDivide(long a, long b) => (a / b) - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);

    private int Depth(LoopExpr expr) => expr.All().OfType<LoopExpr.Var>().Select(v => facts.DepthOf(v.Variable)).DefaultIfEmpty(0).Max();

    /// <summary>A sum: atoms with factors, keyed by text, and a constant.</summary>
    private sealed class Terms
    {
        public SortedDictionary<string, (LoopExpr Atom, long Factor)> Entries { get; } = new(StringComparer.Ordinal);

        public long Constant { get; set; }

        public bool IsConstant => Entries.Count == 0;

        public void Add(LoopExpr atom, long factor)
        {
            var key = LoopPrinter.Print(atom);
            var total = (Entries.TryGetValue(key, out var old) ? old.Factor : 0) + factor;
            if (total == 0)
            {
                Entries.Remove(key);
            }
            else
            {
                Entries[key] = (atom, total);
            }
        }

        public void Add(Terms other, long factor)
        {
            Constant += other.Constant * factor;
            foreach (var (atom, times) in other.Entries.Values)
            {
                Add(atom, times * factor);
            }
        }

        public Terms Map(Func<long, long> map)
        {
            var result = new Terms { Constant = map(Constant) };
            foreach (var (atom, factor) in Entries.Values)
            {
                result.Add(atom, map(factor));
            }

            return result;
        }

        /// <summary>The terms that are multiples of a number, and the others.</summary>
        public (Terms Whole, Terms Remainder) Split(long divisor)
        {
            var whole = new Terms { Constant = FloorDivide(Constant, divisor) * divisor };
            var rest = new Terms { Constant = Constant - whole.Constant };
            foreach (var (atom, factor) in Entries.Values)
            {
                (factor % divisor == 0 ? whole : rest).Add(atom, factor);
            }

            return (whole, rest);
        }
    }

    private sealed class NoFacts : IIndexFacts
    {
        public (long? Low, long? High) RangeOf(Variable variable) => (null, null);

        public int DepthOf(Variable variable) => 0;
    }
}
