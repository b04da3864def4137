using System.Text.Json;
using SparseDsl.Cli;

namespace SparseDsl.Tests.Cli;

/// <summary>What one run of the command line gave.</summary>
internal sealed record Outcome(int Code, string Output, string Errors)
{
    /// <summary>The output as the one JSON document it must be.</summary>
    public JsonElement Json => JsonDocument.Parse(Output).RootElement;

    /// <summary>Ids of the diagnostics in the JSON document.</summary>
    public IReadOnlyList<string> Ids => [.. Json.GetProperty("diagnostics").EnumerateArray().Select(d => d.GetProperty("id").GetString()!)];
}

/// <summary>A folder of its own, and the command line run in this process.</summary>
public abstract class CommandLine : IDisposable
{
    /// <summary>The digit classifier, complete in one file.</summary>
    protected const string DigitsText = """
        op relu(x) = max(x, 0)
        op softmax(x[.., j]) -> y[.., j] = {
            let m = max(j) x[.., j]
            let e[.., j] = exp(x[.., j] - m)
            e[.., j] / sum(j) e[.., j]
        }
        op scale(x; by: float) = x * by
        op linear(x[n, i], w[o, i], b[o]) -> y[n, o] = sum(i) x[n, i] * w[o, i] + b[o]

        model Digits(N: dim 1..64) {
            input image: u8[N, 28, 28] from image(gray)
            param w1: f32[256, 784] @unstructured(zeros >= 90%)
            param w2: f32[10, 256] @nm(2, 4)
            param b1: f32[256], b2: f32[10]

            let x = image |> cast(f32) |> scale(1 / 255) |> flatten(from: 1)
            let h = linear(x, w1, b1) |> relu
            let logits = linear(h, w2, b2)
            output logits: f32[N, 10] = logits
            output probabilities: f32[N, 10] = softmax(logits)
            output class: i32[N] = argmax(logits)
        }

        """;

    /// <summary>Twice its input; needs no weights.</summary>
    protected const string TwiceText = """
        model Twice(N: dim 1..8) {
            input x: f32[N, 3]
            output y = x + x
        }

        """;

    // Whoever runs the tests may have calibrated.
    static CommandLine() => Environment.SetEnvironmentVariable("SPARSEDSL_PROFILE", "default");

    /// <summary>The folder.</summary>
    protected string Folder { get; } = Directory.CreateTempSubdirectory("sparsedsl-cli-").FullName;

    /// <inheritdoc/>
    public void Dispose()
    {
        Directory.Delete(Folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>A path in the folder.</summary>
    protected string PathOf(string name) => Path.Combine(Folder, name);

    /// <summary>Writes a file in the folder and gives its path.</summary>
    protected string Write(string name, string text)
    {
        File.WriteAllText(PathOf(name), text);
        return PathOf(name);
    }

    /// <summary>Writes a file in the folder and gives its path.</summary>
    protected string Write(string name, byte[] bytes)
    {
        File.WriteAllBytes(PathOf(name), bytes);
        return PathOf(name);
    }

    /// <summary>The path of a file of the digits example.</summary>
    protected static string Digit(string name) => Path.Combine(Repository.Root, "examples", "digits", name);

    /// <summary>Runs the command line.</summary>
    internal static Outcome Run(params string[] arguments)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var errors = new StringWriter { NewLine = "\n" };
        var code = Program.Run(arguments, output, errors);
        return new Outcome(code, output.ToString(), errors.ToString());
    }
}
