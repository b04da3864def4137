using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace SparseDsl.Compiler.Cost;

/// <summary>
/// Profiles as JSON:
/// <code>
/// {
///   "profile": 1,
///   "machine": "AMD EPYC 9V74",
///   "compiler": "0.1.0",
///   "rates": [
///     {
///       "target": "avx512", "threads": 1, "lanes": 16, "macs_per_ns": 128,
///       "reads": [[48000, 510], [1000000, 200], [null, 40]],
///       "kernels": {
///         "dense": [[196, 512, 0.8]]
///       }
///     }
///   ]
/// }
/// </code>
/// A read is [bytes up to, GB/s]; a kernel's point [reuse, terms, share of the peak]: see <see cref="ReadRate"/> and <see cref="RatePoint"/>.
/// </summary>
internal static class ProfileText
{
    /// <summary>Version of the format. Another one is refused rather than guessed at.</summary>
    private const int Version = 1;

    // Sizes nobody measures: a file with more is none of ours.
    private const int MostRates = 64;
    private const int MostLanes = 64;
    private const int MostThreads = 1024;

    public static string Print(MachineProfile profile)
    {
        var text = new StringBuilder();
        text.Append("{\n");
        text.Append("  \"profile\": ").Append(Number(Version)).Append(",\n");
        text.Append("  \"machine\": ").Append(Quote(profile.Machine)).Append(",\n");
        text.Append("  \"compiler\": ").Append(Quote(profile.Compiler)).Append(",\n");
        text.Append("  \"rates\": [\n");
        text.Append(string.Join(",\n", profile.Rates.Select(Print)));
        text.Append("\n  ]\n}\n");
        return text.ToString();
    }

    private static string Print(TargetRates rates)
    {
        var reads = rates.Reads.Select(r => $"[{(double.IsInfinity(r.Bytes) ? "null" : Number(r.Bytes))}, {Number(r.Rate)}]");
        var kernels = rates.Kernels.Select(k =>
            $"        {Quote(k.Class)}: [{string.Join(", ", k.Points.Select(p => $"[{Number(p.Reuse)}, {Number(p.Terms)}, {Number(p.Efficiency)}]"))}]");
        return $"    {{\n      \"target\": {Quote(rates.Target)}, \"threads\": {Number(rates.Threads)}, \"lanes\": {Number(rates.Lanes)}, \"macs_per_ns\": {Number(rates.MacsPerNanosecond)},\n"
            + $"      \"reads\": [{string.Join(", ", reads)}],\n      \"kernels\": {{\n{string.Join(",\n", kernels)}\n      }}\n    }}";
    }

    public static MachineProfile? TryParse(string text, out string problem)
    {
        try
        {
            problem = "";
            return Read(JsonText.Parse(text));
        }
        catch (FormatException wrong)
        {
            problem = wrong.Message;
            return null;
        }
    }

    private static MachineProfile Read(object? json)
    {
        var root = Object(json, "it");
        if (!root.TryGetValue("profile", out var version) || version is not double number)
        {
            throw new FormatException("it is no profile");
        }

        if (number != Version)
        {
            throw new FormatException(FormattableString.Invariant($"it is of version {number}, and this compiler reads version {Version}"));
        }

        var rates = List(root, "rates");
        if (rates.Count is 0 or > MostRates)
        {
            throw new FormatException("it has no rates, or too many");
        }

        ImmutableArray<TargetRates> all = [.. rates.Select(r => ReadRates(Object(r, "a rate")))];
        return all.GroupBy(r => (r.Target, r.Threads)).All(g => g.Count() == 1)
            ? new MachineProfile(Text(root, "machine"), Text(root, "compiler"), all)
            : throw new FormatException("it has two rates for one target and number of threads");
    }

    private static TargetRates ReadRates(Dictionary<string, object?> rates)
    {
        var target = Text(rates, "target");
        if (Target.Named.All(t => t.Name != target))
        {
            throw new FormatException($"'{target}' is not a target");
        }

        ImmutableArray<ReadRate> reads = [.. List(rates, "reads").Select(ReadRead)];
        if (reads.IsEmpty || !double.IsInfinity(reads[reads.Length - 1].Bytes) || !reads.Zip(reads.Skip(1), (a, b) => a.Bytes < b.Bytes).All(rising => rising))
        {
            throw new FormatException("'reads' must rise in size and end with null");
        }

        ImmutableArray<KernelRates> kernels = [.. Object(Member(rates, "kernels"), "'kernels'").Select(k => ReadKernel(k.Key, k.Value))];
        return kernels.Any(k => k.Class == KernelClasses.Dense.Name)
            ? new TargetRates(target, Count(rates, "threads", MostThreads), Count(rates, "lanes", MostLanes), Positive(Member(rates, "macs_per_ns"), "'macs_per_ns'"), reads, kernels)
            : throw new FormatException("it has no rates for dense kernels");
    }

    private static ReadRate ReadRead(object? json) => json is List<object?> { Count: 2 } pair
        ? new ReadRate(pair[0] is null ? double.PositiveInfinity : Positive(pair[0], "a size"), Positive(pair[1], "a rate of reads"))
        : throw new FormatException("a read must be a size and a rate");

    private static KernelRates ReadKernel(string name, object? json)
    {
        if (KernelClasses.Find(name) is null)
        {
            throw new FormatException($"'{name}' is not a class of kernels");
        }

        return json is List<object?> { Count: > 0 } points ? new KernelRates(name, [.. points.Select(p => ReadPoint(name, p))]) : throw new FormatException($"'{name}' has no points");
    }

    private static RatePoint ReadPoint(string name, object? json) => json is List<object?> { Count: 3 } numbers
        ? new RatePoint(Positive(numbers[0], $"a number of '{name}'"), Positive(numbers[1], $"a number of '{name}'"), Positive(numbers[2], $"a number of '{name}'"))
        : throw new FormatException($"a point of '{name}' must be three numbers");

    private static object? Member(Dictionary<string, object?> json, string name) =>
        json.TryGetValue(name, out var value) ? value : throw new FormatException($"'{name}' is missing");

    private static Dictionary<string, object?> Object(object? json, string what) => json as Dictionary<string, object?> ?? throw new FormatException($"{what} is no JSON object");

    private static List<object?> List(Dictionary<string, object?> json, string name) => Member(json, name) as List<object?> ?? throw new FormatException($"'{name}' is no list");

    private static string Text(Dictionary<string, object?> json, string name) => Member(json, name) as string ?? throw new FormatException($"'{name}' is no text");

    private static double Positive(object? json, string what) =>
        json is double value && value > 0 ? value : throw new FormatException($"{what} must be a number above 0");

    private static int Count(Dictionary<string, object?> json, string name, int most) =>
        Positive(Member(json, name), $"'{name}'") is var value && value == Math.Floor(value) && value <= most ? (int)value
            : throw new FormatException(FormattableString.Invariant($"'{name}' must be an integer from 1 to {most}"));

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string Quote(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var c in text)
        {
            quoted.Append(c switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                < ' ' => "\\u" + ((int)c).ToString("x4", CultureInfo.InvariantCulture),
                _ => c.ToString(),
            });
        }

        return quoted.Append('"').ToString();
    }
}
