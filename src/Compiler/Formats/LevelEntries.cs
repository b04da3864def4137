namespace SparseDsl.Compiler.Formats;

/// <summary>Coordinates below each of a number of parent positions, parent after parent: those of parent p are <c>Coordinates[Starts[p]] … [Starts[p + 1] - 1]</c>.</summary>
/// <param name="Starts">One more than there are parents; from 0 up to the number of coordinates.</param>
/// <param name="Coordinates">Increasing below each parent; without repeats where the level is unique.</param>
internal sealed record LevelEntries(int[] Starts, int[] Coordinates)
{
    /// <summary>Number of parent positions.</summary>
    public int Parents => Starts.Length - 1;

    /// <summary>The coordinates below one parent.</summary>
    public ReadOnlySpan<int> Of(int parent) => Coordinates.AsSpan(Starts[parent], Starts[parent + 1] - Starts[parent]);

    /// <summary>The same number of coordinates below every parent.</summary>
    public static LevelEntries Regular(int parents, int each, int[] coordinates)
    {
        var starts = new int[parents + 1];
        for (var i = 0; i <= parents; i++)
        {
            starts[i] = i * each;
        }

        return new LevelEntries(starts, coordinates);
    }
}
