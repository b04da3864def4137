using System.Collections.Immutable;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Formats;

/// <summary>Every coordinate under every parent: position = parent * extent + coordinate.</summary>
internal sealed class DenseLevel(BoundLevel source, int number, Dim extent) : Level(source, number, extent)
{
    public override bool IsFull => true;

    public override bool CanLocate => true;

    public override bool IsOrdered => true;

    public override bool IsUnique => true;

    public override ImmutableArray<LevelArray> Arrays => [];

    public override Dim? Size(Dim parentSize) => parentSize * Extent;

    public override Stmt Iterate(LevelScope scope, LoopExpr parent, Func<LoopExpr, LoopExpr, Stmt> body)
    {
        var coordinate = scope.NewVariable("i", LoopType.Index);
        var position = scope.NewVariable("p", LoopType.Index);
        return new Stmt.For(LoopKind.Serial, coordinate, Loop.Int(0), scope.Lower(Extent), 1, Loop.Block(
            new Stmt.Let(position, Locate(scope, parent, Loop.Get(coordinate))!),
            body(Loop.Get(coordinate), Loop.Get(position))));
    }

    public override LoopExpr? Locate(LevelScope scope, LoopExpr parent, LoopExpr coordinate) =>
        Loop.Add(Loop.Mul(parent, scope.Lower(Extent)), coordinate);

    internal override LevelEntries? Pack(LevelEntries parents, int extent, IDictionary<string, TensorData> arrays) => null;

    internal override LevelEntries? Unpack(int parents, int extent, IReadOnlyDictionary<string, TensorData> arrays) => null;
}
