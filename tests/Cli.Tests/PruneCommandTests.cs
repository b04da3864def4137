using SparseDsl.Compiler.Data;
using SparseDsl.Import.Data;

namespace SparseDsl.Tests.Cli;

/// <summary><c>sparsedsl prune</c>: what it leaves on disk works as a program, is complete or not there, and is the same every time.</summary>
public sealed class PruneCommandTests : CommandLine
{
    private const string Net = """
        import std.nn
        import std.layers

        model Net(N: dim 1..8) {
            input x: f32[N, 8, 6, 6]
            let y = x |> conv(36, kernel: 3) as wide |> relu |> pointwise(35) as point
            output z = y |> global_avg_pool |> flatten |> linear_no_bias(table(rows: 16) as head)
        }

        layer table(; rows: dim) {
            param weight: f32[rows, 35]
            weight
        }

        """;

    [Theory]
    [InlineData("u:0.5", "unstructured(zeros >= 50%)")]
    [InlineData("nm:4:12", "nm(4, 12)")]
    [InlineData("block:4x1:0.3", "block(4, 1, zeros >= 3")]
    [InlineData("block:1x5:40%", "block(1, 5, zeros >= 40")]
    public void The_overlay_runs_with_the_weights_beside_it(string pattern, string annotation)
    {
        WriteNet();
        var outcome = Run("prune", PathOf("net.dsl"), "--pattern", pattern, "--calibration", PathOf("calibration"), "-o", PathOf("out/sparse.dsl"));
        Assert.Equal(("", 0), (outcome.Errors, outcome.Code));
        Assert.Equal(["net.dsl", "sparse.dsl", "sparse.safetensors"], Files("out"));
        Assert.Contains("point.weight : " + annotation, File.ReadAllText(PathOf("out/sparse.dsl")), StringComparison.Ordinal);
        Assert.Equal(0, Run("fmt", "--check", PathOf("out/sparse.dsl")).Code);
        Assert.Equal(0, Run("run", PathOf("out/sparse.dsl"), "--input", "x=random", "--dim", "N=2").Code);
    }

    [Fact]
    public void Two_runs_give_the_same_bytes()
    {
        WriteNet();
        string[] files = [.. new[] { "a", "b" }.Select(folder =>
        {
            Assert.Equal(0, Run("prune", PathOf("net.dsl"), "--pattern", "nm:2:4", "--calibration", PathOf("calibration"), "-o", PathOf(folder + "/sparse.dsl")).Code);
            return PathOf(folder + "/sparse.");
        })];
        foreach (var extension in new[] { "dsl", "safetensors" })
        {
            Assert.Equal(File.ReadAllBytes(files[0] + extension), File.ReadAllBytes(files[1] + extension));
        }
    }

    [Fact]
    public void Json_names_the_files_and_reports_every_layer()
    {
        WriteNet();
        var outcome = Run("prune", PathOf("net.dsl"), "--pattern", "u:0.5", "--calibration", PathOf("calibration"), "--exclude", "head.*", "--json");
        Assert.Equal(0, outcome.Code);
        Assert.Equal(PathOf("net_pruned.dsl"), outcome.Json.GetProperty("overlay").GetString());
        Assert.Equal(PathOf("net_pruned.safetensors"), outcome.Json.GetProperty("weights").GetString());
        var layers = outcome.Json.GetProperty("layers").EnumerateArray().ToDictionary(l => l.GetProperty("parameter").GetString()!);
        Assert.Equal(["wide.weight", "point.weight", "head.weight"], layers.Keys);
        Assert.Equal("is excluded", layers["head.weight"].GetProperty("reason").GetString());
        Assert.InRange(layers["wide.weight"].GetProperty("error").GetDouble(), 0, 1);
        Assert.InRange(layers["wide.weight"].GetProperty("zeros").GetDouble(), 0.5, 0.501);
        Assert.InRange(outcome.Json.GetProperty("predicted_dense_us").GetDouble(), 0.001, 1e6);
    }

    [Fact]
    public void Nothing_is_written_where_the_weights_cannot_be()
    {
        WriteNet();
        Directory.CreateDirectory(PathOf("out/sparse.safetensors"));
        var outcome = Run("prune", PathOf("net.dsl"), "--pattern", "u:0.5", "--method", "magnitude", "-o", PathOf("out/sparse.dsl"));
        Assert.Equal(1, outcome.Code);
        Assert.Contains("SD5142", outcome.Errors, StringComparison.Ordinal);
        Assert.False(File.Exists(PathOf("out/sparse.dsl")));
    }

    [Fact]
    public void The_folder_of_state_is_used_again_and_stays()
    {
        WriteNet();
        string[] command = ["prune", PathOf("net.dsl"), "--pattern", "u:0.5", "--calibration", PathOf("calibration"), "--state", PathOf("state")];
        Assert.Equal(0, Run(command).Code);
        var first = File.ReadAllBytes(PathOf("net_pruned.safetensors"));
        var kept = Files("state");
        Assert.Equal(3, kept.Length);
        File.Delete(PathOf("state/" + kept[1]));
        Assert.Equal(0, Run(command).Code);
        Assert.Equal(first, File.ReadAllBytes(PathOf("net_pruned.safetensors")));
        Assert.Equal(kept, Files("state"));
    }

    [Fact]
    public void Samples_of_several_inputs_lie_in_a_folder_for_each()
    {
        var program = Write("two.dsl", "import std.nn\nmodel Two(N: dim 1..8) {\n    input a: f32[N, 40]\n    input b: f32[N, 40]\n    param w: f32[40, 40]\n    output y = (a + b) . w\n}\n");
        new SafetensorsWriter().Add("w", Random(3, 40, 40)).Write(PathOf("two.safetensors"));
        foreach (var input in new[] { "a", "b" })
        {
            Directory.CreateDirectory(PathOf("data/" + input));
            for (var i = 0; i < 8; i++)
            {
                Npy.Write(PathOf($"data/{input}/{i}.npy"), Random(i, 8, 40));
            }
        }

        Assert.Equal(new Outcome(0, "", ""), Run("prune", program, "--pattern", "u:0.5", "--calibration", PathOf("data")) with { Output = "" });
        File.Delete(PathOf("data/b/3.npy"));
        Assert.Contains("do not have the same files", Run("prune", program, "--pattern", "u:0.5", "--calibration", PathOf("data")).Errors, StringComparison.Ordinal);
        Directory.Delete(PathOf("data/b"), recursive: true);
        Assert.Contains("it has no folder 'b'", Run("prune", program, "--pattern", "u:0.5", "--calibration", PathOf("data")).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Samples_of_another_shape_are_refused()
    {
        WriteNet();
        Npy.Write(PathOf("calibration/z.npy"), Random(1, 1, 8, 6, 7));
        var outcome = Run("prune", PathOf("net.dsl"), "--pattern", "u:0.5", "--calibration", PathOf("calibration"));
        Assert.Equal(1, outcome.Code);
        Assert.Contains("SD5111", outcome.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--target-speedup", "1")]
    [InlineData("--target-speedup", "fast")]
    [InlineData("--damping", "-1")]
    [InlineData("--method", "best")]
    [InlineData("--steps", "0")]
    public void Odd_settings_are_refused(string option, string value)
    {
        WriteNet();
        Assert.Equal(2, Run("prune", PathOf("net.dsl"), "--pattern", "u:0.5", option, value).Code);
    }

    private string[] Files(string folder) =>
        [.. Directory.EnumerateFileSystemEntries(PathOf(folder)).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    private void WriteNet()
    {
        Write("net.dsl", Net);
        new SafetensorsWriter()
            .Add("wide.weight", Random(1, 36, 8, 3, 3)).Add("wide.bias", Random(2, 36)).Add("point.weight", Random(3, 35, 36, 1, 1)).Add("point.bias", Random(4, 35))
            .Add("head.weight", Random(5, 16, 35)).Write(PathOf("net.safetensors"));
        Directory.CreateDirectory(PathOf("calibration"));
        for (var i = 0; i < 24; i++)
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
