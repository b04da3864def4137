using System.Globalization;
using SparseDsl.Dsl;

namespace SparseDsl.Import.Data;

/// <summary>Shapes as files state them: checked, and with their size in bytes.</summary>
internal static class DataShape
{
    /// <summary>Bytes of a tensor, or a <see cref="DataFormatException"/> when it is too large to hold in memory here.</summary>
    public static int ByteLength(IReadOnlyList<long> shape, int elementSize, string? tensor, long? offset)
    {
        // A dimension of 0 empties the tensor, but its other dimensions must still be representable.
        long count = 1;
        foreach (var extent in shape)
        {
            if (extent is < 0 or > int.MaxValue)
            {
                throw new DataFormatException(FormattableString.Invariant($"dimension {extent} is out of range"), tensor, offset);
            }

            count = extent == 0 || count <= long.MaxValue / extent ? count * extent : long.MaxValue;
        }

        if (count > Array.MaxLength / elementSize)
        {
            throw new DataFormatException($"shape [{Format(shape)}] needs more than 2 GB", tensor, offset);
        }

        return (int)count * elementSize;
    }

    public static int[] ToInts(IEnumerable<long> shape) => [.. shape.Select(d => checked((int)d))];

    public static string Format(IEnumerable<long> shape) =>
        string.Join(", ", shape.Select(d => d.ToString(CultureInfo.InvariantCulture)));

    public static string Format(IEnumerable<int> shape) => Format(shape.Select(d => (long)d));
}
