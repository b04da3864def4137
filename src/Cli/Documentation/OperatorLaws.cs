using SparseDsl.Backends.Reference;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Cli.Documentation;

/// <summary>
/// What an operator does to zeros and to sums, found by computing it in float64: on operands of extent 4, or what the operator requires, with attributes at their
/// defaults (2 where there is none). A zero operand that gives zeros exactly, whatever the others hold, and sums kept to rounding are no accidents of the numbers.
/// </summary>
internal sealed class OperatorLaws
{
    private const int Extent = 4;
    private readonly OpItem op;
    private readonly BoundModel model;
    private readonly ReferenceModel reference;

    private OperatorLaws(OpItem op, BoundModel model)
    {
        this.op = op;
        this.model = model;
        reference = new ReferenceModel(BuildGraph.Run(model), _ => throw new InvalidOperationException("an operator has no parameters"));
    }

    /// <summary>The laws of an operator of a library module, for people: <c>0 where `x` is 0</c>.</summary>
    public static IReadOnlyList<string> Of(string module, OpItem op)
    {
        var laws = new OperatorLaws(op, Bind(module, op));
        return [.. laws.Sentences()];
    }

    private static BoundModel Bind(string module, OpItem op)
    {
        var extents = Extents(op);
        var inputs = op.Operands.Select(o => $"    input {o.Name.Text}_: f32[{string.Join(", ", o.Indices?.Select(i => extents[i.Name.Text]) ?? [Extent])}]\n");
        var attributes = op.Attributes.Where(a => a.Default is null).Select(a => $"{a.Name.Text}: 2");
        var arguments = op.Operands.Select(o => o.Name.Text + "_").Concat(attributes);
        var text = $"import {module}\nmodel Laws() {{\n{string.Concat(inputs)}    output result = {op.Name.Text}({string.Join(", ", arguments)})\n}}\n";
        var mistakes = new DiagnosticBag();
        var bound = Compilation.Bind(new SourceText("laws.dsl", text), ModuleResolver.LibraryOnly(), mistakes);
        return mistakes.HasErrors
            ? throw new InvalidOperationException(string.Concat(mistakes.Items.Select(DiagnosticRenderer.Render)))
            : bound.Models.Single();
    }

    /// <summary>The extent of every index name of the operands: that of <c>require(extent(i) == …)</c>, else 4.</summary>
    private static Dictionary<string, double> Extents(OpItem op)
    {
        var extents = op.Operands.SelectMany(o => o.Indices ?? []).Select(i => i.Name.Text).Distinct().ToDictionary(n => n, _ => (double)Extent);
        foreach (var statement in (op.Body as BlockExpr)?.Statements ?? [])
        {
            if (statement is ValueStmt { Value: CallExpr { Target: NameExpr { Name.Text: "require" }, Arguments: [{ Value: BinaryExpr { Operator: BinaryOperator.Equal } equation }] } }
                && IndexOf(equation.Left) is { } index)
            {
                extents[index] = Value(equation.Right);
            }
        }

        return extents;

        double Value(Expr expr) => expr switch
        {
            NumberExpr number => number.Value,
            NameExpr name => op.Attributes.First(a => a.Name.Text == name.Name.Text).Default is { } given ? Value(given) : 2,
            BinaryExpr { Operator: BinaryOperator.Multiply } product => Value(product.Left) * Value(product.Right),
            _ when IndexOf(expr) is { } index => extents[index],
            _ => throw new InvalidOperationException($"'{op.Name.Text}' requires more than extents for laws can be found for"),
        };
    }

    /// <summary>The index of <c>extent(index)</c>.</summary>
    private static string? IndexOf(Expr expr) =>
        expr is CallExpr { Target: NameExpr { Name.Text: "extent" }, Arguments: [{ Value: NameExpr index }] } ? index.Name.Text : null;

    private IEnumerable<string> Sentences()
    {
        string[] zero = [.. Names().Where(IsZeroAtZero)];
        if (zero.Length > 0)
        {
            var isElementwise = op.Result is null;
            yield return $"0 {(isElementwise ? "where" : "when")} {Either(zero)} is 0{(isElementwise ? "" : " everywhere")}";
        }

        string[] linear = [.. Names().Where(IsLinear)];
        if (linear.Length > 0)
        {
            yield return $"linear in {Each(linear)}";
        }
    }

    private IEnumerable<string> Names() => op.Operands.Select(o => o.Name.Text);

    private bool IsZeroAtZero(string operand) => Run(Operands(operand, _ => 0)).All(v => v == 0);

    private bool IsLinear(string operand)
    {
        var sum = Run(Operands(operand, i => Sample(7, i) + (3 * Sample(8, i))));
        var (a, b) = (Run(Operands(operand, i => Sample(7, i))), Run(Operands(operand, i => Sample(8, i))));
        return a.Any(v => v != 0) && sum.Zip(a.Zip(b, (x, y) => x + (3 * y)), (x, y) => Math.Abs(x - y) <= 1e-4 * (1 + Math.Abs(y))).All(isKept => isKept);
    }

    /// <summary>Numbers of both signs for every operand but one.</summary>
    private Dictionary<string, TensorData> Operands(string except, Func<int, double> values) => model.Inputs.Select((input, number) =>
    {
        int[] shape = [.. input.Type.Shape.Select(d => (int)d.Constant!.Value)];
        var isChosen = input.Name == except + "_";
        var elements = Enumerable.Range(0, shape.Aggregate(1, (x, y) => x * y)).Select(i => isChosen ? values(i) : Sample(number, i));
        return (input.Name, Tensor: TensorData.FromDoubles([.. elements], shape).ConvertTo(ElementType.F32));
    }).ToDictionary(o => o.Name, o => o.Tensor, StringComparer.Ordinal);

    private double[] Run(Dictionary<string, TensorData> operands)
    {
        var result = reference.Run(operands, new Dictionary<string, long>())["result"];
        return result.Count > 0 ? result.ToDoubles() : throw new InvalidOperationException($"'{op.Name.Text}' of operands of extent {Extent} has no elements");
    }

    /// <summary>A number from -2 to 2, never 0, the same on every machine.</summary>
    private static double Sample(int operand, int element)
    {
        var hash = unchecked(((uint)operand * 2654435761u) + ((uint)element * 40503u * 97u) + 12345u);
        hash = unchecked((hash ^ (hash >> 15)) * 2246822519u);
        return ((hash >> 8) % 31 * 0.125) - 1.9375;
    }

    private static string Either(string[] names) => string.Join(" or ", names.Select(n => $"`{n}`"));

    private static string Each(string[] names) => names.Length == 1 ? $"`{names[0]}`" : "each of " + string.Join(", ", names.Select(n => $"`{n}`"));
}
