namespace SparseDsl.Dsl.Binding;

/// <summary>Globs over parameter paths: <c>*</c> is any part of a segment, <c>**</c> any number of segments, <c>[*]</c> any number in brackets.</summary>
public static class ParameterGlob
{
    /// <summary>Whether a path matches.</summary>
    public static bool Matches(string glob, string path) => Segments(glob.Split('.'), 0, path.Split('.'), 0);

    private static bool Segments(string[] glob, int g, string[] path, int p)
    {
        if (g == glob.Length)
        {
            return p == path.Length;
        }

        if (glob[g] == "**")
        {
            return Enumerable.Range(p, path.Length - p + 1).Any(next => Segments(glob, g + 1, path, next));
        }

        return p < path.Length && Segment(glob[g], 0, path[p], 0) && Segments(glob, g + 1, path, p + 1);
    }

    private static bool Segment(string glob, int g, string text, int t)
    {
        if (g == glob.Length)
        {
            return t == text.Length;
        }

        return glob[g] == '*'
            ? Enumerable.Range(t, text.Length - t + 1).Any(next => Segment(glob, g + 1, text, next))
            : t < text.Length && glob[g] == text[t] && Segment(glob, g + 1, text, t + 1);
    }
}
