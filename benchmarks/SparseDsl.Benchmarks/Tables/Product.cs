using SparseDsl.Compiler.Data;
using SparseDsl.Measurement.Programs;

namespace SparseDsl.Benchmarks.Tables;

/// <summary>A 1 x 1 convolution over an image by channels, which is the matrix product <c>y[M, N] = w[M, K] . x[K, N]</c> with N = height times width.</summary>
/// <param name="Outputs">M.</param>
/// <param name="Channels">K.</param>
/// <param name="Height">Of the image.</param>
/// <param name="Width">Of the image.</param>
internal sealed record Product(int Outputs, int Channels, int Height, int Width)
{
    /// <summary>The pointwise layers of MobileNet v1 at 224 x 224 with different shapes.</summary>
    public static IReadOnlyList<Product> MobileNet { get; } =
    [
        new(64, 32, 112, 112), new(128, 64, 56, 56), new(128, 128, 56, 56), new(256, 128, 28, 28), new(256, 256, 28, 28),
        new(512, 256, 14, 14), new(512, 512, 14, 14), new(1024, 512, 7, 7), new(1024, 1024, 7, 7),
    ];

    /// <summary>Pixels.</summary>
    public int Pixels => Height * Width;

    /// <summary>Work, a multiply-add counted as two.</summary>
    public double Flop => 2.0 * Outputs * Channels * Pixels;

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"{Outputs}x{Channels}x{Pixels}");

    /// <summary>As a matrix product, whose weight may have any format of matrices.</summary>
    /// <param name="weight">M times K elements.</param>
    /// <param name="annotation">Behind the weight's type: <c>@format(csr)</c>; empty for none.</param>
    public SmallProgram Matrix(float[] weight, string annotation = "") => Program(
        weight, [Outputs, Channels], [Channels, Pixels], FormattableString.Invariant($"input x: f32[{Channels}, {Pixels}]"), FormattableString.Invariant($"f32[{Outputs}, {Channels}] {annotation}"), "matmul(w, x)");

    /// <summary>As a convolution, as networks have it.</summary>
    /// <param name="weight">M times K elements.</param>
    /// <param name="annotation">Behind the weight's type; empty for none.</param>
    public SmallProgram Convolution(float[] weight, string annotation = "") => Program(
        weight, [Outputs, Channels, 1, 1], [1, Channels, Height, Width], FormattableString.Invariant($"input x: f32[1, {Channels}, {Height}, {Width}]"),
        FormattableString.Invariant($"f32[{Outputs}, {Channels}, 1, 1] {annotation}"), "conv2d(x, w)");

    /// <summary>ONNX Runtime's product and its convolution: neither is always the faster one.</summary>
    public IReadOnlyList<DensePeer> Peers(float[] weight) =>
    [
        new("ort matmul", OnnxOperations.MatMul(weight, Outputs, Channels, Pixels), [Channels, Pixels]),
        new("ort conv", OnnxOperations.Pointwise(weight, Outputs, Channels, Height, Width), [1, Channels, Height, Width]),
    ];

    private static SmallProgram Program(float[] weight, int[] weightShape, int[] inputShape, string input, string type, string body)
    {
        var text = $"module measured\nimport std.nn\nimport std.formats\nmodel Measured() {{\n    {input}\n    param w: {type}\n    output y = {body}\n}}\n";
        return new SmallProgram(
            text,
            new Dictionary<string, TensorData> { ["w"] = TensorData.FromFloats(weight, weightShape) },
            new Dictionary<string, TensorData> { ["x"] = TensorData.FromFloats(RandomWeights.Dense(inputShape.Aggregate((a, b) => a * b), seed: 2), inputShape) });
    }
}
