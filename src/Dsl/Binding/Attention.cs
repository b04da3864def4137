using System.Collections.Immutable;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Scalars;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Dsl.Binding;

/// <summary>
/// <c>attend(q, k, v, where: mask)</c>: softmax(q . k' * scale where mask) . v over the last two indices, in index notation. The mask is the condition of a select, so
/// that passes can see which scores are never needed.
/// </summary>
internal sealed class Attention(Elaborator code)
{
    private ImmutableArray<IndexRange> batch = [];

    /// <summary>The stages of an attention: scores, their maximum, exponentials, their sum, the weighted mean of values.</summary>
    public Value Attend(SourceSpan span, SourceSpan wherePlace, BoundValue q, BoundValue k, BoundValue v, Dictionary<string, Value> named)
    {
        if (new[] { q, k, v }.FirstOrDefault(t => t.Type.Rank < 2) is { } flat)
        {
            return code.Fail(NameDiagnostics.RankMismatch, span, "attend", "q, k and v", "at least 2", Shapes.Text(flat.Type.Shape));
        }

        var (length, depth, keys, width) = (FromEnd(q, 2), FromEnd(q, 1), FromEnd(k, 2), FromEnd(v, 1));
        if (!depth.Equals(FromEnd(k, 1)) || !keys.Equals(FromEnd(v, 2)))
        {
            return code.Fail(NameDiagnostics.ShapeMismatch, span, "attend", "the depths of q and k and the lengths of k and v", "attend(q, k, v)", $"they are {q.Type}, {k.Type} and {v.Type}");
        }

        if (Batch(q, k, v) is not { } batchShape)
        {
            return code.Fail(NameDiagnostics.CannotBroadcast, span, Shapes.Text(q.Type.Shape), $"{Shapes.Text(k.Type.Shape)}, {Shapes.Text(v.Type.Shape)}");
        }

        Value.Mask? mask = null;
        if (named.TryGetValue("where", out var where) && where is not Value.None)
        {
            if (new Masks(code).Of(new ErrorExpr(wherePlace), where) is not Value.Mask found)
            {
                return new Value.Error();
            }

            mask = found;
        }

        if (Scale(span, named, depth) is not { } scale)
        {
            return new Value.Error();
        }

        var names = new Arithmetic(code);
        batch = [.. batchShape.Select((d, i) => new IndexRange(names.Free($"b{i}"), d))];
        var i = new IndexRange(names.Free($"i"), length);
        var j = new IndexRange(names.Free($"j"), keys);
        var d = new IndexRange(names.Free($"d"), depth);
        var w = new IndexRange(names.Free($"w"), width);
        var stages = new List<BoundStage>();
        var product = new ScalarExpr.Reduce(ReduceKind.Sum, [d], ScalarTyping.Apply(CoreOps.Mul, Read(q, 0, i, d), Read(k, 1, j, d)));
        var score = ScalarTyping.Apply(CoreOps.Mul, product, scale);
        if (mask is not null)
        {
            score = ScalarTyping.Apply(CoreOps.Select, Kept(mask, i, j, stages), score, new ScalarExpr.Literal(-1e30, ElementType.F32));
        }

        var s = Add(stages, "s", score, [.. batch, i, j]);
        var m = Add(stages, "m", new ScalarExpr.Reduce(ReduceKind.Max, [j], s(i, j)), [.. batch, i]);
        var e = Add(stages, "e", ScalarTyping.Apply(CoreOps.Exp, ScalarTyping.Apply(CoreOps.Sub, s(i, j), m(i, null))), [.. batch, i, j]);
        var z = Add(stages, "z", new ScalarExpr.Reduce(ReduceKind.Sum, [j], e(i, j)), [.. batch, i]);
        var mean = new ScalarExpr.Reduce(ReduceKind.Sum, [j], ScalarTyping.Apply(CoreOps.Mul, e(i, j), Read(v, 2, j, w)));
        var body = ScalarTyping.Apply(CoreOps.Div, mean, z(i, null));
        stages.Add(new BoundStage("y", [.. batch, i, w], body));
        var type = new TensorType(body.Type, [.. batchShape, length, width]);
        ImmutableArray<(string, string)> attributes = mask is null or { Name: "" } ? [] : [("where", mask.Name)];
        return new Value.Tensor(new BoundApply("attend", code.Path, attributes, [q, k, v], [.. stages], type, code.Locate(span)));
    }

    private static Dim FromEnd(BoundValue value, int position) => value.Type.Shape[value.Type.Rank - position];

    /// <summary>Leading extents of all three, broadcast: one set of keys may serve many queries.</summary>
    private static ImmutableArray<Dim>? Batch(BoundValue q, BoundValue k, BoundValue v)
    {
        var outer = new[] { q, k, v }.Select(t => t.Type.Shape.Take(t.Type.Rank - 2).ToImmutableArray()).ToArray();
        return Shapes.Broadcast(outer[0], outer[1]) is { } both ? Shapes.Broadcast(both, outer[2]) : null;
    }

    private ScalarExpr? Scale(SourceSpan span, Dictionary<string, Value> named, Dim depth)
    {
        if (!named.TryGetValue("scale", out var given))
        {
            return ScalarTyping.Apply(CoreOps.Rsqrt, depth.Constant is { } c ? new ScalarExpr.Literal(c, ElementType.F32) : new ScalarExpr.Cast(ElementType.F32, new ScalarExpr.Index(depth)));
        }

        double? number = given switch
        {
            Value.Number n => n.Real,
            Value.Integer n => n.Real,
            _ => null,
        };
        if (number is null)
        {
            code.Fail(NameDiagnostics.WrongKind, span, "a number for 'scale'", given.Describe(), "leave it out for 1 / sqrt(depth)");
            return null;
        }

        return new ScalarExpr.Literal(number.Value, ElementType.F32);
    }

    /// <summary>Adds a stage and gives what reads it at a query and, unless null, a key position.</summary>
    private Func<IndexRange, IndexRange?, ScalarExpr> Add(List<BoundStage> stages, string name, ScalarExpr body, ImmutableArray<IndexRange> indices)
    {
        stages.Add(new BoundStage(name, indices, body));
        var number = 2 + stages.Count;
        return (i, j) => new ScalarExpr.Read(number, [.. batch.Select(b => b.Symbol), i.Symbol, .. j is null ? [] : new[] { j.Symbol }], body.Type);
    }

    /// <summary>The condition at (i, j). For a tile cover a first stage finds which tiles hold any true position.</summary>
    private static ScalarExpr Kept(Value.Mask mask, IndexRange i, IndexRange j, List<BoundStage> stages)
    {
        if (mask.Tile is not var (rows, columns))
        {
            return At(mask.Condition, i.Symbol, j.Symbol);
        }

        var (r, c) = (Dim.Const(rows), Dim.Const(columns));
        var tileRow = new IndexRange("t_" + i.Name, Dim.CeilDiv(i.Extent, r));
        var tileColumn = new IndexRange("t_" + j.Name, Dim.CeilDiv(j.Extent, c));
        var (a, b) = (new IndexRange("a_" + i.Name, r), new IndexRange("a_" + j.Name, c));
        var (row, column) = ((tileRow.Symbol * r) + a.Symbol, (tileColumn.Symbol * c) + b.Symbol);
        var inside = ScalarExpr.Of(CoreOps.And, Below(row, i.Extent), Below(column, j.Extent));
        var any = ScalarExpr.Of(CoreOps.Select, ScalarExpr.Of(CoreOps.And, At(mask.Condition, row, column), inside), One, Zero);
        stages.Add(new BoundStage("t", [tileRow, tileColumn], new ScalarExpr.Reduce(ReduceKind.Max, [a, b], any)));
        var tile = new ScalarExpr.Read(3, [Dim.FloorDiv(i.Symbol, r), Dim.FloorDiv(j.Symbol, c)], ElementType.F32);
        return ScalarExpr.Of(CoreOps.Gt, tile, Zero);
    }

    private static ScalarExpr One => new ScalarExpr.Literal(1, ElementType.F32);

    private static ScalarExpr Zero => new ScalarExpr.Literal(0, ElementType.F32);

    private static ScalarExpr Below(Dim value, Dim bound) => ScalarExpr.Of(CoreOps.Lt, new ScalarExpr.Index(value), new ScalarExpr.Index(bound));

    private static ScalarExpr At(ScalarExpr condition, Dim q, Dim k) => condition.Substitute(n => n == Masks.Query ? q : n == Masks.Key ? k : null);

    /// <summary>An operand at two of its indices; leading ones are those of the batch, 0 where the operand has only one.</summary>
    private ScalarExpr.Read Read(BoundValue operand, int number, IndexRange row, IndexRange column)
    {
        var shape = operand.Type.Shape;
        var skip = batch.Length - (shape.Length - 2);
        var outer = shape.Take(shape.Length - 2).Select((d, n) => d.Constant == 1 ? Dim.Zero : batch[skip + n].Symbol);
        return new ScalarExpr.Read(number, [.. outer, row.Symbol, column.Symbol], operand.Type.Element);
    }
}
