using System.Collections.Immutable;
using SparseDsl.Compiler.Data;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Formats;

/// <summary>Turns a dense tensor into the arrays of a format.</summary>
public static class FormatPacker
{
    /// <summary>
    /// The arrays by name: those of the levels (<c>ptr1</c>, <c>crd1</c>, …) and the values, <c>val</c>. A stored position without a non-zero holds 0.
    /// </summary>
    /// <exception cref="FormatMismatchException">The data does not have the structure the format needs.</exception>
    public static IReadOnlyDictionary<string, TensorData> Pack(Format format, TensorData dense)
    {
        ImmutableArray<Dim> shape = [.. dense.Shape.Select(d => Dim.Const(d))];
        var levels = Levels.Of(format, shape);
        var arrays = new Dictionary<string, TensorData>(StringComparer.Ordinal);
        List<int[]> positions = [Sorted(format, dense, levels)];
        var coordinates = new Coordinates(format, dense);
        foreach (var level in levels)
        {
            positions = Children(level, positions, coordinates, arrays);
        }

        arrays.Add("val", Values(dense, positions));
        return arrays;
    }

    /// <summary>The positions of a level, each as the non-zeros below it.</summary>
    private static List<int[]> Children(Level level, List<int[]> parents, Coordinates coordinates, Dictionary<string, TensorData> arrays)
    {
        var keys = parents.Select(p => p.Select(e => coordinates.Of(e, level)).ToArray()).ToArray();
        var stored = level.Pack([.. keys.Select(k => Present(k, level.IsUnique))], (int)level.Extent.Constant!.Value, arrays);
        var children = new List<int[]>();
        for (var parent = 0; parent < parents.Count; parent++)
        {
            if (!level.IsUnique)
            {
                children.AddRange(parents[parent].Select(e => new[] { e }));
                continue;
            }

            var groups = parents[parent].Zip(keys[parent], (e, k) => (e, k)).ToLookup(x => x.k, x => x.e);
            children.AddRange(stored[parent].Select(c => groups[c].ToArray()));
        }

        return children;
    }

    private static ImmutableArray<int> Present(int[] keys, bool unique) => [.. unique ? keys.Distinct().OrderBy(k => k) : keys.OrderBy(k => k)];

    /// <summary>Row-major places of the non-zeros in storage order.</summary>
    private static int[] Sorted(Format format, TensorData dense, ImmutableArray<Level> levels)
    {
        var coordinates = new Coordinates(format, dense);
        var places = Enumerable.Range(0, dense.Count).Where(i => dense.GetDouble(i) != 0).OrderBy(_ => 0);
        foreach (var level in levels)
        {
            places = places.ThenBy(i => coordinates.Of(i, level));
        }

        return [.. places];
    }

    private static TensorData Values(TensorData dense, List<int[]> positions)
    {
        var size = dense.ByteLength / Math.Max(1, dense.Count);
        var bytes = new byte[positions.Count * size];
        for (var i = 0; i < positions.Count; i++)
        {
            if (positions[i].Length > 0)
            {
                dense.Bytes.Slice(positions[i][0] * size, size).CopyTo(bytes.AsSpan(i * size));
            }
        }

        return new TensorData(dense.Type, [positions.Count], bytes);
    }

    /// <summary>Coordinates of elements on levels.</summary>
    private sealed class Coordinates(Format format, TensorData dense)
    {
        public int Of(int place, Level level) => (int)level.Index.Evaluate(name => Index(place, format.Source.Indices.IndexOf(name)));

        private int Index(int place, int index)
        {
            for (var i = dense.Rank - 1; i > index; i--)
            {
                place /= dense.Shape[i];
            }

            return place % dense.Shape[index];
        }
    }
}
