using SparseDsl.Compiler.Weights;
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

    private string Program()
    {
        File.Copy(Digit("digits.safetensors"), PathOf("digits.safetensors"));
        return Write("digits.dsl", DigitsText);
    }
}
