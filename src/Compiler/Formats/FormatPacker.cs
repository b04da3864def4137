using System.Collections.Immutable;
using SparseDsl.Compiler.Data;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Formats;

/// <summary>Turns a dense tensor into the arrays of a format, and back.</summary>
/// <remarks>
/// Packing sorts the non-zeros by their coordinates on the levels, outermost first; from then on every level is one pass over them that turns the
/// position on the level before into the position on this one. Where every level is full nothing needs sorting and zeros are elements like others.
/// </remarks>
public static class FormatPacker
{
    /// <summary>Name of the array of values.</summary>
    public const string Values = "val";

    /// <summary>
    /// The arrays by name: those of the levels (<c>ptr1</c>, <c>crd1</c>, …) and the values, <c>val</c>. A stored position without a non-zero holds 0.
    /// </summary>
    /// <exception cref="FormatMismatchException">The data does not have the structure the format needs.</exception>
    public static IReadOnlyDictionary<string, TensorData> Pack(Format format, TensorData dense)
    {
        var arrays = new Dictionary<string, TensorData>(StringComparer.Ordinal);
        if (format.IsDense)
        {
            arrays.Add(Values, dense.Reshape(dense.Count));
            return arrays;
        }

        var levels = LevelsOf(format, dense.Shape);
        var entries = StorageOrder.Of(format, levels, dense.Shape, NonZeros(dense, levels));
        var positions = new int[entries.Places.Length];
        var count = 1;
        for (var i = 0; i < levels.Length; i++)
        {
            count = Descend(levels[i], entries.Coordinates[i], positions, count, arrays);
        }

        arrays.Add(Values, Scatter(dense, entries.Places, positions, count));
        return arrays;
    }

    /// <summary>The dense tensor that was packed; elements that are not stored are 0.</summary>
    /// <param name="format">The storage.</param>
    /// <param name="arrays">What <see cref="Pack"/> gave.</param>
    /// <param name="shape">The tensor's shape.</param>
    /// <exception cref="FormatMismatchException">The arrays are not those of a tensor of this shape in this format.</exception>
    public static TensorData Unpack(Format format, IReadOnlyDictionary<string, TensorData> arrays, ImmutableArray<int> shape)
    {
        var levels = LevelsOf(format, shape);
        var values = arrays.TryGetValue(Values, out var found) ? found : throw new FormatMismatchException($"there is no array '{Values}'");
        var stored = new LevelEntries?[levels.Length];
        var count = 1;
        for (var i = 0; i < levels.Length; i++)
        {
            stored[i] = levels[i].Unpack(count, Extent(levels[i]), arrays);
            count = stored[i]?.Coordinates.Length ?? Positions(count, Extent(levels[i]));
        }

        if (values.Count != count)
        {
            throw new FormatMismatchException(FormattableString.Invariant($"the array '{Values}' has {values.Count} elements, not {count}"));
        }

        var size = values.Type.Size();
        var bytes = new byte[checked(shape.Aggregate(1, (n, d) => checked(n * d)) * size)];
        var entries = StorageOrder.Of(format, levels, shape, [.. Enumerable.Range(0, bytes.Length / size)]);
        for (var e = 0; e < entries.Places.Length; e++)
        {
            if (Find(levels, stored, entries, e) is { } position)
            {
                values.Bytes.Slice(position * size, size).CopyTo(bytes.AsSpan(entries.Places[e] * size));
            }
        }

        return new TensorData(values.Type, shape, bytes);
    }

    private static ImmutableArray<Level> LevelsOf(Format format, ImmutableArray<int> shape) => Levels.Of(format, [.. shape.Select(d => Dim.Const(d))]);

    private static int Extent(Level level) => (int)level.Extent.Constant!.Value;

    /// <summary>Row-major places of the elements to store.</summary>
    private static int[] NonZeros(TensorData dense, ImmutableArray<Level> levels)
    {
        if (levels.All(l => l.IsFull))
        {
            return [.. Enumerable.Range(0, dense.Count)];
        }

        var places = new int[dense.CountNonZeros()];
        var next = 0;
        for (var i = 0; next < places.Length; i++)
        {
            if (dense.GetDouble(i) != 0)
            {
                places[next++] = i;
            }
        }

        return places;
    }

    /// <summary>Replaces each entry's position on the level before by that on this level; gives the number of positions.</summary>
    private static int Descend(Level level, int[] coordinates, int[] positions, int parents, Dictionary<string, TensorData> arrays)
    {
        var extent = Extent(level);
        if (level.IsFull)
        {
            var count = Positions(parents, extent);
            for (var e = 0; e < positions.Length; e++)
            {
                positions[e] = (positions[e] * extent) + coordinates[e];
            }

            return count;
        }

        var present = Present(level.IsUnique, coordinates, positions, parents);
        var stored = level.Pack(present, extent, arrays) ?? throw new CompilerBugException($"a level '{level.Source.Kind}' that is not full stores everything");
        Locate(level.IsUnique, coordinates, positions, stored);
        return stored.Coordinates.Length;
    }

    private static int Positions(int parents, int extent)
    {
        var count = (long)parents * extent;
        return count <= int.MaxValue ? (int)count : throw new FormatMismatchException(FormattableString.Invariant($"the format would store {count} values, more than 2^31 - 1"));
    }

    /// <summary>The coordinates of entries by parent; entries of the same parent and coordinate are one where the level is unique.</summary>
    private static LevelEntries Present(bool unique, int[] coordinates, int[] positions, int parents)
    {
        var starts = new int[parents + 1];
        var present = new int[coordinates.Length];
        var count = 0;
        for (var e = 0; e < coordinates.Length; e++)
        {
            if (unique && e > 0 && positions[e] == positions[e - 1] && coordinates[e] == coordinates[e - 1])
            {
                continue;
            }

            present[count++] = coordinates[e];
            starts[positions[e] + 1]++;
        }

        for (var parent = 0; parent < parents; parent++)
        {
            starts[parent + 1] += starts[parent];
        }

        Array.Resize(ref present, count);
        return new LevelEntries(starts, present);
    }

    /// <summary>The position of every entry among the stored coordinates. Both come in order, so one pass finds all.</summary>
    private static void Locate(bool unique, int[] coordinates, int[] positions, LevelEntries stored)
    {
        var at = 0;
        for (var e = 0; e < positions.Length; e++)
        {
            at = Math.Max(at, stored.Starts[positions[e]]);
            while (stored.Coordinates[at] != coordinates[e])
            {
                at++;
            }

            positions[e] = unique ? at : at++;
        }
    }

    private static TensorData Scatter(TensorData dense, int[] places, int[] positions, int count)
    {
        var size = dense.Type.Size();
        var bytes = new byte[checked((long)count * size) <= int.MaxValue ? count * size : throw new FormatMismatchException("the format would store 2^31 bytes or more")];
        var source = dense.Bytes;
        if (size == sizeof(int))
        {
            var from = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, int>(source);
            var to = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, int>(bytes.AsSpan());
            for (var e = 0; e < places.Length; e++)
            {
                to[positions[e]] = from[places[e]];
            }
        }
        else
        {
            for (var e = 0; e < places.Length; e++)
            {
                source.Slice(places[e] * size, size).CopyTo(bytes.AsSpan(positions[e] * size));
            }
        }

        return new TensorData(dense.Type, [count], bytes);
    }

    /// <summary>The position of an element, or null where it is not stored.</summary>
    private static int? Find(ImmutableArray<Level> levels, LevelEntries?[] stored, StorageOrder entries, int entry)
    {
        // Below a level that repeats coordinates there are several candidates until the next level tells them apart.
        var (first, end) = (0, 1);
        for (var i = 0; i < levels.Length; i++)
        {
            var coordinate = entries.Coordinates[i][entry];
            if (stored[i] is not { } level)
            {
                first = (first * Extent(levels[i])) + coordinate;
                end = first + 1;
                continue;
            }

            (first, end) = (level.Starts[first], level.Starts[end]);
            first = LowerBound(level.Coordinates, first, end, coordinate);
            end = LowerBound(level.Coordinates, first, end, coordinate + 1);
            if (first == end)
            {
                return null;
            }
        }

        return first;
    }

    private static int LowerBound(int[] coordinates, int first, int end, int coordinate)
    {
        while (first < end)
        {
            var middle = first + ((end - first) / 2);
            (first, end) = coordinates[middle] < coordinate ? (middle + 1, end) : (first, middle);
        }

        return first;
    }
}
