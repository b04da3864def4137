using System.Collections.Immutable;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Symbols;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.LanguageServer.Analysis;

/// <summary>What the compiler's front end makes of one document and of what it imports.</summary>
/// <param name="Source">The text.</param>
/// <param name="Syntax">Its tree.</param>
/// <param name="Module">The tree bound.</param>
/// <param name="Symbols">What its names refer to.</param>
/// <param name="Values">What its names and calls are.</param>
/// <param name="Diagnostics">Mistakes, those of imported modules included.</param>
/// <param name="Dependencies">Files it imports by path, directly and through others, as they were read; null where there was none, since it may come.</param>
internal sealed record ProgramAnalysis(
    SourceText Source,
    ModuleSyntax Syntax,
    BoundModule Module,
    SymbolTable Symbols,
    ValueIndex Values,
    IReadOnlyList<Diagnostic> Diagnostics,
    ImmutableDictionary<string, SourceText?> Dependencies)
{
    /// <summary>Whether parts of the text are missing in the tree.</summary>
    public bool HasSyntaxErrors => Diagnostics.Any(d => d.Id.StartsWith("SD1", StringComparison.Ordinal) && d.Location?.Source.Path == Source.Path);
}
