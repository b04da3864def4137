using System.Globalization;
using SparseDsl.Backends.CSharp.Hosting;
using SparseDsl.Backends.Llvm.Hosting;
using SparseDsl.Backends.Llvm.Toolchain;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Dsl;
using SparseDsl.Measurement;
using SparseDsl.Measurement.Programs;

namespace SparseDsl.Benchmarks.Tables;

/// <summary>
/// <c>--table narrow [--only TEXT]</c>: dense layers in f32, in i8 and in bf16, by both backends, in turn and on one thread. Inputs are f32 in every column:
/// what brings them to narrow numbers is part of the time.
/// </summary>
internal static class NarrowTable
{
    // Uniform weights and inputs: what is lost is the rounding of both, on average over the terms.
    private const double MostDifference = 0.05;

    private static readonly Budget Budget = new(200, 1500, 15) { BeginsWarm = true };

    private sealed record Shape(string Name, int[] Input, int[] Weight, string Call, double Macs);

    private static IReadOnlyList<Shape> Shapes { get; } =
    [
        Pointwise(64, 64, 56), Pointwise(128, 128, 28), Pointwise(256, 256, 28), Pointwise(512, 512, 14), Pointwise(1024, 1024, 7),
        Window(64, 64, 28), Window(128, 128, 14),
        Linear(64, 512, 2048), Linear(64, 1024, 1024), Linear(16, 2048, 512), Linear(1, 4096, 4096),
    ];

    /// <summary>Measures and prints; false when a result is wrong.</summary>
    public static bool Run(string only)
    {
        if (!LlvmToolchain.IsThere)
        {
            Console.Error.WriteLine("libLLVM is not installed: on Debian, apt-get install libllvm19");
            return false;
        }

        Console.WriteLine("dense layers in narrow numbers, warm, one thread; median µs of calls in turn; x: over f32 of the same backend; worst difference to f32 over the largest result");
        var rows = Shapes.Where(s => s.Name.Contains(only, StringComparison.Ordinal)).Select(Measure).ToList();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"geometric means of LLVM over f32: i8 {Mean(rows, 4):F2}x, bf16 {Mean(rows, 5):F2}x"));
        return rows.Count > 0 && rows.All(r => r.IsRight);
    }

    private static double Mean(List<(double[] Times, bool IsRight)> rows, int column) => Math.Exp(rows.Average(r => Math.Log(r.Times[3] / r.Times[column])));

    private static (double[] Times, bool IsRight) Measure(Shape shape)
    {
        (string Name, SmallProgram Program)[] programs = [("f32", Program(shape, "")), ("i8", Program(shape, "i8")), ("bf16", Program(shape, "bf16"))];
        List<IEngine> engines = [.. programs.Select(p => p.Program.Compile($"C# {p.Name}", 1, new CompilationOptions(NativeTarget.Widest)))];
        engines.AddRange(programs.Select(p => Llvm($"LLVM {p.Name}", p.Program)));
        try
        {
            var times = Interleaved.Run(engines, Budget).Select(t => t.Median).ToArray();
            var expected = engines[0].ReadOutput();
            var differences = engines.Select(e => Difference(expected, e.ReadOutput())).ToArray();
            var cells = engines.Select((e, i) => string.Create(
                CultureInfo.InvariantCulture, $"{e.Name} {times[i]:F1} ({times[i / 3 * 3] / times[i]:F2}x, {shape.Macs * 2 / times[i] / 1000:F0} Gop/s, {differences[i] * 100:F1}%)"));
            Console.WriteLine($"{shape.Name,-22}{string.Join(" | ", cells)}");
            return (times, differences.All(d => d <= MostDifference));
        }
        finally
        {
            engines.ForEach(e => e.Dispose());
        }
    }

    private static CompiledEngine Llvm(string name, SmallProgram program)
    {
        var cpu = LlvmToolchain.Native();
        var lowered = program.Lower(new CompilationOptions(cpu.Target));
        var bytes = program.Pack(lowered);
        var models = LlvmHost.LoadCopies(lowered.Program, cpu, w => bytes[w.Name], program.Copies);
        foreach (var model in models)
        {
            model.Bind(program.Inputs);
        }

        return new CompiledEngine(name, models, 1);
    }

    private static SmallProgram Program(Shape shape, string stored)
    {
        var weight = RandomWeights.Dense(shape.Weight.Aggregate((a, b) => a * b), seed: 1);
        var input = RandomWeights.Dense(shape.Input.Aggregate((a, b) => a * b), seed: 2);
        var largest = input.Max(MathF.Abs);
        var annotation = stored switch
        {
            "i8" => FormattableString.Invariant($"@quant(i8, per: row, input: {largest / 127:R}, zero: 128)"),
            "bf16" => "@quant(bf16)",
            _ => "",
        };
        var text = FormattableString.Invariant($$"""
            module measured
            import std.nn
            model Measured() {
                input x: f32[{{string.Join(", ", shape.Input)}}]
                param w: f32[{{string.Join(", ", shape.Weight)}}] {{annotation}}
                output y = {{shape.Call}} |> relu
            }

            """);
        return new SmallProgram(text, Weights(shape, weight, stored), new Dictionary<string, TensorData> { ["x"] = TensorData.FromFloats(input, shape.Input) }) { StaysInCaches = true };
    }

    private static Dictionary<string, TensorData> Weights(Shape shape, float[] weight, string stored)
    {
        var whole = TensorData.FromFloats(weight, shape.Weight);
        if (stored != "i8")
        {
            return new() { ["w"] = stored == "bf16" ? whole.ConvertTo(ElementType.BF16) : whole };
        }

        var terms = weight.Length / shape.Weight[0];
        float[] scales = [.. Enumerable.Range(0, shape.Weight[0]).Select(o => weight.Skip(o * terms).Take(terms).Max(MathF.Abs) / 127)];
        var numbers = weight.Select((w, i) => Math.Round((double)w / scales[i / terms])).ToArray();
        return new() { ["w"] = TensorData.FromDoubles(numbers, shape.Weight).ConvertTo(ElementType.I8), ["w.scale"] = TensorData.FromFloats(scales, shape.Weight[0]) };
    }

    private static double Difference(float[] expected, float[] found) => expected.Zip(found, (a, b) => (double)MathF.Abs(a - b)).Max() / expected.Max(MathF.Abs);

    private static Shape Pointwise(int outputs, int channels, int side) => new(
        FormattableString.Invariant($"{outputs}x{channels}x{side * side}"), [1, channels, side, side], [outputs, channels, 1, 1], "conv2d(x, w)", (double)outputs * channels * side * side);

    private static Shape Window(int outputs, int channels, int side) => new(
        FormattableString.Invariant($"3x3 {outputs}x{channels}x{side * side}"), [1, channels, side, side], [outputs, channels, 3, 3], "conv2d(x, w, pad: 1)", 9.0 * outputs * channels * side * side);

    private static Shape Linear(int rows, int outputs, int inputs) => new(
        FormattableString.Invariant($"linear {rows}x{outputs}x{inputs}"), [rows, inputs], [outputs, inputs], "linear_no_bias(x, w)", (double)rows * outputs * inputs);
}
