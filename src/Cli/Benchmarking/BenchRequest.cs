using SparseDsl.Cli.Running;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Measurement;

namespace SparseDsl.Cli.Benchmarking;

/// <summary>What the user asked <c>bench</c> for.</summary>
/// <param name="File">A program, or an ONNX file.</param>
/// <param name="Model">Which model of the program.</param>
/// <param name="Weights">Its weights; null looks beside it.</param>
/// <param name="Inputs">Inputs the user gives; others are random.</param>
/// <param name="Dims">Dims the user gives; others are the smallest.</param>
/// <param name="Against"><c>dense</c>, <c>onnxruntime</c>, another backend.</param>
/// <param name="Onnx">The network for peers; null where the file is one.</param>
/// <param name="Peers">Folder of the peers' assembly; null for the usual places.</param>
/// <param name="Threads">Numbers of threads.</param>
/// <param name="Explains">Whether to time layers one by one.</param>
/// <param name="IsJson">Whether to write JSON lines.</param>
/// <param name="Host">What compiles the model.</param>
/// <param name="Other">What compiles it once more, to compare; null for none.</param>
/// <param name="Options">Target and profile.</param>
/// <param name="Budget">How long to measure.</param>
internal sealed record BenchRequest(
    string File,
    string? Model,
    string? Weights,
    IReadOnlyList<KeyValuePair<string, string>> Inputs,
    IReadOnlyList<KeyValuePair<string, long>> Dims,
    IReadOnlyList<string> Against,
    string? Onnx,
    string? Peers,
    IReadOnlyList<int> Threads,
    bool Explains,
    bool IsJson,
    ModelHost Host,
    ModelHost? Other,
    CompilationOptions Options,
    Budget Budget);
