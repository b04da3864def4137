using System.Collections.Immutable;
using SparseDsl.Compiler.Data;

namespace SparseDsl.Import.Onnx;

/// <summary>
/// A graph of operators in single assignment form: every name is an input, an initializer or the output of one node.
/// </summary>
/// <param name="Name">Name in the file; may be empty.</param>
/// <param name="Inputs">What the caller provides, in order; inputs that only restate an initializer are left out.</param>
/// <param name="Outputs">Results, in order; each names a node's output, an initializer or an input.</param>
/// <param name="Initializers">Weights and constants by name, those of Constant nodes included.</param>
/// <param name="Nodes">The operators, each after all it depends on; otherwise in file order.</param>
/// <param name="Captures">Names a subgraph takes from the graphs around it, in ordinal order; empty for the main graph.</param>
public sealed record OnnxGraph(
    string Name,
    ImmutableArray<OnnxValue> Inputs,
    ImmutableArray<OnnxValue> Outputs,
    IReadOnlyDictionary<string, TensorData> Initializers,
    ImmutableArray<OnnxNode> Nodes,
    ImmutableArray<string> Captures);
