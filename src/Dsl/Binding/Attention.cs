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
    /// <summary>The stages of an attention: scores, their maximum, exponentials, their sum, the weighted mean of values.</summary>
    public Value Attend(SourceSpan span, BoundValue q, BoundValue k, BoundValue v, Dictionary<string, Value> named)
    {
        if (q.Type.Rank < 2 || k.Type.Rank != q.Type.Rank || v.Type.Rank != q.Type.Rank)
        {
            return code.Fail(NameDiagnostics.RankMismatch, span, "attend", "q, k and v", "the same number of, at least 2,", Shapes.Text(q.Type.Shape));
        }

        var rank = q.Type.Rank;
        var (length, depth, keys, width) = (q.Type.Shape[rank - 2], q.Type.Shape[rank - 1], k.Type.Shape[rank - 2], v.Type.Shape[rank - 1]);
        if (!depth.Equals(k.Type.Shape[rank - 1]) || !keys.Equals(v.Type.Shape[rank - 2]))
        {
            return code.Fail(NameDiagnostics.ShapeMismatch, span, "attend", "the depths of q and k and the lengths of k and v", "attend(q, k, v)", $"they are {q.Type}, {k.Type} and {v.Type}");
        }

        if (Condition(span, named) is not { } mask)
        {
            return new Value.Error();
        }

        var names = new Arithmetic(code);
        ImmutableArray<IndexRange> batch = [.. q.Type.Shape.Take(rank - 2).Select((d, i) => new IndexRange(names.Free($"b{i}"), d))];
        var i = new IndexRange(names.Free($"i"), length);
        var j = new IndexRange(names.Free($"j"), keys);
        var d = new IndexRange(names.Free($"d"), depth);
        var w = new IndexRange(names.Free($"w"), width);
        Dim[] outer = [.. batch.Select(b => b.Symbol)];
        var scale = named.TryGetValue("scale", out var given) && given is Value.Number s ? new ScalarExpr.Literal(s.Real, ElementType.F32)
            : ScalarExpr.Of(CoreOps.Rsqrt, new ScalarExpr.Cast(ElementType.F32, new ScalarExpr.Index(depth)));
        var product = new ScalarExpr.Reduce(ReduceKind.Sum, [d], ScalarExpr.Of(CoreOps.Mul, Read(0, outer, i, d), Read(1, outer, j, d)));
        var score = ScalarExpr.Of(CoreOps.Mul, product, scale);
        if (mask.Condition is { } condition)
        {
            var kept = condition.Substitute(n => n == "q" ? i.Symbol : n == "k" ? j.Symbol : null);
            score = ScalarExpr.Of(CoreOps.Select, kept, score, new ScalarExpr.Literal(-1e30, ElementType.F32));
        }

        BoundStage[] stages =
        [
            new("s", [.. batch, i, j], score),
            new("m", [.. batch, i], new ScalarExpr.Reduce(ReduceKind.Max, [j], Read(3, outer, i, j))),
            new("e", [.. batch, i, j], ScalarExpr.Of(CoreOps.Exp, ScalarExpr.Of(CoreOps.Sub, Read(3, outer, i, j), Read(4, outer, i)))),
            new("z", [.. batch, i], new ScalarExpr.Reduce(ReduceKind.Sum, [j], Read(5, outer, i, j))),
            new("y", [.. batch, i, w], ScalarExpr.Of(CoreOps.Div, new ScalarExpr.Reduce(ReduceKind.Sum, [j], ScalarExpr.Of(CoreOps.Mul, Read(5, outer, i, j), Read(2, outer, j, w))), Read(6, outer, i))),
        ];
        var type = new TensorType(ElementType.F32, [.. batch.Select(b => b.Extent), length, width]);
        return new Value.Tensor(new BoundApply("attend", code.Path, [], [q, k, v], [.. stages], type, code.Locate(span)));
    }

    private static ScalarExpr.Read Read(int operand, Dim[] outer, params IndexRange[] rest) =>
        new(operand, [.. outer, .. rest.Select(r => r.Symbol)], ElementType.F32);

    private (ScalarExpr? Condition, bool Ok)? Condition(SourceSpan span, Dictionary<string, Value> named)
    {
        if (!named.TryGetValue("where", out var where))
        {
            return (null, true);
        }

        return new Masks(code).Of(new ErrorExpr(span), where) is Value.Mask mask ? (mask.Condition, true) : null;
    }
}
