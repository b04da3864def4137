using SparseDsl.Compiler.Loops;
using SparseDsl.Compiler.Passes.Loops;
using SparseDsl.Tests;

namespace SparseDsl.Compiler.Tests.Loops;

/// <summary>
/// Passes as text to text: tests/Golden/loops/*.txt. The first line names the passes and the target (<c># Unroll, ExpandTiles: avx512</c>), then come the
/// kernel, a line <c>becomes</c>, and the result. SPARSEDSL_UPDATE_GOLDEN=1 rewrites the results.
/// </summary>
public class LoopGoldenTests
{
    private const string Separator = "becomes\n";

    public static TheoryData<string> Files => [.. Directory
        .EnumerateFiles(Repository.PathOf("tests/Golden/loops"), "*.txt").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Files))]
    public void A_kernel_becomes_what_the_file_says(string file)
    {
        var path = Repository.PathOf("tests/Golden/loops/" + file);
        var text = File.ReadAllText(path);
        var (header, input, expected) = Parts(text);
        var words = header.TrimStart('#').Split(':');
        var target = Target.Named.Single(t => t.Name == words[1].Trim());
        var kernel = LoopParser.ParseKernel(input);
        LoopValidator.Validate(kernel);
        foreach (var name in words[0].Split(','))
        {
            kernel = name.Trim() == "LoopPipeline" ? LoopPipeline.Run(kernel, target) : LoopPipeline.Passes.First(p => p.Name == name.Trim()).Run(kernel, target);
            LoopValidator.Validate(kernel);
        }

        var actual = LoopPrinter.Print(kernel);
        if (Environment.GetEnvironmentVariable("SPARSEDSL_UPDATE_GOLDEN") == "1")
        {
            File.WriteAllText(path, $"{header}\n{input}{Separator}{actual}");
            return;
        }

        Assert.Equal(expected, actual);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Both_kernels_of_a_file_survive_printing_and_parsing(string file)
    {
        var (_, input, expected) = Parts(File.ReadAllText(Repository.PathOf("tests/Golden/loops/" + file)));
        Assert.Equal(input, LoopPrinter.Print(LoopParser.ParseKernel(input)));
        Assert.Equal(expected, LoopPrinter.Print(LoopParser.ParseKernel(expected)));
    }

    [Fact]
    public void Every_pass_has_a_file()
    {
        var named = Files.SelectMany(f => Parts(File.ReadAllText(Repository.PathOf("tests/Golden/loops/" + f.Data))).Header.TrimStart('#').Split(':')[0].Split(',')).Select(n => n.Trim());
        Assert.Empty(LoopPipeline.Passes.Select(p => p.Name).Except(named));
    }

    private static (string Header, string Input, string Expected) Parts(string text)
    {
        var line = text.IndexOf('\n', StringComparison.Ordinal);
        var separator = text.IndexOf("\n" + Separator, StringComparison.Ordinal);
        var body = separator < 0 ? text[(line + 1)..] : text[(line + 1)..(separator + 1)];
        return (text[..line], body, separator < 0 ? "" : text[(separator + 1 + Separator.Length)..]);
    }
}
