using System.Globalization;
using SparseDsl.Compiler.Data;
using SparseDsl.Measurement.Programs;

namespace SparseDsl.Benchmarks.Tables;

/// <summary>Products of a sparse weight and one vector: what a network does at batch 1.</summary>
internal static class VectorTables
{
    /// <summary>Weights with zeros anywhere.</summary>
    public static Table SparseWeights { get; } = new(
        "gemv", "batch 1: y[J] = w[J, K] . x[K], rows JxK (sparse activations are not compiled yet: SD4001)",
        [.. from shape in new[] { (1024, 1024), (4096, 4096), (4096, 11008), (11008, 4096) }
            from zeros in new[] { 0.5, 0.7, 0.9 }
            let name = FormattableString.Invariant($"{shape.Item1}x{shape.Item2} {(zeros * 100).ToString("0.#", CultureInfo.InvariantCulture)}%")
            select (name, new Func<Row>(() => Row(name, shape.Item1, shape.Item2, zeros)))])
    { TakesSparsePeers = true };

    private static Row Row(string name, int outputs, int inputs, double zeros)
    {
        var weight = RandomWeights.Unstructured(outputs, inputs, zeros);
        SmallProgram Linear(string annotation) => new(
            FormattableString.Invariant($$"""
            module measured
            import std.nn
            import std.formats
            model Measured() {
                input x: f32[1, {{inputs}}]
                param w: f32[{{outputs}}, {{inputs}}] {{annotation}}
                output y = linear_no_bias(x, w)
            }

            """),
            new Dictionary<string, TensorData> { ["w"] = TensorData.FromFloats(weight, outputs, inputs) },
            new Dictionary<string, TensorData> { ["x"] = TensorData.FromFloats(RandomWeights.Dense(inputs, seed: 2), 1, inputs) });
        var dense = Linear("");
        return new Row(
            name, 2.0 * outputs * inputs, 1 - zeros, dense,
            [new("csr", Linear("@format(csr)")), new("bits", Linear("@format(bit_rows)")), new("auto", Linear(""))],
            [new("ort gemm", OnnxOperations.Linear(weight, outputs, inputs), [1, inputs])])
        {
            Product = new SparseProduct(weight, outputs, inputs, 1, dense.Inputs["x"].ToFloats()),
        };
    }
}
