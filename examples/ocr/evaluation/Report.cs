using System.Globalization;
using System.Text.Json;

namespace SparseDsl.Examples.Ocr.Evaluation;

/// <summary>Prints tables of shares: in per cent for people, or an object a line.</summary>
internal sealed class Report(TextWriter output, bool isJson)
{
    private const int NameWidth = 44;
    private const int CellWidth = 12;

    private string _table = "";
    private string[] _columns = [];

    /// <summary>Begins a table.</summary>
    public void Head(string table, params string[] columns)
    {
        (_table, _columns) = (table, columns);
        if (!isJson)
        {
            Write(table, columns);
        }
    }

    /// <summary>Prints what a program reaches in every column, 0 to 1.</summary>
    public void Row(string program, params double[] shares)
    {
        if (!isJson)
        {
            Write(program, shares.Select(s => (s * 100).ToString("0.00", CultureInfo.InvariantCulture)));
            return;
        }

        foreach (var (column, share) in _columns.Zip(shares))
        {
            output.WriteLine(JsonSerializer.Serialize(new { accuracy = Math.Round(share, 6), of = _table, set = column, program }));
        }

        output.Flush();
    }

    private void Write(string name, IEnumerable<string> cells)
    {
        output.WriteLine(name.PadRight(NameWidth) + string.Concat(cells.Select(c => c.PadLeft(CellWidth))));
        output.Flush();
    }
}
