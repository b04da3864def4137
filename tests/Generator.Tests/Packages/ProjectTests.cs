using System.Text.RegularExpressions;
using SparseDsl.Compiler.Cost;

namespace SparseDsl.Tests.Generator.Packages;

/// <summary>What projects that reference the package can do, and what they are told.</summary>
[Collection(nameof(Feed))]
public sealed class ProjectTests(Feed feed)
{
    private const string Project = """
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <OutputType>Exe</OutputType>
            <TargetFramework>net10.0</TargetFramework>
            <Nullable>enable</Nullable>
            <ImplicitUsings>enable</ImplicitUsings>
          </PropertyGroup>
          <ItemGroup>
            <PackageReference Include="SparseDsl" Version="0.1.0" />
          </ItemGroup>
        </Project>

        """;

    [Fact]
    public void Weights_that_do_not_fit_are_refused_and_those_that_do_give_the_same_numbers_everywhere()
    {
        var folder = New("App", Probe);
        foreach (var file in new[] { "digits.dsl", "digits.safetensors", "seven.png" })
        {
            File.Copy(Path.Combine(Repository.Root, "examples", "digits", file), Path.Combine(folder, file));
        }

        // Another model, whose weights are not at hand when the project is built.
        File.WriteAllText(Path.Combine(folder, "other.dsl"), "model Other(N: dim 1..4) {\n    input x: f32[N, 2]\n    param digits: f32[2]\n    output y = scale(x, digits)\n}\nop scale(x[n, i], w[i]) -> y[n, i] = x[n, i] * w[i]\n");
        var build = feed.Dotnet(folder, "build");
        Assert.True(build.Code == 0, build.Output);
        var run = feed.Run(folder, "bin/Debug/net10.0/App");
        Assert.True(run.Code == 0, run.Output);
        Assert.Equal(
            [
                "0 bytes",
                "same on 4 threads",
                "overlap: InvalidOperationException",
                "other model: the weight file 'digits.sdw' was packed for the model 'Digits', not for 'Other'",
                "truncated: the weight file 'bad.sdw' is truncated: it has 104064 bytes, not 104128",
                "corrupt: the weight file 'bad.sdw' is corrupt: the checksum of its data is wrong",
                "version: the weight file 'bad.sdw' has version 9; this runtime reads version 2: pack the weights again",
                "no weights: the weight file 'bad.sdw' is truncated: it has 0 bytes, less than a header",
                "length: image has 785 elements; u8[N, 28, 28] has 784 for each N, which must be between 1 and 64 (Parameter 'image')",
            ],
            run.Output.Trim().Split('\n').Select(l => Regex.Replace(l, "it has 104064 bytes, not [0-9]+", "it has 104064 bytes, not 104128")));

        // The same program compiled otherwise: the old packed file no longer fits.
        File.Copy(Path.Combine(folder, "bin/Debug/net10.0/digits.sdw"), Path.Combine(folder, "old.sdw"));
        var text = File.ReadAllText(Path.Combine(folder, "digits.dsl"));
        File.WriteAllText(Path.Combine(folder, "digits.dsl"), text.Replace("@unstructured(zeros >= 90%)", "@dense", StringComparison.Ordinal));
        build = feed.Dotnet(folder, "build");
        Assert.True(build.Code == 0, build.Output);
        Assert.StartsWith("0 bytes\nsame on 4 threads", feed.Run(folder, "bin/Debug/net10.0/App").Output, StringComparison.Ordinal);
        File.Copy(Path.Combine(folder, "old.sdw"), Path.Combine(folder, "bin/Debug/net10.0/digits.sdw"), overwrite: true);
        run = feed.Run(folder, "bin/Debug/net10.0/App");
        Assert.NotEqual(0, run.Code);
        Assert.Contains("the weight file 'digits.sdw' was packed for another version of the model 'Digits'", run.Output, StringComparison.Ordinal);

        // And as a resource of the assembly.
        build = feed.Dotnet(folder, "build", "-p:SparseDslEmbedWeights=true", "-o", "embedded");
        Assert.True(build.Code == 0, build.Output);
        Assert.False(File.Exists(Path.Combine(folder, "embedded", "digits.sdw")));
        Assert.StartsWith("0 bytes\nsame on 4 threads", feed.Run(folder, "embedded/App").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Mistakes_stand_in_the_output_of_the_build_and_projects_decide_how_bad_they_are()
    {
        var folder = New("Bad", "Console.WriteLine(1);\n");
        var path = Path.Combine(folder, "bad.dsl");
        File.WriteAllText(path, """
            model Bad(N: dim 1..8) {
                input x: f32[N, 3]
                output a = x + nothing
                output b = missing(x)
                output c: f32[N, 4] = x
                let d = = 3
                output e = x.y.z
            }

            """);
        var build = feed.Dotnet(folder, "build");
        Assert.NotEqual(0, build.Code);
        Assert.Equal(["3", "4", "5", "6", "7"], Places(build.Output, path).Select(p => p.Split(',')[0]));
        Assert.Equal("3,20", Places(build.Output, path).First());

        // A promise about a tensor too small to be worth it is a warning.
        File.WriteAllText(path, """
            model Small(N: dim 1..8) {
                input x: f32[N, 4]
                param w: f32[4, 4] @unstructured(zeros >= 90%)
                output y = linear(x, w)
            }
            op linear(x[n, i], w[o, i]) -> y[n, o] = sum(i) x[n, i] * w[o, i]

            """);
        build = feed.Dotnet(folder, "build");
        Assert.True(build.Code == 0, build.Output);
        var id = Assert.Single(Regex.Matches(build.Output, @"bad\.dsl\(3,\d+\): warning (SD\d+)").Select(m => m.Groups[1].Value).Distinct());
        Assert.DoesNotContain(id, feed.Dotnet(folder, "build", "--no-incremental", "-p:NoWarn=" + id).Output, StringComparison.Ordinal);
        Assert.Contains("error " + id, feed.Dotnet(folder, "build", "--no-incremental", "-p:TreatWarningsAsErrors=true").Output, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(folder, ".globalconfig"), $"is_global = true\ndotnet_diagnostic.{id}.severity = none\n");
        Assert.DoesNotContain(id, feed.Dotnet(folder, "build", "--no-incremental", "-p:TreatWarningsAsErrors=true").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_that_break_a_promise_stop_the_build_where_the_promise_stands()
    {
        var folder = New("Promise", "Console.WriteLine(1);\n");
        var text = File.ReadAllText(Path.Combine(Repository.Root, "examples", "digits", "digits.dsl"));
        File.WriteAllText(Path.Combine(folder, "digits.dsl"), text.Replace("zeros >= 90%", "zeros >= 99%", StringComparison.Ordinal));
        File.Copy(Path.Combine(Repository.Root, "examples", "digits", "digits.safetensors"), Path.Combine(folder, "digits.safetensors"));
        var build = feed.Dotnet(folder, "build");
        Assert.NotEqual(0, build.Code);
        Assert.Matches(@"digits\.dsl\(9,\d+\): error SD\d+: 'w1' promises at least 99% zeros, but 'digits\.safetensors' holds 9[0-9.]+%", build.Output.Replace("but digits.safetensors", "but 'digits.safetensors'", StringComparison.Ordinal));
        Assert.DoesNotContain("MSB", build.Output, StringComparison.Ordinal);
        Assert.Equal(["SD3004"], Regex.Matches(build.Output, @"error (\w+):").Select(m => m.Groups[1].Value).Distinct());

        // Not only the first time, and not if the project would rather not know.
        File.WriteAllText(Path.Combine(folder, ".globalconfig"), "is_global = true\ndotnet_diagnostic.SD3004.severity = none\n");
        build = feed.Dotnet(folder, "build");
        Assert.NotEqual(0, build.Code);
        Assert.Contains("error SD3004", build.Output, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(folder, "bin/Debug/net10.0/Promise.dll")));

        // Weights that were good once are no longer.
        File.WriteAllText(Path.Combine(folder, "digits.dsl"), text);
        build = feed.Dotnet(folder, "build");
        Assert.True(build.Code == 0, build.Output);
        File.WriteAllBytes(Path.Combine(folder, "digits.safetensors"), [1, 2, 3]);
        Assert.NotEqual(0, feed.Dotnet(folder, "build").Code);
        Assert.NotEqual(0, feed.Dotnet(folder, "build").Code);

        // A packer that says nothing is not one that found nothing.
        File.Copy(Path.Combine(Repository.Root, "examples", "digits", "digits.safetensors"), Path.Combine(folder, "digits.safetensors"), overwrite: true);
        Assert.Equal(0, feed.Dotnet(folder, "build").Code);
        File.SetLastWriteTimeUtc(Path.Combine(folder, "digits.dsl"), DateTime.UtcNow);
        build = feed.Dotnet(folder, "build", "-p:SparseDslHost=/bin/false");
        Assert.NotEqual(0, build.Code);
        Assert.Contains("error SD5312", build.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_of_several_models_is_packed_and_its_constants_need_no_file()
    {
        var folder = New("Many", """
            using var twice = new Many.Models.Twice();
            using var thrice = new Many.Models.Thrice();
            using var shifted = new Many.Models.Shifted();
            var y = new float[4];
            float[] x = [1, 2, 3, 4];
            twice.Run(x, y);
            Console.WriteLine(string.Join(" ", y));
            thrice.Run(x, y);
            Console.WriteLine(string.Join(" ", y));
            shifted.Run(x, y);
            Console.WriteLine(string.Join(" ", y));

            """, Project.Replace("<PropertyGroup>", "<PropertyGroup>\n    <SparseDslNamespace>Many.Models</SparseDslNamespace>", StringComparison.Ordinal));
        Directory.CreateDirectory(Path.Combine(folder, "models"));
        File.WriteAllText(Path.Combine(folder, "models", "many.dsl"), """
            model Twice() {
                input x: f32[4]
                param w: f32[4]
                output y = x * w
            }
            model Thrice() {
                input x: f32[4]
                param w: f32[4], b: f32[4]
                output y = x * w + b
            }
            model Shifted() {
                input x: f32[4]
                output y = x + tensor([10, 20, 30, 40])
            }

            """);
        Safetensors.Write(Path.Combine(folder, "models", "many.Twice.safetensors"), ("w", [2, 2, 2, 2]));
        Safetensors.Write(Path.Combine(folder, "models", "many.safetensors"), ("w", [3, 3, 3, 3]), ("b", [0.5f, 0, 0, 0]));
        var build = feed.Dotnet(folder, "build");
        Assert.True(build.Code == 0, build.Output);
        Assert.DoesNotContain("warning", build.Output, StringComparison.Ordinal);
        Assert.Equal("2 4 6 8\n3.5 6 9 12\n11 22 33 44", feed.Run(folder, "bin/Debug/net10.0/Many").Output.Trim());
        Assert.Equal(["many.Thrice.sdw", "many.Twice.sdw"], Packed(folder, "bin/Debug/net10.0"));

        // Other weights, and a model that is gone.
        Safetensors.Write(Path.Combine(folder, "models", "many.Twice.safetensors"), ("w", [4, 4, 4, 4]));
        build = feed.Dotnet(folder, "publish", "-o", "out");
        Assert.True(build.Code == 0, build.Output);
        Assert.StartsWith("4 8 12 16\n", feed.Run(folder, "out/Many").Output, StringComparison.Ordinal);
        Assert.Equal(["many.Thrice.sdw", "many.Twice.sdw"], Packed(folder, "out"));
        var text = File.ReadAllText(Path.Combine(folder, "models", "many.dsl"));
        File.WriteAllText(Path.Combine(folder, "models", "many.dsl"), text[text.IndexOf("model Thrice", StringComparison.Ordinal)..]);
        File.WriteAllText(Path.Combine(folder, "Program.cs"), "Console.WriteLine(1);\n");
        Assert.Equal(0, feed.Dotnet(folder, "build", "-o", "smaller").Code);
        Assert.Equal(["many.Thrice.sdw"], Packed(folder, "smaller"));
    }

    [Fact]
    public void Projects_decide_how_bad_is_what_the_packer_finds()
    {
        var folder = New("Extra", "Console.WriteLine(1);\n");
        File.WriteAllText(Path.Combine(folder, "net.dsl"), "model Net() {\n    input x: f32[2]\n    param w: f32[2]\n    output y = x * w\n}\n");
        Safetensors.Write(Path.Combine(folder, "net.safetensors"), ("w", [1, 2]), ("unused", [3]));
        string Build(params string[] options)
        {
            var build = feed.Dotnet(folder, ["build", "--no-incremental", .. options]);
            Assert.Equal(build.Output.Contains("error SD", StringComparison.Ordinal) ? 1 : 0, build.Code);
            return string.Join(" ", Regex.Matches(build.Output, @"net\.dsl\(1,1\): (\w+) SD5005").Select(m => m.Groups[1].Value).Distinct());
        }

        Assert.Equal("warning", Build());
        Assert.Equal("warning", Build());
        Assert.Equal("", Build("-p:NoWarn=SD5005"));
        Assert.Equal("error", Build("-p:TreatWarningsAsErrors=true"));
        Assert.Equal("error", Build("-p:WarningsAsErrors=SD5005"));
        Assert.Equal("warning", Build("-p:TreatWarningsAsErrors=true", "-p:WarningsNotAsErrors=SD5005"));
        var configuration = Path.Combine(folder, ".globalconfig");
        File.WriteAllText(configuration, "is_global = true\ndotnet_diagnostic.SD5005.severity = none\n");
        Assert.Equal("", Build("-p:TreatWarningsAsErrors=true"));
        File.WriteAllText(configuration, "is_global = true\ndotnet_diagnostic.SD5005.severity = error\n");
        Assert.Equal("error", Build());
    }

    [Fact]
    public void What_a_program_reads_besides_weights_is_packed_again_when_it_changes()
    {
        var folder = New("Masked", """
            using var net = new Masked.Net();
            var y = new float[4];
            net.Run([1, 1, 1, 1], y);
            Console.WriteLine(string.Join(' ', y));

            """);
        var mask = Path.Combine(folder, "kept.npy");
        File.WriteAllText(Path.Combine(folder, "net.dsl"), "model Net() {\n    input x: f32[4]\n    param w: f32[4] @mask(\"kept.npy\")\n    output y = x * w\n}\n");
        Safetensors.Write(Path.Combine(folder, "net.safetensors"), ("w", [1, 2, 3, 4]));
        Npy.Write(mask, [1, 1, 0, 0]);
        Assert.Equal("1 2 0 0", BuildAndRun());
        var packed = Path.Combine(folder, "bin/Debug/net10.0/net.sdw");
        var before = File.GetLastWriteTimeUtc(packed);
        Assert.Equal("1 2 0 0", BuildAndRun());
        Assert.Equal(before, File.GetLastWriteTimeUtc(packed));

        Npy.Write(mask, [0, 1, 1, 1]);
        Assert.Equal("0 2 3 4", BuildAndRun());

        File.Delete(mask);
        Assert.Contains("net.dsl(3,", Refusal(), StringComparison.Ordinal);
        Npy.Write(mask, [1, 0, 0, 1]);
        Assert.Equal("1 0 0 4", BuildAndRun());

        // The profile of the machine that runs it.
        var profile = Path.Combine(folder, "server.json");
        var project = Path.Combine(folder, "Masked.csproj");
        File.WriteAllText(project, File.ReadAllText(project).Replace("<OutputType>", "<SparseDslProfile>server.json</SparseDslProfile><OutputType>", StringComparison.Ordinal));
        Assert.Contains("server.json", Refusal(), StringComparison.Ordinal);
        File.WriteAllText(profile, MachineProfile.Default.Print());
        Assert.Equal("1 0 0 4", BuildAndRun());
        File.WriteAllText(profile, "{}");
        Assert.Contains("server.json", Refusal(), StringComparison.Ordinal);

        string Refusal()
        {
            var build = feed.Dotnet(folder, "build");
            Assert.NotEqual(0, build.Code);
            return build.Output;
        }

        string BuildAndRun()
        {
            var build = feed.Dotnet(folder, "build");
            Assert.True(build.Code == 0, build.Output);
            return feed.Run(folder, "bin/Debug/net10.0/Masked").Output.Trim();
        }
    }

    private static IEnumerable<string> Packed(string folder, string output) =>
        Directory.GetFiles(Path.Combine(folder, output), "*.sdw").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal);

    [Fact]
    public void An_older_framework_is_told_what_is_needed()
    {
        var folder = New("Old", "Console.WriteLine(1);\n", Project.Replace("net10.0", "net8.0", StringComparison.Ordinal));
        File.WriteAllText(Path.Combine(folder, "twice.dsl"), "model Twice() {\n    input x: f32[3]\n    output y = x + x\n}\n");
        Assert.Contains("error SD5311", feed.Dotnet(folder, "msbuild", "-restore", "-t:PrepareForBuild").Output, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Places(string output, string path) =>
        Regex.Matches(output, Regex.Escape(path) + @"\((\d+,\d+)\): error SD\d{4}: ").Select(m => m.Groups[1].Value).Distinct().Order(StringComparer.Ordinal);

    private string New(string name, string program, string project = Project)
    {
        var root = feed.Checkout();
        var folder = Path.Combine(root, "a", name);
        Directory.CreateDirectory(folder);
        File.Copy(Path.Combine(Repository.Root, "examples", "console-digits", "nuget.config"), Path.Combine(folder, "nuget.config"));
        File.WriteAllText(Path.Combine(folder, name + ".csproj"), project);
        File.WriteAllText(Path.Combine(folder, "Program.cs"), program);
        return folder;
    }

    private const string Probe = """
        using App;
        using SparseDsl.Runtime;

        using var digits = new Digits();
        var image = new byte[2 * 784];
        for (var i = 0; i < image.Length; i++) image[i] = (byte)(i % 251 < 60 ? i : 0);
        var (expected, classes) = (new float[20], new int[2]);
        digits.Run(image, expected, classes);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++) digits.Run(image, expected, classes, 2);
        Console.WriteLine(GC.GetAllocatedBytesForCurrentThread() - before + " bytes");

        var wrong = 0;
        Parallel.For(0, 4, thread =>
        {
            using var context = digits.CreateContext();
            var (found, own) = (new float[20], new int[2]);
            for (var i = 0; i < 200; i++)
            {
                context.Run(image, found, own);
                if (!found.AsSpan().SequenceEqual(expected)) Interlocked.Increment(ref wrong);
            }
        });
        Console.WriteLine(wrong == 0 ? "same on 4 threads" : wrong + " wrong results");

        var overlaps = 0;
        using (var large = digits.CreateContext())
        {
            var (pictures, many) = (new byte[64 * 784], new float[640]);
            for (var round = 0; round < 200 && overlaps == 0; round++)
            {
                Parallel.For(0, 8, _ =>
                {
                    try { large.Run(pictures, new float[640], new int[64]); }
                    catch (InvalidOperationException) { Interlocked.Increment(ref overlaps); }
                });
            }
        }

        Console.WriteLine(overlaps > 0 ? "overlap: InvalidOperationException" : "no overlap");
        if (!File.Exists(Path.Combine(AppContext.BaseDirectory, "digits.sdw"))) return;
        var good = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "digits.sdw"));
        Explain("other model", () => new Other(Path.Combine(AppContext.BaseDirectory, "digits.sdw")));
        Explain("truncated", Damaged(good[..^64]));
        Explain("corrupt", Damaged([.. good[..^2000], (byte)(good[^2000] ^ 1), .. good[^1999..]]));
        Explain("version", Damaged([.. good[..8], 9, .. good[9..]]));
        Explain("no weights", Damaged([]));
        Explain("length", () => { digits.Run(image.AsSpan(0, 785), new float[10], new int[1]); return digits; });

        static Func<object> Damaged(byte[] bytes) => () =>
        {
            File.WriteAllBytes("bad.sdw", bytes);
            return new Digits("bad.sdw");
        };

        static void Explain(string what, Func<object> make)
        {
            try { make(); Console.WriteLine(what + ": accepted"); }
            catch (Exception e) when (e is ModelException or ArgumentException) { Console.WriteLine(what + ": " + e.Message); }
        }

        """;
}
