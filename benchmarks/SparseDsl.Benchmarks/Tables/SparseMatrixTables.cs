using System.Globalization;
using SparseDsl.Measurement.Programs;

namespace SparseDsl.Benchmarks.Tables;

/// <summary>Products of a sparse weight and a dense image by channels.</summary>
internal static class SparseMatrixTables
{
    /// <summary>Zeros anywhere.</summary>
    public static Table Unstructured { get; } = new(
        "spmm", "unstructured zeros: y[M, N] = w[M, K] . x[K, N], rows MxKxN",
        [.. from product in Product.MobileNet from zeros in new[] { 0.5, 0.7, 0.8, 0.9, 0.95 } select Entry($"{product} {Percent(zeros)}", () => UnstructuredRow(product, zeros))])
    { TakesSparsePeers = true };

    /// <summary>Zeros in blocks.</summary>
    public static Table Blocks { get; } = new(
        "blocks", "zeros in blocks of r x c: y[M, N] = w[M, K] . x[K, N]",
        [.. from product in new[] { Product.MobileNet[2], Product.MobileNet[4], Product.MobileNet[6] }
            from block in new[] { (4, 1), (8, 1), (16, 1), (32, 1), (4, 4), (1, 16) }
            from zeros in new[] { 0.7, 0.9 }
            select Entry(FormattableString.Invariant($"{product} {block.Item1}x{block.Item2} {Percent(zeros)}"), () => BlockRow(product, block.Item1, block.Item2, zeros))]);

    /// <summary>As many non-zeros in every group.</summary>
    public static Table NOfM { get; } = new(
        "nm", "n non-zeros in every m: y[M, N] = w[M, K] . x[K, N]",
        [.. from product in new[] { Product.MobileNet[2], Product.MobileNet[4], Product.MobileNet[6], Product.MobileNet[8] }
            from kind in new[] { (2, 4), (4, 8), (1, 4), (2, 8), (4, 16) }
            select Entry(FormattableString.Invariant($"{product} {kind.Item1}:{kind.Item2}"), () => NOfMRow(product, kind.Item1, kind.Item2))]);

    private static Row UnstructuredRow(Product product, double zeros) => Row(
        product, Percent(zeros), 1 - zeros, RandomWeights.Unstructured(product.Outputs, product.Channels, zeros),
        [("csr", "@format(csr)"), ("bits", "@format(bits(32))"), ("auto", "")]);

    private static Row BlockRow(Product product, int height, int width, double zeros) => Row(
        product, FormattableString.Invariant($"{height}x{width} {Percent(zeros)}"), 1 - zeros, RandomWeights.Blocks(product.Outputs, product.Channels, height, width, zeros),
        [("bsr", FormattableString.Invariant($"@format(bsr({height}, {width}))")), ("auto", FormattableString.Invariant($"@block({height}, {width}, zeros >= {Math.Floor(zeros * 100) - 1}%)"))]);

    // Not as a convolution: groups are along the last index, of which a 1 x 1 filter has one element.
    private static Row NOfMRow(Product product, int n, int m)
    {
        var weight = RandomWeights.NOfM(product.Outputs, product.Channels, n, m);
        Variant Stored(string name, string annotation) => new(name, product.Matrix(weight, annotation));
        return new Row(
            FormattableString.Invariant($"{product} {n}:{m}"), product.Flop, (double)n / m, product.Matrix(weight),
            [Stored("nm", FormattableString.Invariant($"@format(nm({n}, {m}))")), Stored("csr", "@format(csr)"), Stored("auto", FormattableString.Invariant($"@nm({n}, {m})"))],
            product.Peers(weight));
    }

    // The convolution is what networks have; the compiler chooses there once more.
    private static Row Row(Product product, string zeros, double nonZeros, float[] weight, IEnumerable<(string Name, string Annotation)> variants)
    {
        List<Variant> all = [.. variants.Select(v => new Variant(v.Name, product.Matrix(weight, v.Annotation)))];
        all.Add(new Variant("auto conv", product.Convolution(weight, variants.Last().Annotation)));
        var dense = product.Matrix(weight);
        return new Row($"{product} {zeros}", product.Flop, nonZeros, dense, all, product.Peers(weight))
        {
            Product = new SparseProduct(weight, product.Outputs, product.Channels, product.Pixels, dense.Inputs["x"].ToFloats()),
        };
    }

    private static (string, Func<Row>) Entry(string name, Func<Row> make) => (name, make);

    private static string Percent(double fraction) => (fraction * 100).ToString("0.#", CultureInfo.InvariantCulture) + "%";
}
