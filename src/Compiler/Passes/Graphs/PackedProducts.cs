using System.Collections.Immutable;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Passes.Graphs;

/// <summary>Multiplies quantised tensors as the narrow numbers they are stored in, several of them packed into a word, and scales the sums.</summary>
/// <remarks>
/// Needs: normal form, nothing fused or folded yet, so that real values of quantised tensors are nodes. Gives: the same values up to the rounding of sums in f32;
/// sums of u8 times i8 are exact.
/// <para>Before, with <c>r[c] = (q[c] - z) * s</c> and <c>v[o, c] = w[o, c] * t[o]</c>: <c>y[o] = sum(c) r[c] * v[o, c]</c>. After, with four c in a word:
/// <c>y[o] = (sum(k) mul4(Q[k], W[o, k]) - z * sum(c) w[o, c]) * (s * t[o])</c>. What depends on w only is folded; where a read leaves r, it is 0, and z stands for it.</para>
/// <para>Pairs of bf16 are packed likewise: <c>sum(k) mul2(Q[k], W[o, k])</c>, in f32.</para>
/// A sum stays as it is where scales hang on what is summed over, where no index runs along both tensors by itself (a filter for each channel), and where a sum of
/// so many bytes could leave i32.
/// </remarks>
public static class PackedProducts
{
    private const long MostTerms = int.MaxValue / (255 * 128);

    // A word that is mostly empty gains nothing: a filter of three colours still does.
    private const int FewestTerms = 3;

    /// <summary>Runs the pass.</summary>
    public static Graph Run(Graph graph)
    {
        var constants = new ConstantNodes(graph);
        var names = NodeNames.Of(graph);
        var packed = new Dictionary<(string, int, int), Node>();
        return Rewriter.Rewrite(graph, node => node is ComputeNode { Reduction: { Kind: ReduceKind.Sum, Type: ElementType.F32 } } compute && !constants.Contains(node)
            ? new Packer(compute, constants, names, packed).Run()
            : node);
    }

    private sealed class Packer(ComputeNode node, ConstantNodes constants, NodeNames names, Dictionary<(string, int, int), Node> packed)
    {
        private readonly ScalarExpr.Reduce sum = node.Reduction!;
        private readonly List<Node> operands = [.. node.Operands];

        public ComputeNode Run() =>
            sum.Body is ScalarExpr.Apply { Op: var op, Arguments: [ScalarExpr.Read a, ScalarExpr.Read b] } && op == CoreOps.Mul && (Product(a, b) ?? Product(b, a)) is { } value
                ? Operands.Pruned(node.Name, node.Type, node.Indices, node.Body.Rewrite(e => ReferenceEquals(e, sum) ? value : e), operands, node.Origin)
                : node;

        private ScalarExpr? Product(ScalarExpr.Read x, ScalarExpr.Read w)
        {
            if (RealValue.Of(node.Operands[x.Operand], names) is not { } left || RealValue.Of(node.Operands[w.Operand], names) is not { } right
                || !constants.Contains(node.Operands[w.Operand]) || x.Fill != 0 || !ArePlain(w.Subscripts))
            {
                return null;
            }

            var isBytes = left.Element == ElementType.U8 && right.Element == ElementType.I8 && right.Zero == 0;
            if (!isBytes && !(left.Element == ElementType.BF16 && right.Element == ElementType.BF16))
            {
                return null;
            }

            var vars = new HashSet<string>(sum.Vars.Select(v => v.Name), StringComparer.Ordinal);
            if (Along(x, w) is not { } along || Hangs(left.ScaleSymbols(x.Subscripts)) || Hangs(right.ScaleSymbols(w.Subscripts)) || !vars.All(v => w.Subscripts.Any(s => s.SymbolName == v))
                || (isBytes && !(sum.Vars.Aggregate(Dim.One, (product, v) => product * v.Extent).Constant <= MostTerms)))
            {
                return null;
            }

            return isBytes ? Bytes(x, w, left, right, along) : Halves(x, w, left, right, along);

            bool Hangs(IEnumerable<string> symbols) => symbols.Any(vars.Contains);
        }

        private ScalarExpr Bytes(ScalarExpr.Read x, ScalarExpr.Read w, RealValue left, RealValue right, IndexRange along)
        {
            const int Count = 4;
            var zero = unchecked((int)(0x01010101u * (uint)left.Zero));
            var q = Word(left.Stored, x, along, Count, zero, Sum);
            var v = Word(right.Stored, w, along, Count, 0, Sum);
            ScalarExpr total = new ScalarExpr.Reduce(ReduceKind.Sum, Fewer(along, Count), ScalarExpr.Of(PackedOps.Mul4, q, v));
            if (left.Zero != 0)
            {
                total = ScalarExpr.Of(CoreOps.Sub, total, ScalarExpr.Of(CoreOps.Mul, Total(right.Stored, w), new ScalarExpr.Literal(left.Zero, ElementType.I32)));
            }

            return ScalarExpr.Of(CoreOps.Mul, new ScalarExpr.Cast(ElementType.F32, total), ScalarExpr.Of(CoreOps.Mul, left.Scale(x.Subscripts, Operand), right.Scale(w.Subscripts, Operand)));

            static ScalarExpr Sum(IReadOnlyList<ScalarExpr> bytes) => bytes.Select(Byte).Aggregate((a, b) => ScalarExpr.Of(CoreOps.Add, a, b));

            // Bytes of a word as numbers from 0 to 255, the last one signed: i32 wraps, so their sum has the right bits.
            static ScalarExpr Byte(ScalarExpr element, int position)
            {
                ScalarExpr wide = new ScalarExpr.Cast(ElementType.I32, element);
                var bits = element.Type == ElementType.I8 && position < 3 ? ScalarExpr.Of(CoreOps.Mod, wide, new ScalarExpr.Literal(256, ElementType.I32)) : wide;
                return position == 0 ? bits : ScalarExpr.Of(CoreOps.Mul, bits, new ScalarExpr.Literal(1 << (8 * position), ElementType.I32));
            }
        }

        private ScalarExpr.Reduce Halves(ScalarExpr.Read x, ScalarExpr.Read w, RealValue left, RealValue right, IndexRange along)
        {
            const int Count = 2;
            var (q, v) = (Word(left.Stored, x, along, Count, 0, Pair), Word(right.Stored, w, along, Count, 0, Pair));
            return new ScalarExpr.Reduce(ReduceKind.Sum, Fewer(along, Count), ScalarExpr.Of(PackedOps.Mul2, q, v));

            static ScalarExpr Pair(IReadOnlyList<ScalarExpr> halves) => ScalarExpr.Of(PackedOps.Pair, halves[0], halves[1]);
        }

        /// <summary>The index that is packed: a variable of the sum that runs along both tensors by itself, the longest.</summary>
        private IndexRange? Along(ScalarExpr.Read x, ScalarExpr.Read w) => sum.Vars
            .Where(v => v.Extent.Constant >= FewestTerms && IsAlone(x, v) && IsAlone(w, v))
            .OrderByDescending(v => v.Extent.Constant).FirstOrDefault();

        private bool IsAlone(ScalarExpr.Read read, IndexRange variable)
        {
            var at = Position(read, variable);
            return at >= 0 && node.Operands[read.Operand].Type.Shape[at].Equals(variable.Extent)
                && !read.Subscripts.Where((_, i) => i != at).Any(s => s.Mentions(variable.Name));
        }

        private static int Position(ScalarExpr.Read read, IndexRange variable)
        {
            for (var i = 0; i < read.Subscripts.Length; i++)
            {
                if (read.Subscripts[i].SymbolName == variable.Name)
                {
                    return i;
                }
            }

            return -1;
        }

        private static bool ArePlain(ImmutableArray<Dim> subscripts) => subscripts.All(s => s.SymbolName is not null || s.Constant is not null);

        private ImmutableArray<IndexRange> Fewer(IndexRange along, int count) =>
            [.. sum.Vars.Select(v => v.Name == along.Name ? new IndexRange(v.Name, Dim.CeilDiv(v.Extent, count)) : v)];

        /// <summary>The read of a tensor with words of several numbers along an index; what lies behind its end is 0.</summary>
        private ScalarExpr.Read Word(Node stored, ScalarExpr.Read read, IndexRange along, int count, double fill, Func<IReadOnlyList<ScalarExpr>, ScalarExpr> pack)
        {
            var axis = Position(read, along);
            if (!packed.TryGetValue((stored.Name, axis, count), out var words))
            {
                var shape = stored.Type.Shape.SetItem(axis, Dim.CeilDiv(stored.Type.Shape[axis], count));
                ImmutableArray<IndexRange> indices = [.. shape.Select((d, i) => new IndexRange(FormattableString.Invariant($"i{i}"), d))];
                var body = pack([.. Enumerable.Range(0, count)
                    .Select(p => new ScalarExpr.Read(0, [.. indices.Select((s, i) => i == axis ? (s.Symbol * count) + p : s.Symbol)], stored.Type.Element))]);
                words = new ComputeNode(names.New(stored.Name + "_packed"), new TensorType(ElementType.I32, shape), indices, body, [stored], stored.Origin with { Label = "pack" });
                packed.Add((stored.Name, axis, count), words);
            }

            return new ScalarExpr.Read(Operand(words), read.Subscripts, ElementType.I32, fill);
        }

        /// <summary>The sum of a weight over what is summed over, for each of its other indices.</summary>
        private ScalarExpr.Read Total(Node weight, ScalarExpr.Read w)
        {
            ImmutableArray<IndexRange> indices = [.. node.Indices.Where(i => w.Subscripts.Any(s => s.SymbolName == i.Name))];
            var body = new ScalarExpr.Reduce(ReduceKind.Sum, sum.Vars, new ScalarExpr.Cast(ElementType.I32, new ScalarExpr.Read(0, w.Subscripts, weight.Type.Element)));
            var type = new TensorType(ElementType.I32, [.. indices.Select(i => i.Extent)]);
            var totals = new ComputeNode(names.New(weight.Name + "_total"), type, indices, body, [weight], weight.Origin with { Label = "total" });
            return new ScalarExpr.Read(Operand(totals), [.. indices.Select(i => i.Symbol)], ElementType.I32);
        }

        private int Operand(Node operand)
        {
            operands.Add(operand);
            return operands.Count - 1;
        }
    }
}
