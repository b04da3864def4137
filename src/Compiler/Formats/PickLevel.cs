using System.Collections.Immutable;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Formats;

/// <summary>
/// Exactly n coordinates for each parent: <c>pick(2)(j % 4)</c> keeps two of four. Parents with fewer non-zeros are filled up with coordinates of zeros.
/// </summary>
internal sealed class PickLevel(BoundLevel source, int number, Dim extent) : Level(source, number, extent)
{
    private readonly int count = source.Argument ?? throw new CompilerBugException("'pick' without a number");

    private string Coordinates => FormattableString.Invariant($"crd{Number}");

    public override bool IsFull => false;

    public override bool CanLocate => false;

    public override bool IsOrdered => true;

    public override bool IsUnique => true;

    public override ImmutableArray<LevelArray> Arrays => [new(Coordinates, ElementType.I32)];

    public override Dim? Size(Dim parentSize) => parentSize * count;

    public override Stmt Iterate(LevelScope scope, LoopExpr parent, Func<LoopExpr, LoopExpr, Stmt> body)
    {
        var entry = scope.NewVariable("k", LoopType.Index);
        var position = scope.NewVariable("p", LoopType.Index);
        var coordinate = scope.NewVariable("i", LoopType.Index);
        return new Stmt.For(LoopKind.Serial, entry, Loop.Int(0), Loop.Int(count), 1, Loop.Block(
            new Stmt.Let(position, Loop.Add(Loop.Mul(parent, Loop.Int(count)), Loop.Get(entry))),
            new Stmt.Let(coordinate, new LoopExpr.Load(scope.ArrayBuffer(Coordinates), Loop.Get(position))),
            body(Loop.Get(coordinate), Loop.Get(position))));
    }

    public override LoopExpr? Locate(LevelScope scope, LoopExpr parent, LoopExpr coordinate) => null;

    public override ImmutableArray<ImmutableArray<int>> Pack(ImmutableArray<ImmutableArray<int>> parents, int extent, IDictionary<string, TensorData> arrays)
    {
        ImmutableArray<ImmutableArray<int>> stored = [.. parents.Select(p => Filled(p, extent))];
        int[] coordinates = [.. stored.SelectMany(s => s)];
        arrays.Add(Coordinates, TensorData.FromInt32s(coordinates, coordinates.Length));
        return stored;
    }

    private ImmutableArray<int> Filled(ImmutableArray<int> nonZeros, int extent)
    {
        if (nonZeros.Length > count || extent < count)
        {
            throw new FormatMismatchException(FormattableString.Invariant(
                $"a group of {extent} holds {nonZeros.Length} non-zeros, 'pick({count})' keeps {count}"));
        }

        var zeros = Enumerable.Range(0, extent).Where(c => !nonZeros.Contains(c));
        return [.. nonZeros.Concat(zeros.Take(count - nonZeros.Length)).OrderBy(c => c)];
    }
}
