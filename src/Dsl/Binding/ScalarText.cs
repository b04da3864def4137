using System.Collections.Immutable;
using System.Globalization;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Dsl.Binding;

/// <summary>Scalar expressions as text: <c>sum(k &lt; 4) a[i, k] * b[k, j]</c>. For people and tests; it does not parse back.</summary>
internal static class ScalarText
{
    private static readonly Dictionary<string, (string Sign, int Level)> Infix = new(StringComparer.Ordinal)
    {
        ["or"] = ("|", 1),
        ["and"] = ("&", 2),
        ["eq"] = ("==", 3),
        ["ne"] = ("!=", 3),
        ["lt"] = ("<", 3),
        ["le"] = ("<=", 3),
        ["gt"] = (">", 3),
        ["ge"] = (">=", 3),
        ["add"] = ("+", 4),
        ["sub"] = ("-", 4),
        ["mul"] = ("*", 5),
        ["div"] = ("/", 5),
        ["mod"] = ("%", 5),
    };

    /// <summary>The text; operands and stages have the given names.</summary>
    public static string Print(ScalarExpr expr, IReadOnlyList<string> names) => Print(expr, names, 0);

    /// <summary>The sign of an infix operation; the name of any other.</summary>
    public static string Sign(CoreOp op) => Infix.TryGetValue(op.Name, out var row) ? row.Sign : op.Name;

    private static string Print(ScalarExpr expr, IReadOnlyList<string> names, int outer) => expr switch
    {
        ScalarExpr.Literal literal => Number(literal),
        ScalarExpr.Index index => Grouped(index.Value),
        ScalarExpr.Read read => $"{names[read.Operand]}[{string.Join(", ", read.Subscripts)}{(read.Fill == 0 ? "" : " else " + Number(read.Fill))}]",
        ScalarExpr.Cast cast => $"{cast.Type.Name()}({Print(cast.Operand, names, 0)})",
        ScalarExpr.Reduce reduce => Group(outer > 5, $"{reduce.Kind.Name()}({string.Join(", ", reduce.Vars)}) {Print(reduce.Body, names, 5)}"),
        ScalarExpr.Apply { Op.Name: "select", Arguments: [var condition, var yes, var no] } =>
            Group(outer > 0, $"{Print(yes, names, 1)} if {Print(condition, names, 1)} else {Print(no, names, 0)}"),
        ScalarExpr.Apply { Arguments: [var left, var right] } apply when Infix.TryGetValue(apply.Op.Name, out var row) =>
            Group(outer > row.Level, $"{Print(left, names, row.Level)} {row.Sign} {Print(right, names, row.Level + 1)}"),
        ScalarExpr.Apply apply => $"{apply.Op.Name}({string.Join(", ", apply.Arguments.Select(a => Print(a, names, 0)))})",
        _ => expr.GetType().Name,
    };

    private static string Grouped(Dim value) => value.Terms().Count() > 1 || value.Terms().Any(t => t.Coefficient != 1) ? $"({value})" : value.Text;

    private static string Group(bool needed, string text) => needed ? $"({text})" : text;

    // A float keeps its point, so that 2 of type i32 and 2.0 look different.
    private static string Number(ScalarExpr.Literal literal) =>
        literal.Type == ElementType.Bool ? (literal.Value != 0 ? "true" : "false")
        : literal.Type.IsFloat() && literal.Value == Math.Floor(literal.Value) && Math.Abs(literal.Value) < 1e15 ? Number(literal.Value) + ".0"
        : Number(literal.Value);

    /// <summary>A number as in the language: <c>0.5</c>, <c>-inf</c>.</summary>
    public static string Number(double value) =>
        double.IsPositiveInfinity(value) ? "inf" : double.IsNegativeInfinity(value) ? "-inf" : value.ToString("R", CultureInfo.InvariantCulture).Replace("E", "e");
}
