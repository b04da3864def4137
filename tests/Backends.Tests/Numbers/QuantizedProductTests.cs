using SparseDsl.Backends.Llvm;
using SparseDsl.Backends.Llvm.Hosting;
using SparseDsl.Backends.Llvm.Toolchain;
using SparseDsl.Compiler;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Evaluation;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Compiler.Loops;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Backends.Tests.Numbers;

/// <summary>
/// Sums of products of quantised tensors against integers: exact, whatever the shape, the storage and the machine. Scales are powers of two, so that nothing else rounds.
/// </summary>
public sealed class QuantizedProductTests
{
    private const double InputScale = 1 / 64.0;

    /// <summary>Rows, terms and results of a layer, for every target.</summary>
    public static TheoryData<string, int, int, int> Linear
    {
        get
        {
            var cases = new TheoryData<string, int, int, int>();
            foreach (var target in Target.All)
            {
                foreach (var (rows, terms, results) in new[] { (1, 4, 1), (1, 3, 2), (2, 5, 7), (5, 31, 17), (4, 64, 16), (7, 67, 33), (3, 128, 50), (1, 256, 64), (13, 37, 1), (1, 2, 3) })
                {
                    cases.Add(target.Name, rows, terms, results);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Linear))]
    public void Layers_are_exact(string target, int rows, int terms, int results)
    {
        var layer = new Layer($"linear_no_bias(x, w)", [rows, terms], [results, terms], Zero: 117, (x, w) => Product(x, w, rows, terms, results));
        Check(layer, target, "i8", 1);
    }

    [Theory]
    [MemberData(nameof(CSharp.Ir.Targets), MemberType = typeof(CSharp.Ir))]
    public void Products_with_columns_are_exact(string target)
    {
        var layer = new Layer("x . w", [5, 21], [21, 19], Zero: 3, (x, w) => Product(x, Transposed(w, 21, 19), 5, 21, 19), Per: "column");
        Check(layer, target, "i8", 1);
    }

    [Theory]
    [InlineData(8, 8, 3, 1, 1, 9, 16)]
    [InlineData(16, 24, 1, 0, 1, 7, 13)]
    [InlineData(3, 5, 3, 1, 2, 8, 17)]
    [InlineData(17, 2, 5, 2, 1, 6, 33)]
    [InlineData(32, 40, 3, 1, 1, 4, 48)]
    public void Convolutions_are_exact(int channels, int filters, int window, int pad, int stride, int height, int width)
    {
        var layer = new Layer(
            FormattableString.Invariant($"conv2d(x, w, pad: {pad}, stride: {stride})"), [1, channels, height, width], [filters, channels, window, window], Zero: 130,
            (x, w) => Convolution(x, w, channels, filters, window, pad, stride, height, width));
        foreach (var target in Target.All)
        {
            Check(layer, target.Name, "i8", 1);
        }
    }

    /// <summary>Blocks of 16 rows and 4 terms, and of 1 and 4: what is zero is not multiplied.</summary>
    [Theory]
    [InlineData(16, 4)]
    [InlineData(1, 4)]
    [InlineData(4, 4)]
    public void Sparse_blocks_give_what_dense_ones_give(int blockRows, int blockTerms)
    {
        foreach (var target in Target.All)
        {
            const int Channels = 128, Filters = 64, Height = 5, Width = 40;
            var layer = new Layer(
                "conv2d(x, w)", [1, Channels, Height, Width], [Filters, Channels, 1, 1], Zero: 9, (x, w) => Convolution(x, w, Channels, Filters, 1, 0, 1, Height, Width));
            var format = Check(layer, target.Name, "i8", 0.15, blockRows, blockTerms);
            Assert.True(target.VectorBits == 0 || format != "dense", $"the weights are stored {format} for {target.Name}");
        }
    }

    [Theory]
    [MemberData(nameof(CSharp.Ir.Targets), MemberType = typeof(CSharp.Ir))]
    public void Ranges_found_at_run_time_are_used(string target)
    {
        // 127 is in every row, so that the scale is 1 and nothing is rounded.
        const int Rows = 3, Terms = 40, Results = 18;
        foreach (var per in new[] { "", ", per: row" })
        {
            var model = $"model M() {{ input x: f32[{Rows}, {Terms}]\n param w: i8[{Results}, {Terms}] @quant(per: tensor)\n output y = linear_no_bias(x @quant(u8{per}), w) }}";
            var x = Enumerable.Range(0, Rows * Terms).Select(i => i % Terms == 0 ? 127 : (i * 37 % 255) - 127).ToArray();
            var w = Bytes(Results * Terms, 5);
            var weights = new Dictionary<string, TensorData> { ["w"] = Tensor(ElementType.I8, [Results, Terms], w), ["w.scale"] = TensorData.FromDoubles([0.5], []).ConvertTo(ElementType.F32) };
            var expected = Product(x, w, Rows, Terms, Results).Select(v => v * 0.5).ToArray();
            var text = "import std.nn\n" + model;
            var lowered = Lower(text, weights, TwoBackends.Targets.Single(t => t.Name == target));
            Assert.Equal(expected, Run(lowered, t => Lower(text, weights, t), weights, target, Tensor(ElementType.F32, [Rows, Terms], x)));
        }
    }

    /// <summary>Small integers are bf16, and their sums are exact in f32.</summary>
    [Theory]
    [MemberData(nameof(CSharp.Ir.Targets), MemberType = typeof(CSharp.Ir))]
    public void Products_of_bf16_are_exact(string target)
    {
        foreach (var (rows, terms, results) in new[] { (1, 1, 1), (3, 7, 5), (4, 64, 17), (2, 33, 40) })
        {
            var x = Inputs([rows, terms]);
            var w = Bytes(results * terms, 9);
            var weights = new Dictionary<string, TensorData> { ["w"] = Tensor(ElementType.BF16, [results, terms], w) };
            var expected = Product(x, w, rows, terms, results).Select(v => (double)v).ToArray();
            foreach (var parameter in new[] { "bf16[{0}] @quant", "f32[{0}] @quant(bf16)" })
            {
                var type = string.Format(System.Globalization.CultureInfo.InvariantCulture, parameter, FormattableString.Invariant($"{results}, {terms}"));
                var text = FormattableString.Invariant($"import std.nn\nmodel M() {{ input x: f32[{rows}, {terms}]\n param w: {type}\n output y = linear_no_bias(x, w) }}");
                var lowered = Lower(text, weights, TwoBackends.Targets.Single(t => t.Name == target));
                Assert.Equal(terms >= 3, lowered.Graph.Nodes.Any(n => n.Type.Element == ElementType.I32));
                Assert.Equal(expected, Run(lowered, t => Lower(text, weights, t), weights, target, Tensor(ElementType.F32, [rows, terms], x)));
            }
        }
    }

    [Fact]
    public void Sums_that_could_leave_i32_are_not_of_bytes()
    {
        var weights = new Dictionary<string, TensorData> { ["w"] = Tensor(ElementType.I8, [1, 70000], new int[70000]), ["w.scale"] = TensorData.FromDoubles([1], []).ConvertTo(ElementType.F32) };
        var lowered = Lower("import std.nn\nmodel M() { input x: f32[1, 70000]\n param w: i8[1, 70000] @quant(per: tensor)\n output y = linear_no_bias(x @quant(u8, scale: 1), w) }", weights, Target.Avx2);
        Assert.DoesNotContain(lowered.Graph.Nodes, n => n.Type.Element == ElementType.I32);
    }

    private static string Check(Layer layer, string targetName, string stored, double kept, int blockRows = 1, int blockTerms = 1)
    {
        var target = TwoBackends.Targets.Single(t => t.Name == targetName);
        var (rows, q) = (layer.Weight[0], Inputs(layer.Input));
        var w = Pruned(Bytes(Count(layer.Weight), 7), rows, kept, blockRows, blockTerms);
        var channels = layer.Per == "column" ? layer.Weight[1] : rows;
        double[] scales = [.. Enumerable.Range(0, channels).Select(i => Math.Pow(2, -(i % 5)))];
        var weights = new Dictionary<string, TensorData> { ["w"] = Tensor(ElementType.I8, layer.Weight, w), ["w.scale"] = TensorData.FromDoubles(scales, channels).ConvertTo(ElementType.F32) };
        var text = FormattableString.Invariant($$"""
            import std.nn
            model M() {
                input x: f32[{{string.Join(", ", layer.Input)}}]
                param w: {{stored}}[{{string.Join(", ", layer.Weight)}}] @quant(per: {{layer.Per}}, input: {{InputScale}}, zero: {{layer.Zero}})
                output y = {{layer.Call}}
            }
            """);
        var x = Tensor(ElementType.F32, layer.Input, q.Select(v => (v - layer.Zero) * InputScale));
        var sums = layer.Sums([.. q.Select(v => v - layer.Zero)], w);
        var inner = layer.Input.Length == 4 ? sums.Length / channels : 1;
        double[] expected = [.. sums.Select((s, i) => s * InputScale * scales[i / inner % channels])];
        Assert.Equal(expected, GraphEvaluator.Run(Built(text), _ => DenseTensor.From(x), p => DenseTensor.From(weights[p]), _ => 0)["y"].Values);
        var lowered = Lower(text, weights, target);
        Assert.Equal(expected, Run(lowered, t => Lower(text, weights, t), weights, targetName, x));
        Assert.Equal(layer.Weight[layer.Per == "column" ? 0 : 1] >= 3, lowered.Graph.Nodes.Any(n => n.Type.Element == ElementType.I32 && n is ConstantNode));
        return lowered.Graph.Nodes.OfType<ConstantNode>().Where(c => c.Type.Element == ElementType.I32).Select(c => c.Format!).Any(f => f.Source.Levels.Any(l => l.Kind != "dense")) ? "sparse" : "dense";
    }

    /// <summary>The same through C#, through LLVM for what stands for the target, and for processors with instructions for bytes.</summary>
    private static double[] Run(LoweredModel lowered, Func<Target, LoweredModel> lower, Dictionary<string, TensorData> weights, string target, TensorData x)
    {
        var cache = new Dictionary<string, IReadOnlyDictionary<string, TensorData>>(StringComparer.Ordinal);
        ReadOnlyMemory<byte> Bind(Region.Weight w) => Compilation.Pack(w, p => weights[p], cache);
        var inputs = new Dictionary<string, TensorData> { ["x"] = x };
        using var model = TwoBackends.Load(lowered.Program, TwoBackends.Targets.Single(t => t.Name == target), Bind);
        var found = model.Run(inputs)["y"].ToDoubles();
        foreach (var cpu in LlvmCpu.All.Where(c => LlvmToolchain.IsThere && c.Dots != LlvmDots.None && c.Target.Name == target && c.IsHere))
        {
            using var native = LlvmHost.Load(lower(cpu.Target).Program, cpu, Bind, 1);
            Assert.Equal(found, native.Run(inputs)["y"].ToDoubles());
        }

        return found;
    }

    private static Graph Built(string text) => BuildGraph.Run(Compilation.Bind(new SourceText("quantized.dsl", text), ModuleResolver.LibraryOnly(), new DiagnosticBag()).Models[0]);

    private static LoweredModel Lower(string text, Dictionary<string, TensorData> weights, Target target)
    {
        var diagnostics = new DiagnosticBag();
        var module = Compilation.Bind(new SourceText("quantized.dsl", text), ModuleResolver.LibraryOnly(), diagnostics);
        Assert.Empty(diagnostics.Items);
        var options = new CompilationOptions(target) { Weights = p => weights[p] };
        var lowered = Compilation.Lower(module.Models[0], options, diagnostics);
        Assert.Empty(diagnostics.Items);
        return lowered!;
    }

    // ------------------------------------------------------------------------------------------------- integers by hand

    /// <summary>A layer and what its sums are.</summary>
    private sealed record Layer(string Call, int[] Input, int[] Weight, int Zero, Func<int[], int[], int[]> Sums, string Per = "row");

    private static int[] Product(int[] x, int[] w, int rows, int terms, int results) =>
        [.. Enumerable.Range(0, rows * results).Select(i => Enumerable.Range(0, terms).Sum(k => x[(i / results * terms) + k] * w[(i % results * terms) + k]))];

    private static int[] Transposed(int[] w, int rows, int columns) => [.. Enumerable.Range(0, w.Length).Select(i => w[(i % rows * columns) + (i / rows)])];

    private static int[] Convolution(int[] x, int[] w, int channels, int filters, int window, int pad, int stride, int height, int width)
    {
        var (rows, columns) = (((height + (2 * pad) - window) / stride) + 1, ((width + (2 * pad) - window) / stride) + 1);
        var result = new int[filters * rows * columns];
        for (var i = 0; i < result.Length; i++)
        {
            var (o, p, q) = (i / (rows * columns), i / columns % rows, i % columns);
            for (var k = 0; k < channels * window * window; k++)
            {
                var (c, r, s) = (k / (window * window), k / window % window, k % window);
                var (h, v) = ((p * stride) + r - pad, (q * stride) + s - pad);
                result[i] += h >= 0 && h < height && v >= 0 && v < width ? x[(((c * height) + h) * width) + v] * w[(o * channels * window * window) + k] : 0;
            }
        }

        return result;
    }

    private static int[] Inputs(int[] shape)
    {
        var random = new Random(11);
        return [.. Enumerable.Range(0, Count(shape)).Select(i => i < 4 ? 255 : random.Next(0, 256))];
    }

    private static int[] Bytes(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(i => i < 4 ? -128 : random.Next(-128, 128))];
    }

    /// <summary>Zero but for a part of the blocks of a matrix.</summary>
    private static int[] Pruned(int[] w, int rows, double kept, int blockRows, int blockTerms)
    {
        if (kept >= 1)
        {
            return w;
        }

        var (random, terms) = (new Random(2), w.Length / rows);
        var blocks = Enumerable.Range(0, w.Length / (blockRows * blockTerms)).Select(_ => random.NextDouble() < kept).ToArray();
        return [.. w.Select((v, i) => blocks[((i / terms / blockRows) * (terms / blockTerms)) + (i % terms / blockTerms)] ? v : 0)];
    }

    private static int Count(int[] shape) => shape.Aggregate(1, (a, b) => a * b);

    private static TensorData Tensor(ElementType element, int[] shape, IEnumerable<int> values) => Tensor(element, shape, values.Select(v => (double)v));

    private static TensorData Tensor(ElementType element, int[] shape, IEnumerable<double> values) => TensorData.FromDoubles([.. values], shape).ConvertTo(element);
}
