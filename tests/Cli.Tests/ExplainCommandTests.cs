using System.Globalization;
using System.Text.Json;
using SparseDsl.Backends.Llvm.Toolchain;
using SparseDsl.Cli.Running;
using SparseDsl.Compiler.Cost;
using SparseDsl.Compiler.Data;
using SparseDsl.Import.Data;

namespace SparseDsl.Tests.Cli;

/// <summary>explain: what layers cost, why weights are stored as they are, and what a profile changes.</summary>
public sealed class ExplainCommandTests : CommandLine
{
    private const string Mixed = """
        import std.nn

        model Mixed() {
            input x: f32[8, 64]
            param w: f32[64, 64] @unstructured(zeros >= 40%)
            param v: f32[64, 64]
            let h = linear_no_bias(x, w) |> relu |> scale(0.5) |> relu |> scale(0.25) |> relu |> scale(0.5) |> relu
            let wide = concat(h, linear_no_bias(x, v), axis: 0)
            output flat = wide |> reshape([1024])
            output best: i32[16] = argmax(wide)
        }

        """;

    [Fact]
    public void The_table_is_the_golden_one()
    {
        WriteWeights();
        var outcome = Run("explain", Write("mixed.dsl", Mixed), "--target", "avx512");
        Assert.Equal(0, outcome.Code);
        Golden("explain-mixed.txt", outcome.Output);
        Assert.Matches("warning SD4005: the sparsity of 'w' does not pay: with 50% of its elements stored it would take about [0-9.]+ µs, dense [0-9.]+ µs; a sparse loop wins below [0-9.]+%", outcome.Errors);
    }

    [Theory]
    [InlineData("x86-64-v3", 16)]
    [InlineData("neoverse-v1", 32)]
    public void Hot_loops_are_counted_by_instruction(string cpu, int registers)
    {
        Assert.SkipUnless(LlvmToolchain.IsThere, LlvmCommandTests.Missing);
        WriteWeights();
        var file = Write("mixed.dsl", Mixed);
        var text = Run("explain", file, "--backend", "llvm", "--cpu", cpu).Output;
        Assert.Contains($"hot loops for {cpu}: instructions of one round\nop", text, StringComparison.Ordinal);
        var code = Run("explain", file, "--backend", "llvm", "--cpu", cpu, "--json").Json.GetProperty("code");
        Assert.Equal(cpu, code.GetProperty("cpu").GetString());
        var loops = code.GetProperty("loops").EnumerateArray().ToList();
        var product = loops.MaxBy(l => l.GetProperty("fma").GetInt32());
        Assert.Contains("linear_no_bias", product.GetProperty("op").GetString(), StringComparison.Ordinal);
        Assert.InRange(product.GetProperty("fma").GetInt32(), 8, product.GetProperty("total").GetInt32() - 1);
        Assert.All(loops, l => Assert.InRange(l.GetProperty("vector_registers").GetInt32(), 0, registers));
        Assert.All(loops, l => Assert.Equal(
            l.GetProperty("total").GetInt32(), new[] { "fma", "arithmetic", "loads", "stores", "moves", "scalar", "branches" }.Sum(kind => l.GetProperty(kind).GetInt32())));
        Assert.False(Run("explain", file, "--json").Json.TryGetProperty("code", out _));
    }

    [Fact]
    public void What_moves_elements_and_what_sorts_has_rows()
    {
        WriteWeights();
        var layers = Run("explain", Write("mixed.dsl", Mixed), "--json").Json.GetProperty("layers").EnumerateArray().ToList();
        var kernels = layers.Select(l => l.GetProperty("kernel").GetString()).ToList();
        Assert.Contains("view", kernels);
        Assert.Contains("copy", kernels);
        Assert.Contains("argmax", layers.Select(l => l.GetProperty("op").GetString()));
        Assert.All(layers, l => Assert.True(l.GetProperty("microseconds").GetDouble() > 0 == (l.GetProperty("kernel").GetString() != "view")));
    }

    [Fact]
    public void A_profile_by_option_or_environment_changes_the_choice_and_says_so()
    {
        WriteWeights();
        var file = Write("mixed.dsl", Mixed);
        Assert.Equal("dense-faster", Reason(file));

        var profile = Write("fast.json", FastRows());
        Assert.Equal("sparse-faster", Reason(file, "--profile", profile));
        Assert.Equal("dense-faster", Reason(file, "--profile", "default"));
        var before = Environment.GetEnvironmentVariable("SPARSEDSL_PROFILE");
        try
        {
            Environment.SetEnvironmentVariable("SPARSEDSL_PROFILE", profile);
            Assert.Equal("sparse-faster", Reason(file));
            Assert.Equal("dense-faster", Reason(file, "--profile", "default"));
        }
        finally
        {
            Environment.SetEnvironmentVariable("SPARSEDSL_PROFILE", before);
        }

        Assert.Contains("csr", Run("dump", file, "--stage", "graph", "--target", "avx512", "--profile", profile).Output, StringComparison.Ordinal);
        Assert.DoesNotContain("csr", Run("dump", file, "--stage", "graph", "--target", "avx512").Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no/such/profile.json", null, "there is no such folder")]
    [InlineData("two.json", "{\"profile\": 2}", "it is of version 2, and this compiler reads version 1")]
    [InlineData("cut.json", "{\"profile\"", "':' is missing in line 1, column 11")]
    public void A_profile_that_cannot_be_read_is_an_error(string name, string? text, string problem)
    {
        var path = text is null ? PathOf(name) : Write(name, text);
        WriteWeights();
        foreach (var command in new[] { "explain", "run", "build", "pack" })
        {
            string[] rest = command == "build" ? ["--target", "csharp", "-o", PathOf("out")] : [];
            var outcome = Run([command, Write("mixed.dsl", Mixed), "--profile", path, .. rest]);
            Assert.Equal(1, outcome.Code);
            Assert.Contains($"error SD5127: the profile '{path}' cannot be used: {problem}", outcome.Errors, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Channels_that_zeros_make_superfluous_are_named()
    {
        const string Program = """
            import std.nn

            model Two(N: dim 1..4) {
                input x: f32[N, 3]
                param w: f32[4, 3], b: f32[4], v: f32[2, 4], d: f32[2]
                output y = linear(relu(linear(x, w, b)), v, d)
            }

            """;
        float[] w = [1, 2, 3, 0, 0, 0, 4, 5, 6, 7, 8, 9];
        var writer = new SafetensorsWriter();
        writer.Add("w", TensorData.FromFloats(w, 4, 3));
        writer.Add("b", TensorData.FromFloats([1, -1, 1, 1], 4));
        writer.Add("v", TensorData.FromFloats([1, 2, 0, 4, 5, 6, 0, 8], 2, 4));
        writer.Add("d", TensorData.FromFloats([1, 1], 2));
        writer.Write(PathOf("two.safetensors"));
        var file = Write("two.dsl", Program);
        var removed = Run("explain", file, "--json").Json.GetProperty("removed").EnumerateArray()
            .Select(r => (r.GetProperty("tensor").GetString(), r.GetProperty("axis").GetInt32(), r.GetProperty("removed").GetInt32(), r.GetProperty("extent").GetInt32())).ToList();
        Assert.Contains(("w", 0, 2, 4), removed);
        Assert.Contains(("v", 1, 2, 4), removed);
        var text = Run("explain", file).Output;
        Assert.Matches("(?m)^  w +2 of 4 along index 0$", text);
        Assert.Matches("(?m)^  [a-z_0-9]+ +2 of 4 along index 1 of linear\\+relu$", text);
        Assert.Matches("(?m)^  in all 2 of 4 slices of the results of 1 operations$", text);
    }

    [Fact]
    public void Long_labels_are_cut()
    {
        Assert.Equal("short", TextTable.Cut("short"));
        Assert.Equal(44, TextTable.Cut(new string('x', 100)).Length);
        Assert.EndsWith("…", TextTable.Cut(new string('x', 45)), StringComparison.Ordinal);
        Assert.Equal(new string('x', 44), TextTable.Cut(new string('x', 44)));
    }

    private static string Reason(string file, params string[] options) => Run(["explain", file, "--target", "avx512", "--json", .. options]).Json
        .GetProperty("storage").EnumerateArray().Single(d => d.GetProperty("tensor").GetString() == "w").GetProperty("reason_id").GetString()!;

    // Scalar steps over non-zeros as fast as whole vectors of dense code.
    private static string FastRows()
    {
        var rates = MachineProfile.Default.Rates.Single(r => r.Target == "avx512");
        var fast = new TargetRates("avx512", 1, 16, rates.MacsPerNanosecond, rates.Reads, [new("dense", [new(1, 1, 0.5)]), new("csr-linear", [new(1, 1, 0.5)])]);
        return new MachineProfile(SparseDsl.Measurement.Machine.Name, SparseDsl.Cli.Data.ProfileFile.CompilerVersion, [fast]).Print();
    }

    private void WriteWeights()
    {
        var writer = new SafetensorsWriter();
        writer.Add("w", TensorData.FromFloats([.. Enumerable.Range(0, 4096).Select(i => (i % 2) + ((float)i / 4096 * (i % 2)))], 64, 64));
        writer.Add("v", TensorData.FromFloats([.. Enumerable.Range(0, 4096).Select(i => 1f + i)], 64, 64));
        writer.Write(PathOf("mixed.safetensors"));
    }

    private static void Golden(string name, string found)
    {
        var path = Repository.PathOf("tests/Golden/cli/" + name);
        if (Environment.GetEnvironmentVariable("SPARSEDSL_UPDATE_GOLDEN") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, found);
        }

        Assert.Equal(File.ReadAllText(path).ReplaceLineEndings("\n"), found);
    }
}
