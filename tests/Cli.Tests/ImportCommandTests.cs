namespace SparseDsl.Tests.Cli;

/// <summary><c>sparsedsl import</c>: what it leaves on disk.</summary>
public sealed class ImportCommandTests : CommandLine
{
    [Fact]
    public void Writes_the_program_and_its_weights()
    {
        var outcome = Run("import", Write("net.onnx", OneNode("Relu")), "-o", PathOf("out"));
        Assert.Equal(new Outcome(0, PathOf("out/net.dsl") + "\n", ""), outcome);
        Assert.Equal(["net.dsl", "net.safetensors"], Files("out"));
        Assert.Equal(0, Run("check", PathOf("out/net.dsl")).Code);
        Assert.Equal(0, Run("fmt", "--check", PathOf("out/net.dsl")).Code);
    }

    [Fact]
    public void Replaces_what_an_earlier_import_left()
    {
        var file = Write("net.onnx", OneNode("Relu"));
        Directory.CreateDirectory(PathOf("out"));
        Write("out/net.dsl", "old");
        Assert.Equal(0, Run("import", file, "-o", PathOf("out")).Code);
        Assert.StartsWith("// Imported from net.onnx", File.ReadAllText(PathOf("out/net.dsl")), StringComparison.Ordinal);
        Assert.Equal(["net.dsl", "net.safetensors"], Files("out"));
    }

    [Fact]
    public void Leaves_nothing_when_an_operator_is_unknown()
    {
        var outcome = Run("import", Write("net.onnx", OneNode("NonZero")), "-o", PathOf("out"));
        Assert.Equal(1, outcome.Code);
        Assert.Contains("SD5201", outcome.Errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(PathOf("out")));
    }

    [Fact]
    public void Leaves_nothing_when_the_program_cannot_be_written()
    {
        // A folder stands where the weights should go.
        Directory.CreateDirectory(PathOf("out/net.safetensors"));
        var outcome = Run("import", Write("net.onnx", OneNode("Relu")), "-o", PathOf("out"));
        Assert.Equal(1, outcome.Code);
        Assert.Contains("SD5102", outcome.Errors, StringComparison.Ordinal);
        Assert.Empty(Files("out"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("no network at all, only text that goes on for a while")]
    public void Says_what_is_wrong_with_a_file_that_is_no_network(string text)
    {
        var outcome = Run("import", Write("net.onnx", text), "-o", PathOf("out"));
        Assert.Equal(1, outcome.Code);
        Assert.Matches("^error SD5[0-9]{3}", outcome.Errors);
        Assert.DoesNotContain("   at ", outcome.Errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(PathOf("out")));
    }

    private string[] Files(string folder) => [.. Directory.GetFiles(PathOf(folder)).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];

    // A model of opset 13 with input x: f32[2, 3], one node and output y, in the wire format of protobuf.
    private static byte[] OneNode(string type)
    {
        var node = Join(Field(1, "x"u8), Field(2, "y"u8), Field(3, "n"u8), Field(4, System.Text.Encoding.ASCII.GetBytes(type)));
        byte[] shape = [.. Field(1, [8, 2]), .. Field(1, [8, 3])];
        byte[] tensor = [8, 1, .. Field(2, shape)];
        var input = Join(Field(1, "x"u8), Field(2, Field(1, tensor)));
        var output = Join(Field(1, "y"u8), Field(2, Field(1, tensor)));
        return [8, 8, .. Field(7, Join(Field(1, node), Field(2, "g"u8), Field(11, input), Field(12, output))), .. Field(8, [16, 13])];
    }

    private static byte[] Field(int number, ReadOnlySpan<byte> content) => [(byte)((number << 3) | 2), (byte)content.Length, .. content];

    private static byte[] Join(params byte[][] parts) => [.. parts.SelectMany(p => p)];
}
