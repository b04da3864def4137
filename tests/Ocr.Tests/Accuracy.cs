namespace SparseDsl.Ocr.Tests;

/// <summary>How well a text was read, spaces aside: the recogniser was trained without caring for them.</summary>
internal static class Accuracy
{
    /// <summary>1 less the edit distance per character of the truth.</summary>
    public static double OfCharacters(string truth, string read)
    {
        var (expected, actual) = (WithoutSpaces(truth), WithoutSpaces(read));
        return 1 - (double)EditDistance(expected, actual) / expected.Length;
    }

    public static string WithoutSpaces(string text) => string.Concat(text.Where(character => !char.IsWhiteSpace(character)));

    private static int EditDistance(string a, string b)
    {
        var distances = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 0; i < a.Length; i++)
        {
            var diagonal = distances[0]++;
            for (var j = 0; j < b.Length; j++)
            {
                var replaced = diagonal + (a[i] == b[j] ? 0 : 1);
                diagonal = distances[j + 1];
                distances[j + 1] = Math.Min(replaced, 1 + Math.Min(distances[j], diagonal));
            }
        }

        return distances[^1];
    }
}
