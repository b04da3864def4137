using System.Globalization;
using System.Text.RegularExpressions;
using SparseDsl.Backends.Tests.Llvm;
using SparseDsl.Compiler;
using SparseDsl.Tests;

namespace SparseDsl.Backends.Tests.Differential;

/// <summary>Programs that were wrong once, as they were printed after shrinking: they agree on all backends, for all targets.</summary>
public sealed partial class FoundProgramTests
{
    public static TheoryData<string> Files => [.. Directory.GetFiles(Folder, "*.dsl").Select(f => Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal)];

    private static string Folder => Repository.PathOf("tests/Backends.Tests/Differential/Found");

    [Theory]
    [MemberData(nameof(Files))]
    public void A_program_that_was_wrong_once_is_right(string file)
    {
        SuiteTests.Require();
        var program = Read(File.ReadAllText(Path.Combine(Folder, file + ".dsl")));
        var sweep = new RandomSweep();
        Assert.All(Target.Named.Where(TwoBackends.HasLlvm), target => Assert.Null(sweep.Problem(program, target)));
        Assert.Equal(0, sweep.Refused);
    }

    [Fact]
    public void A_program_is_read_as_it_was_printed()
    {
        var text = new ProgramGenerator(3).Make().ToString();
        Assert.Equal(text, Read(text).ToString());
    }

    // Which values an expression names does not matter here; outputs are all compared with the reference.
    private static RandomProgram Read(string text)
    {
        var inputs = Lines().Matches(text).Where(m => m.Groups[1].Value == "input").Select(m => Value(m, "", []));
        var parameters = Lines().Matches(text).Where(m => m.Groups[1].Value == "param")
            .Select(m => new RandomParam(m.Groups[2].Value, m.Groups[3].Value, [.. Split(m.Groups[4].Value).Select(e => int.Parse(e, CultureInfo.InvariantCulture))], m.Groups[5].Value.Trim())).ToArray();
        var values = Lets().Matches(text).Select((m, i) => new RandomValue(m.Groups[1].Value, m.Groups[2].Value.Replace("{", "{{", StringComparison.Ordinal), [], i == 0 ? parameters : [], "", [], false, true));
        return new RandomProgram(Model().Match(text).Groups[1].Value, [.. inputs], [.. values], [.. Outputs().Matches(text).Select(m => m.Groups[1].Value)]);
    }

    private static RandomValue Value(Match line, string text, string[] operands) =>
        new(line.Groups[2].Value, text, operands, [], line.Groups[3].Value, [.. Split(line.Groups[4].Value).Select(Extent)], true, true);

    private static IEnumerable<string> Split(string list) => list.Split(',').Select(e => e.Trim()).Where(e => e.Length > 0);

    private static Extent Extent(string text) => text switch
    {
        "N" => Differential.Extent.N,
        "W" => Differential.Extent.W,
        _ => int.Parse(text, CultureInfo.InvariantCulture),
    };

    [GeneratedRegex(@"^ +(input|param) (\w+): (\w+)\[(.*?)\](.*)$", RegexOptions.Multiline)]
    private static partial Regex Lines();

    [GeneratedRegex(@"^ +let (\w+) = (.*)$", RegexOptions.Multiline)]
    private static partial Regex Lets();

    [GeneratedRegex(@"^ +output \w+ = (\w+)$", RegexOptions.Multiline)]
    private static partial Regex Outputs();

    [GeneratedRegex(@"^model (\w+)", RegexOptions.Multiline)]
    private static partial Regex Model();
}
