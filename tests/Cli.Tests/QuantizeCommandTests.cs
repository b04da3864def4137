using SparseDsl.Compiler.Data;
using SparseDsl.Import.Data;

namespace SparseDsl.Tests.Cli;

/// <summary><c>sparsedsl quantize</c>: what it leaves on disk works as a program, is the same every time, and gives nearly what the network gave.</summary>
public sealed class QuantizeCommandTests : CommandLine
{
    private const string Net = """
        import std.nn
        import std.layers

        model Net(N: dim 1..8) {
            input x: f32[N, 8, 6, 6]
            let y = x |> conv(36, kernel: 3, pad: 1) as wide |> relu |> conv(40, kernel: 3) as point
            output z = y |> global_avg_pool |> flatten |> linear_no_bias(table(rows: 64) as head)
        }

        layer table(; rows: dim) {
            param weight: f32[rows, 40]
            weight
        }

        """;

    [Theory]
    [InlineData("i8", "mse", 0.05)]
    [InlineData("i8", "minmax", 0.05)]
    [InlineData("bf16", "mse", 0.02)]
    public void The_overlay_runs_with_the_weights_beside_it(string type, string clip, double tolerance)
    {
        WriteNet();
        var outcome = Run("quantize", PathOf("net.dsl"), "--type", type, "--clip", clip, "--calibration", PathOf("calibration"), "-o", PathOf("out/narrow.dsl"));
        Assert.Equal(("", 0), (outcome.Errors, outcome.Code));
        Assert.Contains($"point.weight : quant({type}", File.ReadAllText(PathOf("out/narrow.dsl")), StringComparison.Ordinal);
        Assert.Equal(0, Run("fmt", "--check", PathOf("out/narrow.dsl")).Code);
        var (before, after) = (Output("net.dsl"), Output("out/narrow.dsl"));
        var size = before.Max(Math.Abs);
        Assert.All(before.Zip(after), v => Assert.InRange(v.Second, v.First - (tolerance * size), v.First + (tolerance * size)));
        Assert.NotEqual(before, after);
    }

    [Fact]
    public void Two_runs_give_the_same_bytes_on_any_number_of_threads()
    {
        WriteNet();
        string[] files = [.. new[] { "1", "2" }.Select(threads =>
        {
            Assert.Equal(0, Run("quantize", PathOf("net.dsl"), "--calibration", PathOf("calibration"), "--threads", threads, "-o", PathOf(threads + "/narrow.dsl")).Code);
            return PathOf(threads + "/narrow.");
        })];
        foreach (var extension in new[] { "dsl", "safetensors" })
        {
            Assert.Equal(File.ReadAllBytes(files[0] + extension), File.ReadAllBytes(files[1] + extension));
        }
    }

    [Fact]
    public void Json_reports_every_layer_and_what_stays_says_why()
    {
        WriteNet();
        var outcome = Run("quantize", PathOf("net.dsl"), "--calibration", PathOf("calibration"), "--exclude", "head.*", "--json");
        Assert.Equal(0, outcome.Code);
        Assert.Equal(PathOf("net_quantized.dsl"), outcome.Json.GetProperty("overlay").GetString());
        var layers = outcome.Json.GetProperty("layers").EnumerateArray().ToDictionary(l => l.GetProperty("parameter").GetString()!);
        Assert.Equal("is excluded", layers["head.weight"].GetProperty("reason").GetString());
        Assert.Equal("has only 8 channels to pack", layers["wide.weight"].GetProperty("reason").GetString());
        Assert.InRange(layers["point.weight"].GetProperty("error").GetDouble(), 1e-9, 0.01);

        // What relu gives has no negative values: 0 is the lowest number of its range.
        Assert.Equal(0, layers["point.weight"].GetProperty("low").GetDouble());
    }

    [Fact]
    public void Bytes_need_calibration()
    {
        WriteNet();
        var outcome = Run("quantize", PathOf("net.dsl"));
        Assert.Equal(1, outcome.Code);
        Assert.Contains("SD5402", outcome.Errors, StringComparison.Ordinal);
        Assert.Equal(0, Run("quantize", PathOf("net.dsl"), "--type", "bf16").Code);
    }

    private double[] Output(string program)
    {
        Npy.Write(PathOf("x.npy"), Random(99, 1, 8, 6, 6));
        var outcome = Run("run", PathOf(program), "--input", "x=" + PathOf("x.npy"), "--output", "z=" + PathOf("z.npy"));
        Assert.Equal(("", 0), (outcome.Errors, outcome.Code));
        return Npy.Read(PathOf("z.npy")).ToDoubles();
    }

    private void WriteNet()
    {
        Write("net.dsl", Net);
        new SafetensorsWriter()
            .Add("wide.weight", Random(1, 36, 8, 3, 3)).Add("wide.bias", Random(2, 36)).Add("point.weight", Random(3, 40, 36, 3, 3)).Add("point.bias", Random(4, 40))
            .Add("head.weight", Random(5, 64, 40)).Write(PathOf("net.safetensors"));
        Directory.CreateDirectory(PathOf("calibration"));
        for (var i = 0; i < 12; i++)
        {
            Npy.Write(PathOf($"calibration/{i:00}.npy"), Random(10 + i, 8, 8, 6, 6));
        }
    }

    private static TensorData Random(int seed, params int[] shape)
    {
        var random = new Random(seed);
        return TensorData.FromFloats([.. Enumerable.Range(0, shape.Aggregate(1, (a, b) => a * b)).Select(_ => (float)((random.NextDouble() * 2) - 1))], shape);
    }
}
