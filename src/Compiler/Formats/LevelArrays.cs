using SparseDsl.Compiler.Data;
using SparseDsl.Dsl;

namespace SparseDsl.Compiler.Formats;

/// <summary>Reads the arrays of stored tensors and checks what every level relies on: lengths, order, and coordinates within their extents.</summary>
internal static class LevelArrays
{
    /// <summary>An array of i32, of a length where one is known.</summary>
    /// <exception cref="FormatMismatchException">It is missing, of another type or of another length.</exception>
    public static int[] Int32s(IReadOnlyDictionary<string, TensorData> arrays, string name, long? length = null)
    {
        if (!arrays.TryGetValue(name, out var data) || data.Type != ElementType.I32)
        {
            throw new FormatMismatchException($"there is no i32 array '{name}'");
        }

        if (length is { } expected && data.Count != expected)
        {
            throw new FormatMismatchException(FormattableString.Invariant($"the array '{name}' has {data.Count} elements, not {expected}"));
        }

        var values = new int[data.Count];
        data.Bytes.CopyTo(System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }

    /// <summary>Checks that entries increase within each parent and lie within the extent.</summary>
    /// <exception cref="FormatMismatchException">They do not.</exception>
    public static LevelEntries Checked(LevelEntries entries, int extent, bool repeats, string name)
    {
        for (var parent = 0; parent < entries.Parents; parent++)
        {
            var previous = -1;
            foreach (var coordinate in entries.Of(parent))
            {
                if (coordinate < 0 || coordinate >= extent)
                {
                    throw new FormatMismatchException(FormattableString.Invariant($"the array '{name}' holds the coordinate {coordinate}, but there are {extent}"));
                }

                if (repeats ? coordinate < previous : coordinate <= previous)
                {
                    throw new FormatMismatchException(FormattableString.Invariant($"the coordinates in '{name}' do not increase at {coordinate}"));
                }

                previous = coordinate;
            }
        }

        return entries;
    }

    /// <summary>Checks that starts begin at 0, do not decrease, and end at the number of entries.</summary>
    /// <exception cref="FormatMismatchException">They do not.</exception>
    public static void CheckStarts(int[] starts, int count, string name)
    {
        for (var i = 0; i < starts.Length; i++)
        {
            if (i == 0 ? starts[i] != 0 : starts[i] < starts[i - 1])
            {
                throw new FormatMismatchException(FormattableString.Invariant($"the array '{name}' does not increase from 0: entry {i} is {starts[i]}"));
            }
        }

        if (starts[starts.Length - 1] != count)
        {
            throw new FormatMismatchException(FormattableString.Invariant($"the array '{name}' ends at {starts[starts.Length - 1]}, but there are {count} entries"));
        }
    }
}
