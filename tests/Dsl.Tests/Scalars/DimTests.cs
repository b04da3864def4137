using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Dsl.Tests.Scalars;

/// <summary>The algebra of integer expressions, against plain integers.</summary>
public class DimTests
{
    private static readonly string[] Symbols = ["a", "b", "n"];

    [Theory]
    [InlineData("N*4 + 2", "2 + 4*N")]
    [InlineData("(N / 2)", "N / 2")]
    [InlineData("(N % 3)*2 - 5", "2*(N % 3) - 5")]
    [InlineData("(N / (M*2))", "N / (M*2)")]
    [InlineData("((N + 1) / 2)", "(3*N + 3 - N - 1) / 4")]
    [InlineData("-N", "0 - N")]
    [InlineData("min(M, N) + 1", "min(N, M) + 1")]
    [InlineData("N", "N*6 / 6")]
    [InlineData("N*2 + 1", "(N*4 + 3) / 2")]
    [InlineData("N % 4", "(N + 8) % 4")]
    [InlineData("(N / 12)", "(N / 3) / 4")]
    public void Equal_expressions_have_one_text(string expected, string text) =>
        Assert.Equal(DimParser.Parse(expected).Text, DimParser.Parse(text).Text);

    [Theory]
    [InlineData("")]
    [InlineData("N +")]
    [InlineData("(N")]
    [InlineData("N)")]
    [InlineData("min(N)")]
    [InlineData("3 4")]
    [InlineData("99999999999999999999")]
    public void What_is_no_expression_is_refused(string text) => Assert.Throws<FormatException>(() => DimParser.Parse(text));

    [Fact]
    public void Canonical_form_keeps_the_value_and_parses_back() => ForRandomExpressions((random, tree) =>
    {
        var dim = tree.ToDim();
        Assert.Equal(dim.Text, DimParser.Parse(dim.Text).Text);
        var values = Values(random);
        Assert.Equal(tree.Evaluate(values), dim.Evaluate(n => values[n]));
    });

    [Fact]
    public void Substitution_and_evaluation_commute() => ForRandomExpressions((random, tree) =>
    {
        var replacement = Tree.Random(random, 2);
        var values = Values(random);
        if (tree.TryEvaluate(values) is null || replacement.TryEvaluate(values) is not { } inner)
        {
            return;
        }

        var replaced = new Dictionary<string, long>(values) { ["a"] = inner };
        if (tree.TryEvaluate(replaced) is { } expected)
        {
            var dim = tree.ToDim().Substitute(n => n == "a" ? replacement.ToDim() : null);
            Assert.Equal(expected, dim.Evaluate(n => values[n]));
        }
    });

    [Fact]
    public void A_linear_split_adds_up() => ForRandomExpressions((random, tree) =>
    {
        var dim = tree.ToDim();
        if (dim.Linear("n") is var (coefficient, offset))
        {
            Assert.False(offset.Mentions("n"));
            Assert.Equal(dim, (Dim.Symbol("n") * Dim.Const(coefficient)) + offset);
        }
    });

    [Fact]
    public void Ranges_hold_every_value_and_simplifying_keeps_it() => ForRandomExpressions((random, tree) =>
    {
        var ranges = Symbols.ToDictionary(s => s, _ => RandomRange(random));
        (long? Low, long? High) RangeOf(string name) => (ranges[name].LowKnown ? ranges[name].Low : null, ranges[name].HighKnown ? ranges[name].High : null);
        var dim = tree.ToDim();
        var (low, high) = dim.Range(RangeOf);
        var simple = dim.Simplify(RangeOf);
        for (var i = 0; i < 20; i++)
        {
            var values = Symbols.ToDictionary(s => s, s => random.NextInt64(ranges[s].Low, ranges[s].High + 1));
            if (tree.TryEvaluate(values) is { } value)
            {
                Assert.True(!(value < low) && !(value > high), $"{dim} = {value} is outside {low}..{high}");
                Assert.Equal(value, simple.Evaluate(n => values[n]));
            }
        }
    });

    [Theory]
    [InlineData("(i / 16)", "0")]
    [InlineData("(i % 16)", "i")]
    [InlineData("((q*16 + i) / 16)", "q")]
    [InlineData("((q*16 + i) % 16)", "i")]
    [InlineData("((q*16 + i + 16) / 16)", "q + 1")]
    [InlineData("min(i, 20)", "i")]
    [InlineData("max(i, 20)", "20")]
    [InlineData("((q*W + x) / W)", "q")]
    [InlineData("(i / 8)", "(i / 8)")]
    public void Ranges_decide(string text, string expected)
    {
        (long?, long?) RangeOf(string name) => name switch
        {
            "i" => (0, 15),
            "W" => (100, 200),
            "x" => (0, 99),
            _ => (null, null),
        };

        Assert.Equal(expected, DimParser.Parse(text).Simplify(RangeOf).Text);
    }

    private static (long Low, long High, bool LowKnown, bool HighKnown) RandomRange(Random random)
    {
        long low = random.Next(-6, 7);
        return (low, low + random.Next(0, 12), random.Next(5) > 0, random.Next(5) > 0);
    }

    private static Dictionary<string, long> Values(Random random) => Symbols.ToDictionary(s => s, _ => (long)random.Next(-9, 20));

    private static void ForRandomExpressions(Action<Random, Tree> check)
    {
        for (var seed = 0; seed < 3000; seed++)
        {
            var random = new Random(seed);
            var tree = Tree.Random(random, 4);
            try
            {
                check(random, tree);
            }
            catch (DivideByZeroException)
            {
                // A divisor that canonicalises to 0, or is 0 for these values.
            }
        }
    }

    /// <summary>An expression as written, evaluated without any algebra.</summary>
    private sealed record Tree(char Kind, long Value, string Name, Tree? Left, Tree? Right)
    {
        public static Tree Random(Random random, int depth)
        {
            if (depth == 0 || random.Next(5) == 0)
            {
                return random.Next(2) == 0 ? new Tree('c', random.Next(-5, 9), "", null, null) : new Tree('s', 0, Symbols[random.Next(3)], null, null);
            }

            var kind = "+-*/%mM+*/"[random.Next(10)];
            var right = kind is '/' or '%' && random.Next(4) > 0 ? new Tree('c', random.Next(1, 9), "", null, null) : Random(random, depth - 1);
            return new Tree(kind, 0, "", Random(random, depth - 1), right);
        }

        public Dim ToDim() => Kind switch
        {
            'c' => Dim.Const(Value),
            's' => Dim.Symbol(Name),
            '+' => Left!.ToDim() + Right!.ToDim(),
            '-' => Left!.ToDim() - Right!.ToDim(),
            '*' => Left!.ToDim() * Right!.ToDim(),
            '/' => Dim.FloorDiv(Left!.ToDim(), Right!.ToDim()),
            '%' => Dim.Mod(Left!.ToDim(), Right!.ToDim()),
            'm' => Dim.Min(Left!.ToDim(), Right!.ToDim()),
            _ => Dim.Max(Left!.ToDim(), Right!.ToDim()),
        };

        public long? TryEvaluate(IReadOnlyDictionary<string, long> values)
        {
            try
            {
                return Evaluate(values);
            }
            catch (DivideByZeroException)
            {
                return null;
            }
        }

        public long Evaluate(IReadOnlyDictionary<string, long> values)
        {
            if (Kind is 'c' or 's')
            {
                return Kind == 'c' ? Value : values[Name];
            }

            var (left, right) = (Left!.Evaluate(values), Right!.Evaluate(values));
            return Kind switch
            {
                '+' => left + right,
                '-' => left - right,
                '*' => left * right,
                '/' => Floor(left, right),
                '%' => left - (right * Floor(left, right)),
                'm' => Math.Min(left, right),
                _ => Math.Max(left, right),
            };
        }

        private static long Floor(long a, long b) => b == 0 ? throw new DivideByZeroException() : (long)Math.Floor((decimal)a / b);
    }
}
