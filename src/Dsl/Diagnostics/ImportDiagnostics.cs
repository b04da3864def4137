using System.Collections.Immutable;

namespace SparseDsl.Dsl.Diagnostics;

/// <summary>SD52xx: networks of other tools that cannot be said in this language.</summary>
public static class ImportDiagnostics
{
    /// <summary>Operator {0} of {1} cannot be imported.</summary>
    public static readonly DiagnosticDescriptor UnknownOperator = new(
        "SD5201", Severity.Error,
        "operator {0} of {1} cannot be imported",
        "{2}",
        "an ONNX model with a Loop");

    /// <summary>Input {0} has no shape.</summary>
    public static readonly DiagnosticDescriptor NoInputShape = new(
        "SD5202", Severity.Error,
        "the file does not say how many axes input '{0}' has, or that its elements are f32",
        "export the model with the shapes of its inputs",
        "an ONNX model without input shapes");

    /// <summary>All rows, by id.</summary>
    public static ImmutableArray<DiagnosticDescriptor> All { get; } = [UnknownOperator, NoInputShape];
}
