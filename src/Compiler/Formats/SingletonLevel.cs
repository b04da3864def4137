using System.Collections.Immutable;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Formats;

/// <summary>One coordinate for each parent, at the parent's position: the later coordinates of COO.</summary>
internal sealed class SingletonLevel(BoundLevel source, int number, Dim extent) : Level(source, number, extent)
{
    private string Coordinates => FormattableString.Invariant($"crd{Number}");

    public override bool IsFull => false;

    public override bool CanLocate => false;

    public override bool IsOrdered => true;

    public override bool IsUnique => true;

    public override ImmutableArray<LevelArray> Arrays => [new(Coordinates, ElementType.I32)];

    public override Dim? Size(Dim parentSize) => parentSize;

    public override Stmt Iterate(LevelScope scope, LoopExpr parent, Func<LoopExpr, LoopExpr, Stmt> body)
    {
        var coordinate = scope.NewVariable("i", LoopType.Index);
        return Loop.Block(
            new Stmt.Let(coordinate, new LoopExpr.Load(scope.ArrayBuffer(Coordinates), parent)),
            body(Loop.Get(coordinate), parent));
    }

    public override LoopExpr? Locate(LevelScope scope, LoopExpr parent, LoopExpr coordinate) => null;

    internal override LevelEntries Pack(LevelEntries parents, int extent, IDictionary<string, TensorData> arrays)
    {
        for (var parent = 0; parent < parents.Parents; parent++)
        {
            if (parents.Of(parent).Length != 1)
            {
                throw new FormatMismatchException("a singleton level needs exactly one entry below every position of the level before it");
            }
        }

        arrays.Add(Coordinates, TensorData.FromInt32s(parents.Coordinates, parents.Coordinates.Length));
        return parents;
    }

    internal override LevelEntries Unpack(int parents, int extent, IReadOnlyDictionary<string, TensorData> arrays)
    {
        var coordinates = LevelArrays.Int32s(arrays, Coordinates, parents);
        return LevelArrays.Checked(LevelEntries.Regular(parents, 1, coordinates), extent, repeats: false, Coordinates);
    }
}
