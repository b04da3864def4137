using System.Collections.Immutable;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Scalars;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Dsl.Binding;

/// <summary>
/// Functions the binder itself knows: core operations on whole tensors, and what index notation cannot say (other shapes for the same elements,
/// tensors side by side, positions, random access).
/// </summary>
internal sealed class BuiltIns(Elaborator code)
{
    private const int LargestConstant = 1 << 20;

    /// <summary>Parameters in order; the first <c>Required</c> must be given. A variadic one takes all positional arguments for its first.</summary>
    private sealed record Row(string Signature, string[] Parameters, int Required, bool IsVariadic = false);

    private static readonly Dictionary<string, Row> Rows = new(StringComparer.Ordinal)
    {
        ["cast"] = new("cast(x, type)", ["x", "type"], 2),
        ["reshape"] = new("reshape(x, [extents])", ["x", "shape"], 2),
        ["flatten"] = new("flatten(x, from: 1)", ["x", "from"], 1),
        ["concat"] = new("concat(a, b, axis: 1)", ["axis"], 0, IsVariadic: true),
        ["transpose"] = new("transpose(x, [order])", ["x", "order"], 1),
        ["split"] = new("split(x, parts, axis: 1)", ["x", "parts", "axis"], 2),
        ["argmax"] = new("argmax(x)", ["x"], 1),
        ["gather"] = new("gather(table, positions)", ["table", "positions"], 2),
        ["full"] = new("full([extents], value, type: f32)", ["shape", "value", "type"], 2),
        ["tensor"] = new("tensor([numbers], type: f32)", ["values", "type"], 1),
        ["attend"] = new("attend(q, k, v, where: mask, scale: s)", ["q", "k", "v", "where", "scale", "score"], 3),
        ["extent"] = new("extent(x, axis)", ["x", "axis"], 2),
        ["keep"] = new("keep(x, in: range, top: 50%, by: score)", ["x"], 1, IsVariadic: true),
    };

    private readonly Dictionary<string, Value> given = new(StringComparer.Ordinal);
    private SourceSpan span;
    private SourceSpan where;
    private string name = "";

    /// <summary>Every name.</summary>
    public static IEnumerable<string> Names => Rows.Keys;

    /// <summary>How one is called.</summary>
    public static string Signature(string name) => Rows[name].Signature;

    /// <summary>Names of parameters; empty for a name that is none.</summary>
    public static IReadOnlyList<string> Parameters(string name) => Rows.TryGetValue(name, out var row) ? row.Parameters : [];

    /// <summary>Whether a name is one.</summary>
    public static bool Has(string name) => Rows.ContainsKey(name);

    /// <summary>A call.</summary>
    public Value Call(string called, CallExpr syntax, ImmutableArray<GivenArgument> arguments)
    {
        (name, span) = (called, syntax.Span);
        where = syntax.Arguments.FirstOrDefault(a => a.Name?.Text == "where")?.Value.Span ?? span;
        if (!Rows.TryGetValue(called, out var row))
        {
            return Core(CoreOps.Find(called)!, arguments);
        }

        if (called == "keep")
        {
            return code.Fail(SparsityDiagnostics.TokensNotCompiledYet, span, called);
        }

        return Match(row, arguments) ? Run(row, [.. arguments.Where(a => a.Name is null).Select(a => a.Value)]) : new Value.Error();
    }

    private bool Match(Row row, ImmutableArray<GivenArgument> arguments)
    {
        var position = 0;
        foreach (var argument in arguments.Where(a => a.Name is not null || !row.IsVariadic))
        {
            var parameter = argument.Name?.Text ?? (position < row.Parameters.Length ? row.Parameters[position++] : null);
            if (parameter is null)
            {
                code.Fail(NameDiagnostics.TooManyArguments, argument.Span, name, FormattableString.Invariant($"{row.Parameters.Length}"), FormattableString.Invariant($"{arguments.Length}"), row.Signature);
                return false;
            }

            if (!row.Parameters.Contains(parameter))
            {
                code.Fail(NameDiagnostics.UnknownArgument, argument.Name!.Span, name, parameter, Suggestions.Before(parameter, row.Parameters, $"it is {row.Signature}"));
                return false;
            }

            if (given.ContainsKey(parameter))
            {
                code.Fail(NameDiagnostics.ArgumentTwice, argument.Span, name, parameter);
                return false;
            }

            given.Add(parameter, argument.Value);
        }

        if (row.Parameters.Take(row.Required).FirstOrDefault(p => !given.ContainsKey(p)) is { } missing)
        {
            code.Fail(NameDiagnostics.MissingArgument, span, name, missing, row.Signature);
            return false;
        }

        return true;
    }

    private Value Run(Row row, ImmutableArray<Value> positional)
    {
        if (!row.IsVariadic && name is not ("full" or "tensor") && given[row.Parameters[0]] is not Value.Tensor)
        {
            return Wrong("a tensor", given[row.Parameters[0]]);
        }

        return name switch
        {
            "cast" => given["type"] is Value.Element type ? Cast(X, type.Type) : Wrong("an element type", given["type"]),
            "reshape" => Reshape(X),
            "flatten" => Integer("from", 1) is { } from ? Flatten(X, from) : new Value.Error(),
            "concat" => Concat(positional),
            "transpose" => Transpose(X),
            "split" => Split(X),
            "argmax" => ArgMax(X),
            "gather" => Gather(X),
            "full" => Full(),
            "tensor" => Literal(),
            "extent" => Axis(X, "axis", -1) is { } axis ? new Value.Integer(X.Type.Shape[axis]) : new Value.Error(),
            _ => Attend(X),
        };
    }

    private BoundValue X => ((Value.Tensor)given[Rows[name].Parameters[0]]).Bound;

    private Value Wrong(string expected, Value found) =>
        found is Value.Error ? found : code.Fail(NameDiagnostics.WrongKind, span, expected, found.Describe(), $"'{name}' is called {Rows[name].Signature}");

    /// <summary>A constant integer argument; null after a report.</summary>
    private int? Integer(string parameter, int otherwise)
    {
        if (!given.TryGetValue(parameter, out var value))
        {
            return otherwise;
        }

        if (value is Value.Integer { Dim.Constant: { } constant and > -LargestConstant and < LargestConstant })
        {
            return (int)constant;
        }

        Wrong($"a constant integer for '{parameter}'", value);
        return null;
    }

    /// <summary>An axis, negative ones counted from the end; null after a report.</summary>
    private int? Axis(BoundValue x, string parameter, int otherwise)
    {
        if (Integer(parameter, otherwise) is not { } axis)
        {
            return null;
        }

        var counted = axis < 0 ? axis + x.Type.Rank : axis;
        if (counted >= 0 && counted < x.Type.Rank)
        {
            return counted;
        }

        code.Fail(NameDiagnostics.IndexRange, span, FormattableString.Invariant($"{axis}"), FormattableString.Invariant($"{x.Type.Rank}"));
        return null;
    }

    private Value Core(CoreOp op, ImmutableArray<GivenArgument> arguments)
    {
        var arity = FormattableString.Invariant($"{op.Arity}");
        if (arguments.FirstOrDefault(a => a.Name is not null) is { Name: { } named })
        {
            return code.Fail(NameDiagnostics.UnknownArgument, named.Span, op.Name, named.Text, $"it is a core operation of {arity} operands");
        }

        if (arguments.Length != op.Arity)
        {
            return code.Fail(NameDiagnostics.TooManyArguments, span, op.Name, arity, FormattableString.Invariant($"{arguments.Length}"), $"a core operation of {arity} operands");
        }

        var values = arguments.Select(a => a.Value).ToArray();
        return values.Any(v => v is Value.Tensor) ? new Arithmetic(code).Apply(span, op, values) : new Arithmetic(code).Constant(span, op, values);
    }

    private Value.Tensor Structural(ImmutableArray<BoundValue> operands, TensorType type, ImmutableDictionary<string, object>? attributes = null) =>
        new(new BoundStructural(name == "flatten" ? "reshape" : name, code.Path, attributes ?? ImmutableDictionary<string, object>.Empty, operands, type, code.Locate(span)));

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

    // ------------------------------------------------------------------------------------------------------------- shapes

    private List<Dim>? Extents(Value value, int least)
    {
        if (value is not Value.List list)
        {
            Wrong("a list of extents", value);
            return null;
        }

        var extents = new List<Dim>();
        foreach (var item in list.Items)
        {
            if (item is not Value.Integer extent)
            {
                Wrong("integers", item);
                return null;
            }

            if (extent.Dim.Constant is { } constant && constant < least)
            {
                code.Fail(NameDiagnostics.NegativeExtent, span, extent.Dim.Text);
                return null;
            }

            extents.Add(extent.Dim);
        }

        return extents;
    }

    private Value Reshape(BoundValue x)
    {
        if (Extents(given["shape"], -1) is not { } extents)
        {
            return new Value.Error();
        }

        if (extents.Count(e => e.Constant == -1) > 1)
        {
            return code.Fail(NameDiagnostics.WrongKind, span, "at most one -1 among the extents", Shapes.Text([.. extents]), "-1 is the extent that follows from the others");
        }

        var free = extents.FindIndex(e => e.Constant == -1);
        if (free >= 0)
        {
            var rest = extents.Where((_, i) => i != free).Aggregate(Dim.One, (a, b) => a * b);
            extents[free] = rest.Constant == 0 ? Dim.Zero : Quotient(x.Type.Count, rest);
        }

        var type = new TensorType(x.Type.Element, [.. extents]);
        return extents.All(e => e.Constant is not < 0) && (type.Count - x.Type.Count).Constant is 0
            ? Structural([x], type)
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

    private Value Flatten(BoundValue x, int from)
    {
        if (from < 0 || from > x.Type.Rank)
        {
            return code.Fail(NameDiagnostics.IndexRange, span, FormattableString.Invariant($"{from}"), FormattableString.Invariant($"{x.Type.Rank}"));
        }

        var rest = x.Type.Shape.Skip(from).Aggregate(Dim.One, (a, b) => a * b);
        return Structural([x], new TensorType(x.Type.Element, [.. x.Type.Shape.Take(from), rest]));
    }

    private Value Concat(ImmutableArray<Value> operands)
    {
        if (operands.Length == 0)
        {
            return code.Fail(NameDiagnostics.MissingArgument, span, name, "a", Rows[name].Signature);
        }

        if (operands.FirstOrDefault(o => o is not Value.Tensor) is { } other)
        {
            return Wrong("tensors, and the axis by name", other);
        }

        var tensors = operands.Select(t => ((Value.Tensor)t).Bound).ToImmutableArray();
        var first = tensors[0].Type;
        if (Axis(tensors[0], "axis", 0) is not { } axis)
        {
            return new Value.Error();
        }

        foreach (var tensor in tensors.Skip(1))
        {
            var same = tensor.Type.Element == first.Element && tensor.Type.Rank == first.Rank
                && Enumerable.Range(0, first.Rank).All(i => i == axis || first.Shape[i].Equals(tensor.Type.Shape[i]));
            if (!same)
            {
                return code.Fail(NameDiagnostics.ShapeMismatch, span, name, "all extents but one", "the operands", $"they are {first} and {tensor.Type}");
            }
        }

        var sum = tensors.Select(t => t.Type.Shape[axis]).Aggregate((a, b) => a + b);
        return Structural(tensors, new TensorType(first.Element, first.Shape.SetItem(axis, sum)), ImmutableDictionary<string, object>.Empty.Add("axis", (long)axis));
    }

    private Value Transpose(BoundValue x)
    {
        var rank = x.Type.Rank;
        if (!given.TryGetValue("order", out var order))
        {
            return rank >= 2
                ? new Slicing(code).Permute(span, x, [.. Enumerable.Range(0, rank - 2), rank - 1, rank - 2])
                : Wrong("a tensor of at least two indices", given["x"]);
        }

        int[] positions = order is Value.List list ? [.. list.Items.Select(i => i is Value.Integer { Dim.Constant: { } c and >= 0 } && c < rank ? (int)c : -1)] : [];
        return positions.OrderBy(p => p).SequenceEqual(Enumerable.Range(0, rank))
            ? new Slicing(code).Permute(span, x, positions)
            : Wrong($"every one of the {rank} indices once", order);
    }

    private Value Split(BoundValue x)
    {
        if (Axis(x, "axis", 0) is not { } axis || Integer("parts", 1) is not { } parts)
        {
            return new Value.Error();
        }

        var extent = x.Type.Shape[axis];
        var size = parts < 1 ? Dim.Zero : Dim.FloorDiv(extent, Dim.Const(parts));
        if (parts < 1 || !(size * Dim.Const(parts)).Equals(extent))
        {
            return code.Fail(NameDiagnostics.UnevenSplit, span, extent.Text, FormattableString.Invariant($"{parts}"));
        }

        return new Value.List([.. Enumerable.Range(0, parts).Select(p => new Slicing(code).Part(name, span, x, axis, size * Dim.Const(p), size))]);
    }

    // ---------------------------------------------------------------------------------------------- positions and constants

    private Value ArgMax(BoundValue x) => x.Type.Rank == 0
        ? Wrong("a tensor with indices", given["x"])
        : Structural([x], new TensorType(ElementType.I32, x.Type.Shape.RemoveAt(x.Type.Rank - 1)));

    private Value Gather(BoundValue table)
    {
        if (given["positions"] is not Value.Tensor { Bound: var positions } || !positions.Type.Element.IsInteger() || table.Type.Rank == 0)
        {
            return Wrong("a table with indices and a tensor of integer positions", given["positions"]);
        }

        return Structural([table, positions], new TensorType(table.Type.Element, positions.Type.Shape.AddRange(table.Type.Shape.Skip(1))));
    }

    private ElementType? TypeArgument()
    {
        if (!given.TryGetValue("type", out var value))
        {
            return ElementType.F32;
        }

        if (value is Value.Element element)
        {
            return element.Type;
        }

        Wrong("an element type", value);
        return null;
    }

    private Value Full()
    {
        if (Extents(given["shape"], 0) is not { } shape || TypeArgument() is not { } element)
        {
            return new Value.Error();
        }

        if (given["value"] is not (Value.Integer { Dim.IsConstant: true } or Value.Number))
        {
            return Wrong("a constant number", given["value"]);
        }

        var value = given["value"] is Value.Number n ? n.Real : ((Value.Integer)given["value"]).Real!.Value;
        return Constant(shape, element, count => Enumerable.Repeat(value, count));
    }

    /// <summary>A list of numbers, or a list of lists of equal lengths.</summary>
    private Value Literal()
    {
        if (TypeArgument() is not { } element)
        {
            return new Value.Error();
        }

        var shape = new List<Dim>();
        var level = new List<Value> { given["values"] };
        while (level.Count > 0 && level.All(v => v is Value.List))
        {
            var lengths = level.Select(v => ((Value.List)v).Items.Length).Distinct().ToArray();
            if (lengths.Length != 1)
            {
                return Wrong("lists of equal lengths", given["values"]);
            }

            shape.Add(Dim.Const(lengths[0]));
            level = [.. level.SelectMany(v => ((Value.List)v).Items)];
        }

        if (shape.Count == 0 || level.FirstOrDefault(v => Number(v) is null) is not null)
        {
            return Wrong("a list of numbers", level.FirstOrDefault(v => Number(v) is null) ?? given["values"]);
        }

        return Constant(shape, element, _ => level.Select(v => Number(v)!.Value));
    }

    private static double? Number(Value value) => value switch
    {
        Value.Number n => n.Real,
        Value.Integer integer => integer.Real,
        Value.Boolean b => b.Truth ? 1 : 0,
        _ => null,
    };

    private Value Constant(List<Dim> shape, ElementType element, Func<int, IEnumerable<double>> values)
    {
        var type = new TensorType(element, [.. shape]);
        if (shape.Any(d => d.Constant is not >= 0) || type.Count.Constant is not (>= 0 and <= LargestConstant and var count))
        {
            return code.Fail(NameDiagnostics.NotStatic, span);
        }

        return new Value.Tensor(new BoundConstant([.. values((int)count)], type, code.Locate(span)));
    }

    private Value Attend(BoundValue q)
    {
        if (given.TryGetValue("score", out _))
        {
            return code.Fail(SparsityDiagnostics.ScoresNotCompiledYet, span, name);
        }

        return given["k"] is Value.Tensor k && given["v"] is Value.Tensor v
            ? new Attention(code).Attend(span, where, q, k.Bound, v.Bound, given)
            : Wrong("tensors for q, k and v", given["k"] is Value.Tensor ? given["v"] : given["k"]);
    }
}
