using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Weights;
using SparseDsl.Import.Data;
using SparseDsl.Runtime;

namespace SparseDsl.Tests.Cli;

/// <summary>pack writes weights that the runtime maps, and says how they are stored.</summary>
public sealed class PackCommandTests : CommandLine
{
    [Fact]
    public void Weights_are_packed_once_for_all_tiers_and_their_storage_is_recorded()
    {
        var program = Program();
        var outcome = Run("pack", program, "-o", PathOf("d.sdw"), "--storage", PathOf("d.storage"));
        Assert.Equal((0, ""), (outcome.Code, outcome.Output));

        using var file = WeightFile.Open(PathOf("d.sdw"));
        Assert.Equal("Digits", file.Model);
        Assert.True(file.TryFind("avx512/b1", out var wide) && file.TryFind("scalar/b1", out var narrow) && wide == narrow);
        var record = StorageRecord.TryParse(File.ReadAllText(PathOf("d.storage")));
        Assert.Equal("csr", record!.For("Digits", Compiler.Target.Avx512)("w1")!.Name);
        Assert.Null(record.For("Digits", Compiler.Target.Avx512)("nothing"));
        Assert.Equal(File.ReadAllText(PathOf("d.storage")), record.Print());
    }

    [Fact]
    public void Packing_again_gives_the_same_bytes()
    {
        var program = Program();
        Assert.Equal(0, Run("pack", program).Code);
        var first = File.ReadAllBytes(PathOf("digits.sdw"));
        Assert.Equal(0, Run("pack", program).Code);
        Assert.Equal(first, File.ReadAllBytes(PathOf("digits.sdw")));
    }

    [Fact]
    public void Diagnostics_are_written_for_msbuild()
    {
        var program = Write("digits.dsl", DigitsText.Replace("zeros >= 90%", "zeros >= 99%", StringComparison.Ordinal));
        File.Copy(Digit("digits.safetensors"), PathOf("digits.safetensors"));
        var outcome = Run("pack", program, "--msbuild");
        Assert.Equal(1, outcome.Code);
        Assert.StartsWith($"{program}(12,30): error SD", outcome.Output, StringComparison.Ordinal);
        Assert.Equal(1, outcome.Output.Count(c => c == '\n'));
        Assert.False(File.Exists(PathOf("digits.sdw")));
    }

    [Fact]
    public void Nothing_to_pack_is_no_mistake_when_asked_so_and_leaves_nothing_old()
    {
        var library = Write("ops.dsl", "op twice(x) = x * 2\n");
        File.WriteAllText(PathOf("old.sdw"), "old");
        Assert.Equal(0, Run("pack", library, "--if-any", "-o", PathOf("old.sdw")).Code);
        Assert.False(File.Exists(PathOf("old.sdw")));
        Assert.Equal(1, Run("pack", library).Code);
        Assert.Equal(1, Run("pack", PathOf("missing.dsl"), "--if-any").Code);
        Assert.Equal(2, Run("pack", library, "--targets", "avx1024").Code);
    }

    [Fact]
    public void Each_of_several_models_is_packed_from_its_own_weights_or_the_common_ones()
    {
        var program = Write("two.dsl", string.Concat(new[] { "A", "B" }.Select(name => $"model {name}() {{\n    input x: f32[2]\n    param {name}w: f32[2]\n    output y = x * {name}w\n}}\n")));
        Save("two.safetensors", "Aw", "Bw");
        var outcome = Run("pack", program, "-o", PathOf("out.sdw"), "--storage", PathOf("storage"));
        Assert.Equal((0, "", ""), (outcome.Code, outcome.Output, outcome.Errors));
        Assert.Equal(["A", "B"], new[] { "out.A.sdw", "out.B.sdw" }.Select(Model));
        Assert.NotNull(StorageRecord.TryParse(File.ReadAllText(PathOf("storage")))!.For("B", Compiler.Target.Scalar)("Bw"));

        // One model's own weights come first; what they have too much is said.
        Save("two.B.safetensors", "Bw", "spare");
        Assert.Equal(0, Run("pack", program, "--model", "B", "-o", PathOf("b.sdw"), "--diagnostics", PathOf("diagnostics")).Code);
        Assert.Equal("B", Model("b.sdw"));
        Assert.StartsWith("SD5005\t0\t0\t1\t1\t1\t1\ttwo.B.safetensors holds a tensor", File.ReadAllText(PathOf("diagnostics")), StringComparison.Ordinal);
        Assert.Contains("warning SD5005", Run("pack", program).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Small_constants_need_no_weights_in_a_file_and_large_ones_do()
    {
        string Constant(int count) => $"model C() {{\n    input x: f32[{count}]\n    output y = x + tensor([{string.Join(", ", Enumerable.Range(0, count))}])\n}}\n";
        var outcome = Run("pack", Write("c.dsl", Constant(8)));
        Assert.Equal((0, "C needs no packed weights: its class holds its constants\n"), (outcome.Code, outcome.Output));
        Assert.False(File.Exists(PathOf("c.sdw")));
        Assert.Equal(0, Run("build", PathOf("c.dsl"), "--target", "csharp", "-o", PathOf("small")).Code);
        Assert.Equal(["C.cs", "C.csproj", "SparseDsl.Runtime.dll"], Files("small"));

        Assert.Equal(0, Run("pack", Write("c.dsl", Constant(16384)), "--if-any").Code);
        Assert.Equal("C", Model("c.sdw"));
        Assert.Equal(0, Run("build", PathOf("c.dsl"), "--target", "csharp", "-o", PathOf("large")).Code);
        Assert.Equal(["C.cs", "C.csproj", "C.sdw", "SparseDsl.Runtime.dll"], Files("large"));
    }

    private IEnumerable<string?> Files(string folder) => Directory.GetFiles(PathOf(folder)).Select(Path.GetFileName).Order(StringComparer.Ordinal);

    private string? Model(string file)
    {
        using var weights = WeightFile.Open(PathOf(file));
        return weights.Model;
    }

    private void Save(string file, params string[] names)
    {
        var writer = new SafetensorsWriter();
        foreach (var name in names)
        {
            writer.Add(name, TensorData.FromFloats([1, 2], 2));
        }

        writer.Write(PathOf(file));
    }

    private string Program()
    {
        File.Copy(Digit("digits.safetensors"), PathOf("digits.safetensors"));
        return Write("digits.dsl", DigitsText);
    }
}
