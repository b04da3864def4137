using System.Collections.Immutable;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Formats;

/// <summary>Elements of a tensor in the order a format stores them, with their coordinate on each level.</summary>
/// <param name="Places">Row-major places of the elements.</param>
/// <param name="Coordinates">For each level, the coordinate of each element.</param>
internal sealed record StorageOrder(int[] Places, int[][] Coordinates)
{
    /// <summary>Sorts places by coordinates on the levels, outermost first. Where all levels are full the order does not matter and stays.</summary>
    public static StorageOrder Of(Format format, ImmutableArray<Level> levels, ImmutableArray<int> shape, int[] places)
    {
        int[][] coordinates = [.. levels.Select(l => LevelCoordinates.Of(l.Index, format.Source.Indices, shape, places))];
        var order = new StorageOrder(places, coordinates);
        return levels.All(l => l.IsFull) ? order : order.Sorted(levels);
    }

    private StorageOrder Sorted(ImmutableArray<Level> levels)
    {
        var keys = new long[Places.Length];
        for (var level = 0; level < levels.Length; level++)
        {
            var extent = levels[level].Extent.Constant!.Value;
            var coordinates = Coordinates[level];
            for (var e = 0; e < keys.Length; e++)
            {
                keys[e] = checked((keys[e] * extent) + coordinates[e]);
            }
        }

        if (IsIncreasing(keys))
        {
            return this;
        }

        int[] order = [.. Enumerable.Range(0, keys.Length)];
        Array.Sort(keys, order);
        return new StorageOrder(Permuted(Places, order), [.. Coordinates.Select(c => Permuted(c, order))]);
    }

    private static bool IsIncreasing(long[] keys)
    {
        for (var e = 1; e < keys.Length; e++)
        {
            if (keys[e] < keys[e - 1])
            {
                return false;
            }
        }

        return true;
    }

    private static int[] Permuted(int[] values, int[] order)
    {
        var result = new int[values.Length];
        for (var e = 0; e < order.Length; e++)
        {
            result[e] = values[order[e]];
        }

        return result;
    }
}

/// <summary>Evaluates the coordinate of a level at many elements.</summary>
internal static class LevelCoordinates
{
    /// <summary>The coordinate at each of the places.</summary>
    public static int[] Of(Dim coordinate, ImmutableArray<string> indices, ImmutableArray<int> shape, int[] places)
    {
        var result = new int[places.Length];
        foreach (var part in Parts(coordinate))
        {
            string[] symbols = [.. part.Symbols()];
            if (symbols.Length == 1)
            {
                AddTable(part, indices.IndexOf(symbols[0]), shape, places, result);
            }
            else
            {
                AddEvaluated(part, indices, shape, places, result);
            }
        }

        return result;
    }

    /// <summary>The expression as a sum of parts over one index each, as far as it is one: those are tabulated.</summary>
    private static IEnumerable<Dim> Parts(Dim coordinate)
    {
        var parts = new SortedDictionary<string, Dim>(StringComparer.Ordinal);
        foreach (var (coefficient, factors) in coordinate.Terms())
        {
            var term = factors.Aggregate(Dim.Const(coefficient), (product, factor) => product * factor.ToDim());
            var key = string.Join(" ", term.Symbols().OrderBy(s => s, StringComparer.Ordinal));
            parts[key] = parts.TryGetValue(key, out var sum) ? sum + term : term;
        }

        return parts.Values;
    }

    private static void AddTable(Dim part, int index, ImmutableArray<int> shape, int[] places, int[] result)
    {
        var table = new int[shape[index]];
        for (var i = 0; i < table.Length; i++)
        {
            table[i] = (int)part.Evaluate(_ => i);
        }

        // Unsigned division is cheaper; places and extents are not negative.
        var stride = (uint)Stride(shape, index);
        var extent = (uint)shape[index];
        for (var e = 0; e < places.Length; e++)
        {
            result[e] += table[(uint)places[e] / stride % extent];
        }
    }

    private static void AddEvaluated(Dim part, ImmutableArray<string> indices, ImmutableArray<int> shape, int[] places, int[] result)
    {
        for (var e = 0; e < places.Length; e++)
        {
            var place = places[e];
            result[e] += (int)part.Evaluate(name =>
            {
                var index = indices.IndexOf(name);
                return place / Stride(shape, index) % shape[index];
            });
        }
    }

    private static int Stride(ImmutableArray<int> shape, int index)
    {
        var stride = 1;
        for (var i = index + 1; i < shape.Length; i++)
        {
            stride *= shape[i];
        }

        return stride;
    }
}
