using System.Globalization;

namespace SparseDsl.Cli.Running;

/// <summary>Times of calls, as people read them.</summary>
internal static class DurationText
{
    // Reading the clock twice takes some 50 ns: of a shorter call only its order of magnitude is known.
    private const double LeastMilliseconds = 0.001;

    /// <summary>With a unit that leaves digits before the point.</summary>
    public static string Of(double milliseconds) => milliseconds switch
    {
        < LeastMilliseconds => "less than 1 µs",
        < 1 => string.Create(CultureInfo.InvariantCulture, $"{milliseconds * 1000:F1} µs"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{milliseconds:F2} ms"),
    };

    /// <summary>How much faster one of two calls is; in words where the clock cannot tell.</summary>
    public static string Ratio(double milliseconds, double baseline) =>
        milliseconds < LeastMilliseconds || baseline < LeastMilliseconds ? "too short to compare"
            : string.Create(CultureInfo.InvariantCulture, $"{baseline / milliseconds:F2} x as fast{(baseline < milliseconds ? " (slower)" : "")}");
}
