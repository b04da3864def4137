using System.Collections.Immutable;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Formats;
using SparseDsl.Compiler.Weights;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Passes.Graphs;

/// <summary>A sparse storage a weight might have.</summary>
/// <param name="Format">The storage: output indices dense, the summed ones compressed.</param>
/// <param name="Stored">Stored elements over elements.</param>
/// <param name="CoordinateBytes">Bytes of coordinates for each stored element.</param>
/// <param name="MaskBytes">Bytes for each element, stored or not.</param>
internal sealed record StorageCandidate(Format Format, double Stored, double CoordinateBytes, double MaskBytes = 0)
{
    private const double BytesOfCoordinate = 4;

    // For the other operand's vector, and for what the compiler cannot do without.
    private const int RegistersAside = 4;

    // Looked for where nothing is promised: whoever prunes in blocks need not say so.
    private const int RowsThatShare = 4;

    // Stored elements of blocks over non-zeros: a few zeros are no matter.
    private const double MostPadding = 1.1;

    /// <summary>The candidates for the data, or for what is promised when there is none; empty when nothing is known or the weight has too few terms.</summary>
    public static IEnumerable<StorageCandidate> Of(TensorType type, TensorData? data, Sparsity? promise, WeightUse use)
    {
        ImmutableArray<int> shape = [.. type.Shape.Select(d => (int)d.Constant!.Value)];
        if (StorageKernels.Terms(shape, use) < StorageKernels.FewestTerms)
        {
            yield break;
        }

        // Blocks are those of the matrix of the first index and all others.
        var isMatrix = use.Rows.Length == 1 && use.Rows[0] == 0;
        if (isMatrix && promise is Sparsity.Block promised)
        {
            foreach (var blocks in Blocks(promised, shape, data, use))
            {
                yield return blocks;
            }
        }
        else if (isMatrix && use.HasLanes && data is { Count: > 0 } && BlockDensity.Of(data, RowsThatShare, 1) is var inBlocks && inBlocks <= Fraction(data, null) * MostPadding)
        {
            yield return Blocks(new Sparsity.Block(RowsThatShare, 1, 0), shape, data, use).Single();
        }

        if (Elements([.. shape], data, promise, use, isMatrix) is { } elements)
        {
            yield return elements;

            // A product with a single vector takes as long as reading the weight.
            if (isMatrix && shape.Length == 2 && !use.HasLanes && use.Reuse < 2)
            {
                yield return new StorageCandidate(StandardFormats.BitRows, elements.Stored, 0, 1 / 8.0);
            }
        }
    }

    /// <summary>
    /// The pattern in code: blocks of rows whose sums fit the registers. Only where weights are known, and where a multiply-accumulate takes its weight from
    /// memory (AVX-512): elsewhere each would need a second instruction.
    /// </summary>
    public static StorageCandidate? InCode(TensorType type, TensorData? data, WeightUse use, Target target)
    {
        if (data is null || type.Element != Dsl.ElementType.F32 || target.Lanes(4) < 16 || !use.HasLanes || use.Rows is not [0]
            || StorageKernels.Terms([.. type.Shape.Select(d => (int)d.Constant!.Value)], use) < StorageKernels.FewestTerms || use.Columns.IsEmpty || use.Columns[0] != 1)
        {
            return null;
        }

        var rows = (int)type.Shape[0].Constant!.Value;
        var most = target.Registers - RegistersAside;
        var blocks = (rows + most - 1) / most;
        var size = (rows + blocks - 1) / blocks;
        var indices = Indices(type.Rank);
        var first = Dim.Symbol(indices[0]);
        ImmutableArray<BoundLevel> levels =
        [
            Level("dense", Dim.FloorDiv(first, size)), .. use.Columns.Select(c => Level("dense", Dim.Symbol(indices[c]))), Level("coded", Dim.Mod(first, size)),
        ];
        var name = FormattableString.Invariant($"{(type.Rank == 2 ? "code_blocks" : "filter_code_blocks")}({size})");
        return new StorageCandidate(new Format(new BoundFormat(name, indices, levels), Pattern.Of(data)), (double)data.CountNonZeros() / data.Count, 0);
    }

    /// <summary>
    /// Blocks as promised; and where each element serves whole vectors, blocks of as many rows and one column: what rows share are the loads, columns share
    /// nothing but a coordinate.
    /// </summary>
    private static IEnumerable<StorageCandidate> Blocks(Sparsity.Block block, ImmutableArray<int> shape, TensorData? data, WeightUse use)
    {
        if (block.Rows > 1 && (block.Columns == 1 || use.HasLanes))
        {
            yield return Candidate(shape.Length == 2 ? StandardFormats.Bsr(block.Rows, 1) : StandardFormats.FlattenedBsr(shape, block.Rows), 1);
        }
        else if (shape.Length == 2 && block.Columns > 1 && !use.HasLanes)
        {
            yield return Candidate(StandardFormats.Bsr(block.Rows, block.Columns), block.Columns);
        }

        StorageCandidate Candidate(Format format, int columns) => new(
            format, data is not null ? BlockDensity.Of(data, block.Rows, columns) : 1 - block.MinZeros, BytesOfCoordinate / (block.Rows * columns));
    }

    private static StorageCandidate? Elements(int[] shape, TensorData? data, Sparsity? promise, WeightUse use, bool isMatrix)
    {
        if (Fraction(data, promise) is not { } stored)
        {
            return null;
        }

        // Whole windows of a filter need no decoding of coordinates; where they hold hardly more zeros that is better.
        var window = shape.Skip(2).Aggregate(1, (product, d) => product * d);
        if (isMatrix && window > 1 && data is not null && BlockDensity.Of(data, 1, window) is var whole && whole <= stored * MostPadding)
        {
            return new StorageCandidate(Windows(shape.Length), whole, BytesOfCoordinate / window);
        }

        var format = use.HasLanes && isMatrix ? ColumnBlocks(shape, use, stored) : Compressed(shape, use);
        return new StorageCandidate(format, stored, BytesOfCoordinate);
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

    /// <summary>
    /// Rows in blocks of the reduction that read about as much of the other operand as the first-level cache holds: <c>dense(c / 64), dense(o), compressed(c % 64)</c>,
    /// for windows <c>dense(c / 21), dense(r), dense(o), compressed(c % 21 * 3 + s)</c>. One block needs no level.
    /// </summary>
    private static Format ColumnBlocks(int[] shape, WeightUse use, double stored)
    {
        var indices = Indices(shape.Length);
        var channels = shape[use.Columns[0]];
        var heights = use.Columns.Length == 3 ? shape[use.Columns[1]] : 1;
        var width = use.Columns.Length > 1 ? shape[use.Columns[use.Columns.Length - 1]] : 1;
        var most = Math.Max(1, StandardFormats.PanelRows(use.Reuse, stored, isWindow: width * heights > 1) / width);
        if (use.Columns.Length > 3 || channels * heights <= most)
        {
            return Compressed(shape, use);
        }

        var count = (channels + most - 1) / most;
        var size = (channels + count - 1) / count;
        var channel = Dim.Symbol(indices[use.Columns[0]]);
        var inner = count > 1 ? Dim.Mod(channel, size) : channel;
        if (use.Columns.Length > 1)
        {
            var last = use.Columns[use.Columns.Length - 1];
            inner = (inner * shape[last]) + Dim.Symbol(indices[last]);
        }

        List<BoundLevel> levels = [];
        if (count > 1)
        {
            levels.Add(Level("dense", Dim.FloorDiv(channel, size)));
        }

        if (heights > 1)
        {
            levels.Add(Level("dense", Dim.Symbol(indices[use.Columns[1]])));
        }

        return new Format(new BoundFormat(
            FormattableString.Invariant($"csr_blocks({size})"), indices, [.. levels, Level("dense", Dim.Symbol(indices[use.Rows[0]])), Level("compressed", inner)]));
    }

    private static ImmutableArray<string> Indices(int rank) =>
        rank == 2 ? ["i", "j"] : rank == 4 ? ["o", "c", "r", "s"] : [.. Enumerable.Range(0, rank).Select(i => FormattableString.Invariant($"i{i}"))];

    private static BoundLevel Level(string kind, Dim index) => new(kind, null, index);
}
