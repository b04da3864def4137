using System.Globalization;
using SparseDsl.Compiler.Data;
using SparseDsl.Dsl;

namespace SparseDsl.Import.Data;

/// <summary>
/// The parts of a tensor stored by compressed rows: as a matrix whose rows are the first dimension and whose columns are
/// all others together.
/// </summary>
/// <remarks>
/// In a safetensors file tensor <c>w</c> is then <c>w.values</c> [nnz], <c>w.indices</c> [nnz] (u16, or i32 above 65,536
/// columns; strictly rising within a row) and <c>w.indptr</c> [rows + 1] (i32), with the metadata
/// <c>"w.format": "csr"</c> and <c>"w.shape": "256,784"</c>.
/// </remarks>
internal sealed record Csr(IReadOnlyList<int> Shape, TensorData Values, TensorData Indices, TensorData Indptr)
{
    public const string FormatName = "csr";
    public const string FormatSuffix = ".format";
    public const string ShapeSuffix = ".shape";
    public const string ValuesSuffix = ".values";
    public const string IndicesSuffix = ".indices";
    public const string IndptrSuffix = ".indptr";

    private int Rows => Shape[0];

    private int Columns => ColumnCount(Shape);

    /// <summary>Packs the elements that are not zero; negative zero counts as zero and comes back as zero.</summary>
    public static Csr FromDense(TensorData dense)
    {
        if (dense.Rank < 2)
        {
            throw new ArgumentException("a tensor stored by compressed rows needs at least two dimensions", nameof(dense));
        }

        var (rows, columns) = (dense.Shape[0], ColumnCount(dense.Shape));
        var kept = new List<int>();
        var indptr = new int[rows + 1];
        for (var r = 0; r < rows; r++)
        {
            for (var c = 0; c < columns; c++)
            {
                if (dense.GetDouble((r * columns) + c) != 0)
                {
                    kept.Add((r * columns) + c);
                }
            }

            indptr[r + 1] = kept.Count;
        }

        var indices = TensorData.FromInt32s([.. kept.Select(position => position % columns)], kept.Count);
        return new Csr(
            dense.Shape,
            Gather(dense, kept),
            columns <= ushort.MaxValue + 1 ? indices.ConvertTo(ElementType.U16) : indices,
            TensorData.FromInt32s(indptr, rows + 1));
    }

    /// <summary>Expands to a dense tensor.</summary>
    /// <param name="name">Named in errors.</param>
    /// <exception cref="DataFormatException">The parts contradict each other.</exception>
    public TensorData ToDense(string name)
    {
        CheckParts(name);
        var size = Values.Type.Size();
        var result = new byte[DataShape.ByteLength([.. Shape.Select(d => (long)d)], size, name, null)];
        for (var r = 0; r < Rows; r++)
        {
            var (begin, end) = Row(r, name);
            var previous = -1L;
            for (var p = begin; p < end; p++)
            {
                var column = Indices.GetInt64(p);
                if (column <= previous || column >= Columns)
                {
                    throw new DataFormatException(
                        FormattableString.Invariant($"column {column} at position {p} of 'indices' is out of order or out of range"), name);
                }

                previous = column;
                Values.Bytes.Slice(p * size, size).CopyTo(result.AsSpan((int)((((long)r * Columns) + column) * size)));
            }
        }

        return new TensorData(Values.Type, Shape, result);
    }

    /// <summary>Parses the shape as metadata spells it.</summary>
    public static IReadOnlyList<int> ParseShape(string? text, string name)
    {
        var shape = new List<int>();
        foreach (var part in (text ?? "").Split(','))
        {
            if (!int.TryParse(part, NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var extent))
            {
                throw new DataFormatException($"metadata '{name}{ShapeSuffix}' must be extents separated by commas", name);
            }

            shape.Add(extent);
        }

        return shape.Count >= 2 ? shape : throw new DataFormatException($"metadata '{name}{ShapeSuffix}' must have two dimensions or more", name);
    }

    private static int ColumnCount(IReadOnlyList<int> shape) => shape.Skip(1).Aggregate(1, (a, b) => checked(a * b));

    private static TensorData Gather(TensorData dense, List<int> positions)
    {
        var size = dense.Type.Size();
        var values = new byte[positions.Count * size];
        for (var p = 0; p < positions.Count; p++)
        {
            dense.Bytes.Slice(positions[p] * size, size).CopyTo(values.AsSpan(p * size));
        }

        return new TensorData(dense.Type, [positions.Count], values);
    }

    private void CheckParts(string name)
    {
        if (Values.Rank != 1 || Indices.Rank != 1 || Indptr.Rank != 1)
        {
            throw new DataFormatException("'values', 'indices' and 'indptr' must have one dimension", name);
        }

        if (!Indices.Type.IsInteger() || !Indptr.Type.IsInteger())
        {
            throw new DataFormatException("'indices' and 'indptr' must be integers", name);
        }

        // Counting empty dimensions as 1 bounds the column count as well, so that no product below can overflow.
        _ = DataShape.ByteLength([.. Shape.Select(d => Math.Max(1L, d))], Values.Type.Size(), name, null);
        if (Indices.Count != Values.Count || Indptr.Count != Rows + 1L)
        {
            throw new DataFormatException("'values', 'indices' and 'indptr' do not fit each other and the shape", name);
        }

        if (Indptr.GetInt64(0) != 0 || Indptr.GetInt64(Rows) != Values.Count)
        {
            throw new DataFormatException("'indptr' must run from 0 to the number of values", name);
        }
    }

    private (int Begin, int End) Row(int row, string name)
    {
        var (begin, end) = (Indptr.GetInt64(row), Indptr.GetInt64(row + 1));
        return begin >= 0 && begin <= end && end <= Values.Count
            ? ((int)begin, (int)end)
            : throw new DataFormatException(FormattableString.Invariant($"'indptr' falls at row {row}"), name);
    }
}
