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
            ["Digits.cs", "Digits.csproj", "Digits.sdw", "SparseDsl.Runtime.dll", "demo/Demo.csproj", "demo/Program.cs"],
            Directory.GetFiles(PathOf("out"), "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(PathOf("out"), f).Replace('\\', '/')).Order(StringComparer.Ordinal));
        Assert.Contains("Avx512Kernels", File.ReadAllText(PathOf("out/Digits.cs")), StringComparison.Ordinal);
    }

    [Fact]
    public void Namespace_and_class_are_chosen()
    {
        var program = Write("twice.dsl", "model Twice() {\n    input x: f32[4]\n    output y = x * 2\n}\n");
        Assert.Equal(0, Run("build", program, "--target", "csharp", "-o", PathOf("out"), "--namespace", "Acme.Vision", "--class", "Doubler").Code);
        var text = File.ReadAllText(PathOf("out/Doubler.cs"));
        Assert.Contains("namespace Acme.Vision;", text, StringComparison.Ordinal);
        Assert.Contains("public sealed partial class Doubler ", text, StringComparison.Ordinal);
        Assert.Contains("new global::Acme.Vision.Doubler();", File.ReadAllText(PathOf("out/demo/Program.cs")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--namespace", "Acme..Vision")]
    [InlineData("--namespace", "Acme.class")]
    [InlineData("--class", "2fast")]
    [InlineData("--class", "new")]
    public void Names_must_be_names_of_csharp(string option, string value)
    {
        var outcome = Run("build", "x.dsl", "--target", "csharp", "-o", PathOf("out"), option, value);
        Assert.Equal(2, outcome.Code);
        Assert.Contains($"not '{value}'", outcome.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Acme", "Run")]
    [InlineData("System", "Math")]
    public void Names_that_cannot_be_are_refused(string space, string name)
    {
        var program = Write("twice.dsl", TwiceText);
        var outcome = Run("build", program, "--target", "csharp", "-o", PathOf("out"), "--namespace", space, "--class", name);
        Assert.Equal(1, outcome.Code);
        Assert.Contains($"SD5305: the class cannot be called '{space}.{name}': ", outcome.Errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(PathOf("out")));
    }

    [Fact]
    public void A_file_is_no_folder()
    {
        var program = Write("twice.dsl", TwiceText);
        Assert.Contains("SD5143", Run("build", program, "--target", "csharp", "-o", program).Errors, StringComparison.Ordinal);
        Assert.Equal(TwiceText, File.ReadAllText(program));
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
