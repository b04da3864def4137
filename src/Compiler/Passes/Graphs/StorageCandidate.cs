using System.Collections.Immutable;
using SparseDsl.Compiler.Cost;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Formats;
using SparseDsl.Compiler.Weights;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Passes.Graphs;

/// <summary>A sparse storage a weight might have.</summary>
/// <param name="Format">The storage: output indices dense, the summed ones compressed.</param>
/// <param name="Stored">Stored elements over elements.</param>
/// <param name="BlockRows">Rows that share a coordinate.</param>
/// <param name="CoordinateBytes">Bytes of coordinates for each stored element.</param>
internal sealed record StorageCandidate(Format Format, double Stored, int BlockRows, double CoordinateBytes)
{
    private const double BytesOfCoordinate = 4;

    // Depthwise filters: so few terms that finding where a row starts and storing its sum is most of the work.
    private const int FewestColumns = 32;

    // Rows of a block share loads of the other operand, so less is lost against dense than with single elements.
    private const int RowsThatShareLoads = 4;
    private const double BlockCrossover = 0.7;

    // One walk serves this many results when they are not lanes; a single one walks with several sums and loads all it uses itself.
    private const double ScalarRows = 8;
    private const double SingleRow = 0.6;

    /// <summary>The best candidate for the data, or for what is promised when there is none; null when nothing is known or the weight has too few terms.</summary>
    public static StorageCandidate? Of(TensorType type, TensorData? data, Sparsity? promise, WeightUse use)
    {
        int[] shape = [.. type.Shape.Select(d => (int)d.Constant!.Value)];
        var columns = use.Columns.Aggregate(1, (product, c) => product * shape[c]);
        if (columns < FewestColumns)
        {
            return null;
        }

        // Blocks are those of the matrix of the first index and all others.
        var isMatrix = use.Rows.Length == 1 && use.Rows[0] == 0;
        var blocks = isMatrix && promise is Sparsity.Block b ? Blocks(b, [.. shape], data) : null;
        var elements = Elements(shape, data, promise, use, isMatrix);
        return blocks is not null && (elements is null || blocks.Stored < elements.Stored * 1.25) ? blocks : elements;
    }

    /// <summary>The stored fraction at which this is as fast as dense.</summary>
    public double Crossover(MachineProfile profile, WeightUse use)
    {
        if (use.HasLanes)
        {
            return BlockRows >= RowsThatShareLoads ? BlockCrossover : profile.VectorCrossover;
        }

        return use.IsInnermost && BlockRows >= profile.Lanes ? profile.VectorCrossover : profile.ScalarCrossover * Math.Min(1, Math.Max(SingleRow, use.Reuse / ScalarRows));
    }

    private static StorageCandidate? Blocks(Sparsity.Block block, ImmutableArray<int> shape, TensorData? data)
    {
        if (shape.Length > 2 && block.Columns > 1)
        {
            return null;
        }

        var stored = data is not null ? BlockDensity.Of(data, block.Rows, block.Columns) : 1 - block.MinZeros;
        var format = shape.Length == 2 ? StandardFormats.Bsr(block.Rows, block.Columns) : StandardFormats.FlattenedBsr(shape, block.Rows);
        return new StorageCandidate(format, stored, block.Rows, BytesOfCoordinate / (block.Rows * block.Columns));
    }

    private static StorageCandidate? Elements(int[] shape, TensorData? data, Sparsity? promise, WeightUse use, bool isMatrix)
    {
        if (Fraction(data, promise) is not { } stored)
        {
            return null;
        }

        // Whole windows of a filter need no decoding of coordinates; where they hold hardly more zeros that is better.
        var window = shape.Skip(2).Aggregate(1, (product, d) => product * d);
        if (isMatrix && window > 1 && data is not null && BlockDensity.Of(data, 1, window) is var whole && whole <= stored * 1.1)
        {
            return new StorageCandidate(Windows(shape.Length), whole, 1, BytesOfCoordinate / window);
        }

        return new StorageCandidate(Compressed(shape, use), stored, 1, BytesOfCoordinate);
    }

    private static double? Fraction(TensorData? data, Sparsity? promise) => (data, promise) switch
    {
        ({ Count: > 0 }, _) => (double)data.CountNonZeros() / data.Count,
        (null, Sparsity.Unstructured { MinZeros: > 0 } p) => 1 - p.MinZeros,
        (null, Sparsity.Block { MinZeros: > 0 } p) => 1 - p.MinZeros,
        (null, Sparsity.Channels { MinZeros: > 0 } p) => 1 - p.MinZeros,
        (null, Sparsity.NOfM p) => (double)p.N / p.M,
        _ => null,
    };

    /// <summary><c>dense(o), compressed(c), dense(r), dense(s)</c></summary>
    private static Format Windows(int rank)
    {
        var indices = Indices(rank);
        return new Format(new BoundFormat("filter_channels", indices, [.. indices.Select((index, i) => Level(i == 1 ? "compressed" : "dense", Dim.Symbol(index)))]));
    }

    /// <summary>Output indices dense in their order, the others as one compressed coordinate: <c>dense(o), compressed(c*9 + r*3 + s)</c>.</summary>
    private static Format Compressed(int[] shape, WeightUse use)
    {
        var indices = Indices(shape.Length);
        var column = Dim.Zero;
        foreach (var c in use.Columns)
        {
            column = (column * shape[c]) + Dim.Symbol(indices[c]);
        }

        var name = shape.Length > 2 ? "filter_rows" : use.Columns[0] == 1 ? "csr" : use.Rows.IsEmpty ? "list" : "csc";
        return new Format(new BoundFormat(name, indices, [.. use.Rows.Select(r => Level("dense", Dim.Symbol(indices[r]))), Level("compressed", column)]));
    }

    private static ImmutableArray<string> Indices(int rank) =>
        rank == 2 ? ["i", "j"] : rank == 4 ? ["o", "c", "r", "s"] : [.. Enumerable.Range(0, rank).Select(i => FormattableString.Invariant($"i{i}"))];

    private static BoundLevel Level(string kind, Dim index) => new(kind, null, index);
}
