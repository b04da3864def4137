using System.Collections.Immutable;
using SparseDsl.Compiler.Data;
using SparseDsl.Dsl;

namespace SparseDsl.Pruning.Quantizing;

/// <summary>How the range of narrow numbers is chosen.</summary>
public enum Clipping
{
    /// <summary>The range with the least squared error over calibration data (and, of weights, over each row): what is far out is cut.</summary>
    Mse,

    /// <summary>From the smallest to the largest value seen.</summary>
    MinMax,
}

/// <summary>How a network is quantised.</summary>
/// <param name="Type">What weights are stored in: i8 (inputs become u8), or bf16 (inputs too).</param>
public sealed record QuantizationOptions(ElementType Type)
{
    /// <summary>How ranges are chosen; of no matter for bf16.</summary>
    public Clipping Clipping { get; init; }

    /// <summary>Globs over parameter paths that stay as they are.</summary>
    public ImmutableArray<string> Exclude { get; init; } = [];

    /// <summary>Rows of inputs that errors are measured on, for each layer.</summary>
    public int Rows { get; init; } = 2048;

    /// <summary>Number of threads; results do not depend on it.</summary>
    public int Threads { get; init; } = 1;
}

/// <summary>A quantised network.</summary>
/// <param name="Weights">Every tensor of the weights file by name: narrow numbers and scales for what was quantised, the tensors that were given for the rest.</param>
/// <param name="Layers">What became of each weight that is a factor of sums, in the order of the network.</param>
public sealed record QuantizationResult(IReadOnlyDictionary<string, TensorData> Weights, ImmutableArray<QuantizedLayer> Layers);

/// <summary>What became of a weight.</summary>
/// <param name="Path">The parameter.</param>
/// <param name="Outputs">Results that share inputs.</param>
/// <param name="Inputs">Terms of one sum.</param>
/// <param name="Share">Its part of the network's multiplications, 0 to 1.</param>
/// <param name="Reason">Why it stays as it is; empty when it was quantised.</param>
/// <param name="Low">The smallest input that u8 stands for.</param>
/// <param name="High">The largest.</param>
/// <param name="Error">The squared error of its outputs, both factors quantised, over their squares, on rows of the network as it was; null when it stays.</param>
/// <param name="Annotation">What the overlay says: <c>quant(i8, per: row, input: 0.02, zero: 3)</c>; null when it stays.</param>
public sealed record QuantizedLayer(string Path, int Outputs, int Inputs, double Share, string Reason, double? Low, double? High, double? Error, string? Annotation);
