using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;
using SparseDsl.Dsl.Diagnostics;
using Diagnostic = SparseDsl.Dsl.Diagnostics.Diagnostic;
using DiagnosticDescriptor = Microsoft.CodeAnalysis.DiagnosticDescriptor;
using SourceText = SparseDsl.Dsl.SourceText;

namespace SparseDsl.Generator;

/// <summary>A diagnostic as values: it can be compared, and holds no text of a file.</summary>
/// <param name="Id">Its row in <see cref="DiagnosticTable"/>.</param>
/// <param name="Message">The sentence and its hint.</param>
/// <param name="Path">The file.</param>
/// <param name="Span">Characters in the file.</param>
/// <param name="Lines">The same as lines and columns.</param>
internal sealed record Mistake(string Id, string Message, string Path, TextSpan Span, LinePositionSpan Lines)
{
    private static readonly Dictionary<string, DiagnosticDescriptor> Descriptors = DiagnosticTable.All.ToDictionary(r => r.Id, Descriptor, StringComparer.Ordinal);

    /// <summary>A diagnostic of the compiler; one without a place is put at the beginning of a file.</summary>
    public static Mistake Of(Diagnostic diagnostic, SourceText file) => Of(DiagnosticLine.Of(diagnostic, file));

    /// <summary>A diagnostic that another program found.</summary>
    public static Mistake Of(DiagnosticLine line) =>
        new(line.Id, line.Message, line.Path, new TextSpan(line.Span.Start, line.Span.Length), new LinePositionSpan(Position(line.From), Position(line.To)));

    /// <summary>As the C# compiler reports it.</summary>
    public Microsoft.CodeAnalysis.Diagnostic ToDiagnostic() => Microsoft.CodeAnalysis.Diagnostic.Create(Descriptors[Id], Location.Create(Path, Span, Lines), Message);

    private static LinePosition Position((int Line, int Column) place) => new(place.Line - 1, place.Column - 1);

    private static DiagnosticDescriptor Descriptor(SparseDsl.Dsl.Diagnostics.DiagnosticDescriptor row) => new(
        row.Id, Regex.Replace(row.Message, @"\{\d\}", "…"), "{0}", "SparseDsl", SeverityOf(row), isEnabledByDefault: true, description: row.Hint, helpLinkUri: null,
        // There is no class, or no weights for it, whatever the project says about the diagnostic.
        customTags: row.Severity == Severity.Error ? [WellKnownDiagnosticTags.NotConfigurable] : []);

    private static DiagnosticSeverity SeverityOf(SparseDsl.Dsl.Diagnostics.DiagnosticDescriptor row) => row.Severity switch
    {
        Severity.Error => DiagnosticSeverity.Error,
        Severity.Warning => DiagnosticSeverity.Warning,
        _ => DiagnosticSeverity.Info,
    };
}
