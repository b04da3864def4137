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
        "'sparsedsl run --backend reference' computes it; or write it with operators that compile",
        """
        module m
        import std.nn
        model M() {
            input x: f32[4, 16]
            output y = x @topk(4)
        }
        """);

    /// <summary>'{0}' is stored sparse, but '{1}' is not zero where it is not stored.</summary>
    public static readonly DiagnosticDescriptor NotZeroWhereSparse = new(
        "SD4002",
        Severity.Error,
        "'{0}' is stored sparse, but the terms of the sum in '{1}' are not zero where it is not stored",
        "store it dense ('@format(dense)'), or write the value at zero separately",
        """
        module m
        import std.formats
        op f(x[i, k], w[j, k]) -> y[i, j] = sum(k) exp(x[i, k] * w[j, k])
        model M() {
            input x: f32[4, 4]
            param w: f32[4, 4] @format(csr)
            output y = f(x, w)
        }
        """);

    /// <summary>'{0}' and '{1}' are both stored sparse in '{2}'.</summary>
    public static readonly DiagnosticDescriptor TwoSparseOperands = new(
        "SD4003",
        Severity.Error,
        "'{0}' and '{1}' are both stored sparse in '{2}', and only one of them can drive the loops",
        "store one of them dense ('@format(dense)')",
        """
        module m
        import std.nn
        import std.formats
        model M() {
            param a: f32[4, 4] @format(csr)
            param b: f32[4, 4] @format(csr)
            output y = matmul(a, b)
        }
        """);

    /// <summary>'{0}' is stored sparse and read in '{1}' with subscripts that are not plain indices.</summary>
    public static readonly DiagnosticDescriptor SparseSubscript = new(
        "SD4004",
        Severity.Error,
        "'{0}' is stored sparse, but '{1}' reads only a part of it or with shifted subscripts",
        "store it dense ('@format(dense)')",
        """
        module m
        import std.formats
        op shifted(w[i]) -> y[i] = w[i - 1]
        model M() {
            param w: f32[4] @format(list)
            output y = shifted(w)
        }
        """);

    /// <summary>A promise of sparsity that is not worth its storage.</summary>
    public static readonly DiagnosticDescriptor DoesNotPay = new(
        "SD4005",
        Severity.Warning,
        "the sparsity of '{0}' does not pay: with {1} of its elements stored it would take about {2}, dense {3}; a sparse loop wins below {4}",
        "it runs dense; prune further, use blocks, or drop the annotation",
        """
        module m
        import std.nn
        model M() {
            input x: f32[64, 64]
            param w: f32[64, 64] @unstructured(zeros >= 10%)
            output y = linear_no_bias(x, w)
        }
        """);

    /// <summary>A state, which the language has and nothing can write yet.</summary>
    public static readonly DiagnosticDescriptor StateNotCompiled = new(
        "SD4006",
        Severity.Error,
        "the state '{0}' is understood, but nothing can write it yet",
        "make it an input and an output, and give each call what the one before it returned",
        """
        model M() {
            input x: f32[4]
            state last: f32[4]
            output y = x + last
        }
        """);

    /// <summary>A tensor of more elements than offsets can count.</summary>
    public static readonly DiagnosticDescriptor TooLarge = new(
        "SD4007",
        Severity.Error,
        "'{0}' is {1}, and a tensor has at most 2147483647 elements",
        "make it smaller, or compute it in parts",
        """
        model M() {
            input x: f32[100000, 100000]
            output y = x + 1
        }
        """);

    /// <summary>A promise of sparsity that gains less than the layers around it lose.</summary>
    public static readonly DiagnosticDescriptor NeighboursLose = new(
        "SD4008",
        Severity.Warning,
        "the sparsity of '{0}' does not pay here: with {1} of its elements stored it would take about {2} instead of {3}, but the layers around it gain more by blocks of channels, which a sparse layer does not take",
        "it runs dense; prune further or the layers around it as well, or ask for a storage with @format",
        """
        module m
        import std.nn
        model M() {
            input x: f32[1, 128, 96, 96]
            param a: f32[128, 1, 5, 5]
            param w: f32[128, 128, 1, 1] @unstructured(zeros >= 55%)
            param b: f32[128, 1, 5, 5]
            param c: f32[128, 128, 1, 1]
            output y = x |> conv2d(c) |> depthwise_conv2d(a, pad: 2) |> conv2d(w) |> depthwise_conv2d(b, pad: 2)
        }
        """);

    /// <summary>Every row.</summary>
    public static ImmutableArray<DiagnosticDescriptor> All { get; } = [DoesNotPay, NotLowered, NotZeroWhereSparse, TwoSparseOperands, SparseSubscript, StateNotCompiled, TooLarge, NeighboursLose];
}
