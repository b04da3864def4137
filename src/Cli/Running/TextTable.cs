namespace SparseDsl.Cli.Running;

/// <summary>Columns of text for people.</summary>
internal static class TextTable
{
    private const int WidestText = 44;

    /// <summary>Rows in columns: texts at the left, then numbers at the right.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="rows">The heading, then the others; all of one length.</param>
    /// <param name="texts">How many columns are texts. They are cut where they are too wide: a long chain of fused operators says little at its end.</param>
    public static void Write(TextWriter output, IReadOnlyList<string[]> rows, int texts)
    {
        string[][] cut = [.. rows.Select(row => row.Select((cell, i) => i < texts ? Cut(cell) : cell).ToArray())];
        int[] widths = [.. Enumerable.Range(0, cut[0].Length).Select(i => cut.Max(r => r[i].Length))];
        foreach (var row in cut)
        {
            output.WriteLine(string.Join("  ", row.Select((cell, i) => i < texts ? cell.PadRight(widths[i]) : cell.PadLeft(widths[i]))).TrimEnd());
        }
    }

    /// <summary>A text of at most <see cref="WidestText"/> characters: its beginning.</summary>
    public static string Cut(string text) => text.Length <= WidestText ? text : string.Concat(text.AsSpan(0, WidestText - 1), "…");
}
