using System.Collections.Immutable;

namespace SparseDsl.Dsl.Diagnostics;

/// <summary>SD4xxx: what is understood but cannot be compiled, or not for this target.</summary>
public static class LoweringDiagnostics
{
    /// <summary>An operation the language has and lowering has not yet.</summary>
    public static readonly DiagnosticDescriptor NotLowered = new(
        "SD4001",
        Severity.Error,
        "'{0}' is understood but not compiled yet",
        "use the reference backend, or write it with operators that compile",
        """
        module m
        import std.nn
        model M() {
            input x: f32[4, 16]
            output y = x @topk(4)
        }
        """);

    /// <summary>Every row.</summary>
    public static ImmutableArray<DiagnosticDescriptor> All { get; } = [NotLowered];
}
