using System.Collections.Immutable;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Scalars;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Dsl.Binding;

/// <summary>Functions that index notation cannot say: other shapes for the same elements, side by side, positions, random access.</summary>
internal sealed class BuiltIns(Elaborator code)
{
    private static readonly Dictionary<string, string> Signatures = new(StringComparer.Ordinal)
    {
        ["cast"] = "cast(x, type)",
        ["reshape"] = "reshape(x, [extents])",
        ["flatten"] = "flatten(x, from: 1)",
        ["concat"] = "concat(a, b, …, axis: 1)",
        ["transpose"] = "transpose(x, [order])",
        ["split"] = "split(x, parts, axis: 1)",
        ["argmax"] = "argmax(x)",
        ["gather"] = "gather(table, positions)",
        ["full"] = "full([extents], value)",
        ["tensor"] = "tensor([numbers])",
        ["attend"] = "attend(q, k, v, where: mask, scale: s)",
        ["keep"] = "keep(x, top: 50%)",
        ["route"] = "route(x, experts: 8, top: 2)",
    };

    /// <summary>Every name.</summary>
    public static IEnumerable<string> Names => Signatures.Keys;

    private SourceSpan span;

    /// <summary>Whether a name is one.</summary>
    public static bool Has(string name) => Signatures.ContainsKey(name);

    /// <summary>A call.</summary>
    public Value Call(string name, CallExpr syntax, ImmutableArray<(Name? Name, Value Value, SourceSpan Span)> arguments)
    {
        span = syntax.Span;
        var positional = arguments.Where(a => a.Name is null).Select(a => a.Value).ToImmutableArray();
        var named = arguments.Where(a => a.Name is not null).ToDictionary(a => a.Name!.Text, a => a.Value, StringComparer.Ordinal);
        if (name is "keep" or "route")
        {
            return code.Fail(SparsityDiagnostics.NotCompiledYet, span, name, "token selection and routing are checked, and compiled by a later version");
        }

        if (name is "full" or "tensor")
        {
            return Constant(name, positional);
        }

        if (positional.Length == 0 || positional[0] is not Value.Tensor { Bound: var x })
        {
            return Wrong(name, "a tensor first", positional.Length == 0 ? "nothing" : positional[0].Describe());
        }

        return (name, positional) switch
        {
            ("cast", [_, Value.Element type]) => Cast(x, type.Type),
            ("reshape", [_, Value.List shape]) => Reshape(x, shape),
            ("flatten", _) => Flatten(x, Integer(named, positional, "from", 1, 1)),
            ("concat", _) => Concat(positional, Integer(named, positional, "axis", -1, 0)),
            ("transpose", [_, Value.List order]) => Transpose(x, order),
            ("transpose", [_]) when x.Type.Rank >= 2 => new Slicing(code).Permute(span, x, [.. Enumerable.Range(0, x.Type.Rank - 2), x.Type.Rank - 1, x.Type.Rank - 2]),
            ("split", [_, Value.Integer { Dim.Constant: { } parts }, ..]) => Split(x, (int)parts, Integer(named, positional, "axis", 2, 0)),
            ("argmax", [_]) when x.Type.Rank >= 1 => Structural("argmax", [x], new TensorType(ElementType.I32, x.Type.Shape.RemoveAt(x.Type.Rank - 1))),
            ("gather", [_, Value.Tensor positions]) when x.Type.Rank >= 1 =>
                Structural("gather", [x, positions.Bound], new TensorType(x.Type.Element, positions.Bound.Type.Shape.AddRange(x.Type.Shape.Skip(1)))),
            ("attend", [_, Value.Tensor k, Value.Tensor v]) => new Attention(code).Attend(span, x, k.Bound, v.Bound, named),
            _ => Wrong(name, Signatures[name], "other arguments"),
        };
    }

    private Value Wrong(string name, string expected, string found) => code.Fail(NameDiagnostics.WrongKind, span, expected, found, $"'{name}' is called {Signatures[name]}");

    private static int Integer(Dictionary<string, Value> named, ImmutableArray<Value> positional, string name, int position, int otherwise)
    {
        var value = named.TryGetValue(name, out var given) ? given : position >= 0 && position < positional.Length ? positional[position] : null;
        return value is Value.Integer { Dim.Constant: { } constant } ? (int)constant : otherwise;
    }

    private Value.Tensor Structural(string name, ImmutableArray<BoundValue> operands, TensorType type, ImmutableDictionary<string, object>? attributes = null) =>
        new(new BoundStructural(name, code.Path, attributes ?? ImmutableDictionary<string, object>.Empty, operands, type, code.Locate(span)));

    private Value.Tensor Cast(BoundValue x, ElementType type)
    {
        if (x.Type.Element == type)
        {
            return new Value.Tensor(x);
        }

        ImmutableArray<IndexRange> indices = [.. x.Type.Shape.Select((d, i) => new IndexRange(new Arithmetic(code).Free($"e{i}"), d))];
        var body = new ScalarExpr.Cast(type, new ScalarExpr.Read(0, [.. indices.Select(i => i.Symbol)], x.Type.Element));
        var result = new TensorType(type, x.Type.Shape);
        return new Value.Tensor(new BoundApply("cast", code.Path, [("type", type.Name())], [x], [new BoundStage("y", indices, body)], result, code.Locate(span)));
    }

    private Value Reshape(BoundValue x, Value.List shape)
    {
        var extents = new List<Dim>();
        var free = -1;
        foreach (var item in shape.Items)
        {
            if (item is not Value.Integer extent)
            {
                return Wrong("reshape", "integers", item.Describe());
            }

            if (extent.Dim.Constant == -1)
            {
                free = extents.Count;
            }

            extents.Add(extent.Dim);
        }

        if (free >= 0)
        {
            var rest = extents.Where((_, i) => i != free).Aggregate(Dim.One, (a, b) => a * b);
            extents[free] = rest.Constant == 0 ? Dim.Zero : Quotient(x.Type.Count, rest);
        }

        var type = new TensorType(x.Type.Element, [.. extents]);
        return (type.Count - x.Type.Count).Constant is 0
            ? Structural("reshape", [x], type)
            : code.Fail(NameDiagnostics.TooManyElements, span, Shapes.Text(x.Type.Shape), Shapes.Text(type.Shape));
    }

    // N * 40 * W / (N * 40): common symbols cancel; anything else is a floor division, and the check of element counts decides.
    private static Dim Quotient(Dim whole, Dim part)
    {
        if (part.Constant is not null)
        {
            return Dim.FloorDiv(whole, part);
        }

        if (whole.Terms().ToArray() is [var a] && part.Terms().ToArray() is [var b] && b.Coefficient != 0 && a.Coefficient % b.Coefficient == 0)
        {
            var factors = a.Factors.Select(f => f.ToDim()).ToList();
            if (b.Factors.All(f => factors.Remove(f.ToDim())))
            {
                return factors.Aggregate(Dim.Const(a.Coefficient / b.Coefficient), (x, y) => x * y);
            }
        }

        return Dim.FloorDiv(whole, part);
    }

    private Value.Tensor Flatten(BoundValue x, int from)
    {
        var kept = x.Type.Shape.Take(from);
        var rest = x.Type.Shape.Skip(from).Aggregate(Dim.One, (a, b) => a * b);
        return Structural("reshape", [x], new TensorType(x.Type.Element, [.. kept, rest]));
    }

    private Value Concat(ImmutableArray<Value> operands, int axis)
    {
        var tensors = operands.OfType<Value.Tensor>().Select(t => t.Bound).ToImmutableArray();
        var first = tensors[0].Type;
        if (tensors.Length != operands.Length)
        {
            return Wrong("concat", "tensors", operands.First(o => o is not Value.Tensor).Describe());
        }

        axis = axis < 0 ? axis + first.Rank : axis;
        if (axis < 0 || axis >= first.Rank)
        {
            return code.Fail(NameDiagnostics.IndexRange, span, FormattableString.Invariant($"{axis}"), FormattableString.Invariant($"{first.Rank}"));
        }

        foreach (var tensor in tensors.Skip(1))
        {
            var same = tensor.Type.Element == first.Element && tensor.Type.Rank == first.Rank
                && Enumerable.Range(0, first.Rank).All(i => i == axis || first.Shape[i].Equals(tensor.Type.Shape[i]));
            if (!same)
            {
                return code.Fail(NameDiagnostics.ShapeMismatch, span, "concat", "all extents but one", "the operands", $"they are {first} and {tensor.Type}");
            }
        }

        var sum = tensors.Select(t => t.Type.Shape[axis]).Aggregate((a, b) => a + b);
        return Structural("concat", tensors, new TensorType(first.Element, first.Shape.SetItem(axis, sum)), ImmutableDictionary<string, object>.Empty.Add("axis", (long)axis));
    }

    private Value Transpose(BoundValue x, Value.List order)
    {
        int[] positions = [.. order.Items.Select(i => i is Value.Integer { Dim.Constant: { } c } ? (int)c : -1)];
        return positions.OrderBy(p => p).SequenceEqual(Enumerable.Range(0, x.Type.Rank))
            ? new Slicing(code).Permute(span, x, positions)
            : Wrong("transpose", "every index once", order.Describe());
    }

    private Value Split(BoundValue x, int parts, int axis)
    {
        if (axis < 0)
        {
            axis += x.Type.Rank;
        }

        if (axis < 0 || axis >= x.Type.Rank || parts < 1 || x.Type.Shape[axis].Constant % parts is not (null or 0))
        {
            return code.Fail(NameDiagnostics.IndexRange, span, FormattableString.Invariant($"{axis}"), FormattableString.Invariant($"{x.Type.Rank}"));
        }

        var size = Dim.FloorDiv(x.Type.Shape[axis], Dim.Const(parts));
        return new Value.List([.. Enumerable.Range(0, parts).Select(p => Part(x, axis, size, size * Dim.Const(p)))]);
    }

    private Value Part(BoundValue x, int axis, Dim size, Dim start)
    {
        ImmutableArray<IndexRange> indices = [.. x.Type.Shape.Select((d, i) => new IndexRange(new Arithmetic(code).Free($"e{i}"), i == axis ? size : d))];
        var body = new ScalarExpr.Read(0, [.. indices.Select((r, i) => i == axis ? r.Symbol + start : r.Symbol)], x.Type.Element);
        var type = new TensorType(x.Type.Element, [.. indices.Select(i => i.Extent)]);
        return new Value.Tensor(new BoundApply("split", code.Path, [], [x], [new BoundStage("y", indices, body)], type, code.Locate(span)));
    }

    private Value Constant(string name, ImmutableArray<Value> positional)
    {
        double[]? values;
        ImmutableArray<Dim> shape;
        if (name == "full" && positional is [Value.List extents, Value.Integer or Value.Number])
        {
            shape = [.. extents.Items.OfType<Value.Integer>().Select(i => i.Dim)];
            var count = shape.Aggregate(Dim.One, (a, b) => a * b).Constant;
            var value = positional[1] is Value.Number n ? n.Real : ((Value.Integer)positional[1]).Dim.Constant ?? 0;
            values = count is { } c and < 1_000_000 ? [.. Enumerable.Repeat(value, (int)c)] : null;
        }
        else if (name == "tensor" && positional is [Value.List numbers])
        {
            shape = [Dim.Const(numbers.Items.Length)];
            values = [.. numbers.Items.Select(i => i is Value.Number n ? n.Real : i is Value.Integer { Dim.Constant: { } c } ? c : double.NaN)];
        }
        else
        {
            return Wrong(name, "constants", "other arguments");
        }

        return values is null ? code.Fail(NameDiagnostics.NotStatic, span)
            : new Value.Tensor(new BoundConstant([.. values], new TensorType(ElementType.F32, shape), code.Locate(span)));
    }
}
