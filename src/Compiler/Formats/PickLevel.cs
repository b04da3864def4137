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

    internal override bool MayPad => true;

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

    internal override LevelEntries Pack(LevelEntries parents, int extent, IDictionary<string, TensorData> arrays)
    {
        var coordinates = new int[checked(parents.Parents * count)];
        for (var parent = 0; parent < parents.Parents; parent++)
        {
            Fill(coordinates.AsSpan(parent * count, count), parents.Of(parent), extent);
        }

        arrays.Add(Coordinates, TensorData.FromInt32s(coordinates, coordinates.Length));
        return LevelEntries.Regular(parents.Parents, count, coordinates);
    }

    internal override LevelEntries Unpack(int parents, int extent, IReadOnlyDictionary<string, TensorData> arrays)
    {
        var coordinates = LevelArrays.Int32s(arrays, Coordinates, (long)parents * count);
        return LevelArrays.Checked(LevelEntries.Regular(parents, count, coordinates), extent, repeats: false, Coordinates);
    }

    /// <summary>The non-zeros' coordinates and the smallest others, increasing: as many others as there is room for.</summary>
    private void Fill(Span<int> slots, ReadOnlySpan<int> nonZeros, int extent)
    {
        if (nonZeros.Length > count || extent < count)
        {
            throw new FormatMismatchException(FormattableString.Invariant(
                $"a group of {extent} holds {nonZeros.Length} non-zeros, 'pick({count})' keeps {count}"));
        }

        var padding = count - nonZeros.Length;
        var (slot, next) = (0, 0);
        for (var coordinate = 0; slot < count; coordinate++)
        {
            if (next < nonZeros.Length && nonZeros[next] == coordinate)
            {
                next++;
                slots[slot++] = coordinate;
            }
            else if (padding > 0)
            {
                padding--;
                slots[slot++] = coordinate;
            }
        }
    }
}
