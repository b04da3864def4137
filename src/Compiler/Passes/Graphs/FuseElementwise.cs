using System.Collections.Immutable;
using SparseDsl.Compiler.Cost;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Compiler.Lowering;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Passes.Graphs;

/// <summary>Computes elementwise work where its operand is produced, by putting the producer's expression in place of the read.</summary>
/// <remarks>
/// Needs: normal form. Gives: fewer nodes, same values.
/// <para>Before: <c>a[o, p] = sum(c) w[o, c] * x[c, p]</c>; <c>y[o, p] = max(a[o, p] + b[o], 0)</c>.
/// After: <c>y[o, p] = max((sum(c) w[o, c] * x[c, p]) + b[o], 0)</c>.</para>
/// A producer is taken in when nobody else reads it, its elements are read at most once each, no second reduction meets the first, no read can leave it,
/// and parameters stored sparse by request can be walked as before.
/// Nodes that only move elements (slices, transposes) are taken in by all their readers when innermost accesses stay contiguous.
/// No body grows beyond a bound.
/// </remarks>
public static class FuseElementwise
{
    private const int MaxOperands = 14;

    /// <summary>Expressions in a body: more in one loop gain nothing, and make a method that is too long to be optimised.</summary>
    private const int MaxSize = 512;

    /// <summary>
    /// A body that grew beyond this is taken in by the next round only: bodies then double from round to round, while a long chain that is put into
    /// its last node one by one would be copied as often as it has nodes.
    /// </summary>
    private const int GrowsAtOnce = 32;

    /// <summary>Runs the pass until nothing changes.</summary>
    public static Graph Run(Graph graph)
    {
        while (true)
        {
            var next = Round(graph);
            if (ReferenceEquals(next, graph))
            {
                return graph;
            }

            graph = next;
        }
    }

    private static Graph Round(Graph graph)
    {
        var uses = new Uses(graph);
        var constants = new ConstantNodes(graph);
        var touched = new HashSet<string>(StringComparer.Ordinal);
        return Rewriter.Rewrite(graph, node =>
        {
            if (node is not ComputeNode consumer)
            {
                return node;
            }

            for (var i = consumer.Operands.Length - 1; i >= 0; i--)
            {
                // Use counts of what an inlined producer reads are out of date: the next round sees it.
                if (consumer.Operands[i] is ComputeNode producer
                    && !touched.Contains(producer.Name)
                    && !(constants.Contains(producer) && !consumer.Operands.All(constants.Contains))
                    && CanFuse(consumer, i, producer, uses.Of(producer), graph))
                {
                    touched.UnionWith(producer.Operands.Select(o => o.Name));
                    var fused = Inline(consumer, i, producer);
                    if (fused.Size > GrowsAtOnce)
                    {
                        touched.Add(fused.Name);
                    }

                    return fused;
                }
            }

            return node;
        });
    }

    private static bool CanFuse(ComputeNode consumer, int operand, ComputeNode producer, int uses, Graph graph)
    {
        if (consumer.Operands.Length + producer.Operands.Length > MaxOperands
            || consumer.Size + producer.Size > MaxSize
            || consumer.Statements + producer.Statements > CodeSize.MostStatements
            || (consumer.Reduction is not null && producer.Reduction is not null))
        {
            return false;
        }

        var reads = consumer.Body.All().OfType<ScalarExpr.Read>().Where(r => r.Operand == operand).ToArray();
        if (reads.Any(r => Bounds.MayLeave(r, producer, consumer, graph)))
        {
            return false;
        }

        if (MovesElements(producer))
        {
            return uses >= 1 && (consumer.Reduction is null || reads.All(r => StaysContiguous(producer)));
        }

        return WalksAsBefore(consumer, operand, producer) && uses == 1 && reads.Select(r => string.Join(",", r.Subscripts)).Distinct().Count() == 1
            && (producer.Reduction is null ? ReadsEachOnce(reads[0], consumer) : IsIdentity(reads[0], consumer));
    }

    /// <summary>
    /// Whether a parameter that the program stores sparse can still be walked, if it was read by one of the two: alone, a product with it is written where it is stored,
    /// but a minimum of such products needs the zeros as well, and a part of it would have to be looked for.
    /// </summary>
    private static bool WalksAsBefore(ComputeNode consumer, int operand, ComputeNode producer)
    {
        if (!consumer.Operands.Concat(producer.Operands).Any(IsWalked))
        {
            return true;
        }

        var fused = Inline(consumer, operand, producer);
        var walked = fused.Operands.Where(IsWalked).ToArray();
        return walked.Length <= 1 && (fused.Reduction is not { } reduce || walked.All(w =>
            SparseLegality.MaySkip(reduce, r => fused.Operands[r.Operand] == w) && Reads(reduce.Body, w) == Reads(fused.Body, w))) && walked.All(IsIndexed);

        bool IsIndexed(Node of) =>
            fused.Body.All().OfType<ScalarExpr.Read>().Where(r => fused.Operands[r.Operand] == of).All(r => SparseLegality.IsIndexed(fused, r, of.Type));

        int Reads(ScalarExpr body, Node of) => body.All().OfType<ScalarExpr.Read>().Count(r => fused.Operands[r.Operand] == of);
    }

    private static bool IsWalked(Node node) => node is ParamNode { Requested: { } format } && !Formats.Levels.Of(new Formats.Format(format), node.Type.Shape).All(l => l.IsFull);

    private static bool MovesElements(ComputeNode node) => node.Body is ScalarExpr.Read;

    private static bool StaysContiguous(ComputeNode producer)
    {
        var read = (ScalarExpr.Read)producer.Body;
        return producer.Indices.Length > 0 && read.Subscripts.Length > 0
            && read.Subscripts[read.Subscripts.Length - 1].Linear(producer.Indices[producer.Indices.Length - 1].Name) is { Coefficient: 1 };
    }

    private static bool IsIdentity(ScalarExpr.Read read, ComputeNode consumer) =>
        consumer.Reduction is null
        && read.Subscripts.Length == consumer.Indices.Length
        && read.Subscripts.Zip(consumer.Indices, (s, i) => s.SymbolName == i.Name || i.Extent.Constant == 1).All(x => x);

    /// <summary>Every loop variable of the consumer with more than one value is a subscript by itself, so no element is read twice.</summary>
    private static bool ReadsEachOnce(ScalarExpr.Read read, ComputeNode consumer)
    {
        var plain = new HashSet<string>(read.Subscripts.Select(s => s.SymbolName ?? ""), StringComparer.Ordinal);
        var loops = consumer.Indices.Concat(consumer.Reduction?.Vars ?? []);
        return loops.All(v => v.Extent.Constant == 1 || plain.Contains(v.Name));
    }

    private static ComputeNode Inline(ComputeNode consumer, int operand, ComputeNode producer)
    {
        var shift = consumer.Operands.Length;
        var body = Renaming.Apart(producer, consumer);
        var done = new Dictionary<string, ScalarExpr>(StringComparer.Ordinal);
        var fused = consumer.Body.Rewrite(e =>
        {
            if (e is not ScalarExpr.Read read || read.Operand != operand)
            {
                return e;
            }

            var key = string.Join(",", read.Subscripts);
            if (!done.TryGetValue(key, out var inlined))
            {
                inlined = Shift(body.Substitute(n => Subscript(producer, read, n)), shift);
                done.Add(key, inlined);
            }

            return inlined;
        });
        var label = MovesElements(producer) ? consumer.Origin.Label : $"{producer.Origin.Label}+{consumer.Origin.Label}";
        var origin = producer.Reduction is not null ? producer.Origin with { Label = label } : consumer.Origin with { Label = label };
        return Operands.Pruned(consumer.Name, consumer.Type, consumer.Indices, fused, [.. consumer.Operands, .. producer.Operands], origin);
    }

    private static Dim? Subscript(ComputeNode producer, ScalarExpr.Read read, string name)
    {
        for (var i = 0; i < producer.Indices.Length; i++)
        {
            if (producer.Indices[i].Name == name)
            {
                return read.Subscripts[i];
            }
        }

        return null;
    }

    // The bodies of a producer inlined at one place are one object, so the outer Rewrite does not see their reads again.
    private static ScalarExpr Shift(ScalarExpr body, int by) =>
        body.Rewrite(e => e is ScalarExpr.Read r ? new ScalarExpr.Read(r.Operand + by, r.Subscripts, r.Type, r.Fill) : e);
}
