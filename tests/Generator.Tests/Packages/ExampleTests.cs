using System.Diagnostics;
using System.Text.RegularExpressions;

namespace SparseDsl.Tests.Generator.Packages;

/// <summary>The examples that use the package are built and run as their README files say.</summary>
[Collection(nameof(Feed))]
public sealed partial class ExampleTests(Feed feed)
{
    private static readonly string[] Digits = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];

    [Fact]
    public void The_console_program_reads_digits()
    {
        var root = feed.Checkout("digits", "console-digits");
        var folder = Path.Combine(root, "examples", "console-digits");
        Succeeds(feed.Dotnet(folder, "build", "-c", "Release"));
        var run = feed.Run(folder, "bin/Release/net10.0/ConsoleDigits", [.. Digits.Select(d => $"../digits/{d}.png")]);
        Succeeds(run);
        Assert.Equal(Digits.Select((d, i) => $"../digits/{d}.png: {i}"), run.Output.Trim().Split('\n').Select(l => l[..l.IndexOf(" (", StringComparison.Ordinal)]));

        // What was packed for one build serves the next, and a C# file has nothing to do with it.
        var packed = Path.Combine(folder, "obj", "Release", "net10.0", "sparsedsl", "_", "digits", "digits", "packed", "digits.sdw");
        var before = File.GetLastWriteTimeUtc(packed);
        File.AppendAllText(Path.Combine(folder, "Program.cs"), "\n");
        Succeeds(feed.Dotnet(folder, "publish", "-c", "Release", "-o", "out"));
        Assert.Equal(before, File.GetLastWriteTimeUtc(packed));
        Assert.Contains("../digits/seven.png: 7", feed.Run(folder, "out/ConsoleDigits", "../digits/seven.png").Output, StringComparison.Ordinal);

        // Wrong pictures and weights are one line.
        Assert.Equal(1, feed.Run(folder, "out/ConsoleDigits", "Program.cs").Code);
        File.Delete(Path.Combine(folder, "out", "digits.sdw"));
        var missing = feed.Run(folder, "out/ConsoleDigits", "../digits/seven.png");
        Assert.Equal(1, missing.Code);
        Assert.StartsWith("there is no weight file", missing.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("x86-64-v3", "avx2")]
    [InlineData("x86-64-v4", "avx512")]
    public void The_native_program_is_published_without_warnings_and_runs(string instructions, string used)
    {
        Assert.SkipUnless(HasLinker(), "no clang or gcc, or no zlib: native programs cannot be linked here");
        Assert.SkipUnless(used == "avx512" ? System.Runtime.Intrinsics.X86.Avx512BW.VL.IsSupported : System.Runtime.Intrinsics.X86.Fma.IsSupported, $"this machine has no {used}");
        var folder = Path.Combine(feed.Checkout("digits", "aot-digits"), "examples", "aot-digits");
        var published = feed.Dotnet(folder, "publish", "-p:IlcInstructionSet=" + instructions, "-o", "out");
        Succeeds(published);
        Assert.DoesNotMatch(@"warning (IL|AOT|CS)\d+", published.Output);
        Assert.DoesNotContain("SD5310", published.Output, StringComparison.Ordinal);
        var run = feed.Run(folder, "out/AotDigits");
        Succeeds(run);
        Assert.Contains("a drawn seven: 7 (", run.Output, StringComparison.Ordinal);
        Assert.StartsWith($"instructions: {used}\n", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_native_program_without_instruction_set_is_warned_about()
    {
        Assert.SkipUnless(System.Runtime.Intrinsics.X86.X86Base.IsSupported, "only x64 has instruction sets to choose");
        var folder = Path.Combine(feed.Checkout("digits", "aot-digits"), "examples", "aot-digits");
        var build = feed.Dotnet(folder, "build", "-p:IlcInstructionSet=", "-p:TreatWarningsAsErrors=false");
        Succeeds(build);
        Assert.Matches("warning SD5310: .*<IlcInstructionSet>x86-64-v3</IlcInstructionSet>", build.Output);
    }

    [Fact]
    public async Task The_web_service_reads_a_line()
    {
        var models = Path.Combine(Repository.Root, "models", "ocr");
        Assert.SkipUnless(File.Exists(Path.Combine(models, "rec.onnx")), "the recogniser is missing: run scripts/fetch-models");
        var folder = Path.Combine(feed.Checkout("web-ocr"), "examples", "web-ocr");
        Succeeds(feed.Run(folder, Path.Combine(Repository.Root, "sparsedsl"), "import", Path.Combine(models, "rec.onnx"), "-o", folder));
        File.Copy(Path.Combine(models, "keys.txt"), Path.Combine(folder, "keys.txt"), overwrite: true);
        Succeeds(feed.Dotnet(folder, "build", "-c", "Release"));

        using var server = feed.Start(Path.Combine(folder, "bin", "Release", "net10.0"), "WebOcr", "--urls", "http://127.0.0.1:0");
        try
        {
            using var client = new HttpClient { BaseAddress = await Address(server), Timeout = TimeSpan.FromMinutes(2) };
            var picture = await File.ReadAllBytesAsync(Path.Combine(Repository.Root, "examples", "ocr", "line.png"), TestContext.Current.CancellationToken);
            var expected = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "examples", "ocr", "line.txt"), TestContext.Current.CancellationToken);
            var read = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Post(client, picture)));
            Assert.All(read, r => Assert.Equal((200, expected.Trim()), r));
            Assert.Equal(400, (await Post(client, [1, 2, 3])).Code);
        }
        finally
        {
            server.Kill();
        }
    }

    private static async Task<(int Code, string Text)> Post(HttpClient client, byte[] body)
    {
        using var content = new ByteArrayContent(body);
        using var response = await client.PostAsync(new Uri("/read", UriKind.Relative), content, TestContext.Current.CancellationToken);
        return ((int)response.StatusCode, (await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).Trim());
    }

    private static async Task<Uri> Address(Process server)
    {
        var seen = new List<string>();
        while (await server.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            seen.Add(line);
            if (Listening().Match(line) is { Success: true } match)
            {
                // What it writes from now on must not fill the pipe.
                _ = server.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
                _ = server.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
                return new Uri(match.Groups[1].Value);
            }
        }

        throw new InvalidOperationException(string.Join("\n", seen) + await server.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
    }

    [GeneratedRegex(@"listening on: (http://\S+)")]
    private static partial Regex Listening();

    private static void Succeeds(Outcome outcome) => Assert.True(outcome.Code == 0, outcome.Output);

    private static bool HasLinker()
    {
        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        var compiler = folders.Any(f => File.Exists(Path.Combine(f, "clang")) || File.Exists(Path.Combine(f, "gcc")));
        string[] libraries = ["/usr/lib", "/usr/lib64", "/usr/local/lib"];
        return OperatingSystem.IsLinux() && compiler
            && libraries.Where(Directory.Exists).Any(l => Directory.EnumerateFiles(l, "libz.*", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1, IgnoreInaccessible = true }).Any());
    }
}
