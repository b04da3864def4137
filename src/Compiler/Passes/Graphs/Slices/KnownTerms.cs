using System.Collections.Immutable;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Evaluation;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Passes.Graphs.Slices;

/// <summary>Terms of a sum that do not depend on the inputs of the model: weights times slices of one value.</summary>
/// <remarks>
/// In <c>y[o] = sum(c) w[o, c] * x[c]</c> with <c>x[3]</c> always 0.5, the terms of <c>c = 3</c> are 0.5 <c>w[o, 3]</c>: a constant of <c>o</c>. A read past an
/// edge gives its fill and not the slice's value; where that differs nothing is known.
/// </remarks>
internal sealed class KnownTerms(ComputeNode node, ScalarExpr.Reduce sum, SliceValues values, Func<Node, bool> hasData)
{
    private const long MostElements = 1 << 20;

    private readonly ScalarExpr.Read[] reads = [.. sum.Body.All().OfType<ScalarExpr.Read>()];
    private bool? canFold;

    /// <summary>Whether the terms at a value of a variable are 0.</summary>
    public bool AreZero(string variable, long value) => values.Of(sum.Body, variable, value) == 0;

    /// <summary>Whether the terms at a value of a variable can be computed from weights.</summary>
    public bool AreKnown(string variable, long value) =>
        (canFold ??= CanFold()) && reads.All(r => IsWeight(r) || values.Of(r, variable, value) is not null);

    /// <summary>What the terms that go add to the sum, over the output indices that it depends on; null when that is nothing.</summary>
    /// <param name="kept">The values of each variable of the node that stay; variables that are not there are not reduced.</param>
    /// <param name="weights">Elements of a parameter or constant of the graph.</param>
    public KnownSum? Fold(IReadOnlyDictionary<string, int[]> kept, Func<Node, TensorData> weights)
    {
        // Each term once: of those that go for the first variable all, then those of the second at values of the first that stay, and so on.
        double[]? total = null;
        var indices = Indices();
        var positions = kept.Where(k => sum.Vars.All(v => v.Name != k.Key)).ToDictionary(k => k.Key, k => k.Value, StringComparer.Ordinal);
        foreach (var variable in sum.Vars.Where(v => kept.ContainsKey(v.Name)))
        {
            var stays = new HashSet<int>(kept[variable.Name]);
            int[] goes = [.. Enumerable.Range(0, (int)variable.Extent.Constant!.Value).Where(k => !stays.Contains(k) && !AreZero(variable.Name, k))];
            if (goes.Length > 0)
            {
                positions[variable.Name] = goes;
                var part = Part(variable.Name, positions, indices, weights).Values;
                total = total is null ? part : [.. total.Zip(part, (a, b) => a + b)];
            }

            positions[variable.Name] = kept[variable.Name];
        }

        return total is null || total.All(v => v == 0) ? null
            : new KnownSum([.. indices.Select(i => i.Symbol)], TensorData.FromDoubles(total, Shape(indices, kept)).ConvertTo(sum.Type));
    }

    private DenseTensor Part(string variable, Dictionary<string, int[]> positions, ImmutableArray<IndexRange> indices, Func<Node, TensorData> weights)
    {
        var operands = new List<Node>();
        var tensors = new List<DenseTensor>();
        var body = sum.Body.Rewrite(e =>
        {
            if (e is not ScalarExpr.Read read)
            {
                return e;
            }

            var subscripts = read.Subscripts;
            var tensor = IsWeight(read) ? Gathered(ref subscripts, weights(node.Operands[read.Operand]), positions)
                : Known(ref subscripts, read, variable, positions[variable]);
            operands.Add(new ConstantNode(FormattableString.Invariant($"t{operands.Count}"), new TensorType(read.Type, [.. tensor.Shape.Select(s => Dim.Const(s))]), tensor, NodeOrigin.None));
            tensors.Add(DenseTensor.From(tensor));
            return new ScalarExpr.Read(operands.Count - 1, subscripts, read.Type, read.Fill);
        });
        var vars = sum.Vars.Select(v => positions.TryGetValue(v.Name, out var p) ? new IndexRange(v.Name, p.Length) : v);
        ImmutableArray<IndexRange> over = [.. indices.Select(i => positions.TryGetValue(i.Name, out var p) ? new IndexRange(i.Name, p.Length) : i)];
        var part = new ScalarExpr.Reduce(ReduceKind.Sum, [.. vars], body);
        return GraphEvaluator.Evaluate(
            new ComputeNode("known", new TensorType(part.Type, [.. over.Select(i => i.Extent)]), over, part, [.. operands], NodeOrigin.None), tensors, _ => 0);
    }

    /// <summary>The weight at positions of the variables that have some; its subscripts are then the variables themselves.</summary>
    private static TensorData Gathered(ref ImmutableArray<Dim> subscripts, TensorData weight, Dictionary<string, int[]> positions)
    {
        for (var axis = 0; axis < subscripts.Length; axis++)
        {
            foreach (var name in subscripts[axis].Symbols())
            {
                if (positions.TryGetValue(name, out var at) && subscripts[axis].Linear(name)?.Offset.Constant is { } offset)
                {
                    weight = TensorSlices.Take(weight, axis, [.. at.Select(k => k + (int)offset)]);
                    subscripts = subscripts.SetItem(axis, Dim.Symbol(name));
                    break;
                }
            }
        }

        return weight;
    }

    private TensorData Known(ref ImmutableArray<Dim> subscripts, ScalarExpr.Read read, string variable, int[] at)
    {
        subscripts = [Dim.Symbol(variable)];
        return TensorData.FromDoubles([.. at.Select(k => values.Of(read, variable, k)!.Value)], at.Length).ConvertTo(read.Type);
    }

    private bool CanFold()
    {
        if (sum.Kind != ReduceKind.Sum || sum.Type is not (ElementType.F32 or ElementType.F64) || !sum.Vars.All(v => v.Extent.IsConstant)
            || sum.Body.All().OfType<ScalarExpr.Index>().Any())
        {
            return false;
        }

        var known = new HashSet<string>(Indices().Concat(sum.Vars).Select(v => v.Name), StringComparer.Ordinal);
        return reads.Where(IsWeight).SelectMany(r => r.Subscripts).SelectMany(s => s.Symbols()).All(known.Contains)
            && Indices().All(i => i.Extent.IsConstant) && Indices().Aggregate(1L, (n, i) => n * i.Extent.Constant!.Value) <= MostElements;
    }

    /// <summary>The output indices that weights depend on.</summary>
    private ImmutableArray<IndexRange> Indices()
    {
        var symbols = new HashSet<string>(reads.Where(IsWeight).SelectMany(r => r.Subscripts).SelectMany(s => s.Symbols()), StringComparer.Ordinal);
        return [.. node.Indices.Where(i => symbols.Contains(i.Name))];
    }

    private static int[] Shape(ImmutableArray<IndexRange> indices, IReadOnlyDictionary<string, int[]> kept) =>
        [.. indices.Select(i => kept.TryGetValue(i.Name, out var stays) ? stays.Length : (int)i.Extent.Constant!.Value)];

    private bool IsWeight(ScalarExpr.Read read) => node.Operands[read.Operand] is ParamNode or ConstantNode && hasData(node.Operands[read.Operand]);
}

/// <summary>A constant that is added to a sum.</summary>
/// <param name="Subscripts">The output indices it depends on.</param>
/// <param name="Data">Its elements, for the values of those indices that stay.</param>
internal sealed record KnownSum(ImmutableArray<Dim> Subscripts, TensorData Data);
