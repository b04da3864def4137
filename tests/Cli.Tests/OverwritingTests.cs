using SparseDsl.Compiler.Data;
using SparseDsl.Import.Data;

namespace SparseDsl.Tests.Cli;

/// <summary>No command writes over what it reads, however the file is named, nor leaves half of a file.</summary>
public sealed class OverwritingTests : CommandLine
{
    private const string Text = "import std.nn\n\nmodel Net {\n    input x: f32[2, 8]\n    param w: f32[4, 8]\n    output y = linear_no_bias(x, w)\n    output z = x\n}\n";

    /// <summary>By what they would destroy: command lines in a folder with net.dsl, net.safetensors, x.npy and profile.json.</summary>
    private static readonly Dictionary<string, string> Commands = new(StringComparer.Ordinal)
    {
        ["the program with packed weights"] = "pack @/net.dsl -o @/net.dsl",
        ["the program with packed weights, if any"] = "pack @/net.dsl --if-any -o @/net.dsl",
        ["the program with a record of storage"] = "pack @/net.dsl --storage @/net.dsl",
        ["the program with diagnostics"] = "pack @/net.dsl --diagnostics @/net.dsl",
        ["the program with a list of inputs"] = "pack @/net.dsl --inputs @/net.dsl",
        ["the weights with packed weights"] = "pack @/net.dsl -o @/net.safetensors",
        ["the weights with a record of storage"] = "pack @/net.dsl --storage @/net.safetensors",
        ["the profile with packed weights"] = "pack @/net.dsl --profile @/profile.json -o @/profile.json",
        ["the weights through a link"] = "pack @/net.dsl -o @/link.safetensors",
        ["the weights through a folder"] = "pack @/net.dsl -o @/folder/../net.safetensors",
        ["what a link leads to"] = "pack @/net.dsl --weights @/link.safetensors -o @/net.safetensors",
        ["the input with an output"] = "run @/net.dsl --input x=@/x.npy --output y=@/x.npy",
        ["the input with an output, one tensor of it"] = "run @/net.dsl --input x=@/x.npz:x --output y=@/x.npz",
        ["the weights with an output"] = "run @/net.dsl --input x=@/x.npy --output y=@/net.safetensors",
        ["the weights of prune"] = "prune @/net.dsl --pattern u:0.5 --method magnitude --weights @/out.safetensors -o @/out.dsl",
        ["the network that is imported"] = "import @/network.dsl -o @",
    };

    public static TheoryData<string> Cases => [.. Commands.Keys];

    [Theory]
    [MemberData(nameof(Cases))]
    public void What_is_read_is_not_written(string what)
    {
        WriteFiles();
        var before = Contents();
        var outcome = Run([.. Commands[what].Replace("@", Folder, StringComparison.Ordinal).Split(' ')]);
        Assert.True(outcome.Code == 1, outcome.Output + outcome.Errors);
        Assert.Contains("SD5140", outcome.Errors, StringComparison.Ordinal);
        Assert.Equal(before, Contents());
    }

    [Fact]
    public void Two_results_do_not_share_a_file()
    {
        WriteFiles();
        var before = Contents();
        var outcome = Run("run", PathOf("net.dsl"), "--input", $"x={PathOf("x.npy")}", "--output", $"y={PathOf("out.npy")}", "--output", $"z={PathOf("folder/../out.npy")}", "--json");
        Assert.Equal(["SD5141"], outcome.Ids);
        Assert.Equal(["SD5141"], Ids("pack", PathOf("net.dsl"), "-o", PathOf("one"), "--storage", PathOf("one")));
        Assert.Equal(before, Contents());
    }

    [Fact]
    public void Formatting_through_a_link_leaves_the_link()
    {
        WriteFiles();
        File.WriteAllText(PathOf("net.dsl"), Text.Replace("    ", " ", StringComparison.Ordinal));
        File.CreateSymbolicLink(PathOf("linked.dsl"), "net.dsl");
        Assert.Equal(0, Run("fmt", PathOf("linked.dsl")).Code);
        Assert.Equal("net.dsl", new FileInfo(PathOf("linked.dsl")).LinkTarget);
        Assert.Equal(Text, File.ReadAllText(PathOf("net.dsl")));
    }

    [Theory]
    [InlineData("magnitude", float.NaN, "NaN")]
    [InlineData("wanda", float.NegativeInfinity, "-infinity")]
    [InlineData("obs", float.PositiveInfinity, "infinity")]
    public void What_is_not_finite_is_not_pruned(string method, float value, string said)
    {
        WriteFiles();
        new SafetensorsWriter().Add("w", TensorData.FromFloats([.. Enumerable.Range(0, 32).Select(i => i == 11 ? value : i)], 4, 8)).Write(PathOf("net.safetensors"));
        Directory.CreateDirectory(PathOf("calibration"));
        File.Copy(PathOf("x.npy"), PathOf("calibration/x.npy"));
        var outcome = Run("prune", PathOf("net.dsl"), "--pattern", "u:0.5", "--method", method, "--calibration", PathOf("calibration"), "--include", "w");
        Assert.Equal(1, outcome.Code);
        Assert.Contains($"SD5412: 'w' is {said} at [1, 3]", outcome.Errors, StringComparison.Ordinal);
        Assert.False(File.Exists(PathOf("net_pruned.dsl")));
    }

    private static string[] Ids(params string[] arguments) =>
        [.. System.Text.RegularExpressions.Regex.Matches(Run(arguments).Errors, @"SD\d{4}").Select(m => m.Value)];

    private void WriteFiles()
    {
        Write("net.dsl", Text);
        Write("network.dsl", OnnxNets.Relu());
        Write("profile.json", SparseDsl.Compiler.Cost.MachineProfile.Default.Print());
        var x = TensorData.FromFloats([.. Enumerable.Range(0, 16).Select(i => (float)i)], 2, 8);
        Npy.Write(PathOf("x.npy"), x);
        Npz.Write(PathOf("x.npz"), [new("x", x)]);
        foreach (var name in new[] { "net.safetensors", "out.safetensors" })
        {
            new SafetensorsWriter().Add("w", TensorData.FromFloats([.. Enumerable.Range(0, 32).Select(i => (float)i)], 4, 8)).Write(PathOf(name));
        }

        File.CreateSymbolicLink(PathOf("link.safetensors"), "net.safetensors");
        Directory.CreateDirectory(PathOf("folder"));
    }

    private Dictionary<string, string> Contents() => Directory.GetFiles(Folder, "*", SearchOption.AllDirectories)
        .ToDictionary(f => f, f => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(f))), StringComparer.Ordinal);
}
