using System.Collections.Immutable;
using SparseDsl.Compiler.Data;
using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Import.Onnx;

/// <summary>A network in this language.</summary>
/// <param name="Dsl">The program; empty when there are errors.</param>
/// <param name="Weights">A tensor for every parameter of the program, by path.</param>
/// <param name="Diagnostics">What could not be imported, all of it.</param>
public sealed record ImportResult(
    string Dsl, IReadOnlyDictionary<string, TensorData> Weights, ImmutableArray<Diagnostic> Diagnostics);
