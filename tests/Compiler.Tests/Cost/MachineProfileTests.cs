using SparseDsl.Compiler.Cost;
using SparseDsl.Tests;

namespace SparseDsl.Compiler.Tests.Cost;

public sealed class MachineProfileTests
{
    private const string Small = """
        {
          "profile": 1,
          "machine": "M \"one\" \\ two",
          "compiler": "0.1.0",
          "rates": [
            {
              "target": "avx512", "threads": 1, "lanes": 16, "macs_per_ns": 100,
              "reads": [[1000, 500], [null, 40]],
              "kernels": {
                "dense": [[1, 1, 0.75]],
                "csr": [[16, 8, 0.2], [16, 32, 0.4], [256, 8, 0.4], [256, 32, 0.8]]
              }
            },
            {
              "target": "avx512", "threads": 2, "lanes": 16, "macs_per_ns": 200,
              "reads": [[null, 45]],
              "kernels": {
                "dense": [[1, 1, 0.5]]
              }
            }
          ]
        }

        """;

    [Fact]
    public void What_is_printed_is_read_again()
    {
        using var culture = new RussianCulture();
        foreach (var text in new[] { Small, MachineProfile.Default.Print() })
        {
            var profile = MachineProfile.TryParse(text, out var problem);
            Assert.Equal("", problem);
            Assert.Equal(text.ReplaceLineEndings("\n"), profile!.Print());
        }
    }

    [Fact]
    public void The_default_profile_is_the_machine_it_was_made_for()
    {
        var wide = MachineProfile.Default.For(Target.Avx512);
        var scalar = MachineProfile.Default.For(Target.Scalar);
        Assert.Equal(16, wide.MacsPerNanosecond / scalar.MacsPerNanosecond, 6);
        Assert.Equal(0.75, wide.Efficiency(KernelClasses.Convolution, 49, 512), 9);
        Assert.Equal(0.65, wide.Efficiency(KernelClasses.Rows, 49, 5) / wide.Efficiency(KernelClasses.Dense, 49, 5), 9);
        Assert.Equal(0.12, wide.Efficiency(KernelClasses.LinearRows, 100, 5) / 0.75, 9);
        Assert.Equal(0.12 * 0.3, wide.Efficiency(KernelClasses.LinearRows, 1, 5) / 0.75, 9);
        Assert.Equal(0.12 * 6 / 8, wide.Efficiency(KernelClasses.LinearRows, 6, 5) / 0.75, 9);
        Assert.Equal(0.65, scalar.Efficiency(KernelClasses.LinearRows, 8, 5) / 0.75, 9);
        Assert.True(wide.ReadMicroseconds(4e6) > 8 * wide.ReadMicroseconds(5e5) * 1.5);

        // A big layer of few MACs per weight is as slow as its weights come in.
        Assert.Equal(wide.ReadMicroseconds(4e8), wide.Microseconds(KernelClasses.Linear, new KernelWork(1e8, 1, 1e4, 4e8)), 6);
        Assert.Equal(1e9 / (0.75 * 128) / 1000, wide.Microseconds(KernelClasses.Dense, new KernelWork(1e9, 1e3, 1e3, 1e3)), 6);
    }

    [Theory]
    [InlineData(16, 8, 0.2)]
    [InlineData(16, 16, 0.3)]
    [InlineData(64, 8, 0.3)]
    [InlineData(64, 16, 0.45)]
    [InlineData(1, 1, 0.2)]
    [InlineData(1e9, 1e9, 0.8)]
    [InlineData(0.5, 0, 0.2)]
    public void Efficiency_is_interpolated_between_points_and_constant_outside(double reuse, double terms, double expected)
    {
        var rates = MachineProfile.TryParse(Small, out _)!.For(Target.Avx512);
        Assert.Equal(expected, rates.Efficiency(KernelClasses.Rows, reuse, terms), 9);
        Assert.Equal(expected, rates.Efficiency(KernelClasses.NOfM, reuse, terms), 9);
    }

    [Fact]
    public void Rates_are_those_of_the_most_threads_that_were_measured()
    {
        var profile = MachineProfile.TryParse(Small, out _)!;
        Assert.Equal([1, 2, 2], new[] { 1, 2, 8 }.Select(threads => profile.For(Target.Avx512, threads).Threads));

        // What was not measured is guessed as without a profile.
        Assert.Same(MachineProfile.Default.For(Target.Avx2), profile.For(Target.Avx2));
    }

    [Fact]
    public void Every_class_falls_back_to_dense_in_the_end()
    {
        Assert.Equal(KernelClasses.All.Length, KernelClasses.All.Select(c => c.Name).Distinct().Count());
        foreach (var kernel in KernelClasses.All)
        {
            var known = kernel;
            for (var steps = 0; known.Fallback is { } next; steps++)
            {
                Assert.True(steps < KernelClasses.All.Length);
                known = KernelClasses.Find(next)!;
            }

            Assert.Equal("dense", known.Name);
        }
    }

    [Theory]
    [InlineData("", "a value is missing in line 1, column 1")]
    [InlineData("[1]", "it is no JSON object")]
    [InlineData("{}", "it is no profile")]
    [InlineData("{\"profile\": 2}", "it is of version 2, and this compiler reads version 1")]
    [InlineData("{\"profile\": 1, \"rates\": []}", "it has no rates, or too many")]
    [InlineData("{\"profile\": 1,\n \"rates\": [}", "a value is missing in line 2, column 12")]
    public void A_text_that_is_no_profile_is_refused(string text, string expected)
    {
        Assert.Null(MachineProfile.TryParse(text, out var problem));
        Assert.Equal(expected, problem);
    }

    [Theory]
    [InlineData("\"avx512\", \"threads\": 1", "\"sse\", \"threads\": 1", "'sse' is not a target")]
    [InlineData("\"threads\": 2", "\"threads\": 1", "it has two rates for one target and number of threads")]
    [InlineData("\"threads\": 2", "\"threads\": 1.5", "'threads' must be an integer from 1 to 1024")]
    [InlineData("\"macs_per_ns\": 100", "\"macs_per_ns\": 0", "'macs_per_ns' must be a number above 0")]
    [InlineData("\"macs_per_ns\": 100", "\"macs_per_ns\": \"100\"", "'macs_per_ns' must be a number above 0")]
    [InlineData("\"macs_per_ns\": 100,", "", "'macs_per_ns' is missing")]
    [InlineData("[1000, 500], [null, 40]", "[1000, 500]", "'reads' must rise in size and end with null")]
    [InlineData("[1000, 500], [null, 40]", "[1000, 500], [900, 400], [null, 40]", "'reads' must rise in size and end with null")]
    [InlineData("\"csr\"", "\"spiral\"", "'spiral' is not a class of kernels")]
    [InlineData("\"dense\": [[1, 1, 0.75]],", "", "it has no rates for dense kernels")]
    [InlineData("[[1, 1, 0.75]]", "[]", "'dense' has no points")]
    [InlineData("[1, 1, 0.75]", "[1, 1, -0.75]", "a number of 'dense' must be a number above 0")]
    [InlineData("[1, 1, 0.75]", "[1, 1]", "a point of 'dense' must be three numbers")]
    [InlineData("0.75", "1e999", "a value is missing in line 10, column 26")]
    public void Damage_is_named(string good, string bad, string expected)
    {
        Assert.Contains(good, Small, StringComparison.Ordinal);
        Assert.Null(MachineProfile.TryParse(Small.Replace(good, bad, StringComparison.Ordinal), out var problem));
        Assert.Equal(expected, problem);
    }

    [Fact]
    public void Every_cut_of_a_profile_is_refused_in_words()
    {
        for (var length = 0; length < Small.TrimEnd().Length; length++)
        {
            Assert.Null(MachineProfile.TryParse(Small[..length], out var problem));
            Assert.NotEqual("", problem);
        }

        Assert.Null(MachineProfile.TryParse(new string('[', 100_000), out var deep));
        Assert.Equal("fewer brackets is missing in line 1, column 66", deep);
    }
}
