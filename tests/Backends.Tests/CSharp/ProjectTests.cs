using System.Diagnostics;
using System.Globalization;
using SparseDsl.Backends.CSharp;
using SparseDsl.Backends.CSharp.Hosting;
using SparseDsl.Compiler;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Runtime;
using static SparseDsl.Backends.Tests.CSharp.Ir;

namespace SparseDsl.Backends.Tests.CSharp;

/// <summary>A generated library builds without warnings and without packages, is used by another project, and its typed interface checks what it is given.</summary>
public sealed class ProjectTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("project").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void A_project_that_references_a_generated_library_builds_and_runs()
    {
        // Tiers of one panel width, so that all take the same inputs: the widest this machine has decides which one runs.
        IReadOnlyList<CSharpTier> tiers = [new(Target.Avx2, ModelTests.Lowered("avx2")), new(Target.Scalar, ModelTests.Lowered("scalar", "avx2"))];
        List<PackedWeight> weights =
        [
            .. from tier in tiers
               from weight in tier.Program.Regions.OfType<Region.Weight>()
               select new PackedWeight(CSharpEmitter.WeightName(tiers, tier, weight), weight.Element.Name(), ModelTests.WeightTensor(weight, tier.Program).Memory),
        ];
        var files = ProjectWriter.Write(tiers, weights, new CSharpOptions { Namespace = "Generated.Models" });
        foreach (var file in files)
        {
            var path = Path.Combine(folder, "library", file.Name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, file.Content.ToArray());
        }

        File.Copy(typeof(ICompiledModel).Assembly.Location, Path.Combine(folder, "library", "SparseDsl.Runtime.dll"));
        Directory.CreateDirectory(Path.Combine(folder, "app"));
        File.WriteAllText(Path.Combine(folder, "app", "App.csproj"), Project);
        File.WriteAllText(Path.Combine(folder, "app", "Program.cs"), Probe);

        var build = Run("dotnet", "build app --nologo -v quiet -warnaserror -p:UseSharedCompilation=false -nodeReuse:false");
        Assert.True(build.ExitCode == 0, build.Output);
        var run = Run("dotnet", "exec app/bin/Debug/net10.0/App.dll");

        Assert.True(run.ExitCode == 0, run.Output);
        var lines = run.Output.Split('\n');
        Assert.Equal("ArgumentException x has 71 elements; f32[N, 24] has 72 with these dims (Parameter 'x')", lines[0]);
        Assert.Equal("ArgumentOutOfRangeException n", lines[1].Replace("'N'", "n", StringComparison.Ordinal)[.."ArgumentOutOfRangeException n".Length]);
        Assert.Equal("0 bytes", lines[2]);
        Assert.Equal(ExpectedSum(), lines[3]);
        Assert.Equal("x has 71 elements; f32[N, 24] has 24 for each N, which must be between 1 and 40 (Parameter 'x')", lines[4]);
        Assert.Equal("x and y overlap in memory: an output needs memory of its own (Parameter 'y')", lines[5]);
        Assert.Equal("weights: ArgumentNullException", lines[6]);
        Assert.Equal("threads: ArgumentOutOfRangeException", lines[7]);
        Assert.Equal("context: ObjectDisposedException", lines[8]);
        Assert.Equal("freed weights: ObjectDisposedException", lines[9]);

        var demo = Run("dotnet", "run --project library/demo");
        Assert.True(demo.ExitCode == 0, demo.Output);
        Assert.StartsWith("y: ", demo.Output, StringComparison.Ordinal);
        Assert.Contains("\ntotal: ", demo.Output, StringComparison.Ordinal);
    }

    // It says nothing of the runtime: the library brings it.
    private const string Project = """
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <OutputType>Exe</OutputType>
            <TargetFramework>net10.0</TargetFramework>
            <Nullable>enable</Nullable>
          </PropertyGroup>
          <ItemGroup>
            <ProjectReference Include="../library/Mixed.csproj" />
          </ItemGroup>
        </Project>
        """;

    private const string Probe = """
        using System;
        using System.IO;
        using System.Globalization;
        using Generated.Models;
        using SparseDsl.Runtime;

        internal static class Probe
        {
            public static void Main()
            {
                using var weights = WeightFile.Open(Path.Combine(AppContext.BaseDirectory, "Mixed.sdw"));
                using var model = new Mixed(weights, 2);
                var x = new float[72];
                var scale = new float[32];
                for (var i = 0; i < 72; i++) x[i] = (i % 7 - 3) * 0.25f;
                for (var i = 0; i < 32; i++) scale[i] = (i % 5 - 1) * 0.5f;
                var y = new float[96];
                var total = new int[1];
                try { model.Run(x.AsSpan(0, 71), scale, y, total, 3); }
                catch (ArgumentException e) { Console.WriteLine("ArgumentException " + e.Message); }
                try { model.Run(x, scale, y, total, 41); }
                catch (ArgumentOutOfRangeException e) { Console.WriteLine("ArgumentOutOfRangeException " + e.ParamName!.ToLowerInvariant()); }
                model.Run(x, scale, y, total, 3);
                model.ResetState();
                var before = GC.GetAllocatedBytesForCurrentThread();
                model.Run(x, scale, y, total, 3);
                Console.WriteLine(GC.GetAllocatedBytesForCurrentThread() - before + " bytes");
                double sum = 0;
                foreach (var v in y) sum = sum * 1.25 + v;
                Console.WriteLine(sum.ToString("R", CultureInfo.InvariantCulture));
                try { model.Run(x.AsSpan(0, 71), scale, y, total); }
                catch (ArgumentException e) { Console.WriteLine(e.Message); }
                try { model.Run(y.AsSpan(0, 72), scale, y, total, 3); }
                catch (ArgumentException e) { Console.WriteLine(e.Message); }
                Refuse("weights", () => new Mixed((WeightSource)null!));
                Refuse("threads", () => new Mixed(weights, 3000));
                model.Dispose();
                Refuse("context", () => model.CreateContext());
                weights.Dispose();
                Refuse("freed weights", () => new Mixed(weights));
            }

            private static void Refuse(string what, Func<object> act)
            {
                try { act(); }
                catch (Exception e) { Console.WriteLine(what + ": " + e.GetType().Name); }
            }
        }
        """;

    private static string ExpectedSum()
    {
        var target = "avx2";
        var program = ModelTests.Lowered(target);
        using var model = CSharpHost.Load(program, Find(target), w => ModelTests.WeightTensor(w, program).ToBytes());
        var outputs = model.Run(new Dictionary<string, TensorData>
        {
            ["x"] = TensorData.FromFloats([.. Enumerable.Range(0, 72).Select(i => ((i % 7) - 3) * 0.25f)], 3, 24),
            ["scale"] = TensorData.FromFloats([.. Enumerable.Range(0, 32).Select(i => ((i % 5) - 1) * 0.5f)], 32),
        });
        return outputs["y"].ToDoubles().Aggregate(0.0, (sum, v) => (sum * 1.25) + v).ToString("R", CultureInfo.InvariantCulture);
    }

    private (int ExitCode, string Output) Run(string program, string arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        start.Environment["DOTNET_NOLOGO"] = "1";
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output.Replace("\r", "", StringComparison.Ordinal) + errors.Result);
    }
}
