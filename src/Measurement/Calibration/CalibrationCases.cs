using SparseDsl.Compiler.Cost;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Formats;
using SparseDsl.Measurement.Programs;

namespace SparseDsl.Measurement.Calibration;

/// <summary>What is measured: every class of kernels over the sizes and densities of real layers.</summary>
public static class CalibrationCases
{
    // Layers of networks for images: pixels from 7 x 7 to 56 x 56; of language and speech: batches from 1 on.
    private static readonly int[] Pixels = [49, 196, 784, 3136];
    private static readonly int[] Batches = [1, 4, 8, 32];
    private static readonly double[] Densities = [0.5, 0.3, 0.2, 0.1, 0.05];
    private static readonly double[] FewDensities = [0.5, 0.3, 0.1];

    private const int Rows = 128;
    private const int Columns = 256;
    private const int Wide = 512;

    /// <summary>All of them, made one by one: their weights need not be in memory together.</summary>
    public static IReadOnlyList<Func<CalibrationCase>> All { get; } =
    [
        .. from pixels in Pixels from columns in new[] { 32, 128, 512 } select new Func<CalibrationCase>(() => Product(KernelClasses.Dense, columns, pixels, 1, "")),
        .. from pixels in Pixels from columns in new[] { 32, 128, 512 } select new Func<CalibrationCase>(() => Channels(columns, pixels)),
        .. from pixels in Pixels from density in Densities select new Func<CalibrationCase>(() => Product(KernelClasses.Rows, Columns, pixels, density, Rowwise(pixels, density))),
        .. from side in new[] { 7, 14, 28, 56 } from density in FewDensities select new Func<CalibrationCase>(() => SparseConvolution(side, 64, density)),
        .. from pixels in new[] { 196, 3136 } from density in FewDensities select new Func<CalibrationCase>(() => InCode(64, pixels, density)),
        .. from pixels in Pixels from density in FewDensities select new Func<CalibrationCase>(() => Product(KernelClasses.Blocks, Columns, pixels, density, "@format(bsr(4, 1))", height: 4)),
        .. from pixels in Pixels from density in FewDensities select new Func<CalibrationCase>(() => Product(KernelClasses.Bits, Columns, pixels, density, "@format(bits(32))")),
        .. from pixels in Pixels from n in new[] { 1, 2 } select new Func<CalibrationCase>(() => NOfM(n, pixels)),
        .. from side in new[] { 7, 14, 28, 56 } from channels in new[] { 8, 64 } select new Func<CalibrationCase>(() => Convolution(side, channels)),
        .. from side in new[] { 7, 14, 28, 56 } select new Func<CalibrationCase>(() => Depthwise(side)),
        .. from batch in Batches select new Func<CalibrationCase>(() => Linear(KernelClasses.Linear, batch, 1, "")),
        .. from batch in Batches from density in Densities select new Func<CalibrationCase>(() => Linear(KernelClasses.LinearRows, batch, density, "@format(csr)")),
        .. from batch in Batches from density in FewDensities select new Func<CalibrationCase>(() => Linear(KernelClasses.LinearBlocks, batch, density, "@format(bsr(16, 1))", height: 16)),
        .. from batch in Batches select new Func<CalibrationCase>(() => LinearBits(batch)),
        .. from batch in Batches from n in new[] { 1, 2 } select new Func<CalibrationCase>(() => LinearNOfM(n, batch)),
        Elementwise,
    ];

    /// <summary>One of each class, for tests.</summary>
    public static IReadOnlyList<Func<CalibrationCase>> OneOfEach { get; } =
    [
        () => Product(KernelClasses.Dense, 64, 49, 1, ""),
        () => Channels(64, 49),
        () => Product(KernelClasses.Rows, 64, 49, 0.1, "@format(csr)"),
        () => SparseConvolution(7, 32, 0.1),
        () => InCode(32, 49, 0.1),
        () => Product(KernelClasses.Blocks, 64, 49, 0.1, "@format(bsr(4, 1))", height: 4),
        () => Product(KernelClasses.Bits, 64, 49, 0.1, "@format(bits(32))"),
        () => NOfM(1, 49),
        () => Convolution(7, 8),
        () => Depthwise(7),
        () => Linear(KernelClasses.Linear, 1, 1, ""),
        () => Linear(KernelClasses.LinearRows, 1, 0.1, "@format(csr)"),
        () => Linear(KernelClasses.LinearBlocks, 1, 0.1, "@format(bsr(16, 1))", height: 16),
        () => LinearBits(1),
        () => LinearNOfM(1, 1),
        Elementwise,
    ];

    private static CalibrationCase Product(KernelClass kernel, int columns, int pixels, double density, string annotation, int height = 1) =>
        Product(kernel, columns, pixels, density, annotation, RandomWeights.Blocks(Rows, columns, height, 1, 1 - density));

    // In the layout that the compiler chooses for networks; a layer alone would be measured with its conversions.
    private static CalibrationCase Channels(int columns, int pixels)
    {
        const int block = 32;
        var declarations = FormattableString.Invariant($"format blocked = [i, j] -> dense(i / {block}), dense(j), dense(i % {block})\n")
            + FormattableString.Invariant($"op pointwise(x[c, p, l], w[o, k]) -> y[b < extent(o) / {block}, p, r < {block}] = sum(c, l) x[c, p, l] * w[b * {block} + r, c * {block} + l]\n");
        var program = Program(
            RandomWeights.Dense(Rows * columns), [Rows, columns], "@format(blocked)", [columns / block, pixels, block], "pointwise(x, w)", declarations);
        return new(KernelClasses.Channels, pixels, columns, (double)Rows * columns * pixels, program);
    }

    // One block of rows: others would repeat the code, which takes long to compile.
    private static CalibrationCase InCode(int columns, int pixels, double density)
    {
        const int rows = 24;
        return new(
            KernelClasses.Code, pixels, columns * density, rows * columns * density * pixels,
            Program(RandomWeights.Unstructured(rows, columns, 1 - density), [rows, columns], "@format(code_blocks(24))", [columns, pixels], "matmul(w, x)"));
    }

    // As the compiler itself would store it.
    private static string Rowwise(int pixels, double density) => StandardFormats.PanelRows(pixels, density) is var rows && rows < Columns
        ? FormattableString.Invariant($"@format(csr_blocks({rows}))")
        : "@format(csr)";

    private static CalibrationCase NOfM(int n, int pixels) =>
        Product(KernelClasses.NOfM, Columns, pixels, n / 4.0, FormattableString.Invariant($"@format(nm({n}, 4))"), RandomWeights.NOfM(Rows, Columns, n, 4));

    private static CalibrationCase Product(KernelClass kernel, int columns, int pixels, double density, string annotation, float[] weight) => new(
        kernel, pixels, columns * density, (double)Rows * columns * density * pixels,
        Program(weight, [Rows, columns], annotation, [columns, pixels], "matmul(w, x)"));

    private static CalibrationCase Linear(KernelClass kernel, int batch, double density, string annotation, int height = 1) =>
        Linear(kernel, batch, density, annotation, RandomWeights.Blocks(Wide, Wide, height, 1, 1 - density));

    // Every element is a step, stored or not.
    private static CalibrationCase LinearBits(int batch) =>
        Linear(KernelClasses.LinearBits, batch, 0.5, "@format(bit_rows)") with { Terms = Wide, Operations = (double)Wide * Wide * batch };

    private static CalibrationCase LinearNOfM(int n, int batch) =>
        Linear(KernelClasses.LinearNOfM, batch, n / 4.0, FormattableString.Invariant($"@format(nm({n}, 4))"), RandomWeights.NOfM(Wide, Wide, n, 4));

    private static CalibrationCase Linear(KernelClass kernel, int batch, double density, string annotation, float[] weight) => new(
        kernel, batch, Wide * density, (double)Wide * Wide * density * batch,
        Program(weight, [Wide, Wide], annotation, [batch, Wide], "linear_no_bias(x, w)"));

    private static CalibrationCase SparseConvolution(int side, int channels, double density) => new(
        KernelClasses.RowsOfWindows, side * side, channels * 9 * density, 64.0 * channels * 9 * density * side * side,
        Program(
            RandomWeights.Unstructured(64, channels * 9, 1 - density), [64, channels, 3, 3], "@format(filter_blocks(16))",
            [1, channels, side + 2, side + 2], "conv2d(x, w)"));

    // Inputs come with their padding, which is a copy of its own in networks. Of outputs that fill no blocks of channels, so that the image stays row-major.
    private static CalibrationCase Convolution(int side, int channels) => new(
        KernelClasses.Convolution, side * side, channels * 9, 60.0 * channels * 9 * side * side,
        Program(RandomWeights.Dense(60 * channels * 9), [60, channels, 3, 3], "", [1, channels, side + 2, side + 2], "conv2d(x, w)"));

    private static CalibrationCase Depthwise(int side) => new(
        KernelClasses.Depthwise, side * side, 9, 128.0 * 9 * side * side,
        Program(RandomWeights.Dense(128 * 9), [128, 1, 3, 3], "", [1, 128, side + 2, side + 2], "depthwise_conv2d(x, w)"));

    private static CalibrationCase Elementwise()
    {
        const int count = 4096;
        var inputs = new Dictionary<string, TensorData> { ["x"] = TensorData.FromFloats(RandomWeights.Dense(count), count) };
        var text = FormattableString.Invariant($"import std.nn\nmodel Measured() {{\n    input x: f32[{count}]\n    output y = sigmoid(x * 0.5 + 0.25)\n}}\n");

        // One multiplication, one addition, and the sigmoid: what the cost model counts for them.
        return new CalibrationCase(KernelClasses.Elementwise, 1, 1, 0, new SmallProgram(text, new Dictionary<string, TensorData>(), inputs));
    }

    private static SmallProgram Program(float[] weight, int[] weightShape, string annotation, int[] inputShape, string body, string declarations = "")
    {
        static string Shape(int[] shape) => string.Join(", ", shape.Select(d => d.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        return new SmallProgram(
            $"import std.nn\nimport std.formats\n{declarations}model Measured() {{\n    input x: f32[{Shape(inputShape)}]\n    param w: f32[{Shape(weightShape)}] {annotation}\n    output y = {body}\n}}\n",
            new Dictionary<string, TensorData> { ["w"] = TensorData.FromFloats(weight, weightShape) },
            new Dictionary<string, TensorData> { ["x"] = TensorData.FromFloats(RandomWeights.Dense(inputShape.Aggregate((a, b) => a * b), seed: 2), inputShape) });
    }
}
