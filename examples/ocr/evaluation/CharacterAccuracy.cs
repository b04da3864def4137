namespace SparseDsl.Examples.Ocr.Evaluation;

/// <summary>How much of some texts was read right; spaces do not count, as in PaddleOCR's own metric.</summary>
internal sealed class CharacterAccuracy
{
    private long _errors;
    private long _characters;

    /// <summary>1 less the edit distance for each character of the truth, 0 to 1.</summary>
    public double Value => _characters == 0 ? 1 : Math.Max(0, 1 - ((double)_errors / _characters));

    /// <summary>Counts a text.</summary>
    public void Add(string truth, string read)
    {
        var (expected, actual) = (WithoutSpaces(truth), WithoutSpaces(read));
        _errors += EditDistance(expected, actual);
        _characters += expected.Length;
    }

    internal static string WithoutSpaces(string text) => string.Concat(text.Where(c => !char.IsWhiteSpace(c)));

    /// <summary>Characters to insert, delete or replace (Levenshtein).</summary>
    internal static int EditDistance(string a, string b)
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
