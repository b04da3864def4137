using System.Collections.Immutable;

namespace SparseDsl.Dsl.Diagnostics;

/// <summary>Every diagnostic of the language, from the static classes that hold the rows. A new class is one line here.</summary>
public static class DiagnosticTable
{
    /// <summary>All rows, by class and then by id.</summary>
    public static ImmutableArray<DiagnosticDescriptor> All { get; } =
    [
        .. SyntaxDiagnostics.All,
        .. NameDiagnostics.All,
        .. SparsityDiagnostics.All,
        .. LoweringDiagnostics.All,
        .. WeightDiagnostics.All,
        .. FileDiagnostics.All,
        .. ImportDiagnostics.All,
        .. GeneratorDiagnostics.All,
        .. PruningDiagnostics.All,
    ];
}
