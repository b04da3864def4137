using System.Text.Json;

namespace SparseDsl.Tests.Cli;

/// <summary>bench: what it prints, with as few calls as it can make.</summary>
public sealed class BenchCommandTests : CommandLine
{
    private static readonly string[] Fast = ["--rounds", "2"];

    /// <summary>Puts the programs into the folder.</summary>
    public BenchCommandTests()
    {
        Write("digits.dsl", DigitsText);
        Write("twice.dsl", TwiceText);
        File.Copy(Digit("digits.safetensors"), PathOf("digits.safetensors"));
    }

    [Fact]
    public void Json_is_an_object_a_line_with_the_fields_readers_rely_on()
    {
        var lines = Lines(Run(["bench", PathOf("digits.dsl"), "--against", "dense", "--threads", "1,2", "--json", .. Fast]));
        Assert.Equal([1, 2], lines.Select(l => l.GetProperty("threads").GetInt32()));
        foreach (var line in lines)
        {
            Assert.Equal("Digits", line.GetProperty("name").GetString());
            Assert.Equal("digits", line.GetProperty("program").GetString());
            Assert.Equal("dense", line.GetProperty("peer").GetString());
            var (ours, peer) = (line.GetProperty("ours_us").GetDouble(), line.GetProperty("peer_us").GetDouble());
            Assert.True(ours > 0 && peer > 0);
            Assert.InRange(line.GetProperty("ratio").GetDouble() / (peer / ours), 0.99, 1.01);
            Assert.InRange(ours, line.GetProperty("ours_p10_us").GetDouble(), line.GetProperty("ours_p90_us").GetDouble());
            Assert.InRange(line.GetProperty("difference").GetDouble(), 0, 1e-4);
            Assert.True(line.GetProperty("gflops").GetDouble() > 0);
            Assert.True(line.GetProperty("equivalent_gflops").GetDouble() > 10 * line.GetProperty("gflops").GetDouble(), "19 of 20 weights are zero");
            Assert.True(line.GetProperty("gb_per_s").GetDouble() > 0);
            Assert.True(line.GetProperty("roofline").GetDouble() > 0);
        }
    }

    [Fact]
    public void Without_a_peer_its_fields_are_null()
    {
        var line = Assert.Single(Lines(Run(["bench", PathOf("twice.dsl"), "--dim", "N=8", "--json", .. Fast])));
        Assert.Equal(JsonValueKind.Null, line.GetProperty("peer").ValueKind);
        Assert.Equal(JsonValueKind.Null, line.GetProperty("peer_us").ValueKind);
        Assert.Equal(JsonValueKind.Null, line.GetProperty("ratio").ValueKind);
    }

    [Fact]
    public void Layers_are_timed_beside_their_estimates()
    {
        var lines = Lines(Run(["bench", PathOf("digits.dsl"), "--against", "dense", "--explain", "--json", "--target", "scalar", .. Fast]));
        var layers = lines.Where(l => l.TryGetProperty("layer", out _)).ToList();
        Assert.Contains("csr", layers.Select(l => l.GetProperty("format").GetString()));
        Assert.Contains("argmax", layers.Select(l => l.GetProperty("op").GetString()));
        Assert.All(layers, l => Assert.True(l.GetProperty("estimated_us").GetDouble() >= 0 && l.GetProperty("measured_us").GetDouble() >= 0 && l.GetProperty("dense_us").GetDouble() >= 0));

        var text = Run(["bench", PathOf("digits.dsl"), "--explain", .. Fast]);
        Assert.Equal(0, text.Code);
        Assert.Matches("(?m)^engine +median µs +p10 +p90 +ratio", text.Output);
        Assert.Matches("(?m)^layer +scope +weights +kernel +estimated µs +measured µs", text.Output);
        Assert.Matches("(?m)^linear\\+relu +csr ", text.Output);
    }

    [Fact]
    public void An_onnx_file_is_measured_against_onnx_runtime()
    {
        var file = Write("net.onnx", OnnxNets.Relu());
        var line = Assert.Single(Lines(Run(["bench", file, "--against", "onnxruntime", "--peers", OnnxNets.Peers, "--json", .. Fast])));
        Assert.Equal("onnxruntime", line.GetProperty("peer").GetString());
        Assert.Equal(0, line.GetProperty("difference").GetDouble());

        // The same network as a program of ours.
        var program = Write("relu.dsl", "import std.nn\nmodel R() {\n    input x: f32[4, 4]\n    output y = relu(x)\n}\n");
        line = Assert.Single(Lines(Run(["bench", program, "--against", "onnxruntime", "--onnx", file, "--peers", OnnxNets.Peers, "--json", .. Fast])));
        Assert.Equal(0, line.GetProperty("difference").GetDouble());
    }

    [Theory]
    [InlineData("--against", "tensorflow", "--against must be of dense, csharp, llvm, ptx and onnxruntime, not 'tensorflow'")]
    [InlineData("--threads", "1,0", "--threads must be integers from 1 to 1024, not '0'")]
    [InlineData("--seconds", "0", "--seconds must be an integer from 1 to 600, not '0'")]
    public void Wrong_options_are_refused(string option, string value, string said)
    {
        var outcome = Run("bench", PathOf("digits.dsl"), option, value);
        Assert.Equal(2, outcome.Code);
        Assert.Contains(said, outcome.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("missing.dsl", "SD5101")]
    [InlineData("missing.onnx", "SD5101")]
    public void Missing_files_are_reported(string file, string id) => Assert.Contains(id, Run("bench", PathOf(file)).Errors, StringComparison.Ordinal);

    private static List<JsonElement> Lines(Outcome outcome)
    {
        Assert.Equal(0, outcome.Code);
        return [.. outcome.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
    }
}
