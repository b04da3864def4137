using System.Collections.Immutable;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Graphs;

/// <summary>
/// Quantises what quantised parameters are multiplied with, where they say how (<see cref="BoundParam.Input"/>): the other factor of a sum of products is read
/// from a node of the numbers that narrow ones stand for.
/// </summary>
/// <remarks>Before: <c>y[o] = sum(c) x[c] * w[o, c]</c>. After: <c>q[c] = quantize(x[c])</c>; <c>r[c] = dequantize(q[c])</c>; <c>y[o] = sum(c) r[c] * w[o, c]</c>.</remarks>
internal sealed class QuantizedInputs(NodeNames names)
{
    private readonly Dictionary<Node, InputQuantization> parameters = new(ReferenceComparer<Node>.Instance);
    private readonly Dictionary<(Node, InputQuantization), Node> made = [];

    /// <summary>Remembers a node that is the real value of a parameter, or the same elements in another order.</summary>
    public void Note(BoundApply value, Node node)
    {
        if (value.Operands.Length > 0 && value.Operands[0] is BoundParam { Input: { } input } && value.Name == "dequantize")
        {
            parameters[node] = input;
        }
        else if (node is ComputeNode { Body: ScalarExpr.Read, Operands: [var source] } && parameters.TryGetValue(source, out var moved))
        {
            parameters[node] = moved;
        }
    }

    /// <summary>The node with quantised inputs; itself where it is no product with such a parameter.</summary>
    public Node Quantized(Node node)
    {
        if (parameters.Count == 0 || node is not ComputeNode { Reduction: { Kind: ReduceKind.Sum } sum } compute)
        {
            return node;
        }

        var operands = compute.Operands.ToList();
        var body = compute.Body.Rewrite(e => e is ScalarExpr.Apply { Op: var op, Arguments: [ScalarExpr.Read a, ScalarExpr.Read b] } apply && op == CoreOps.Mul && sum.Body.All().Contains(e)
            ? Other(a, b) is { } left ? ScalarExpr.Of(op, left, b) : Other(b, a) is { } right ? ScalarExpr.Of(op, a, right) : apply
            : e);
        return ReferenceEquals(body, compute.Body) ? node : Operands.Pruned(compute.Name, compute.Type, compute.Indices, body, operands, compute.Origin);

        ScalarExpr? Other(ScalarExpr.Read x, ScalarExpr.Read w)
        {
            if (!parameters.TryGetValue(compute.Operands[w.Operand], out var input) || x.Type != ElementType.F32 || parameters.ContainsKey(compute.Operands[x.Operand]))
            {
                return null;
            }

            operands.Add(Real(compute.Operands[x.Operand], input));
            return new ScalarExpr.Read(operands.Count - 1, x.Subscripts, x.Type, x.Fill);
        }
    }

    private Node Real(Node x, InputQuantization input)
    {
        if (!made.TryGetValue((x, input), out var real))
        {
            real = input switch
            {
                InputQuantization.Static numbers => Static(x, numbers),
                InputQuantization.Dynamic => Dynamic(x),
                _ => Pair(x, ElementType.BF16, [], (read, _) => new ScalarExpr.Cast(ElementType.BF16, read), (q, _) => new ScalarExpr.Cast(ElementType.F32, q)),
            };
            made.Add((x, input), real);
        }

        return real;
    }

    private ComputeNode Static(Node x, InputQuantization.Static numbers) => Pair(
        x, ElementType.U8, [], (read, _) => QuantizedValues.Narrow(read, QuantizedValues.Number(1 / numbers.Scale), numbers.Zero),
        (q, _) => QuantizedValues.Real(q, QuantizedValues.Number(numbers.Scale), numbers.Zero));

    private ComputeNode Dynamic(Node x)
    {
        var indices = Indices(x);
        ScalarExpr size = ScalarExpr.Of(CoreOps.Abs, new ScalarExpr.Read(0, Symbols(indices), ElementType.F32));
        var largest = indices.Length == 0 ? size : new ScalarExpr.Reduce(ReduceKind.Max, indices, size);
        var body = ScalarExpr.Of(CoreOps.Mul, largest, QuantizedValues.Number(1.0 / QuantizedValues.DynamicSteps));
        var scale = new ComputeNode(names.New(x.Name + "_scale"), new TensorType(ElementType.F32, []), [], body, [x], x.Origin with { Label = "quantize_scale" });
        return Pair(
            x, ElementType.U8, [scale], (read, s) => QuantizedValues.Narrow(read, ScalarExpr.Of(CoreOps.Recip, s!), QuantizedValues.DynamicZero),
            (q, s) => QuantizedValues.Real(q, s!, QuantizedValues.DynamicZero));
    }

    private ComputeNode Pair(Node x, ElementType stored, ImmutableArray<Node> scale, Func<ScalarExpr, ScalarExpr?, ScalarExpr> narrow, Func<ScalarExpr, ScalarExpr?, ScalarExpr> real)
    {
        var indices = Indices(x);
        ScalarExpr? s = scale.IsEmpty ? null : new ScalarExpr.Read(1, [], ElementType.F32);
        var q = new ComputeNode(
            names.New(x.Name + "_quantized"), x.Type with { Element = stored }, indices, narrow(new ScalarExpr.Read(0, Symbols(indices), x.Type.Element), s), [x, .. scale],
            x.Origin with { Label = "quantize" });
        return new ComputeNode(
            names.New(x.Name + "_real"), x.Type, indices, real(new ScalarExpr.Read(0, Symbols(indices), stored), s), [q, .. scale], x.Origin with { Label = "dequantize" });
    }

    private static ImmutableArray<IndexRange> Indices(Node x) => [.. x.Type.Shape.Select((d, i) => new IndexRange(FormattableString.Invariant($"i{i}"), d))];

    private static ImmutableArray<Dim> Symbols(ImmutableArray<IndexRange> indices) => [.. indices.Select(i => i.Symbol)];
}
