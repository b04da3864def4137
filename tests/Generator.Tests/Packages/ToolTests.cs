namespace SparseDsl.Tests.Generator.Packages;

/// <summary>The tool is installed from its package and runs what needs the C# compiler, image decoders and native libraries.</summary>
[Collection(nameof(Feed))]
public sealed class ToolTests(Feed feed)
{
    [Fact]
    public void The_tool_checks_runs_and_packs()
    {
        var folder = Path.Combine(feed.Checkout("digits"), "examples", "digits");
        var install = feed.Run(folder, "dotnet", "tool", "install", "SparseDsl.Tool", "--version", "0.1.0", "--tool-path", "tool", "--add-source", feed.Folder);
        Assert.True(install.Code == 0, install.Output);
        Assert.Equal(0, feed.Run(folder, "tool/sparsedsl", "check", "digits.dsl").Code);
        var run = feed.Run(folder, "tool/sparsedsl", "run", "digits.dsl", "--input", "image=seven.png");
        Assert.Contains("class: i32[1] = 7", run.Output, StringComparison.Ordinal);
        Assert.Equal(0, feed.Run(folder, "tool/sparsedsl", "pack", "digits.dsl").Code);
        Assert.True(File.Exists(Path.Combine(folder, "digits.sdw")));
    }

    [Fact]
    public void Packages_have_what_they_need_and_depend_on_nothing()
    {
        using var package = System.IO.Compression.ZipFile.OpenRead(Path.Combine(feed.Folder, "SparseDsl.0.1.0.nupkg"));
        using var reader = new StreamReader(package.GetEntry("SparseDsl.nuspec")!.Open());
        Assert.DoesNotContain("<dependency ", reader.ReadToEnd(), StringComparison.Ordinal);
        Assert.All(
            ["lib/net10.0/SparseDsl.Runtime.dll", "lib/net10.0/SparseDsl.Runtime.xml", "analyzers/dotnet/cs/SparseDsl.Generator.dll", "analyzers/dotnet/cs/Sprache.dll", "build/SparseDsl.targets", "buildTransitive/SparseDsl.props", "tools/pack/sparsedsl.dll"],
            name => Assert.NotNull(package.GetEntry(name)));
        Assert.DoesNotContain(package.Entries, e => e.FullName.Contains("CodeAnalysis", StringComparison.Ordinal));
    }
}
