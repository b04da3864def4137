namespace SparseDsl.Measurement;

/// <summary>Times of one engine over many turns.</summary>
public sealed class Timing
{
    private readonly double[] sorted;

    /// <param name="microseconds">Microseconds of a call, one number for each turn; at least one.</param>
    public Timing(IEnumerable<double> microseconds)
    {
        sorted = [.. microseconds.Order()];
        ArgumentOutOfRangeException.ThrowIfZero(sorted.Length, nameof(microseconds));
    }

    /// <summary>Number of turns.</summary>
    public int Turns => sorted.Length;

    /// <summary>Median microseconds of a call.</summary>
    public double Median => Quantile(0.5);

    /// <summary>What a tenth of the turns did not exceed, in microseconds.</summary>
    public double P10 => Quantile(0.1);

    /// <summary>What nine tenths of the turns did not exceed, in microseconds.</summary>
    public double P90 => Quantile(0.9);

    // Linear between the two neighbours.
    private double Quantile(double share)
    {
        var at = share * (sorted.Length - 1);
        var low = (int)at;
        var high = Math.Min(low + 1, sorted.Length - 1);
        return sorted[low] + ((sorted[high] - sorted[low]) * (at - low));
    }
}
