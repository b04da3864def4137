namespace SparseDsl.Tests.Cli;

/// <summary>build over a good program and over bad ones. That such a project compiles and runs is tested with the C# backend.</summary>
public sealed class BuildCommandTests : CommandLine
{
    [Fact]
    public void A_project_has_its_class_weights_and_runtime()
    {
        var program = Write("digits.dsl", DigitsText);
        File.Copy(Digit("digits.safetensors"), PathOf("digits.safetensors"));
        var outcome = Run("build", program, "--target", "csharp", "-o", PathOf("out"));
        Assert.Equal(0, outcome.Code);
        Assert.Equal(
            ["Digits.cs", "Digits.csproj", "Digits.sdw", "Program.cs", "SparseDsl.Runtime.dll"],
            Directory.GetFiles(PathOf("out")).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal));
        Assert.Contains("Avx512Kernels", File.ReadAllText(PathOf("out/Digits.cs")), StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_written_for_a_wrong_program()
    {
        var program = Write("bad.dsl", "model M() { output y = nothing }\n");
        Assert.Equal(1, Run("build", program, "--target", "csharp", "-o", PathOf("bad")).Code);
        Assert.False(Directory.Exists(PathOf("bad")));
        Assert.Equal(2, Run("build", program, "--target", "fortran", "-o", PathOf("bad")).Code);
        Assert.Equal(2, Run("build", program, "-o", PathOf("bad")).Code);
    }
}
