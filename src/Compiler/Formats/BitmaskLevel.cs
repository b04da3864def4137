using System.Collections.Immutable;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Formats;

/// <summary>
/// One bit for each coordinate in words of 32, and for each parent the position of its first child: set bits are numbered in order.
/// </summary>
internal sealed class BitmaskLevel(BoundLevel source, int number, Dim extent) : Level(source, number, extent)
{
    private const int WordBits = 32;

    private string Starts => FormattableString.Invariant($"ptr{Number}");

    private string Bits => FormattableString.Invariant($"bits{Number}");

    public override bool IsFull => false;

    // It would need the number of set bits below one, which the loop IR does not have.
    public override bool CanLocate => false;

    public override bool IsOrdered => true;

    public override bool IsUnique => true;

    public override ImmutableArray<LevelArray> Arrays => [new(Starts, ElementType.I32), new(Bits, ElementType.I32)];

    public override Dim? Size(Dim parentSize) => null;

    public override Stmt Iterate(LevelScope scope, LoopExpr parent, Func<LoopExpr, LoopExpr, Stmt> body)
    {
        var words = scope.Lower(Dim.CeilDiv(Extent, WordBits));
        var word = scope.NewVariable("word", LoopType.Index);
        var bits = scope.NewVariable("bits", LoopType.Index);
        var next = scope.NewVariable("next", LoopType.Index);
        var coordinate = scope.NewVariable("i", LoopType.Index);
        var position = scope.NewVariable("p", LoopType.Index);
        var load = new LoopExpr.Load(scope.ArrayBuffer(Bits), Loop.Add(Loop.Mul(parent, words), Loop.Get(word)));
        var lowest = Loop.Apply(MachineOps.TrailingZeros, Loop.Get(bits));
        var others = Loop.Apply(MachineOps.BitAnd, Loop.Get(bits), Loop.Sub(Loop.Get(bits), Loop.Int(1)));
        return Loop.Block(
            new Stmt.Local(next, new LoopExpr.Load(scope.ArrayBuffer(Starts), parent)),
            new Stmt.For(LoopKind.Serial, word, Loop.Int(0), words, 1, Loop.Block(
                new Stmt.Local(bits, load),
                new Stmt.While(Loop.Apply(CoreOps.Ne, Loop.Get(bits), Loop.Int(0)), Loop.Block(
                    new Stmt.Let(coordinate, Loop.Add(Loop.Mul(Loop.Get(word), Loop.Int(WordBits)), lowest)),
                    new Stmt.Let(position, Loop.Get(next)),
                    body(Loop.Get(coordinate), Loop.Get(position)),
                    new Stmt.Assign(next, Loop.Add(Loop.Get(next), Loop.Int(1))),
                    new Stmt.Assign(bits, others))))));
    }

    internal override bool IsMasked => true;

    internal override Stmt IterateMasked(LevelScope scope, LoopExpr parent, int lanes, Func<LoopExpr, LoopExpr, LoopExpr, int, Stmt> body)
    {
        var words = scope.Lower(Dim.CeilDiv(Extent, WordBits));
        var word = scope.NewVariable("word", LoopType.Index);
        var bits = scope.NewVariable("bits", LoopType.Index);
        var next = scope.NewVariable("next", LoopType.Index);
        var used = (int)Math.Max(1, Math.Min(Extent.Constant ?? WordBits, WordBits));
        var groups = Enumerable.Range(0, (used + lanes - 1) / lanes).Select(group =>
        {
            var first = group * lanes;
            var own = scope.NewVariable("own", LoopType.Index);
            var mask = scope.NewVariable("mask", new LoopType(ElementType.Bool, lanes));
            var position = scope.NewVariable("p", LoopType.Index);
            var coordinate = scope.NewVariable("i", LoopType.Index);
            return Loop.Block(
                new Stmt.Let(own, first == 0 ? Loop.Get(bits) : Loop.Apply(MachineOps.ShiftRight, Loop.Get(bits), Loop.Int(first))),
                new Stmt.Let(mask, new LoopExpr.BitLanes(Loop.Get(own), lanes)),
                new Stmt.Let(coordinate, Loop.Add(Loop.Mul(Loop.Get(word), Loop.Int(WordBits)), Loop.Int(first))),
                new Stmt.Let(position, Loop.Get(next)),
                body(Loop.Get(coordinate), Loop.Get(position), Loop.Get(mask), group),
                new Stmt.Assign(next, Loop.Add(Loop.Get(next), new LoopExpr.CountBits(Loop.Get(own), lanes))));
        });
        return Loop.Block(
            new Stmt.Local(next, new LoopExpr.Load(scope.ArrayBuffer(Starts), parent)),
            new Stmt.For(LoopKind.Serial, word, Loop.Int(0), words, 1, Loop.Block(
            [
                new Stmt.Let(bits, new LoopExpr.Load(scope.ArrayBuffer(Bits), Loop.Add(Loop.Mul(parent, words), Loop.Get(word)))),
                .. groups,
            ])));
    }

    public override LoopExpr? Locate(LevelScope scope, LoopExpr parent, LoopExpr coordinate) => null;

    internal override LevelEntries Pack(LevelEntries parents, int extent, IDictionary<string, TensorData> arrays)
    {
        var words = Words(extent);
        var bits = new int[checked(parents.Parents * words)];
        for (var parent = 0; parent < parents.Parents; parent++)
        {
            foreach (var coordinate in parents.Of(parent))
            {
                bits[(parent * words) + (coordinate / WordBits)] |= 1 << (coordinate % WordBits);
            }
        }

        arrays.Add(Starts, TensorData.FromInt32s([.. parents.Starts.Take(parents.Parents)], parents.Parents));
        arrays.Add(Bits, TensorData.FromInt32s(bits, bits.Length));
        return parents;
    }

    internal override LevelEntries Unpack(int parents, int extent, IReadOnlyDictionary<string, TensorData> arrays)
    {
        var words = Words(extent);
        var firsts = LevelArrays.Int32s(arrays, Starts, parents);
        var bits = LevelArrays.Int32s(arrays, Bits, (long)parents * words);
        var coordinates = new List<int>();
        var starts = new int[parents + 1];
        for (var parent = 0; parent < parents; parent++)
        {
            if (firsts[parent] != coordinates.Count)
            {
                throw new FormatMismatchException(FormattableString.Invariant($"the array '{Starts}' holds {firsts[parent]} where {coordinates.Count} bits are set before"));
            }

            coordinates.AddRange(Enumerable.Range(0, words * WordBits).Where(c => ((bits[(parent * words) + (c / WordBits)] >> (c % WordBits)) & 1) != 0));
            starts[parent + 1] = coordinates.Count;
        }

        return LevelArrays.Checked(new LevelEntries(starts, [.. coordinates]), extent, repeats: false, Bits);
    }

    private static int Words(int extent) => (extent + WordBits - 1) / WordBits;
}
