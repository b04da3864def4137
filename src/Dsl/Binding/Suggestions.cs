namespace SparseDsl.Dsl.Binding;

/// <summary>Finds what a user probably meant.</summary>
internal static class Suggestions
{
    /// <summary>A hint that names the nearest of some names, or a general one.</summary>
    public static string For(string name, IEnumerable<string> names, string otherwise)
    {
        string? best = null;
        var distance = Math.Max(1, name.Length / 3);
        foreach (var candidate in names)
        {
            // As many letters as the lengths differ by must be added or dropped: most names are out at once.
            if (Math.Abs(candidate.Length - name.Length) > distance || candidate == name)
            {
                continue;
            }

            var edits = Distance(name, candidate);
            if (edits < distance || (edits == distance && (best is null || string.CompareOrdinal(candidate, best) < 0)))
            {
                (best, distance) = (candidate, edits);
            }
        }

        return best is null ? otherwise : $"did you mean '{best}'?";
    }

    /// <summary>The nearest name, then what can be said in any case.</summary>
    public static string Before(string name, IEnumerable<string> names, string always)
    {
        var near = For(name, names, "");
        return near.Length == 0 ? always : near + " " + always;
    }

    /// <summary>Number of single-letter edits between two names.</summary>
    public static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var above = row[j];
                row[j] = Math.Min(Math.Min(row[j] + 1, row[j - 1] + 1), diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }

        return row[b.Length];
    }
}
