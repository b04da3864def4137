using System.Collections.Immutable;
using SparseDsl.Compiler.Formats;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Compiler.Kernels;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Lowering;

// Computes over operands that are not stored row-major.
//
// At most one operand has levels that only a loop can walk (compressed, …): it drives the loops. The others must be dense, or made of full levels, where
// the place of an element is arithmetic. What the driver does not store counts as zero: in an elementwise expression the value at zero is written
// everywhere first, in a sum the skipped terms must be zero.
public sealed partial class Lower
{
    private void EmitStored(ComputeNode node, Region result, Dim storeOffset)
    {
        var reads = node.Body.All().OfType<ScalarExpr.Read>().Distinct().ToArray();
        var operands = new List<StoredOperand>();
        var ranges = Bounds.Variables(node).ToDictionary(v => v.Name, v => v.Extent.Constant, StringComparer.Ordinal);
        foreach (var read in reads.Where(r => !IsRowMajor(node.Operands[r.Operand])))
        {
            if (!operands.Any(o => o.IsSame(read)))
            {
                operands.Add(new StoredOperand(read, node.Operands[read.Operand], StorageOf(node.Operands[read.Operand]), RangeOf));
            }
        }

        var drivers = operands.Where(o => !o.IsFull).ToArray();
        if (drivers.Length == 0)
        {
            EmitFull(node, result, storeOffset, operands);
        }
        else if (IsWalkable(node, drivers))
        {
            EmitDriven(node, result, storeOffset, operands, drivers[0]);
        }

        (long? Low, long? High) RangeOf(string name) => ranges.TryGetValue(name, out var extent) ? (0, extent - 1) : graph.RangeOf(name);
    }

    private static bool IsRowMajor(Node operand) => operand is not (ParamNode or ConstantNode) || StorageOf(operand).IsDense;

    private bool IsWalkable(ComputeNode node, StoredOperand[] drivers)
    {
        var driver = drivers[0];
        if (drivers.Length > 1)
        {
            diagnostics.Report(LoweringDiagnostics.TwoSparseOperands, node.Origin.Location, driver.Name, drivers[1].Name, node.Origin.Label);
            return false;
        }

        var inside = node.Reduction is { } reduce ? reduce.Body.All().OfType<ScalarExpr.Read>().Where(driver.IsSame).Count() : -1;
        var all = node.Body.All().OfType<ScalarExpr.Read>().Where(driver.IsSame).Count();
        if (inside >= 0 && (inside != all || !SparseLegality.MaySkip(node.Reduction!, driver.IsSame)))
        {
            diagnostics.Report(LoweringDiagnostics.NotZeroWhereSparse, node.Origin.Location, driver.Name, node.Origin.Label);
            return false;
        }

        if (!SparseLegality.IsIndexed(node, driver.Read, driver.Node.Type))
        {
            diagnostics.Report(LoweringDiagnostics.SparseSubscript, node.Origin.Location, driver.Name, node.Origin.Label);
            return false;
        }

        return true;
    }

    /// <summary>No operand needs a walk: a dense nest over other addresses. Indices are split where that leaves no remainder.</summary>
    private void EmitFull(ComputeNode node, Region result, Dim storeOffset, List<StoredOperand> operands)
    {
        var split = new SplitIndices(Bounds.Variables(node), operands.SelectMany(o => o.Coordinates), graph);
        if (split.Limits.Count > 0)
        {
            split = new SplitIndices([], [], graph);
        }

        EmitSplit(node, result, storeOffset, split, operands);
    }

    // Subscripts such as (i + 1) / 2 are linear for each phase of i: each gets loops of its own.
    private const int MostPhases = 16;

    private void EmitSplit(ComputeNode node, Region result, Dim storeOffset, SplitIndices split, List<StoredOperand> operands)
    {
        var kernel = new KernelBuilder(graph);
        var (body, addresses) = Split(node, kernel, split, operands, null);
        var nest = At(NoPhase);
        // Phases of a summed index would each be the result of a part of the sum.
        var results = new HashSet<string>(node.Indices.SelectMany(split.Parts).Select(i => i.Name), StringComparer.Ordinal);
        var phases = nest.HasDivisions ? Phases([.. split.Inner.Where(i => results.Contains(i.Name))]) : [];
        var loops = phases.Count is > 1 and <= MostPhases ? Loop.Block([.. phases.Select(phase => Loops(At(phase)))]) : Loops(nest);
        calls.Add(kernel.Finish(node.Name, Label(node), loops));

        Nest At(IReadOnlyDictionary<string, long> phase)
        {
            foreach (var inner in phase)
            {
                kernel.Define(inner.Key, Loop.Int(inner.Value));
            }

            return Nest.Of(
                body, node.Indices.SelectMany(split.Parts), kernel.Bind(result, BufferAccess.Out), split.Rewrite(storeOffset), r => addresses[r],
                single => kernel.Define(single, Loop.Int(0)), _ => false, phase);
        }

        Stmt Loops(Nest nest) => Dense(kernel, nest);
    }

    private static readonly Dictionary<string, long> NoPhase = [];

    /// <summary>Every combination of values of the inner indices.</summary>
    private static List<Dictionary<string, long>> Phases(ReadOnlySpan<(string Name, long Extent)> inner)
    {
        if (inner.Length == 0)
        {
            return [NoPhase];
        }

        var result = new List<Dictionary<string, long>>();
        var rest = Phases(inner.Slice(1));
        for (var value = 0L; value < inner[0].Extent && rest.Count * inner[0].Extent <= MostPhases; value++)
        {
            foreach (var other in rest)
            {
                result.Add(other.Concat([new KeyValuePair<string, long>(inner[0].Name, value)]).ToDictionary(p => p.Key, p => p.Value, StringComparer.Ordinal));
            }
        }

        return result;
    }

    private void EmitDriven(ComputeNode node, Region result, Dim storeOffset, List<StoredOperand> operands, StoredOperand driver)
    {
        var split = new SplitIndices(Bounds.Variables(node), operands.SelectMany(o => o.Coordinates), graph);
        if (InCode(node, result, storeOffset, operands, driver, split))
        {
            return;
        }

        var kernel = new KernelBuilder(graph);
        var walk = Walk(node, driver, split, kernel);
        var outputs = node.Indices.SelectMany(split.Parts).ToArray();
        var reductions = node.Reduction?.Vars.SelectMany(split.Parts).ToArray() ?? [];
        var sparse = new SparseLoops(kernel, walk, outputs, reductions);
        var inPlace = !sparse.Accumulates || node.Reduction!.Type == node.Type.Element;
        var target = inPlace ? result : Keep(new Region.Temporary(Unique(node.Name + "_sum"), node.Reduction!.Type, node.Type.Count, slots++));
        var offset = inPlace ? storeOffset : Linear.Offset([.. node.Indices.Select(i => i.Symbol)], node.Type.Shape);
        if (sparse.SkipsOutputs)
        {
            EmitStart(node, target, offset, driver, sparse);
        }

        var (body, addresses) = Split(node, kernel, split, operands, walk);
        var nest = Nest.Of(
            body, outputs, kernel.Bind(target, sparse.SkipsOutputs ? BufferAccess.InOut : BufferAccess.Out), split.Rewrite(offset), r => addresses[r],
            single => kernel.Define(single, Loop.Int(0)), walk.Binds);
        var schedule = new Scheduler(nest, For(nest), graph, sparse).Choose();
        var loops = SparsePanels.Of(kernel, nest, schedule, For(nest), sparse)?.Build() ?? new DenseNest(kernel, nest, schedule, For(nest), sparse).Build();
        calls.Add(kernel.Finish(node.Name, Label(node), loops));
        if (sparse.Accumulates && !ReferenceEquals(node.Body, node.Reduction))
        {
            EmitEnd(node, target, result, storeOffset);
        }
    }

    private SparseWalk Walk(ComputeNode node, StoredOperand driver, SplitIndices split, KernelBuilder kernel) => new(
        kernel, new OperandScope(kernel, name => Array(driver.Node, name)), driver.Levels, [.. driver.Coordinates.Select(split.Rewrite)],
        Bounds.Variables(node).SelectMany(split.Parts), split.Limits);

    /// <summary>Writes the driver's pattern into code, where it is known and the nest allows it; says whether it did.</summary>
    private bool InCode(ComputeNode node, Region result, Dim storeOffset, List<StoredOperand> operands, StoredOperand driver, SplitIndices split)
    {
        var kernel = new KernelBuilder(graph);
        var walk = Walk(node, driver, split, kernel);
        var outputs = node.Indices.SelectMany(split.Parts).ToArray();
        if (StorageOf(driver.Node) is not { Pattern: { } pattern } format || !PatternInCode.IsFor(walk, outputs))
        {
            return false;
        }

        var (body, addresses) = Split(node, kernel, split, operands, walk);
        var nest = Nest.Of(
            body, outputs, kernel.Bind(result, BufferAccess.InOut), split.Rewrite(storeOffset), r => addresses[r], single => kernel.Define(single, Loop.Int(0)), walk.Binds);
        var schedule = new Scheduler(nest, target, graph, new SparseLoops(kernel, walk, outputs, nest.Reductions)).Choose();
        var packed = FormatPacker.Pack(format, pattern.Ones([.. driver.Node.Type.Shape.Select(d => (int)d.Constant!.Value)]));
        if (PatternInCode.Of(kernel, nest, schedule, target, walk, packed) is not { } inCode)
        {
            return false;
        }

        calls.Add(kernel.Finish(node.Name, Label(node), inCode.Build()));
        return true;
    }

    /// <summary>What elements have that the walk never comes to: the identity of a sum in memory, else the value where the driver is zero.</summary>
    private void EmitStart(ComputeNode node, Region target, Dim offset, StoredOperand driver, SparseLoops sparse)
    {
        var body = node.Reduction is not { } reduce
            ? SparseLegality.IsZeroWhere(node.Body, driver.IsSame) ? new ScalarExpr.Literal(0, node.Type.Element)
                : node.Body.Rewrite(e => e is ScalarExpr.Read r && driver.IsSame(r) ? new ScalarExpr.Literal(0, r.Type) : e)
            : sparse.Accumulates ? Identity(reduce)
            : node.Body.Rewrite(e => e is ScalarExpr.Reduce r ? Identity(r) : e);
        var type = node.Type with { Element = target.Element };
        Emit(Operands.Pruned(Unique(node.Name + "_start"), type, node.Indices, body, node.Operands, node.Origin with { Label = node.Origin.Label + ".start" }), target, offset);
    }

    private static ScalarExpr Identity(ScalarExpr.Reduce reduce) => new ScalarExpr.Literal(reduce.Kind.Identity(reduce.Type), reduce.Type);

    /// <summary>What is around the sum, once it is complete.</summary>
    private void EmitEnd(ComputeNode node, Region sums, Region result, Dim storeOffset)
    {
        var sum = new InputNode(Unique(node.Name + "_total"), node.Type with { Element = sums.Element }, node.Origin);
        regions.Add(sum, sums);
        var read = new ScalarExpr.Read(node.Operands.Length, [.. node.Indices.Select(i => i.Symbol)], sums.Element);
        var body = node.Body.Rewrite(e => e is ScalarExpr.Reduce ? read : e);
        ImmutableArray<Node> operands = [.. node.Operands, sum];
        Emit(Operands.Pruned(Unique(node.Name + "_end"), node.Type, node.Indices, body, operands, node.Origin with { Label = node.Origin.Label + ".end" }), result, storeOffset);
    }

    /// <summary>The body over split indices, with the address of each of its reads.</summary>
    private (ScalarExpr Body, Dictionary<ScalarExpr.Read, ReadAddress> Addresses) Split(
        ComputeNode node, KernelBuilder kernel, SplitIndices split, List<StoredOperand> operands, SparseWalk? walk)
    {
        var addresses = new Dictionary<ScalarExpr.Read, ReadAddress>();
        var made = new Dictionary<ScalarExpr.Read, ScalarExpr.Read>();
        var body = node.Body.Rewrite(e => e switch
        {
            ScalarExpr.Read read => Rewritten(read),
            ScalarExpr.Index index => new ScalarExpr.Index(split.Rewrite(index.Value), index.Type),
            ScalarExpr.Reduce reduce => new ScalarExpr.Reduce(reduce.Kind, [.. reduce.Vars.SelectMany(split.Parts)], reduce.Body),
            _ => e,
        });
        return (body, addresses);

        ScalarExpr.Read Rewritten(ScalarExpr.Read read)
        {
            if (!made.TryGetValue(read, out var copy))
            {
                copy = new ScalarExpr.Read(read.Operand, [.. read.Subscripts.Select(split.Rewrite)], read.Type, read.Fill);
                made.Add(read, copy);
                addresses.Add(copy, Address(read));
            }

            return copy;
        }

        ReadAddress Address(ScalarExpr.Read read)
        {
            var address = this.Address(kernel, node, read);
            var offset = operands.FirstOrDefault(o => o.IsSame(read)) is not { } stored ? split.Rewrite(address.Offset)
                : stored.IsFull ? split.Rewrite(stored.Position) : walk!.Value;
            return new ReadAddress(address.Buffer, offset, [.. address.Guards.Select(g => (split.Rewrite(g.Subscript), g.Extent))]);
        }
    }
}
