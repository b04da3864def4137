using System.Collections.Immutable;

// The closed table of scalar operations. Every backend spells each of them, everything else is written in the language.
// A row says what the operation means (Fold, in float64), what it gives at zero (for sparsity), and how it differentiates.
namespace SparseDsl.Dsl.Scalars;

/// <summary>How the result type follows from the operand types.</summary>
public enum ResultRule
{
    /// <summary>The common type of the operands.</summary>
    Same,

    /// <summary>The common type, which must be floating point (integers are converted to f32).</summary>
    Float,

    /// <summary><c>bool</c></summary>
    Bool,

    /// <summary>The common type of the second and third operand; the first is <c>bool</c>.</summary>
    Select,

    /// <summary><c>f32</c></summary>
    Single,

    /// <summary><c>i32</c></summary>
    Word,

    /// <summary>The type of the last operand; the others have one type of their own.</summary>
    Last,
}

/// <summary>One scalar operation every backend spells.</summary>
/// <param name="Name">Its name in the language and in both IRs.</param>
/// <param name="Arity">Number of operands.</param>
/// <param name="Rule">Result type.</param>
/// <param name="Fold">Its meaning in float64; booleans are 0 and 1.</param>
/// <param name="Annihilates">Zero if any one operand is zero, whatever the others are (the sparse reading: 0 * NaN is 0).</param>
/// <param name="ZeroAtZero">Zero if all operands are zero.</param>
/// <param name="Partials">Partial derivatives with respect to each operand, as expressions of the operands and the result; null where not differentiable.</param>
/// <param name="Flops">Floating-point operations the cost model counts for one application.</param>
public sealed record CoreOp(
    string Name,
    int Arity,
    ResultRule Rule,
    Func<double[], double> Fold,
    bool Annihilates = false,
    bool ZeroAtZero = false,
    Func<ScalarExpr[], ScalarExpr, ScalarExpr[]>? Partials = null,
    int Flops = 1)
{
    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>The table of core operations.</summary>
public static class CoreOps
{
    /// <summary>a + b</summary>
    public static CoreOp Add { get; } = new("add", 2, ResultRule.Same, a => a[0] + a[1], ZeroAtZero: true, Partials: (_, _) => [One, One]);

    /// <summary>a - b</summary>
    public static CoreOp Sub { get; } = new("sub", 2, ResultRule.Same, a => a[0] - a[1], ZeroAtZero: true, Partials: (_, _) => [One, Constant(-1)]);

    /// <summary>a * b</summary>
    public static CoreOp Mul { get; } = new("mul", 2, ResultRule.Same, a => a[0] * a[1], Annihilates: true, ZeroAtZero: true, Partials: (a, _) => [a[1], a[0]]);

    /// <summary>a / b; of integers, rounded down.</summary>
    public static CoreOp Div { get; } = new("div", 2, ResultRule.Same, a => a[0] / a[1], Partials: (a, y) => [Of(Recip, a[1]), Of(Neg, Of(Div, y, a[1]))]);

    /// <summary>a mod b, the sign of b; integers.</summary>
    public static CoreOp Mod { get; } = new("mod", 2, ResultRule.Same, a => a[0] - (a[1] * Math.Floor(a[0] / a[1])));

    /// <summary>-a</summary>
    public static CoreOp Neg { get; } = new("neg", 1, ResultRule.Same, a => -a[0], ZeroAtZero: true, Partials: (_, _) => [Constant(-1)]);

    /// <summary>1 / a</summary>
    public static CoreOp Recip { get; } = new("recip", 1, ResultRule.Float, a => 1 / a[0], Partials: (_, y) => [Of(Neg, Of(Mul, y, y))]);

    /// <summary>The smaller; if either is NaN the result is the second operand.</summary>
    public static CoreOp Min { get; } = new("min", 2, ResultRule.Same, a => a[0] < a[1] ? a[0] : a[1], ZeroAtZero: true,
        Partials: (a, _) => [Indicator(Of(Lt, a[0], a[1])), Indicator(Of(Ge, a[0], a[1]))]);

    /// <summary>The larger; if either is NaN the result is the second operand.</summary>
    public static CoreOp Max { get; } = new("max", 2, ResultRule.Same, a => a[0] > a[1] ? a[0] : a[1], ZeroAtZero: true,
        Partials: (a, _) => [Indicator(Of(Gt, a[0], a[1])), Indicator(Of(Le, a[0], a[1]))]);

    /// <summary>|a|</summary>
    public static CoreOp Abs { get; } = new("abs", 1, ResultRule.Same, a => Math.Abs(a[0]), ZeroAtZero: true,
        Partials: (a, _) => [Of(Select, Of(Lt, a[0], Zero), Constant(-1), One)]);

    /// <summary>e to the a.</summary>
    public static CoreOp Exp { get; } = new("exp", 1, ResultRule.Float, a => Math.Exp(a[0]), Partials: (_, y) => [y], Flops: 8);

    /// <summary>Natural logarithm.</summary>
    public static CoreOp Log { get; } = new("log", 1, ResultRule.Float, a => Math.Log(a[0]), Partials: (a, _) => [Of(Recip, a[0])], Flops: 8);

    /// <summary>Square root.</summary>
    public static CoreOp Sqrt { get; } = new("sqrt", 1, ResultRule.Float, a => Math.Sqrt(a[0]), ZeroAtZero: true,
        Partials: (_, y) => [Of(Div, Constant(0.5), y)]);

    /// <summary>1 / sqrt(a)</summary>
    public static CoreOp Rsqrt { get; } = new("rsqrt", 1, ResultRule.Float, a => 1 / Math.Sqrt(a[0]),
        Partials: (a, y) => [Of(Div, Of(Mul, Constant(-0.5), y), a[0])], Flops: 2);

    /// <summary>Hyperbolic tangent.</summary>
    public static CoreOp Tanh { get; } = new("tanh", 1, ResultRule.Float, a => Math.Tanh(a[0]), ZeroAtZero: true,
        Partials: (_, y) => [Of(Sub, One, Of(Mul, y, y))], Flops: 10);

    /// <summary>The error function.</summary>
    public static CoreOp Erf { get; } = new("erf", 1, ResultRule.Float, a => SpecialFunctions.Erf(a[0]), ZeroAtZero: true,
        Partials: (a, _) => [Of(Mul, Constant(1.1283791670955126), Of(Exp, Of(Neg, Of(Mul, a[0], a[0]))))], Flops: 12);

    /// <summary>Sine, of radians.</summary>
    public static CoreOp Sin { get; } = new("sin", 1, ResultRule.Float, a => Math.Sin(a[0]), ZeroAtZero: true, Partials: (a, _) => [Of(Cos, a[0])], Flops: 8);

    /// <summary>Cosine, of radians.</summary>
    public static CoreOp Cos { get; } = new("cos", 1, ResultRule.Float, a => Math.Cos(a[0]), Partials: (a, _) => [Of(Neg, Of(Sin, a[0]))], Flops: 8);

    /// <summary>a to the b, for a &gt;= 0 or integer b.</summary>
    public static CoreOp Pow { get; } = new("pow", 2, ResultRule.Float, a => Math.Pow(a[0], a[1]),
        Partials: (a, y) => [Of(Mul, a[1], Of(Pow, a[0], Of(Sub, a[1], One))), Of(Mul, y, Of(Log, a[0]))], Flops: 16);

    /// <summary>The next integer below.</summary>
    public static CoreOp Floor { get; } = new("floor", 1, ResultRule.Same, a => Math.Floor(a[0]), ZeroAtZero: true, Partials: (_, _) => [Zero]);

    /// <summary>The nearest integer, ties to even.</summary>
    public static CoreOp Round { get; } = new("round", 1, ResultRule.Same, a => Math.Round(a[0], MidpointRounding.ToEven), ZeroAtZero: true, Partials: (_, _) => [Zero]);

    /// <summary>a == b</summary>
    public static CoreOp Eq { get; } = new("eq", 2, ResultRule.Bool, a => a[0] == a[1] ? 1 : 0);

    /// <summary>a != b</summary>
    public static CoreOp Ne { get; } = new("ne", 2, ResultRule.Bool, a => a[0] != a[1] ? 1 : 0, ZeroAtZero: true);

    /// <summary>a &lt; b</summary>
    public static CoreOp Lt { get; } = new("lt", 2, ResultRule.Bool, a => a[0] < a[1] ? 1 : 0, ZeroAtZero: true);

    /// <summary>a &lt;= b</summary>
    public static CoreOp Le { get; } = new("le", 2, ResultRule.Bool, a => a[0] <= a[1] ? 1 : 0);

    /// <summary>a &gt; b</summary>
    public static CoreOp Gt { get; } = new("gt", 2, ResultRule.Bool, a => a[0] > a[1] ? 1 : 0, ZeroAtZero: true);

    /// <summary>a &gt;= b</summary>
    public static CoreOp Ge { get; } = new("ge", 2, ResultRule.Bool, a => a[0] >= a[1] ? 1 : 0);

    /// <summary>a and b, of booleans.</summary>
    public static CoreOp And { get; } = new("and", 2, ResultRule.Bool, a => a[0] != 0 && a[1] != 0 ? 1 : 0, Annihilates: true, ZeroAtZero: true);

    /// <summary>a or b, of booleans.</summary>
    public static CoreOp Or { get; } = new("or", 2, ResultRule.Bool, a => a[0] != 0 || a[1] != 0 ? 1 : 0, ZeroAtZero: true);

    /// <summary>not a, of booleans.</summary>
    public static CoreOp Not { get; } = new("not", 1, ResultRule.Bool, a => a[0] == 0 ? 1 : 0);

    /// <summary>The second operand where the first is true, else the third.</summary>
    public static CoreOp Select { get; } = new("select", 3, ResultRule.Select, a => a[0] != 0 ? a[1] : a[2], ZeroAtZero: true,
        Partials: (a, _) => [Zero, Indicator(a[0]), Indicator(Of(Not, a[0]))]);

    /// <summary>Every row.</summary>
    public static ImmutableArray<CoreOp> All { get; } =
    [
        Add, Sub, Mul, Div, Mod, Neg, Recip, Min, Max, Abs, Exp, Log, Sqrt, Rsqrt, Tanh, Erf, Sin, Cos, Pow, Floor, Round,
        Eq, Ne, Lt, Le, Gt, Ge, And, Or, Not, Select,
    ];

    private static readonly Dictionary<string, CoreOp> ByName = All.ToDictionary(o => o.Name, StringComparer.Ordinal);

    private static ScalarExpr Zero => Constant(0);

    private static ScalarExpr One => Constant(1);

    /// <summary>The row with this name, or null.</summary>
    public static CoreOp? Find(string name) => ByName.TryGetValue(name, out var op) ? op : null;

    private static ScalarExpr Constant(double value) => new ScalarExpr.Literal(value, ElementType.F32);

    // Rows refer to later rows; by the time a derivative is asked for, all exist.
    private static ScalarExpr Of(CoreOp? op, params ScalarExpr[] arguments) => ScalarExpr.Of(op!, arguments);

    private static ScalarExpr Indicator(ScalarExpr condition) => Of(Select, condition, One, Zero);
}
