using System.Collections.Immutable;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Formats;

/// <summary>The coordinates of non-zeros, parent after parent: those of parent p are <c>crd[ptr[p]] … crd[ptr[p + 1] - 1]</c>.</summary>
internal class CompressedLevel(BoundLevel source, int number, Dim extent, bool repeats) : Level(source, number, extent)
{
    private string Pointers => FormattableString.Invariant($"ptr{Number}");

    private string Coordinates => FormattableString.Invariant($"crd{Number}");

    public override bool IsFull => false;

    public override bool CanLocate => false;

    public override bool IsOrdered => true;

    public override bool IsUnique => !repeats;

    /// <summary>The coordinates that its arrays say.</summary>
    public LevelEntries Entries(IReadOnlyDictionary<string, TensorData> arrays) => new(LevelArrays.Int32s(arrays, Pointers), LevelArrays.Int32s(arrays, Coordinates));

    public override ImmutableArray<LevelArray> Arrays => [new(Pointers, ElementType.I32), new(Coordinates, ElementType.I32)];

    public override Dim? Size(Dim parentSize) => null;

    public override Stmt Iterate(LevelScope scope, LoopExpr parent, Func<LoopExpr, LoopExpr, Stmt> body)
    {
        var pointers = scope.ArrayBuffer(Pointers);
        var position = scope.NewVariable("p", LoopType.Index);
        var coordinate = scope.NewVariable("i", LoopType.Index);
        return new Stmt.For(
            LoopKind.Serial, position, new LoopExpr.Load(pointers, parent), new LoopExpr.Load(pointers, Loop.Add(parent, Loop.Int(1))), 1, Loop.Block(
                new Stmt.Let(coordinate, new LoopExpr.Load(scope.ArrayBuffer(Coordinates), Loop.Get(position))),
                body(Loop.Get(coordinate), Loop.Get(position))));
    }

    internal override bool LiesSideBySide => true;

    internal override Stmt IterateSideBySide(LevelScope scope, LoopExpr parent, int ways, Func<LoopExpr, LoopExpr, int, Stmt> body)
    {
        var pointers = scope.ArrayBuffer(Pointers);
        var coordinates = scope.ArrayBuffer(Coordinates);
        var (first, stop, last) = (scope.NewVariable("first", LoopType.Index), scope.NewVariable("stop", LoopType.Index), scope.NewVariable("last", LoopType.Index));
        var rounds = Loop.Apply(CoreOps.Div, Loop.Sub(Loop.Get(last), Loop.Get(first)), Loop.Int(ways));
        return Loop.Block(
            new Stmt.Let(first, new LoopExpr.Load(pointers, parent)),
            new Stmt.Let(last, new LoopExpr.Load(pointers, Loop.Add(parent, Loop.Int(1)))),
            new Stmt.Let(stop, Loop.Add(Loop.Get(first), Loop.Mul(rounds, Loop.Int(ways)))),
            Over(Loop.Get(first), Loop.Get(stop), ways),
            Over(Loop.Get(stop), Loop.Get(last), 1));

        Stmt.For Over(LoopExpr begin, LoopExpr end, int step)
        {
            var position = scope.NewVariable("p", LoopType.Index);
            return new Stmt.For(LoopKind.Serial, position, begin, end, step, Loop.Block(Enumerable.Range(0, step).Select(way =>
            {
                var coordinate = scope.NewVariable("i", LoopType.Index);
                var at = Loop.Add(Loop.Get(position), Loop.Int(way));
                return Loop.Block(new Stmt.Let(coordinate, new LoopExpr.Load(coordinates, at)), body(Loop.Get(coordinate), at, way));
            })));
        }
    }

    public override LoopExpr? Locate(LevelScope scope, LoopExpr parent, LoopExpr coordinate) => null;

    internal override LevelEntries Pack(LevelEntries parents, int extent, IDictionary<string, TensorData> arrays)
    {
        arrays.Add(Pointers, TensorData.FromInt32s(parents.Starts, parents.Starts.Length));
        arrays.Add(Coordinates, TensorData.FromInt32s(parents.Coordinates, parents.Coordinates.Length));
        return parents;
    }

    internal override LevelEntries Unpack(int parents, int extent, IReadOnlyDictionary<string, TensorData> arrays)
    {
        var starts = LevelArrays.Int32s(arrays, Pointers, parents + 1L);
        var coordinates = LevelArrays.Int32s(arrays, Coordinates);
        LevelArrays.CheckStarts(starts, coordinates.Length, Pointers);
        return LevelArrays.Checked(new LevelEntries(starts, coordinates), extent, repeats, Coordinates);
    }
}
