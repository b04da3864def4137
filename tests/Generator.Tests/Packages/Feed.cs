using System.Diagnostics;

namespace SparseDsl.Tests.Generator.Packages;

/// <summary>
/// The packages of this source tree, packed once, and an empty package cache: what a new user has. SPARSEDSL_FEED names a folder that <c>./pack</c> filled before.
/// </summary>
public sealed class Feed : IDisposable
{
    /// <summary>Packs.</summary>
    public Feed()
    {
        Folder = Environment.GetEnvironmentVariable("SPARSEDSL_FEED") is { Length: > 0 } given ? Path.GetFullPath(given) : Path.Combine(Root, "feed");
        if (!Directory.Exists(Folder))
        {
            var packed = Run(Repository.Root, Path.Combine(Repository.Root, "pack"), Folder);
            Assert.True(packed.Code == 0, packed.Output);
        }
    }

    /// <summary>Where the packages are.</summary>
    public string Folder { get; }

    private string Root { get; } = Directory.CreateTempSubdirectory("sparsedsl-packages-").FullName;

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(Root, recursive: true);

    /// <summary>A fresh folder with copies of examples, and the feed where their <c>nuget.config</c> looks for it.</summary>
    public string Checkout(params string[] examples)
    {
        var folder = Path.Combine(Root, Guid.NewGuid().ToString("N")[..8]);
        Directory.CreateDirectory(Path.Combine(folder, "artifacts"));
        Directory.CreateSymbolicLink(Path.Combine(folder, "artifacts", "feed"), Folder);
        foreach (var example in examples)
        {
            Copy(Path.Combine(Repository.Root, "examples", example), Path.Combine(folder, "examples", example));
        }

        return folder;
    }

    /// <summary>Runs <c>dotnet</c> and leaves no process behind.</summary>
    public Outcome Dotnet(string folder, params string[] arguments) => Run(folder, "dotnet", [.. arguments, "-p:UseSharedCompilation=false", "-nodeReuse:false", "-nologo"]);

    /// <summary>Starts a program.</summary>
    public Process Start(string folder, string program, params string[] arguments)
    {
        var inFolder = Path.Combine(folder, program);
        var start = new ProcessStartInfo(File.Exists(inFolder) ? inFolder : program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["NUGET_PACKAGES"] = Path.Combine(Root, "cache");
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        start.Environment["DOTNET_NOLOGO"] = "1";
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        start.Environment.Remove("CI");
        return Process.Start(start)!;
    }

    /// <summary>Runs a program to its end.</summary>
    public Outcome Run(string folder, string program, params string[] arguments)
    {
        using var process = Start(folder, program, arguments);
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new Outcome(process.ExitCode, (output + errors.Result).Replace("\r", "", StringComparison.Ordinal));
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }
    }
}

/// <summary>What a program ended with, and what it wrote.</summary>
public sealed record Outcome(int Code, string Output);

/// <summary>Tests that share the packages.</summary>
[CollectionDefinition(nameof(Feed))]
public sealed class FeedGroup : ICollectionFixture<Feed>;
