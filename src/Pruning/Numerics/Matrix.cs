using System.Numerics;

namespace SparseDsl.Pruning.Numerics;

/// <summary>A row-major matrix whose rows begin at multiples of <see cref="Padding"/> elements; the elements between are zero.</summary>
/// <remarks>Padded rows let kernels read whole vectors without caring for the end of a row.</remarks>
internal sealed class Matrix<T>
    where T : struct, INumber<T>
{
    /// <summary>Elements a row is a multiple of: two vectors of f32 on every machine with vectors of up to 32 bytes.</summary>
    public const int Padding = 16;

    public Matrix(int rows, int columns)
    {
        Rows = rows;
        Columns = columns;
        Stride = Padded(columns);
        Data = new T[checked(rows * Stride)];
    }

    /// <summary>Number of rows.</summary>
    public int Rows { get; }

    /// <summary>Number of columns.</summary>
    public int Columns { get; }

    /// <summary>Elements from one row to the next.</summary>
    public int Stride { get; }

    /// <summary>All elements, rows one after the other.</summary>
    public T[] Data { get; }

    public ref T this[int row, int column] => ref Data[(row * Stride) + column];

    /// <summary>The elements of a row.</summary>
    public Span<T> Row(int row) => Data.AsSpan(row * Stride, Columns);

    /// <summary>The elements of a row and the zeros that fill it up.</summary>
    public Span<T> PaddedRow(int row) => Data.AsSpan(row * Stride, Stride);

    /// <summary>The same elements in memory of its own.</summary>
    public Matrix<T> Copy()
    {
        var copy = new Matrix<T>(Rows, Columns);
        Data.CopyTo(copy.Data, 0);
        return copy;
    }

    /// <summary>The next multiple of <see cref="Padding"/>.</summary>
    public static int Padded(int count) => (count + Padding - 1) / Padding * Padding;
}
