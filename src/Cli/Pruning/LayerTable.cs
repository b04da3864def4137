using System.Globalization;
using System.Text.Json;

namespace SparseDsl.Cli.Pruning;

/// <summary>How reports of what became of each layer write their tables and numbers.</summary>
internal static class LayerTable
{
    /// <summary>Columns side by side: names (the first and the fifth column) to the left, numbers to the right.</summary>
    public static void Write(TextWriter output, IReadOnlyList<string[]> rows)
    {
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(i => rows.Max(r => r[i].Length))];
        foreach (var row in rows)
        {
            output.WriteLine(string.Join("  ", row.Select((cell, i) => i is 0 or 4 ? cell.PadRight(widths[i]) : cell.PadLeft(widths[i]))).TrimEnd());
        }
    }

    /// <summary>A member that is null where there is no number.</summary>
    public static void WriteNumber(Utf8JsonWriter writer, string name, double? value)
    {
        if (value is { } number)
        {
            writer.WriteNumber(name, number);
        }
        else
        {
            writer.WriteNull(name);
        }
    }

    /// <summary>A count, with separators of thousands.</summary>
    public static string Number(int value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
