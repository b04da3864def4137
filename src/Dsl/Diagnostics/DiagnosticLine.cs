using System.Globalization;

namespace SparseDsl.Dsl.Diagnostics;

/// <summary>A diagnostic as values in one line of text: what one program found for another one to report.</summary>
/// <param name="Id">Its row in <see cref="DiagnosticTable"/>.</param>
/// <param name="Span">Characters in the file.</param>
/// <param name="From">One-based line and column of the first character.</param>
/// <param name="To">One-based line and column just past the last character.</param>
/// <param name="Message">The sentence and its hint.</param>
/// <param name="Path">The file.</param>
public sealed record DiagnosticLine(string Id, SourceSpan Span, (int Line, int Column) From, (int Line, int Column) To, string Message, string Path)
{
    private const char Separator = '\t';
    private const int Fields = 9;

    /// <summary>A diagnostic; one without a place is put at the beginning of a file.</summary>
    public static DiagnosticLine Of(Diagnostic diagnostic, SourceText file)
    {
        var (source, span) = diagnostic.Location is { } location ? (location.Source, location.Span) : (file, new SourceSpan(0, 0));
        var message = diagnostic.OneLine.Replace("\r", "").Replace('\n', ' ').Replace(Separator, ' ');
        return new DiagnosticLine(diagnostic.Id, span, source.Position(span.Start), source.Position(span.End), message, source.Path.Replace('\\', '/'));
    }

    /// <summary>The line, without its end.</summary>
    public string Print() => string.Join(
        Separator.ToString(), [Id, .. new[] { Span.Start, Span.Length, From.Line, From.Column, To.Line, To.Column }.Select(n => n.ToString(CultureInfo.InvariantCulture)), Message, Path]);

    /// <summary>Reads what <see cref="Print"/> gave; null for anything else.</summary>
    public static DiagnosticLine? TryParse(string line)
    {
        var fields = line.TrimEnd('\r').Split(Separator);
        var numbers = new int[Fields - 3];
        for (var i = 0; i < numbers.Length; i++)
        {
            if (fields.Length != Fields || !int.TryParse(fields[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out numbers[i]))
            {
                return null;
            }
        }

        return DiagnosticTable.All.Any(row => row.Id == fields[0])
            ? new DiagnosticLine(fields[0], new SourceSpan(numbers[0], numbers[1]), (numbers[2], numbers[3]), (numbers[4], numbers[5]), fields[7], fields[8])
            : null;
    }
}
