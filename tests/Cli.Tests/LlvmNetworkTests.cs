using SparseDsl.Backends.Llvm.Toolchain;

namespace SparseDsl.Tests.Cli;

/// <summary>Whole networks give the same bits through LLVM and in C#.</summary>
public sealed class LlvmNetworkTests : CommandLine
{
    [Theory]
    [InlineData("cls", 1)]
    [InlineData("rec", 1)]
    [InlineData("det", 2)]
    public void Networks_that_read_text_have_the_same_bits(string network, int threads)
    {
        var path = Path.Combine(Repository.Root, "models", "ocr", network + ".onnx");
        Assert.SkipUnless(LlvmToolchain.IsThere, LlvmCommandTests.Missing);
        Assert.SkipUnless(File.Exists(path), $"{path} is not there; scripts/fetch-models fetches it");
        var outcome = Run("bench", path, "--backend", "llvm", "--against", "csharp", "--rounds", "1", "--threads", $"{threads}");
        Assert.True(outcome.Code == 0, outcome.Errors);
        Assert.Matches(@"(?m)^csharp .* 0\.0E\+000$", outcome.Output);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(64)]
    public void The_digits_have_the_same_bits(int images)
    {
        Assert.SkipUnless(LlvmToolchain.IsThere, LlvmCommandTests.Missing);
        File.Copy(Digit("digits.safetensors"), PathOf("digits.safetensors"));
        var outcome = Run("bench", Write("digits.dsl", DigitsText), "--backend", "llvm", "--against", "csharp", "--rounds", "1", "--dim", $"N={images}");
        Assert.True(outcome.Code == 0, outcome.Errors);
        Assert.Matches(@"(?m)^csharp .* 0\.0E\+000$", outcome.Output);
    }
}
