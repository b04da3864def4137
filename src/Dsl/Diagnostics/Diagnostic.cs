using System.Collections.Immutable;
using System.Globalization;

namespace SparseDsl.Dsl.Diagnostics;

/// <summary>How bad a diagnostic is.</summary>
public enum Severity
{
    /// <summary>For information.</summary>
    Info,

    /// <summary>The program runs, but probably not as meant or not as fast as it could.</summary>
    Warning,

    /// <summary>Nothing can be built.</summary>
    Error,
}

/// <summary>One row of the diagnostics table. Ids are never reused.</summary>
/// <param name="Id"><c>SDnnnn</c>: 1 syntax, 2 names and shapes, 3 sparsity, 4 target, 5 weights and files.</param>
/// <param name="Severity">Default severity.</param>
/// <param name="Message">One sentence, lower case, no full stop, with <c>{0}</c> placeholders.</param>
/// <param name="Hint">What to do about it; may use the same placeholders.</param>
/// <param name="Example">A short program (or a sentence for file errors) that provokes it; shown in the documentation and run by a test.</param>
public sealed record DiagnosticDescriptor(string Id, Severity Severity, string Message, string Hint, string Example);

/// <summary>A secondary place of a diagnostic with its own sentence.</summary>
public sealed record DiagnosticNote(string Message, SourceLocation? Location);

/// <summary>One mistake of a user (or warning about a program), with its place.</summary>
public sealed record Diagnostic(
    DiagnosticDescriptor Descriptor,
    SourceLocation? Location,
    ImmutableArray<string> Arguments,
    ImmutableArray<DiagnosticNote> Notes)
{
    /// <summary>The id, <c>SDnnnn</c>.</summary>
    public string Id => Descriptor.Id;

    /// <summary>The severity.</summary>
    public Severity Severity => Descriptor.Severity;

    /// <summary>The sentence with its arguments filled in.</summary>
    public string Message => Format(Descriptor.Message);

    /// <summary>The hint with its arguments filled in; empty when there is none.</summary>
    public string Hint => Format(Descriptor.Hint);

    /// <summary>The sentence and its hint, for hosts that show one line.</summary>
    public string OneLine => Hint.Length > 0 ? $"{Message}; {Hint}" : Message;

    /// <inheritdoc/>
    public override string ToString() => DiagnosticRenderer.Header(this);

    private string Format(string text) =>
        string.Format(CultureInfo.InvariantCulture, text, [.. Arguments.Cast<object>()]);
}

/// <summary>Collects the diagnostics of one run, in the order they were found.</summary>
public sealed class DiagnosticBag
{
    private readonly List<Diagnostic> items = [];
    private readonly HashSet<(string Id, SourceLocation? Location, string Message)> known = [];

    /// <summary>What was reported, without repeats.</summary>
    public IReadOnlyList<Diagnostic> Items => items;

    /// <summary>Whether any error was reported.</summary>
    public bool HasErrors => items.Any(d => d.Severity == Severity.Error);

    /// <summary>Reports a mistake at a place.</summary>
    public void Report(DiagnosticDescriptor descriptor, SourceLocation? location, params string[] arguments) =>
        Add(new Diagnostic(descriptor, location, [.. arguments], []));

    /// <summary>Adds a finished diagnostic; an equal one at the same place is kept once.</summary>
    public void Add(Diagnostic diagnostic)
    {
        if (known.Add((diagnostic.Id, diagnostic.Location, diagnostic.Message)))
        {
            items.Add(diagnostic);
        }
    }
}
