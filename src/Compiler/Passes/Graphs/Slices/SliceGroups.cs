using SparseDsl.Compiler.Graphs;
using SparseDsl.Compiler.Passes.Graphs.Layouts;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Passes.Graphs.Slices;

/// <summary>Which slices of all tensors of a graph can go.</summary>
/// <remarks>
/// Slices that can only go together are one group: the channel of a filter's result, the row of the filter, the same channel of what is added to it, and the
/// column of every weight that multiplies it. A group stays when one of its slices must: those of inputs and outputs, those that something reads other than
/// one by one, and those whose term in a sum is neither zero nor known. All other groups go. At least one slice of every axis stays.
/// </remarks>
internal sealed class SliceGroups
{
    private readonly Dictionary<(string Node, int Axis), int> axes = [];
    private readonly Dictionary<(string Node, string Variable), int> variables = [];
    private readonly Dictionary<(string Node, int Axis), int[]?> kept = [];
    private readonly List<(int Start, int Extent)> all = [];
    private readonly SliceFacts facts;
    private readonly Graph graph;
    private readonly int[] parent;
    private readonly bool[] stays;
    private int count;

    /// <param name="graph">The graph.</param>
    /// <param name="facts">What is known of its slices.</param>
    /// <param name="hasData">Whether the elements of a parameter or constant are known.</param>
    public SliceGroups(Graph graph, SliceFacts facts, Func<Node, bool> hasData)
    {
        (this.graph, this.facts) = (graph, facts);
        foreach (var node in graph.Nodes)
        {
            Number(node);
        }

        parent = [.. Enumerable.Range(0, count)];
        stays = new bool[count];
        foreach (var node in graph.Nodes)
        {
            Constrain(node, hasData);
        }

        foreach (var (_, node) in graph.Outputs)
        {
            StayAll(node);
        }

        KeepOneOfEach();
        KeepWholeBlocks();
        Any = Enumerable.Range(0, count).Any(id => !stays[Root(id)]);
    }

    /// <summary>Whether any slice goes.</summary>
    public bool Any { get; }

    /// <summary>The slices of an axis that stay, in order; null when all do.</summary>
    public int[]? Kept(Node node, int axis)
    {
        if (!kept.TryGetValue((node.Name, axis), out var result))
        {
            result = axes.TryGetValue((node.Name, axis), out var start) ? Staying(start, (int)node.Type.Shape[axis].Constant!.Value) : null;
            kept.Add((node.Name, axis), result);
        }

        return result;
    }

    /// <summary>The values of a variable of a node that stay, in order; null when all do.</summary>
    public int[]? Kept(ComputeNode node, VariableUse use) => variables.TryGetValue((node.Name, use.Variable.Name), out var start) ? Staying(start, use.Extent) : null;

    private int[]? Staying(int start, int extent)
    {
        int[] result = [.. Enumerable.Range(0, extent).Where(k => stays[Root(start + k)])];
        return result.Length == extent ? null : result;
    }

    private void Number(Node node)
    {
        for (var axis = 0; axis < node.Type.Rank; axis++)
        {
            if (node.Type.Shape[axis].Constant is > 1 and <= int.MaxValue and var extent)
            {
                var start = Number((int)extent);
                axes.Add((node.Name, axis), start);
                if (node is ComputeNode compute)
                {
                    variables.Add((node.Name, compute.Indices[axis].Name), start);
                }
            }
        }

        foreach (var variable in ((node as ComputeNode)?.Reduction?.Vars ?? []).Where(v => v.Extent.Constant is > 1 and <= int.MaxValue))
        {
            variables.Add((node.Name, variable.Name), Number((int)variable.Extent.Constant!.Value));
        }
    }

    private int Number(int extent)
    {
        all.Add((count, extent));
        count = checked(count + extent);
        return all[all.Count - 1].Start;
    }

    private void Constrain(Node node, Func<Node, bool> hasData)
    {
        switch (node)
        {
            case ParamNode or ConstantNode:
                ConstrainWeight(node, hasData(node));
                break;
            case ComputeNode compute:
                Constrain(compute, hasData);
                break;
            case ConcatNode concat:
                Constrain(concat);
                break;
            case ReshapeNode:
                ConstrainReshape(node);
                break;
            default:
                StayAll(node);
                foreach (var operand in node.Operands)
                {
                    StayAll(operand);
                }

                break;
        }
    }

    private void ConstrainWeight(Node node, bool hasData)
    {
        var source = node as ParamNode ?? ((ConstantNode)node).Source;
        if (!hasData || source?.Requested?.Levels.Any(l => l.Index.SymbolName is null) == true)
        {
            // A format over parts of indices (blocks) is asked for: other extents might not divide as its author wants.
            StayAll(node);
            return;
        }

        // A promise about blocks or groups still holds when they go as a whole.
        switch (source?.Sparsity)
        {
            case Sparsity.Block { Columns: > 1 } when node.Type.Rank > 2:
                StayAll(node);
                break;
            case Sparsity.Block block:
                Tile(node, 0, block.Rows);
                Tile(node, 1, block.Columns);
                break;
            case Sparsity.NOfM groups:
                Tile(node, Enumerable.Range(0, node.Type.Rank).LastOrDefault(a => node.Type.Shape[a].Constant != 1), groups.M);
                break;
        }
    }

    private void Tile(Node node, int axis, int size)
    {
        if (axes.TryGetValue((node.Name, axis), out var start))
        {
            for (var k = 0; k < node.Type.Shape[axis].Constant; k++)
            {
                Join(start + k, start + (k / size * size));
            }
        }
    }

    private void Constrain(ComputeNode node, Func<Node, bool> hasData)
    {
        var values = new SliceValues(node, facts, graph);
        var plain = new HashSet<(ScalarExpr.Read, int)>();
        foreach (var use in VariableUse.Of(node))
        {
            var start = variables[(node.Name, use.Variable.Name)];
            if (!use.IsPlain || use.Subscripts.Any(s => !axes.ContainsKey((node.Operands[s.Read.Operand].Name, s.Axis))))
            {
                Stay(start, use.Extent);
                continue;
            }

            foreach (var subscript in use.Subscripts)
            {
                plain.Add((subscript.Read, subscript.Axis));
                Join(start, axes[(node.Operands[subscript.Read.Operand].Name, subscript.Axis)] + (int)subscript.Offset, use.Extent);
            }

            if (node.Reduction is { } reduce && reduce.Vars.Any(v => v.Name == use.Variable.Name))
            {
                StayWithTerms(node, reduce, use, start, values, hasData);
            }
        }

        foreach (var read in node.Body.All().OfType<ScalarExpr.Read>())
        {
            for (var axis = 0; axis < read.Subscripts.Length; axis++)
            {
                if (!plain.Contains((read, axis)))
                {
                    StayWhere(node.Operands[read.Operand], axis, read.Subscripts[axis]);
                }
            }
        }
    }

    /// <summary>Values of a variable of a sum stay unless their terms are zero or known.</summary>
    private void StayWithTerms(ComputeNode node, ScalarExpr.Reduce reduce, VariableUse use, int start, SliceValues values, Func<Node, bool> hasData)
    {
        var terms = new KnownTerms(node, reduce, values, hasData);
        var anyFact = use.Subscripts.Any(s => facts.AnyAlong(node.Operands[s.Read.Operand], s.Axis)) || node.Operands.Any(o => facts.Everywhere(o) is not null);
        for (var k = 0; k < use.Extent; k++)
        {
            if (!anyFact || reduce.Kind != ReduceKind.Sum || !(terms.AreZero(use.Variable.Name, k) || terms.AreKnown(use.Variable.Name, k)))
            {
                Stay(start + k, 1);
            }
        }
    }

    private void StayWhere(Node operand, int axis, Dim subscript)
    {
        if (axes.TryGetValue((operand.Name, axis), out var start))
        {
            var extent = (int)operand.Type.Shape[axis].Constant!.Value;
            if (subscript.Constant is { } slice)
            {
                Stay(start + (int)Math.Max(0, Math.Min(slice, extent - 1)), 1);
            }
            else
            {
                Stay(start, extent);
            }
        }
    }

    private void Constrain(ConcatNode node)
    {
        for (var axis = 0; axis < node.Type.Rank; axis++)
        {
            var known = axes.TryGetValue((node.Name, axis), out var start);
            foreach (var operand in node.Operands)
            {
                var extent = (int)(operand.Type.Shape[axis].Constant ?? 0);
                if (axes.TryGetValue((operand.Name, axis), out var from))
                {
                    if (known)
                    {
                        Join(from, start, extent);
                    }
                    else
                    {
                        Stay(from, extent);
                    }
                }
                else if (known && axis == node.Axis)
                {
                    // A single slice has no number of its own: it stays.
                    Stay(start, extent);
                }

                start += axis == node.Axis ? extent : 0;
            }
        }
    }

    private void ConstrainReshape(Node node)
    {
        var operand = node.Operands[0];
        foreach (var group in ReshapeGroup.Of(operand.Type.Shape, node.Type.Shape))
        {
            // Whole runs of the outermost axis can go: what is left is in the same order on both sides.
            if (!group.From.IsEmpty && !group.To.IsEmpty
                && axes.TryGetValue((operand.Name, group.From[0]), out var from) && axes.TryGetValue((node.Name, group.To[0]), out var to)
                && (group.From.Length == 1 || group.To.Length == 1))
            {
                var (m, n) = (operand.Type.Shape[group.From[0]].Constant!.Value, node.Type.Shape[group.To[0]].Constant!.Value);
                JoinRuns(from, (int)m, to, (int)n);
                StayAxes(operand, group.From.Skip(1));
                StayAxes(node, group.To.Skip(1));
            }
            else
            {
                StayAxes(operand, group.From);
                StayAxes(node, group.To);
            }
        }
    }

    private void JoinRuns(int from, int m, int to, int n)
    {
        for (var k = 0; k < Math.Max(m, n); k++)
        {
            Join(from + (int)((long)k * m / Math.Max(m, n)), to + (int)((long)k * n / Math.Max(m, n)));
        }
    }

    private void StayAxes(Node node, IEnumerable<int> which)
    {
        foreach (var axis in which)
        {
            if (axes.TryGetValue((node.Name, axis), out var start))
            {
                Stay(start, (int)node.Type.Shape[axis].Constant!.Value);
            }
        }
    }

    private void StayAll(Node node) => StayAxes(node, Enumerable.Range(0, node.Type.Rank));

    private void Stay(int start, int extent)
    {
        for (var k = 0; k < extent; k++)
        {
            stays[Root(start + k)] = true;
        }
    }

    private void Join(int a, int b, int extent)
    {
        for (var k = 0; k < extent; k++)
        {
            Join(a + k, b + k);
        }
    }

    private void Join(int a, int b)
    {
        var (x, y) = (Root(a), Root(b));
        if (x != y)
        {
            parent[y] = x;
            stays[x] |= stays[y];
        }
    }

    private int Root(int id)
    {
        while (parent[id] != id)
        {
            id = parent[id] = parent[parent[id]];
        }

        return id;
    }

    // A tensor without elements would need kernels of its own kind for nothing.
    private void KeepOneOfEach()
    {
        foreach (var (start, extent) in all)
        {
            if (Enumerable.Range(start, extent).All(id => !stays[Root(id)]))
            {
                stays[Root(start)] = true;
            }
        }
    }

    /// <summary>
    /// Channels of images that came in whole blocks still do: <see cref="ChooseLayouts"/> stores images by blocks of channels, and a few constant ones more cost
    /// less than what another layout would.
    /// </summary>
    private void KeepWholeBlocks()
    {
        bool changed;
        do
        {
            changed = false;
            foreach (var node in graph.Nodes.Where(n => n is ComputeNode && ChannelBlocks.Size(n.Type) > 0 && axes.ContainsKey((n.Name, ChannelBlocks.Axis(n.Type)))))
            {
                var (start, extent) = (axes[(node.Name, ChannelBlocks.Axis(node.Type))], (int)node.Type.Shape[ChannelBlocks.Axis(node.Type)].Constant!.Value);
                while (Enumerable.Range(start, extent).Count(id => stays[Root(id)]) % ChannelBlocks.Smallest != 0)
                {
                    stays[Root(Enumerable.Range(start, extent).First(id => !stays[Root(id)]))] = true;
                    changed = true;
                }
            }
        }
        while (changed);
    }
}
