using System.Globalization;
using System.Text;

// Integer expressions over named symbols: the extents of tensors ("W / 2 + 1"), subscripts ("p * 2 + r - 1") and loop bounds.
//
// A Dim is always in canonical form: a sum of integer multiples of products of atoms, where an atom is a symbol or one of
// floor(a / b), a mod b, min(a, b), max(a, b) over canonical Dims. Two Dims that print the same are equal, so shapes compare by text,
// and the printed text parses back (DimParser). Division and remainder round towards minus infinity.
namespace SparseDsl.Dsl.Scalars;

/// <summary>A canonical integer expression over symbols (dims of a model, index variables of an operator or loop).</summary>
public sealed class Dim : IEquatable<Dim>
{
    private readonly SortedList<string, Term> terms;

    private Dim(SortedList<string, Term> terms)
    {
        this.terms = terms;
        Text = Print(terms);
    }

    /// <summary>0</summary>
    public static Dim Zero { get; } = Const(0);

    /// <summary>1</summary>
    public static Dim One { get; } = Const(1);

    /// <summary>The canonical text; equal Dims have equal text.</summary>
    public string Text { get; }

    /// <summary>Whether no symbol occurs.</summary>
    public bool IsConstant => terms.Count == 0 || (terms.Count == 1 && terms.ContainsKey(""));

    /// <summary>The value, when <see cref="IsConstant"/>.</summary>
    public long? Constant => terms.Count == 0 ? 0 : IsConstant ? terms[""].Coefficient : null;

    /// <summary>The symbol's name when this is exactly one symbol, else null.</summary>
    public string? SymbolName =>
        terms.Count == 1 && terms.First().Value is { Coefficient: 1, Factors: [{ Kind: AtomKind.Symbol } atom] } ? atom.Name : null;

    /// <summary>An integer.</summary>
    public static Dim Const(long value)
    {
        var terms = NewTerms();
        if (value != 0)
        {
            terms.Add("", new Term([], value));
        }

        return new Dim(terms);
    }

    /// <summary>A symbol.</summary>
    public static Dim Symbol(string name) => FromAtom(new Atom(AtomKind.Symbol, name, null, null));

    /// <summary>An integer as a Dim.</summary>
    public static implicit operator Dim(long value) => Const(value);

    /// <summary>Sum.</summary>
    public static Dim operator +(Dim a, Dim b)
    {
        var terms = NewTerms();
        Accumulate(terms, a, 1);
        Accumulate(terms, b, 1);
        return new Dim(terms);
    }

    /// <summary>Difference.</summary>
    public static Dim operator -(Dim a, Dim b)
    {
        var terms = NewTerms();
        Accumulate(terms, a, 1);
        Accumulate(terms, b, -1);
        return new Dim(terms);
    }

    /// <summary>Negation.</summary>
    public static Dim operator -(Dim a) => Zero - a;

    /// <summary>Product.</summary>
    public static Dim operator *(Dim a, Dim b)
    {
        var terms = NewTerms();
        foreach (var x in a.terms.Values)
        {
            foreach (var y in b.terms.Values)
            {
                Atom[] factors = [.. x.Factors.Concat(y.Factors).OrderBy(f => f.Text, StringComparer.Ordinal)];
                AddTerm(terms, factors, checked(x.Coefficient * y.Coefficient));
            }
        }

        return new Dim(terms);
    }

    /// <summary>Floor division; dividing by the constant 0 throws <see cref="DivideByZeroException"/>.</summary>
    public static Dim FloorDiv(Dim a, Dim b)
    {
        if (b.Constant is not { } divisor)
        {
            return a.Equals(b) ? One : FromAtom(new Atom(AtomKind.FloorDiv, "", a, b));
        }

        if (divisor == 0)
        {
            throw new DivideByZeroException();
        }

        if (a.Constant is { } value)
        {
            return Const(FloorDivide(value, divisor));
        }

        if (divisor < 0)
        {
            return FloorDiv(-a, Const(-divisor));
        }

        if (divisor == 1)
        {
            return a;
        }

        return DivideParts(a, divisor);
    }

    /// <summary>Remainder of floor division: 0 to b-1 for positive b.</summary>
    public static Dim Mod(Dim a, Dim b)
    {
        if (b.Constant is { } divisor && divisor > 0)
        {
            var rest = Filter(a, t => t.Coefficient % divisor != 0, t => t.Coefficient - (divisor * FloorDivide(t.Coefficient, divisor)));
            return rest.Constant is { } value ? Const(value - (divisor * FloorDivide(value, divisor)))
                : FromAtom(new Atom(AtomKind.Mod, "", rest, b));
        }

        return a - (FloorDiv(a, b) * b);
    }

    /// <summary>Division rounded up.</summary>
    public static Dim CeilDiv(Dim a, Dim b) => FloorDiv(a + b - One, b);

    /// <summary>The smaller.</summary>
    public static Dim Min(Dim a, Dim b) => Extreme(AtomKind.Min, a, b);

    /// <summary>The larger.</summary>
    public static Dim Max(Dim a, Dim b) => Extreme(AtomKind.Max, a, b);

    /// <summary>Every symbol that occurs, inside divisions too.</summary>
    public IEnumerable<string> Symbols() => terms.Values.SelectMany(t => t.Factors).SelectMany(f => f.Symbols()).Distinct();

    /// <summary>Whether a symbol occurs.</summary>
    public bool Mentions(string symbol) => Symbols().Contains(symbol);

    /// <summary>This expression with symbols replaced; names for which <paramref name="map"/> gives null stay.</summary>
    public Dim Substitute(Func<string, Dim?> map)
    {
        var result = Zero;
        foreach (var term in terms.Values)
        {
            var product = Const(term.Coefficient);
            foreach (var factor in term.Factors)
            {
                product *= factor.Substitute(map);
            }

            result += product;
        }

        return result;
    }

    /// <summary>The value under an assignment of all symbols.</summary>
    public long Evaluate(Func<string, long> valueOf)
    {
        long sum = 0;
        foreach (var term in terms.Values)
        {
            var product = term.Coefficient;
            foreach (var factor in term.Factors)
            {
                product = checked(product * factor.Evaluate(valueOf));
            }

            sum = checked(sum + product);
        }

        return sum;
    }

    /// <summary>
    /// The coefficient of a symbol and the rest, when the expression is linear in it with an integer coefficient and the symbol occurs nowhere else;
    /// null otherwise. For a symbol that does not occur: (0, this).
    /// </summary>
    public (long Coefficient, Dim Offset)? Linear(string symbol)
    {
        long coefficient = 0;
        var rest = NewTerms();
        foreach (var term in terms)
        {
            if (term.Value.Factors is [{ Kind: AtomKind.Symbol } only] && only.Name == symbol)
            {
                coefficient = term.Value.Coefficient;
            }
            else if (term.Value.Factors.Any(f => f.Symbols().Contains(symbol)))
            {
                return null;
            }
            else
            {
                rest.Add(term.Key, term.Value);
            }
        }

        return (coefficient, new Dim(rest));
    }

    /// <summary>Bounds of the value, both included, when symbols stay within theirs; null ends are unknown.</summary>
    public (long? Low, long? High) Range(Func<string, (long? Low, long? High)> rangeOf)
    {
        (long? Low, long? High) sum = (0, 0);
        foreach (var term in terms.Values)
        {
            (long? Low, long? High) product = (term.Coefficient, term.Coefficient);
            foreach (var factor in term.Factors)
            {
                product = Multiply(product, factor.Range(rangeOf));
            }

            sum = (Add(sum.Low, product.Low), Add(sum.High, product.High));
        }

        return sum;
    }

    /// <summary>
    /// This expression where symbols stay within ranges: <c>x / c</c> is 0 and <c>x % c</c> is x for 0 &lt;= x &lt; c, also beside multiples of
    /// c and for symbolic c; a minimum or maximum that is decided goes away.
    /// </summary>
    public Dim Simplify(Func<string, (long? Low, long? High)> rangeOf)
    {
        var result = Zero;
        foreach (var term in terms.Values)
        {
            result += term.Factors.Aggregate(Const(term.Coefficient), (product, factor) => product * factor.Simplify(rangeOf));
        }

        return result;
    }

    /// <summary>Visits the canonical sum of products: one call per term, with its coefficient and factors.</summary>
    public IEnumerable<(long Coefficient, IReadOnlyList<Atom> Factors)> Terms() =>
        terms.Values.Select(t => (t.Coefficient, (IReadOnlyList<Atom>)t.Factors));

    /// <inheritdoc/>
    public bool Equals(Dim? other) => other is not null && Text == other.Text;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Dim);

    /// <inheritdoc/>
    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(Text);

    /// <inheritdoc/>
    public override string ToString() => Text;

    // floor((c*q*d + r) / d) = q*c + floor(r / d), and floor(floor(x / m) / d) = floor(x / (m*d))
    private static Dim DivideParts(Dim a, long divisor)
    {
        var whole = Filter(a, t => t.Coefficient % divisor == 0, t => t.Coefficient / divisor);
        var rest = Filter(a, t => t.Coefficient % divisor != 0, t => t.Coefficient);
        if (rest.Constant is { } constant)
        {
            return whole + Const(FloorDivide(constant, divisor));
        }

        if (rest.terms.TryGetValue("", out var offset) && (offset.Coefficient < 0 || offset.Coefficient >= divisor))
        {
            var quotient = FloorDivide(offset.Coefficient, divisor);
            whole += Const(quotient);
            rest -= Const(quotient * divisor);
        }

        // floor((g*x + r) / (g*d)) = floor((x + floor(r / g)) / d)
        var common = rest.terms.Values.Where(t => t.Factors.Length > 0).Aggregate(divisor, (g, t) => GreatestCommonDivisor(g, t.Coefficient));
        if (common > 1)
        {
            var reduced = Filter(rest, _ => true, t => FloorDivide(t.Coefficient, common));
            return whole + FloorDiv(reduced, Const(divisor / common));
        }

        if (NestedDivision(rest) is var (inner, innerDivisor, plus))
        {
            return whole + FloorDiv(inner + Const(plus * innerDivisor), Const(checked(innerDivisor * divisor)));
        }

        return whole + FromAtom(new Atom(AtomKind.FloorDiv, "", rest, Const(divisor)));
    }

    private static (Dim Inner, long Divisor, long Plus)? NestedDivision(Dim rest)
    {
        long plus = 0;
        (Dim, long)? found = null;
        foreach (var term in rest.terms.Values)
        {
            if (term.Factors.Length == 0)
            {
                plus = term.Coefficient;
            }
            else if (found is null && term is { Coefficient: 1, Factors: [{ Kind: AtomKind.FloorDiv } atom] } && atom.Right!.Constant is { } d && d > 0)
            {
                found = (atom.Left!, d);
            }
            else
            {
                return null;
            }
        }

        return found is var (inner, divisor) ? (inner, divisor, plus) : null;
    }

    private static Dim Filter(Dim a, Func<Term, bool> keep, Func<Term, long> coefficient)
    {
        var terms = NewTerms();
        foreach (var term in a.terms.Values.Where(keep))
        {
            AddTerm(terms, term.Factors, coefficient(term));
        }

        return new Dim(terms);
    }

    /// <summary>A product of atoms and a number.</summary>
    private sealed record Term(Atom[] Factors, long Coefficient);

    private static Dim Extreme(AtomKind kind, Dim a, Dim b)
    {
        if ((a - b).Constant is { } difference)
        {
            return difference <= 0 == (kind == AtomKind.Min) ? a : b;
        }

        return StringComparer.Ordinal.Compare(a.Text, b.Text) <= 0
            ? FromAtom(new Atom(kind, "", a, b))
            : FromAtom(new Atom(kind, "", b, a));
    }

    private static Dim FromAtom(Atom atom)
    {
        var terms = NewTerms();
        terms.Add(atom.Text, new Term([atom], 1));
        return new Dim(terms);
    }

    private static SortedList<string, Term> NewTerms() => new(StringComparer.Ordinal);

    private static void Accumulate(SortedList<string, Term> terms, Dim a, long sign)
    {
        foreach (var term in a.terms.Values)
        {
            AddTerm(terms, term.Factors, checked(term.Coefficient * sign));
        }
    }

    private static void AddTerm(SortedList<string, Term> terms, Atom[] factors, long coefficient)
    {
        var key = string.Join("*", factors.Select(f => f.Text));
        var sum = terms.TryGetValue(key, out var old) ? checked(old.Coefficient + coefficient) : coefficient;
        if (sum == 0)
        {
            terms.Remove(key);
        }
        else
        {
            terms[key] = new Term(factors, sum);
        }
    }

    private static string Print(SortedList<string, Term> terms)
    {
        var text = new StringBuilder();
        foreach (var entry in terms)
        {
            var (key, term) = (entry.Key, entry.Value);
            if (key.Length == 0)
            {
                continue;
            }

            var magnitude = Math.Abs(term.Coefficient);
            text.Append(text.Length == 0 ? (term.Coefficient < 0 ? "-" : "") : term.Coefficient < 0 ? " - " : " + ");
            text.Append(key);
            if (magnitude != 1)
            {
                text.Append('*').Append(magnitude.ToString(CultureInfo.InvariantCulture));
            }
        }

        if (terms.TryGetValue("", out var constant))
        {
            var magnitude = Math.Abs(constant.Coefficient).ToString(CultureInfo.InvariantCulture);
            text.Append(text.Length == 0 ? (constant.Coefficient < 0 ? "-" : "") : constant.Coefficient < 0 ? " - " : " + ").Append(magnitude);
        }

        return text.Length == 0 ? "0" : text.ToString();
    }

    // An end that overflows is unknown.
    private static long? Add(long? a, long? b) =>
        a is { } x && b is { } y && (y >= 0 ? x <= long.MaxValue - y : x >= long.MinValue - y) ? x + y : null;

    // The extremes of a product of intervals are among the products of their ends; an unknown end is an infinite one.
    private static (long? Low, long? High) Multiply((long? Low, long? High) a, (long? Low, long? High) b)
    {
        var corners = new[] { Corner(a.Low, -1, b.Low, -1), Corner(a.Low, -1, b.High, 1), Corner(a.High, 1, b.Low, -1), Corner(a.High, 1, b.High, 1) };
        return (Extreme(corners, -1), Extreme(corners, 1));
    }

    /// <summary>The least (-1) or greatest (1) of some products; null when one is infinite to that side.</summary>
    private static long? Extreme((int Infinite, long Value)[] corners, int side)
    {
        long? extreme = null;
        foreach (var (infinite, value) in corners)
        {
            if (infinite == side)
            {
                return null;
            }

            if (infinite == 0 && (extreme is not { } known || (side < 0 ? value < known : value > known)))
            {
                extreme = value;
            }
        }

        return extreme;
    }

    private static (int Infinite, long Value) Corner(long? a, int aSide, long? b, int bSide)
    {
        if (a == 0 || b == 0)
        {
            return (0, 0);
        }

        var sign = (a is { } x ? Math.Sign(x) : aSide) * (b is { } y ? Math.Sign(y) : bSide);
        var magnitude = Math.Abs((double)(a ?? 0) * (b ?? 0));
        return a is null || b is null || magnitude > 9e18 ? (sign, 0) : (0, a.Value * b.Value);
    }

    private static long GreatestCommonDivisor(long a, long b)
    {
        while (b != 0)
        {
            (a, b) = (b, a % b);
        }

        return Math.Abs(a);
    }

    internal static long FloorDivide(long a, long b)
    {
        var quotient = a / b;
        return (a % b != 0 && (a < 0) != (b < 0)) ? quotient - 1 : quotient;
    }

    /// <summary>What an <see cref="Atom"/> is.</summary>
    public enum AtomKind
    {
        /// <summary>A named symbol.</summary>
        Symbol,

        /// <summary><c>Left / Right</c>, rounded down.</summary>
        FloorDiv,

        /// <summary><c>Left % Right</c>.</summary>
        Mod,

        /// <summary><c>min(Left, Right)</c>.</summary>
        Min,

        /// <summary><c>max(Left, Right)</c>.</summary>
        Max,
    }

    /// <summary>A factor of a term: a symbol, or a function of two Dims.</summary>
    public sealed class Atom
    {
        internal Atom(AtomKind kind, string name, Dim? left, Dim? right)
        {
            Kind = kind;
            Name = name;
            Left = left;
            Right = right;
            Text = kind switch
            {
                AtomKind.Symbol => name,
                AtomKind.FloorDiv => $"({Group(left!)} / {GroupFactor(right!)})",
                AtomKind.Mod => $"({Group(left!)} % {GroupFactor(right!)})",
                AtomKind.Min => $"min({left}, {right})",
                _ => $"max({left}, {right})",
            };
        }

        /// <summary>What it is.</summary>
        public AtomKind Kind { get; }

        /// <summary>The symbol's name; empty otherwise.</summary>
        public string Name { get; }

        /// <summary>The first operand; null for a symbol.</summary>
        public Dim? Left { get; }

        /// <summary>The second operand; null for a symbol.</summary>
        public Dim? Right { get; }

        internal string Text { get; }

        /// <summary>This factor alone.</summary>
        public Dim ToDim() => FromAtom(this);

        private static string Group(Dim dim) => dim.terms.Count > 1 || dim.terms.Values.Any(t => t.Coefficient < 0) ? $"({dim})" : dim.Text;

        // Right of '/' and '%' a product needs parentheses too: they bind as tight as '*', from the left.
        private static string GroupFactor(Dim dim) =>
            dim.Constant >= 0 || dim.terms.Values.Any(t => dim.terms.Count == 1 && t is { Coefficient: 1, Factors.Length: 1 }) ? dim.Text : $"({dim})";

        internal IEnumerable<string> Symbols() => Kind == AtomKind.Symbol ? [Name] : Left!.Symbols().Concat(Right!.Symbols());

        internal Dim Substitute(Func<string, Dim?> map) => Kind switch
        {
            AtomKind.Symbol => map(Name) ?? FromAtom(this),
            AtomKind.FloorDiv => FloorDiv(Left!.Substitute(map), Right!.Substitute(map)),
            AtomKind.Mod => Mod(Left!.Substitute(map), Right!.Substitute(map)),
            AtomKind.Min => Min(Left!.Substitute(map), Right!.Substitute(map)),
            _ => Max(Left!.Substitute(map), Right!.Substitute(map)),
        };

        internal Dim Simplify(Func<string, (long? Low, long? High)> rangeOf)
        {
            if (Kind == AtomKind.Symbol)
            {
                return rangeOf(Name) is ({ } only, { } high) && only == high ? Const(only) : FromAtom(this);
            }

            var left = Left!.Simplify(rangeOf);
            var right = Right!.Simplify(rangeOf);
            return Kind switch
            {
                AtomKind.FloorDiv => DivideWithin(left, right, rangeOf) ?? FloorDiv(left, right),
                AtomKind.Mod => DivideWithin(left, right, rangeOf) is { } quotient ? left - (quotient * right) : Mod(left, right),
                AtomKind.Min => Decided(left, right, rangeOf) ?? Min(left, right),
                _ => Decided(right, left, rangeOf) is not { } smaller ? Max(left, right) : ReferenceEquals(smaller, left) ? right : left,
            };
        }

        // The smaller of two, when ranges tell which that is.
        private static Dim? Decided(Dim a, Dim b, Func<string, (long? Low, long? High)> rangeOf)
        {
            var (low, high) = (a - b).Range(rangeOf);
            return high <= 0 ? a : low >= 0 ? b : null;
        }

        // (c*q + x) / c is q + k where k*c <= x < (k + 1)*c.
        private static Dim? DivideWithin(Dim left, Dim right, Func<string, (long? Low, long? High)> rangeOf)
        {
            if (!(right.Range(rangeOf).Low > 0))
            {
                return null;
            }

            var quotient = Zero;
            var rest = Zero;
            foreach (var term in left.terms.Values)
            {
                var product = term.Factors.Aggregate(Const(term.Coefficient), (p, f) => p * FromAtom(f));
                if (Quotient(term, right) is { } exact)
                {
                    quotient += exact;
                }
                else
                {
                    rest += product;
                }
            }

            var (low, high) = rest.Range(rangeOf);
            if (right.Constant is { } c)
            {
                return low is { } l && high is { } h && FloorDivide(l, c) == FloorDivide(h, c) ? quotient + Const(FloorDivide(l, c)) : null;
            }

            return low >= 0 && (right - rest).Range(rangeOf).Low > 0 ? quotient : null;
        }

        // A term divided by a divisor of one term, when that leaves no rest.
        private static Dim? Quotient(Term term, Dim right)
        {
            if (right.terms.Count != 1)
            {
                return null;
            }

            var divisor = right.terms.Values.First();
            List<Atom> factors = [.. term.Factors];
            foreach (var factor in divisor.Factors)
            {
                var at = factors.FindIndex(f => f.Text == factor.Text);
                if (at < 0)
                {
                    return null;
                }

                factors.RemoveAt(at);
            }

            return term.Coefficient % divisor.Coefficient != 0 ? null
                : factors.Aggregate(Const(term.Coefficient / divisor.Coefficient), (p, f) => p * FromAtom(f));
        }

        internal long Evaluate(Func<string, long> valueOf)
        {
            if (Kind == AtomKind.Symbol)
            {
                return valueOf(Name);
            }

            var left = Left!.Evaluate(valueOf);
            var right = Right!.Evaluate(valueOf);
            return Kind switch
            {
                AtomKind.FloorDiv => FloorDivide(left, right),
                AtomKind.Mod => left - (right * FloorDivide(left, right)),
                AtomKind.Min => Math.Min(left, right),
                _ => Math.Max(left, right),
            };
        }

        internal (long? Low, long? High) Range(Func<string, (long? Low, long? High)> rangeOf)
        {
            if (Kind == AtomKind.Symbol)
            {
                return rangeOf(Name);
            }

            var left = Left!.Range(rangeOf);
            var right = Right!.Range(rangeOf);
            return Kind switch
            {
                AtomKind.FloorDiv when right.Low is > 0 and { } low =>
                    (left.Low is { } l ? Quotient(l, l >= 0 ? right.High : low) : null, left.High is { } h ? Quotient(h, h >= 0 ? low : right.High) : null),
                AtomKind.Mod when right.Low > 0 =>
                    left.Low >= 0 && left.High < right.Low ? left : (0, SmallestKnown(left.Low >= 0 ? left.High : null, right.High - 1)),
                AtomKind.Min => (left.Low < right.Low ? left.Low : left.Low is null ? null : right.Low, SmallestKnown(left.High, right.High)),
                AtomKind.Max => (LargestKnown(left.Low, right.Low), left.High > right.High ? left.High : left.High is null ? null : right.High),
                _ => (null, null),
            };
        }

        // Towards an unbounded divisor the quotient tends to 0 from above, or to -1.
        private static long Quotient(long dividend, long? divisor) => divisor is { } d ? FloorDivide(dividend, d) : dividend >= 0 ? 0 : -1;

        private static long? SmallestKnown(long? a, long? b) => a is null ? b : b is null ? a : Math.Min(a.Value, b.Value);

        private static long? LargestKnown(long? a, long? b) => a is null ? b : b is null ? a : Math.Max(a.Value, b.Value);
    }
}
