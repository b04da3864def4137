using System.Globalization;
using SparseDsl.Compiler.Cost;
using SparseDsl.Compiler.Graphs;

namespace SparseDsl.Compiler.Passes.Graphs;

/// <summary>A weight whose pattern might be written into code.</summary>
/// <param name="Weight">The parameter or constant.</param>
/// <param name="Storage">Storage with the pattern.</param>
/// <param name="Statements">Statements of code: one for each non-zero.</param>
/// <param name="Microseconds">Estimated time of its layers.</param>
/// <param name="Otherwise">That with the best other storage.</param>
internal sealed record CodeCandidate(Node Weight, StorageCandidate Storage, int Statements, double Microseconds, double Otherwise)
{
    /// <summary>Nanoseconds saved in a call for each statement.</summary>
    public double Gain => (Otherwise - Microseconds) * 1000 / Math.Max(1, Statements);
}

/// <summary>
/// Which weights have their pattern written into code: those that save the most time for each statement, as long as there is room. Code is compiled, by the
/// C# compiler and then by the JIT, at tens of microseconds a statement, and is loaded in every process.
/// </summary>
internal sealed class CodeBudget
{
    /// <summary>Statements of all patterns in the code of one model, for one target.</summary>
    public const int MostStatements = 32768;

    // Below this a statement is compiled for longer than some ten thousand calls gain by it.
    private const double LeastGain = 1;

    private readonly Dictionary<string, (CodeCandidate Candidate, bool Fits)> candidates = new(StringComparer.Ordinal);
    private int left = MostStatements;

    public CodeBudget(IEnumerable<CodeCandidate> wanted)
    {
        foreach (var candidate in wanted.Where(c => c.Gain >= LeastGain).OrderByDescending(c => c.Gain).ThenBy(c => c.Weight.Name, StringComparer.Ordinal))
        {
            var fits = candidate.Statements <= left;
            left -= fits ? candidate.Statements : 0;
            candidates.Add(candidate.Weight.Name, (candidate, fits));
        }
    }

    /// <summary>The storage of a weight whose pattern becomes code; null for others.</summary>
    public StorageCandidate? For(Node weight) => candidates.TryGetValue(weight.Name, out var found) && found.Fits ? found.Candidate.Storage : null;

    /// <summary>What <c>explain</c> says of a weight after the estimates: empty where code is no question.</summary>
    public string Note(Node weight) => !candidates.TryGetValue(weight.Name, out var found) ? ""
        : found.Fits ? $"; its pattern is {Number(found.Candidate.Statements)} statements of code"
        : FormattableString.Invariant($"; its pattern in code would take about {found.Candidate.Microseconds:0.0} µs, but the {Number(found.Candidate.Statements)} statements have no room: other layers gain more by the {Number(MostStatements)} of a model");

    private static string Number(int count) => count.ToString("N0", CultureInfo.InvariantCulture);
}
