using System.Collections.Immutable;
using SparseDsl.Compiler.Formats;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Lowering;

/// <summary>Turns a graph into kernels: one for each node that computes something, in order.</summary>
/// <remarks>
/// Needs: normal form, padding materialised, storage chosen (a parameter without a format counts as dense). Gives: a program whose temporaries each have a slot of their own;
/// PlanMemory lets them share.
/// </remarks>
public sealed partial class Lower
{
    private readonly Graph graph;
    private readonly Target target;
    private readonly DiagnosticBag diagnostics;
    private readonly Dictionary<Node, Region> regions = new(ReferenceComparer<Node>.Instance);
    private readonly Dictionary<(Node Node, string Array), Region> arrays = [];
    private readonly List<Region> all = [];
    private readonly List<KernelCall> calls = [];
    private readonly HashSet<string> names = new(StringComparer.Ordinal);
    private readonly Dictionary<Node, string> outputs = new(ReferenceComparer<Node>.Instance);
    private int slots;

    private Lower(Graph graph, Target target, DiagnosticBag diagnostics)
    {
        this.graph = graph;
        this.target = target;
        this.diagnostics = diagnostics;
    }

    /// <summary>The program of a graph for a target. Sparse operands that cannot be walked are reported, and the program is then incomplete.</summary>
    public static LoopProgram Run(Graph graph, Target target, DiagnosticBag diagnostics) => new Lower(graph, target, diagnostics).Program();

    // Offsets have 32 bits. What depends on dims is checked when these are known.
    private void CheckSizes()
    {
        foreach (var node in graph.Nodes.Where(n => n.Type.Shape.Aggregate(1m, (product, extent) => product * (extent.Constant ?? 1)) > int.MaxValue))
        {
            diagnostics.Report(LoweringDiagnostics.TooLarge, node.Origin.Location, node.Name, node.Type.ToString());
        }
    }

    private LoopProgram Program()
    {
        CheckSizes();
        foreach (var (name, node) in graph.Outputs)
        {
            var root = Root(node);
            if (root is ComputeNode or ConcatNode or StructuralNode && !outputs.ContainsKey(root))
            {
                outputs.Add(root, name);
            }
        }

        foreach (var name in graph.Inputs.Select(i => i.Name).Concat(graph.Outputs.Select(o => o.Name)))
        {
            names.Add(name);
        }

        FindPadded();
        foreach (var node in graph.Nodes)
        {
            Add(node);
        }

        foreach (var (name, node) in graph.Outputs.Where(o => !outputs.TryGetValue(Root(o.Node), out var direct) || direct != o.Name))
        {
            var region = Keep(new Region.Output(name, node.Type));
            var copy = Identity(node, node, name + "_copy");
            Emit(copy, region, Linear.Offset([.. copy.Indices.Select(i => i.Symbol)], copy.Type.Shape));
        }

        foreach (var call in calls)
        {
            LoopValidator.Validate(call.Kernel);
        }

        // Arrays of a pattern that is in the code: nobody reads them.
        var read = new HashSet<string>(calls.SelectMany(c => c.Regions), StringComparer.Ordinal);
        all.RemoveAll(r => r is Region.Weight { Source.Format.Pattern: not null } && !read.Contains(r.Name));
        return new LoopProgram(graph.Name, graph.Dims, [.. all], [.. calls], [.. all.OfType<Region.Temporary>().OrderBy(t => t.Slot).Select(Bytes)]);
    }

    private static Dim Bytes(Region region) =>
        Dim.FloorDiv((region.Count * Dim.Const(Dsl.ElementTypes.Size(region.Element))) + Dim.Const(63), Dim.Const(64)) * Dim.Const(64);

    private static Node Root(Node node) => node is ReshapeNode ? Root(node.Operands[0]) : node;

    private Region Keep(Region region)
    {
        all.Add(region);
        return region;
    }

    private string Unique(string hint)
    {
        var name = hint;
        for (var i = 1; !names.Add(name); i++)
        {
            name = FormattableString.Invariant($"{hint}_{i}");
        }

        return name;
    }

    private void Add(Node node)
    {
        switch (node)
        {
            case InputNode:
                regions.Add(node, Keep(new Region.Input(node.Name, node.Type)));
                break;
            case StateNode:
                regions.Add(node, Keep(new Region.State(Unique(node.Name), node.Type)));
                break;
            case ReshapeNode:
                regions.Add(node, regions[node.Operands[0]]);
                break;
            case ParamNode or ConstantNode:
                AddWeight(node);
                break;
            case ComputeNode inside when padded.TryGetValue(inside, out var pad):
                EmitInside(inside, pad);
                break;
            case ComputeNode pad when regions.ContainsKey(pad):
                EmitBorder(pad);
                break;
            case ComputeNode compute:
                Emit(compute, Result(node), Linear.Offset([.. compute.Indices.Select(i => i.Symbol)], node.Type.Shape));
                break;
            case ConcatNode concat:
                Concat(concat);
                break;
            case StructuralNode structural:
                calls.Add(new StructuralKernels(graph, n => regions[n], diagnostics).Build(structural, Result(node)));
                break;
        }
    }

    private Region Result(Node node)
    {
        var region = outputs.TryGetValue(node, out var name)
            ? Keep(new Region.Output(name, graph.Outputs.First(o => o.Name == name).Node.Type))
            : Keep(new Region.Temporary(Unique(node.Name), node.Type.Element, node.Type.Count, slots++));
        regions.Add(node, region);
        return region;
    }

    private void AddWeight(Node node)
    {
        var format = StorageOf(node);
        var values = Weight(node, format, "val", node.Type.Element);
        regions.Add(node, values);
        if (!format.IsDense)
        {
            foreach (var array in Levels.Of(format, node.Type.Shape).SelectMany(l => l.Arrays))
            {
                arrays.Add((node, array.Name), Weight(node, format, array.Name, array.Element));
            }
        }
    }

    private Region Array(Node node, string name) => arrays[(node, name)];

    private Region Weight(Node node, Format format, string array, Dsl.ElementType element)
    {
        var source = node is ParamNode param
            ? new WeightOrigin(param.Path, null, format, array, Mask: (param.Sparsity as Sparsity.MaskFile)?.Path)
            : Constant((ConstantNode)node, format, array);
        var name = Unique(format.IsDense ? node.Name : $"{node.Name}_{array}");
        return Keep(new Region.Weight(name, element, format.IsDense ? node.Type.Count : Dim.Symbol(name), source));
    }

    private static WeightOrigin Constant(ConstantNode node, Format format, string array) => new(
        node.Name, node.Data, format, array, node.Recipe ?? FormattableString.Invariant($"elements {GraphPrinter.StableHash(node.Data is { } data ? data.Bytes : default):x16}"));

    private static Format StorageOf(Node node) =>
        (node is ParamNode param ? param.Format : ((ConstantNode)node).Format) ?? Format.Dense(node.Type.Rank);

    private void Emit(ComputeNode node, Region result, Dim storeOffset)
    {
        if (!node.Operands.All(IsRowMajor))
        {
            EmitStored(node, result, storeOffset);
            return;
        }

        // Upsampling and transposed convolutions read at i / 2 and i % 2: as two indices both are linear.
        var split = new SplitIndices(Bounds.Variables(node), node.Body.All().OfType<ScalarExpr.Read>().SelectMany(r => r.Subscripts), graph);
        if (split.Any && split.Limits.Count == 0)
        {
            EmitSplit(node, result, storeOffset, split, []);
            return;
        }

        var kernel = new KernelBuilder(graph);
        var nest = Nest.Of(
            node,
            kernel.Bind(result, BufferAccess.Out),
            storeOffset,
            read => Address(kernel, node, read),
            single => kernel.Define(single, Loop.Int(0)));
        var body = PaddedCopy.Fits(nest)
            ? new PaddedCopy(kernel, nest, target).Build()
            : Dense(kernel, nest);
        calls.Add(kernel.Finish(node.Name, Label(node), body));
    }

    private Stmt Dense(KernelBuilder kernel, Nest nest) => new DenseNest(kernel, nest, new Scheduler(nest, For(nest), graph).Choose(), For(nest)).Build();

    private Target For(Nest nest) => nest.Reduce?.Body is ScalarExpr.Apply apply && apply.Op == PackedOps.Mul4 ? target.ForDots : target;

    private static string Label(ComputeNode node) => node.Origin.Scope.Length == 0 ? node.Origin.Label : $"{node.Origin.Label} in {node.Origin.Scope}";

    private ReadAddress Address(KernelBuilder kernel, ComputeNode node, ScalarExpr.Read read)
    {
        var operand = node.Operands[read.Operand];
        var guards = read.Subscripts.Zip(operand.Type.Shape, (s, e) => (s, e)).Where(g => Bounds.MayLeave(g.s, g.e, node, graph));
        return new ReadAddress(kernel.Bind(regions[operand], BufferAccess.In), Linear.Offset(read.Subscripts, operand.Type.Shape), [.. guards]);
    }

    /// <summary>Each operand is copied to its place.</summary>
    private void Concat(ConcatNode node)
    {
        var result = Result(node);
        var strides = Linear.Strides(node.Type.Shape);
        var at = Dim.Zero;
        foreach (var operand in node.Operands)
        {
            var copy = Identity(operand, node, FormattableString.Invariant($"{node.Name}_part"));
            var offset = copy.Indices.Select((index, i) => (i == node.Axis ? index.Symbol + at : index.Symbol) * strides[i]).Aggregate(Dim.Zero, (a, b) => a + b);
            Emit(copy, result, offset);
            at += operand.Type.Shape[node.Axis];
        }
    }

    private ComputeNode Identity(Node operand, Node origin, string name)
    {
        ImmutableArray<IndexRange> indices = [.. operand.Type.Shape.Select((d, i) => new IndexRange(FormattableString.Invariant($"i{i}"), d))];
        var body = new ScalarExpr.Read(0, [.. indices.Select(i => i.Symbol)], operand.Type.Element);
        return new ComputeNode(Unique(name), operand.Type, indices, body, [operand], origin.Origin with { Label = "copy" });
    }
}
