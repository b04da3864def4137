using System.Collections.Immutable;

namespace SparseDsl.Dsl.Diagnostics;

/// <summary>SD50xx: weights against the model that declares them, and the promises about their zeros (SD3004 and its neighbours, checked when weights are loaded).</summary>
public static class WeightDiagnostics
{
    /// <summary>'{0}' promises at least {1} zeros, but {2} holds {3}.</summary>
    public static readonly DiagnosticDescriptor FewerZeros = new(
        "SD3004", Severity.Error,
        "'{0}' promises at least {1} zeros, but {2} holds {3}",
        "prune it, lower the promise, or drop it",
        "weights with 47.9% zeros for param w: f32[256, 784] @unstructured(zeros >= 90%)");

    /// <summary>'{0}' promises at least {1} of its zeros in whole blocks, but {3} holds {4}.</summary>
    public static readonly DiagnosticDescriptor FewerZeroBlocks = new(
        "SD3031", Severity.Error,
        "'{0}' promises that at least {1} is zero in whole blocks of {2}, but {3} holds {4}",
        "prune it in blocks, lower the promise, or use '@unstructured'",
        "weights with scattered zeros for param w: f32[64, 64] @block(4, 1, zeros >= 70%)");

    /// <summary>'{0}' promises at most {1} non-zeros in every {2}, but one group holds more.</summary>
    public static readonly DiagnosticDescriptor GroupTooFull = new(
        "SD3032", Severity.Error,
        "'{0}' promises at most {1} non-zeros in every {2}, but {3} holds {4} at {5}",
        "prune it to the pattern, or use '@unstructured'",
        "weights with three non-zeros in a group of four for param w: f32[10, 256] @nm(2, 4)");

    /// <summary>'{0}' promises at least {1} zero channels, but {2} holds {3}.</summary>
    public static readonly DiagnosticDescriptor FewerZeroChannels = new(
        "SD3033", Severity.Error,
        "'{0}' promises that at least {1} of its channels are zero, but {2} holds {3}",
        "prune whole slices along the first index, lower the promise, or use '@unstructured'",
        "weights with no zero row for param w: f32[64, 64] @channels(zeros >= 30%)");

    /// <summary>The sparsity of '{0}' is not used: {1}.</summary>
    public static readonly DiagnosticDescriptor SparsityNotUsed = new(
        "SD3023", Severity.Warning,
        "the sparsity of '{0}' is not used: {1}",
        "it runs dense; drop the annotation, or write '@dense'",
        """
        model M() {
            input x: f32[4, 2048]
            param b: f32[2048] @unstructured(zeros >= 90%)
            output y = x + b
        }
        """);

    /// <summary>'{0}' cannot be stored as '{1}', because an operation takes its elements in row-major order.</summary>
    public static readonly DiagnosticDescriptor FormatNotUsed = new(
        "SD3024", Severity.Warning,
        "'{0}' is not stored as '{1}', because an operation takes its elements in row-major order",
        "it is stored dense; declare it in the shape it is used in, without a reshape",
        """
        import std.formats
        model M() {
            input x: f32[2, 8]
            param w: f32[4, 4] @format(csr)
            output y = x + reshape(w, [2, 8])
        }
        """);

    /// <summary>There is no tensor '{0}' in {1}.</summary>
    public static readonly DiagnosticDescriptor MissingTensor = new(
        "SD5001", Severity.Error,
        "there is no tensor '{0}' in {1}",
        "it holds: {2}",
        "a weights file of another model");

    /// <summary>'{0}' is declared {1}, but {2} holds {3}.</summary>
    public static readonly DiagnosticDescriptor WrongShape = new(
        "SD5002", Severity.Error,
        "'{0}' is declared {1}, but {2} holds {3}",
        "correct the declaration, or use the weights of this model",
        "a [10, 255] tensor for param w: f32[10, 256]");

    /// <summary>'{0}' has elements of type {1}, but {2} holds {3}.</summary>
    public static readonly DiagnosticDescriptor WrongElement = new(
        "SD5003", Severity.Error,
        "'{0}' has elements of type {1}, but {2} holds {3}",
        "convert the file, or declare the type it has; only between floating types is it converted when loaded",
        "an i64 tensor for param w: f32[10, 256]");

    /// <summary>{1} of the elements of '{0}' in {2} are not finite.</summary>
    public static readonly DiagnosticDescriptor NotFinite = new(
        "SD5004", Severity.Warning,
        "{1} of the elements of '{0}' in {2} are not finite, the first at {3}",
        "a NaN or an infinity spreads to every result it takes part in",
        "weights of a training run that diverged");

    /// <summary>{0} holds tensors the model does not use.</summary>
    public static readonly DiagnosticDescriptor ExtraTensors = new(
        "SD5005", Severity.Warning,
        "{0} holds {1} that '{2}' does not declare: {3}",
        "check the names; a parameter takes the tensor with its path",
        "a weights file with a tensor 'w3' for a model with w1 and w2");

    /// <summary>There is no mask '{1}' for '{0}'.</summary>
    public static readonly DiagnosticDescriptor MissingMask = new(
        "SD5006", Severity.Error,
        "the mask '{1}' of '{0}' cannot be read: {2}",
        "give the path of a .npy file, relative to the program",
        "param w: f32[4, 4] @mask(\"nowhere.npy\")");

    /// <summary>The mask '{1}' has another shape than '{0}'.</summary>
    public static readonly DiagnosticDescriptor MaskShape = new(
        "SD5007", Severity.Error,
        "the mask '{1}' is {2}, but '{0}' is {3}",
        "a mask has one element for each element of its parameter",
        "a [4, 5] mask for param w: f32[4, 4]");

    /// <summary>Every row.</summary>
    public static ImmutableArray<DiagnosticDescriptor> All { get; } =
    [
        FewerZeros, FewerZeroBlocks, GroupTooFull, FewerZeroChannels, SparsityNotUsed, FormatNotUsed,
        MissingTensor, WrongShape, WrongElement, NotFinite, ExtraTensors, MissingMask, MaskShape,
    ];
}
