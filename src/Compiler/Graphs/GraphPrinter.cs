using System.Globalization;
using System.Text;
using SparseDsl.Compiler.Formats;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Graphs;

/// <summary>
/// The text form of graphs; GraphParser reads it back. One node a line, operands before users:
/// <code>
/// graph Digits(N: 1..64)
///   input image: u8[N, 784]
///   param w1 "fc.w1": f32[256, 784] @unstructured(0.9) format csr [i, j] -> dense(i), compressed(j)
///   linear "linear" in "": f32[N, 256] = [n &lt; N, o &lt; 256] sum(k &lt; 784) cast(f32, %image[n, k]) * %w1[o, k]
///   output logits = %linear
/// </code>
/// Arithmetic is infix and fully parenthesised below the first operator, everything else is a call. A shared subexpression is named
/// at its first use: <c>(v1 = a + b) * v1</c>.
/// </summary>
public static class GraphPrinter
{
    /// <summary>The whole graph.</summary>
    public static string Print(Graph graph)
    {
        var text = new StringBuilder();
        text.Append("graph ").Append(graph.Name).Append('(').Append(string.Join(", ", graph.Dims)).Append(")\n");
        foreach (var node in graph.Nodes)
        {
            text.Append("  ").Append(Line(node)).Append('\n');
        }

        foreach (var (name, node) in graph.Outputs)
        {
            text.Append("  output ").Append(name).Append(" = %").Append(node.Name).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>One node, without indentation and line end.</summary>
    public static string Line(Node node) => node switch
    {
        InputNode => $"input {node.Name}: {node.Type}",
        StateNode => $"state {node.Name}: {node.Type}",
        ParamNode param => $"param {node.Name} {Quote(param.Path)}: {node.Type}{Annotation(param.Sparsity)}{Requested(param.Requested)}{Storage(param.Format)}",
        ConstantNode constant => $"constant {node.Name}: {node.Type} = {Data(constant)}{Storage(constant.Format)}",
        _ => $"{node.Name} {Quote(node.Origin.Label)} in {Quote(node.Origin.Scope)}: {Operation(node)}",
    };

    /// <summary>Equal for two nodes that compute the same: everything but name and origin.</summary>
    public static string Key(Node node) => node is ParamNode param ? $"param {param.Path}" : Operation(node);

    /// <summary>A scalar expression; operands by name.</summary>
    public static string Expression(ScalarExpr expr, IReadOnlyList<Node> operands) => new ExpressionPrinter(expr, operands).Text();

    private static string Operation(Node node) => node switch
    {
        ComputeNode compute => $"{node.Type} = [{string.Join(", ", compute.Indices)}] {Expression(compute.Body, compute.Operands)}",
        ReshapeNode => $"{node.Type} = reshape(%{node.Operands[0].Name})",
        ConcatNode concat => FormattableString.Invariant($"{node.Type} = concat({concat.Axis}{string.Concat(node.Operands.Select(o => $", %{o.Name}"))})"),
        StructuralNode structural => $"{node.Type} = {structural.Operation}({string.Join(", ", StructuralArguments(structural))})",
        _ => throw new InvalidOperationException(node.GetType().Name),
    };

    private static IEnumerable<string> StructuralArguments(StructuralNode node) =>
        node.Operands.Select(o => $"%{o.Name}").Concat(node.Attributes.OrderBy(a => a.Key, StringComparer.Ordinal).Select(a => $"{a.Key}: {Value(a.Value)}"));

    private static string Value(object value) => value switch
    {
        Sparsity sparsity => Annotation(sparsity).TrimStart(),
        string text => Quote(text),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    private static string Annotation(Sparsity? sparsity) => sparsity switch
    {
        null => "",
        Sparsity.Dense => " @dense",
        Sparsity.Unstructured u => FormattableString.Invariant($" @unstructured({u.MinZeros})"),
        Sparsity.Block b => FormattableString.Invariant($" @block({b.Rows}, {b.Columns}, {b.MinZeros})"),
        Sparsity.NOfM nm => FormattableString.Invariant($" @nm({nm.N}, {nm.M})"),
        Sparsity.MaskFile mask => $" @mask({Quote(mask.Path)})",
        Sparsity.Channels channels => FormattableString.Invariant($" @channels({channels.MinZeros})"),
        Sparsity.TopK top => $" @topk({top.K}, {(top.Statistical ? "true" : "false")}, {Optional(top.Expect)})",
        Sparsity.Threshold t => $" @threshold({Number(t.Value)}, {(t.Parameter is null ? "none" : Quote(t.Parameter))}, {(t.PerChannel ? "true" : "false")}, {Optional(t.Expect)})",
        _ => throw new InvalidOperationException(sparsity.GetType().Name),
    };

    private static string Requested(BoundFormat? format) => format is null ? "" : $" wants {FormatText.Print(format)}";

    private static string Storage(Format? format) => format is null ? "" : $" format {FormatText.Print(format)}";

    // Long constants are summarised by a hash: they come from weights, which are not part of the text.
    private static string Data(ConstantNode constant) => constant.Data is not { } data ? $"deferred {Quote(constant.Recipe ?? "")}"
        : data.Count <= 16 ? $"[{string.Join(", ", data.ToDoubles().Select(Number))}]"
        : FormattableString.Invariant($"hash {StableHash(data.Bytes):x16}");

    internal static ulong StableHash(ReadOnlySpan<byte> bytes)
    {
        var hash = 14695981039346656037UL;
        foreach (var b in bytes)
        {
            hash = (hash ^ b) * 1099511628211UL;
        }

        return hash;
    }

    private static string Optional(double? value) => value is { } number ? Number(number) : "none";

    internal static string Number(double value) => double.IsPositiveInfinity(value) ? "inf" : double.IsNegativeInfinity(value) ? "-inf"
        : double.IsNaN(value) ? "nan" : value.ToString("R", CultureInfo.InvariantCulture);

    private static string Quote(string text) => "\"" + text.Replace("\\", "\\\\").Replace("\"", "\\\"") + "\"";
}

/// <summary>Prints one scalar expression; see <see cref="GraphPrinter"/>.</summary>
internal sealed class ExpressionPrinter
{
    private static readonly Dictionary<CoreOp, string> Infix = new()
    {
        [CoreOps.Add] = "+",
        [CoreOps.Sub] = "-",
        [CoreOps.Mul] = "*",
        [CoreOps.Div] = "/",
        [CoreOps.Eq] = "==",
        [CoreOps.Ne] = "!=",
        [CoreOps.Lt] = "<",
        [CoreOps.Le] = "<=",
        [CoreOps.Gt] = ">",
        [CoreOps.Ge] = ">=",
    };

    private readonly ScalarExpr root;
    private readonly IReadOnlyList<Node> operands;
    private readonly HashSet<ScalarExpr> shared = [];
    private readonly Dictionary<ScalarExpr, string> named = [];

    public ExpressionPrinter(ScalarExpr root, IReadOnlyList<Node> operands)
    {
        this.root = root;
        this.operands = operands;
        var seen = new HashSet<ScalarExpr>();
        foreach (var child in root.All().SelectMany(e => e.Children()).Where(c => c.Children().Any()))
        {
            if (!seen.Add(child))
            {
                shared.Add(child);
            }
        }
    }

    public string Text() => Print(root, nested: false);

    private string Print(ScalarExpr expr, bool nested)
    {
        if (named.TryGetValue(expr, out var name))
        {
            return name;
        }

        if (!shared.Contains(expr))
        {
            return Plain(expr, nested);
        }

        var text = Plain(expr, nested: false);
        name = FormattableString.Invariant($"v{named.Count + 1}");
        named.Add(expr, name);
        return $"({name} = {text})";
    }

    private string Plain(ScalarExpr expr, bool nested) => expr switch
    {
        ScalarExpr.Literal literal => $"{GraphPrinter.Number(literal.Value)}{(literal.Type == ElementType.F32 ? "" : ":" + literal.Type.Name())}",
        ScalarExpr.Index index => $"index({index.Value}){(index.Type == ElementType.I32 ? "" : ":" + index.Type.Name())}",
        ScalarExpr.Read read => Read(read),
        ScalarExpr.Cast cast => $"cast({cast.Type.Name()}, {Print(cast.Operand, nested: false)})",
        ScalarExpr.Reduce reduce => Parenthesised($"{reduce.Kind.Name()}({string.Join(", ", reduce.Vars)}) {Print(reduce.Body, nested: true)}", nested),
        ScalarExpr.Apply apply when Infix.TryGetValue(apply.Op, out var sign) =>
            Parenthesised($"{Print(apply.Arguments[0], nested: true)} {sign} {Print(apply.Arguments[1], nested: true)}", nested),
        ScalarExpr.Apply apply => $"{apply.Op}({string.Join(", ", apply.Arguments.Select(a => Print(a, nested: false)))})",
        _ => throw new InvalidOperationException(expr.GetType().Name),
    };

    private string Read(ScalarExpr.Read read)
    {
        var fill = read.Fill == 0 ? "" : $" else {GraphPrinter.Number(read.Fill)}";
        return $"%{operands[read.Operand].Name}[{string.Join(", ", read.Subscripts)}{fill}]";
    }

    private static string Parenthesised(string text, bool nested) => nested ? $"({text})" : text;
}
