using System.Collections.Immutable;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Graphs;

/// <summary>
/// Makes Compute nodes in normal form out of an expression with any number of reductions.
/// </summary>
/// <remarks>
/// Before: <c>y[i, j] = x[i, j] / sum(k) x[i, k]</c>. After: <c>s[i] = sum(k) x[i, k]</c>; <c>y[i, j] = x[i, j] / s[i]</c>.
/// A reduction stays in place when it is the only one, is not nested, and mentions every output index; else it becomes a node of its own over the
/// index variables it mentions, so that nothing is computed twice.
/// </remarks>
internal sealed class NormalForm(NodeNames names, NodeOrigin origin)
{
    private readonly List<Node> operands = [];

    /// <summary>The node (after the nodes it needs) for one stage.</summary>
    public Node Node(string label, ImmutableArray<IndexRange> indices, ScalarExpr body, IReadOnlyList<Node> available)
    {
        operands.Clear();
        operands.AddRange(available);
        var type = new TensorType(body.Type, [.. indices.Select(i => i.Extent)]);
        var scope = indices.ToList();
        var kept = Kept(indices, body);
        var flat = body.Rewrite(e => e is ScalarExpr.Reduce reduce && !ReferenceEquals(reduce, kept) ? Extract(label, reduce, scope, body) : e);
        return Operands.Pruned(names.New(label), type, indices, flat, operands, origin);
    }

    /// <summary>The reduction that may stay: outermost, without a reduction inside, over all output indices.</summary>
    private static ScalarExpr.Reduce? Kept(ImmutableArray<IndexRange> indices, ScalarExpr body)
    {
        var reductions = body.All().OfType<ScalarExpr.Reduce>().ToArray();
        return reductions.FirstOrDefault(r =>
            !reductions.Any(outer => !ReferenceEquals(outer, r) && outer.Body.All().Contains(r))
            && !r.Body.All().OfType<ScalarExpr.Reduce>().Any()
            && MentionsAll(r, indices));
    }

    private static bool MentionsAll(ScalarExpr.Reduce reduce, ImmutableArray<IndexRange> indices)
    {
        var symbols = FreeVariables.Of(reduce);
        return indices.All(i => i.Extent.Constant == 1 || symbols.Contains(i.Name));
    }

    private ScalarExpr.Read Extract(string label, ScalarExpr.Reduce reduce, List<IndexRange> outputs, ScalarExpr whole)
    {
        var free = FreeVariables.Of(reduce);
        var scope = outputs.Concat(whole.All().OfType<ScalarExpr.Reduce>().SelectMany(r => r.Vars)).Distinct();
        ImmutableArray<IndexRange> indices = [.. scope.Where(v => free.Contains(v.Name))];
        var type = new TensorType(reduce.Type, [.. indices.Select(i => i.Extent)]);
        var node = Operands.Pruned(names.New($"{label}_{reduce.Kind.Name()}"), type, indices, reduce, operands, origin with { Label = $"{label}.{reduce.Kind.Name()}" });
        operands.Add(node);
        return new ScalarExpr.Read(operands.Count - 1, [.. indices.Select(i => i.Symbol)], reduce.Type);
    }
}

/// <summary>Index variables and dims an expression mentions and does not bind itself.</summary>
public static class FreeVariables
{
    /// <summary>Names of symbols in subscripts, extents and index values, without the variables of reductions inside.</summary>
    public static HashSet<string> Of(ScalarExpr expr)
    {
        var all = expr.All();
        var symbols = all.SelectMany(Mentioned);
        var bound = all.OfType<ScalarExpr.Reduce>().SelectMany(r => r.Vars).Select(v => v.Name);
        var result = new HashSet<string>(symbols, StringComparer.Ordinal);
        result.ExceptWith(bound);
        return result;
    }

    private static IEnumerable<string> Mentioned(ScalarExpr expr) => expr switch
    {
        ScalarExpr.Read read => read.Subscripts.SelectMany(s => s.Symbols()),
        ScalarExpr.Index index => index.Value.Symbols(),
        ScalarExpr.Reduce reduce => reduce.Vars.SelectMany(v => v.Extent.Symbols()),
        _ => [],
    };
}

/// <summary>Keeps operand lists canonical: in the order of first read, without what the body does not read, each node once.</summary>
public static class Operands
{
    /// <summary>A Compute over just the operands its body reads.</summary>
    public static ComputeNode Pruned(
        string name, TensorType type, ImmutableArray<IndexRange> indices, ScalarExpr body, IReadOnlyList<Node> operands, NodeOrigin origin)
    {
        var kept = new List<Node>();
        var number = new Dictionary<int, int>();
        foreach (var read in body.All().OfType<ScalarExpr.Read>())
        {
            if (!number.ContainsKey(read.Operand))
            {
                var position = kept.FindIndex(k => ReferenceEquals(k, operands[read.Operand]));
                if (position < 0)
                {
                    position = kept.Count;
                    kept.Add(operands[read.Operand]);
                }

                number.Add(read.Operand, position);
            }
        }

        var renumbered = body.Rewrite(e => e is ScalarExpr.Read r && number[r.Operand] != r.Operand
            ? new ScalarExpr.Read(number[r.Operand], r.Subscripts, r.Type, r.Fill)
            : e);
        return new ComputeNode(name, type, indices, renumbered, [.. kept], origin);
    }
}
