using SparseDsl.Cli.Running;

namespace SparseDsl.Tests.Cli;

/// <summary>Times have a unit that suits them, and none is compared that the clock cannot tell.</summary>
public sealed class DurationTextTests
{
    [Theory]
    [InlineData(0, "less than 1 µs")]
    [InlineData(0.00004, "less than 1 µs")]
    [InlineData(0.0123, "12.3 µs")]
    [InlineData(12.345, "12.35 ms")]
    public void A_time_has_its_unit(double milliseconds, string text) => Assert.Equal(text, DurationText.Of(milliseconds));

    [Theory]
    [InlineData(0.00004, 0, "too short to compare")]
    [InlineData(0.002, 0.0005, "too short to compare")]
    [InlineData(0.002, 0.004, "2.00 x as fast")]
    [InlineData(4, 2, "0.50 x as fast (slower)")]
    public void A_ratio_is_of_times_that_can_be_told(double milliseconds, double dense, string text) => Assert.Equal(text, DurationText.Ratio(milliseconds, dense));
}
