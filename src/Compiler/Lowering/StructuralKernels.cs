using SparseDsl.Compiler.Graphs;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Lowering;

/// <summary>Kernels of the structural operations: what index notation cannot say, written once in loop IR.</summary>
internal sealed class StructuralKernels(Graph graph, Func<Node, Region> regionOf, DiagnosticBag diagnostics)
{
    /// <summary>The kernel of a node.</summary>
    public KernelCall Build(StructuralNode node, Region result)
    {
        var kernel = new KernelBuilder(graph);
        var body = node.Operation switch
        {
            "argmax" => ArgMax(kernel, node, result),
            "gather" => Gather(kernel, node, result),
            _ => Unknown(node),
        };
        return kernel.Finish(node.Name, node.Origin.Label, body);
    }

    private Stmt Unknown(StructuralNode node)
    {
        diagnostics.Report(LoweringDiagnostics.NotLowered, node.Origin.Location, node.Attributes.TryGetValue("selection", out var selection) ? selection.ToString()! : node.Operation);
        return Loop.Block();
    }

    /// <summary>Position of the largest element along the last index; the lowest of equals.</summary>
    private Stmt ArgMax(KernelBuilder kernel, StructuralNode node, Region result)
    {
        var x = kernel.Bind(regionOf(node.Operands[0]), BufferAccess.In);
        var y = kernel.Bind(result, BufferAccess.Out);
        var extent = kernel.Lower(node.Operands[0].Type.Shape[node.Operands[0].Type.Rank - 1]);
        var row = kernel.NewIndex("row");
        var j = kernel.NewIndex("j");
        var best = kernel.NewVariable("best", new LoopType(x.Element));
        var at = kernel.NewIndex("at");
        var value = kernel.NewVariable("x", new LoopType(x.Element));
        var start = Loop.Mul(Loop.Get(row), extent);
        LoopExpr index = Loop.Get(at);
        return new Stmt.For(LoopKind.Serial, row, Loop.Int(0), kernel.Lower(node.Type.Count), 1, Loop.Block(
            new Stmt.Local(best, new LoopExpr.Load(x, start)),
            new Stmt.Local(at, Loop.Int(0)),
            new Stmt.For(LoopKind.Serial, j, Loop.Int(1), extent, 1, Loop.Block(
                new Stmt.Let(value, new LoopExpr.Load(x, Loop.Add(start, Loop.Get(j)))),
                new Stmt.If(Loop.Apply(CoreOps.Gt, Loop.Get(value), Loop.Get(best)), Loop.Block(
                    new Stmt.Assign(best, Loop.Get(value)),
                    new Stmt.Assign(at, Loop.Get(j)))))),
            new Stmt.Store(y, Loop.Get(row), y.Element == ElementType.I32 ? index : new LoopExpr.Cast(y.Element, index))));
    }

    /// <summary>Rows of the first operand at the positions in the second; zeros where it has no such row.</summary>
    private Stmt Gather(KernelBuilder kernel, StructuralNode node, Region result)
    {
        var x = kernel.Bind(regionOf(node.Operands[0]), BufferAccess.In);
        var positions = kernel.Bind(regionOf(node.Operands[1]), BufferAccess.In);
        var y = kernel.Bind(result, BufferAccess.Out);
        var shape = node.Operands[0].Type.Shape;
        var run = kernel.Lower(shape.Skip(1).Aggregate(Dim.One, (a, b) => a * b));
        var i = kernel.NewIndex("i");
        var j = kernel.NewIndex("j");
        var from = kernel.NewIndex("from");
        LoopExpr position = new LoopExpr.Load(positions, Loop.Get(i));
        var index = positions.Element == ElementType.I32 ? position : new LoopExpr.Cast(ElementType.I32, position);
        var row = kernel.NewIndex("row");
        var isInside = Loop.Apply(CoreOps.And, Loop.Apply(CoreOps.Ge, Loop.Get(row), Loop.Int(0)), Loop.Apply(CoreOps.Lt, Loop.Get(row), kernel.Lower(shape[0])));
        var to = Loop.Add(Loop.Mul(Loop.Get(i), run), Loop.Get(j));
        var copy = Loop.Block(
            new Stmt.Let(from, Loop.Mul(Loop.Get(row), run)),
            new Stmt.For(LoopKind.Serial, j, Loop.Int(0), run, 1, new Stmt.Store(y, to, new LoopExpr.Load(x, Loop.Add(Loop.Get(from), Loop.Get(j))))));
        var k = kernel.NewIndex("k");
        var zeros = new Stmt.For(LoopKind.Serial, k, Loop.Int(0), run, 1, new Stmt.Store(
            y, Loop.Add(Loop.Mul(Loop.Get(i), run), Loop.Get(k)), new LoopExpr.Const(0, new LoopType(y.Element))));
        return new Stmt.For(LoopKind.Serial, i, Loop.Int(0), kernel.Lower(node.Operands[1].Type.Count), 1, Loop.Block(
            new Stmt.Let(row, index), new Stmt.If(isInside, copy, zeros)));
    }
}
