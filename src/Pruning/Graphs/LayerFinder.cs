using System.Collections.Immutable;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Pruning.Graphs;

/// <summary>Finds the weights of a graph that can be pruned, from index notation alone: there is no list of operators.</summary>
/// <remarks>
/// A weight qualifies when everything that reads it is a sum of products of two factors, itself and a tensor that depends on an input, each of its
/// indices being an output of the sum or summed over. That is the product of matrices with the weight on either side, and every convolution. Where the
/// other factor's subscripts mention an output of the weight (depthwise and grouped convolution), outputs do not share their inputs, and the weight is
/// left alone.
/// </remarks>
public static class LayerFinder
{
    /// <summary>The weights, in the order of the sums that read them first.</summary>
    /// <param name="graph">A graph as <see cref="BuildGraph"/> makes it.</param>
    public static ImmutableArray<PrunableLayer> Find(Graph graph)
    {
        var readers = graph.Nodes.SelectMany(n => n.Operands.Distinct(ReferenceComparer<Node>.Instance).Select(o => (Operand: o, Reader: n)))
            .ToLookup(r => r.Operand, r => r.Reader, ReferenceComparer<Node>.Instance);
        var finder = new Finder(graph, readers);
        var order = graph.Nodes.Select((n, i) => (n, i)).ToDictionary(p => p.n, p => p.i, ReferenceComparer<Node>.Instance);
        return [.. graph.Nodes.OfType<ParamNode>().Select(finder.Layer).OfType<PrunableLayer>().OrderBy(l => l.Uses.Min(u => order[u.Node]))];
    }

    private sealed class Finder(Graph graph, ILookup<Node, Node> readers)
    {
        private readonly HashSet<Node> _outputs = new(graph.Outputs.Select(o => o.Node), ReferenceComparer<Node>.Instance);
        private readonly HashSet<Node> _variable = Dependent(graph);

        public PrunableLayer? Layer(ParamNode param)
        {
            if (!param.Type.Element.IsFloat() || param.Type.Shape.Any(d => d.Constant is not > 0))
            {
                return null;
            }

            var found = new List<(Sum Sum, ImmutableArray<int> Axes)>();
            if (!Collect(param, [.. Enumerable.Range(0, param.Type.Rank)], found) || found.Count == 0)
            {
                return null;
            }

            var (rows, columns) = (AxesOf(found[0], isRow: true), AxesOf(found[0], isRow: false));
            if (columns.IsEmpty || found.Any(f => !AxesOf(f, isRow: true).SequenceEqual(rows) || !AxesOf(f, isRow: false).SequenceEqual(columns)))
            {
                return null;
            }

            var uses = found.Select(f => Use(f.Sum, f.Axes, columns)).ToList();
            return uses.Any(u => u is null) ? null
                : new PrunableLayer(param.Path, param.Type, rows, columns, [.. uses.Select(u => u!)], found.Count == 1 ? Bias(found[0].Sum) : null);
        }

        /// <summary>Every sum that reads a weight, also through permutations of its axes; false when something else reads it.</summary>
        /// <param name="weight">The weight or a permutation of it.</param>
        /// <param name="axes">For each axis of that node, the weight's own.</param>
        /// <param name="found">Is given the sums, each with the weight's axes in the order it reads them.</param>
        private bool Collect(Node weight, ImmutableArray<int> axes, List<(Sum Sum, ImmutableArray<int> Axes)> found)
        {
            if (_outputs.Contains(weight))
            {
                return false;
            }

            foreach (var reader in readers[weight])
            {
                if (reader is not ComputeNode compute)
                {
                    return false;
                }

                if (Permutation(compute, axes) is { } permuted)
                {
                    if (!Collect(compute, permuted, found))
                    {
                        return false;
                    }
                }
                else if (SumOf(compute, weight) is { } sum)
                {
                    found.Add((sum, axes));
                }
                else
                {
                    return false;
                }
            }

            return true;
        }

        private static ImmutableArray<int>? Permutation(ComputeNode node, ImmutableArray<int> axes)
        {
            if (node.Body is not ScalarExpr.Read read || read.Subscripts.Length != node.Indices.Length)
            {
                return null;
            }

            int[] from = [.. node.Indices.Select(i => read.Subscripts.ToList().FindIndex(s => s.SymbolName == i.Name))];
            return from.All(a => a >= 0 && node.Operands[read.Operand].Type.Shape[a].Equals(node.Type.Shape[Array.IndexOf(from, a)]))
                ? [.. from.Select(a => axes[a])] : null;
        }

        private Sum? SumOf(ComputeNode node, Node weight)
        {
            if (node.Reduction is not { Kind: ReduceKind.Sum, Body: ScalarExpr.Apply { Arguments: [ScalarExpr.Read a, ScalarExpr.Read b] } product } reduction
                || product.Op != CoreOps.Mul || node.Body.All().OfType<ScalarExpr.Read>().Count(r => ReferenceEquals(node.Operands[r.Operand], weight)) != 1)
            {
                return null;
            }

            var (own, other) = ReferenceEquals(node.Operands[a.Operand], weight) ? (a, b) : (b, a);
            var input = node.Operands[other.Operand];
            if (!ReferenceEquals(node.Operands[own.Operand], weight) || !_variable.Contains(input) || input.Type.Element != ElementType.F32)
            {
                return null;
            }

            var kinds = ImmutableArray.CreateBuilder<IndexRange?>();
            for (var axis = 0; axis < own.Subscripts.Length; axis++)
            {
                var variable = node.Indices.Concat(reduction.Vars).FirstOrDefault(v => v.Name == own.Subscripts[axis].SymbolName);
                var extent = weight.Type.Shape[axis];
                if (variable is null ? own.Subscripts[axis].Constant != 0 || extent.Constant != 1 : !variable.Extent.Equals(extent))
                {
                    return null;
                }

                kinds.Add(variable);
            }

            var sum = new Sum(node, reduction, input, other, kinds.ToImmutable());
            return sum.HasDistinctVariables && sum.SumsOnlyOverWeight && !sum.Rows.Any(r => other.Subscripts.Any(s => s.Mentions(r.Name))) ? sum : null;
        }

        private static ImmutableArray<int> AxesOf((Sum Sum, ImmutableArray<int> Axes) found, bool isRow) =>
            [.. Enumerable.Range(0, found.Axes.Length)
                .Where(i => found.Sum.Variables[i] is { } v && found.Sum.IsRow(v) == isRow)
                .Select(i => found.Axes[i]).Order()];

        private static LayerUse? Use(Sum sum, ImmutableArray<int> axes, ImmutableArray<int> columns)
        {
            ImmutableArray<IndexRange> inputs = [.. columns.Select(c => sum.Variables[axes.IndexOf(c)]!)];
            ImmutableArray<IndexRange> positions = [.. sum.Node.Indices.Where(i => !sum.Rows.Contains(i))];
            return PatchMap.Of(sum.Other, positions, inputs) is { } patches ? new LayerUse(sum.Node, sum.Input, patches) : null;
        }

        // In the node of the sum itself, or in the one node that reads its results.
        private LayerBias? Bias(Sum sum)
        {
            if (sum.Rows is not [var row])
            {
                return null;
            }

            if (!ReferenceEquals(sum.Node.Body, sum.Reduction))
            {
                return Bias(sum.Node, sum.Reduction, row.Name, row.Extent);
            }

            if (_outputs.Contains(sum.Node) || readers[sum.Node].ToList() is not [ComputeNode next]
                || next.Body.All().OfType<ScalarExpr.Read>().Where(r => ReferenceEquals(next.Operands[r.Operand], sum.Node)).ToList() is not [var read])
            {
                return null;
            }

            var axis = sum.Node.Indices.IndexOf(row);
            return read.Subscripts[axis].SymbolName is { } name && next.Indices.Any(i => i.Name == name && i.Extent.Equals(row.Extent))
                ? Bias(next, read, name, row.Extent) : null;
        }

        private LayerBias? Bias(ComputeNode node, ScalarExpr value, string row, Dim outputs)
        {
            foreach (var apply in node.Body.All().OfType<ScalarExpr.Apply>().Where(a => a.Op == CoreOps.Add || (a.Op == CoreOps.Sub && ReferenceEquals(a.Arguments[0], value))))
            {
                if (apply.Arguments.Any(a => ReferenceEquals(a, value)) && apply.Arguments.FirstOrDefault(a => !ReferenceEquals(a, value)) is ScalarExpr.Read bias
                    && node.Operands[bias.Operand] is ParamNode param && IsOwn(node, param) && param.Type.Count.Equals(outputs)
                    && bias.Subscripts.All(s => s.SymbolName == row || s.Constant == 0) && bias.Subscripts.Count(s => s.SymbolName == row) == 1)
                {
                    return new LayerBias(param.Path, apply.Op == CoreOps.Add ? 1 : -1);
                }
            }

            return null;
        }

        private bool IsOwn(ComputeNode node, ParamNode param) =>
            !_outputs.Contains(param) && readers[param].Count() == 1 && node.Body.All().OfType<ScalarExpr.Read>().Count(r => ReferenceEquals(node.Operands[r.Operand], param)) == 1;

        private static HashSet<Node> Dependent(Graph graph)
        {
            var found = new HashSet<Node>(ReferenceComparer<Node>.Instance);
            foreach (var node in graph.Nodes)
            {
                if (node is InputNode || node.Operands.Any(found.Contains))
                {
                    found.Add(node);
                }
            }

            return found;
        }
    }

    /// <summary>A sum of products of a weight and another tensor.</summary>
    /// <param name="Node">The node.</param>
    /// <param name="Reduction">The sum.</param>
    /// <param name="Input">The other tensor.</param>
    /// <param name="Other">How it is read.</param>
    /// <param name="Variables">The variable at each axis of the weight; null for an axis of extent 1 that is read at 0.</param>
    private sealed record Sum(ComputeNode Node, ScalarExpr.Reduce Reduction, Node Input, ScalarExpr.Read Other, ImmutableArray<IndexRange?> Variables)
    {
        public ImmutableArray<IndexRange> Rows => [.. Node.Indices.Where(i => Variables.Any(v => v?.Name == i.Name))];

        public bool HasDistinctVariables => Variables.OfType<IndexRange>().Select(v => v.Name).Distinct().Count() == Variables.Count(v => v is not null);

        public bool SumsOnlyOverWeight => Reduction.Vars.All(v => v.Extent.Constant == 1 || Variables.Any(w => w?.Name == v.Name));

        public bool IsRow(IndexRange variable) => Node.Indices.Any(i => i.Name == variable.Name);
    }
}
