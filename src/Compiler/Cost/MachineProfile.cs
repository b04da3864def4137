using System.Collections.Immutable;

namespace SparseDsl.Compiler.Cost;

/// <summary>
/// What a machine does with the compiler's kernels, as data: measured by <c>sparsedsl calibrate</c>, or <see cref="Default"/>. Everything the compiler decides by
/// time it decides from a profile, so equal profiles give equal code.
/// </summary>
/// <param name="Machine">Name of the processor, for people and to notice a profile of another machine.</param>
/// <param name="Compiler">Version of the compiler whose kernels were measured.</param>
/// <param name="Rates">By target and threads.</param>
public sealed record MachineProfile(string Machine, string Compiler, ImmutableArray<TargetRates> Rates)
{
    /// <summary>One core of a server processor at 4 GHz; a roofline rather than a measurement of the machine at hand.</summary>
    public static MachineProfile Default { get; } = DefaultProfile.Create();

    /// <summary>The rates for a target: those for the most threads that are not more than asked for. A target that was not measured has the default rates of one as wide.</summary>
    public TargetRates For(Target target, int threads = 1) =>
        Rates.Where(r => r.Target == target.Name && r.Threads <= threads).OrderByDescending(r => r.Threads).FirstOrDefault()
        ?? Default.Rates.FirstOrDefault(r => r.Lanes == target.Lanes(sizeof(float))) ?? DefaultProfile.RatesOf(target);

    /// <summary>As JSON; see <see cref="ProfileText"/>.</summary>
    public string Print() => ProfileText.Print(this);

    /// <summary>Reads what <see cref="Print"/> gave; null when the text is damaged or of another version.</summary>
    /// <param name="text">The text.</param>
    /// <param name="problem">What is wrong, as the end of a sentence.</param>
    public static MachineProfile? TryParse(string text, out string problem) => ProfileText.TryParse(text, out problem);
}
