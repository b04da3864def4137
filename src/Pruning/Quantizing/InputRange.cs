namespace SparseDsl.Pruning.Quantizing;

/// <summary>What values a tensor had over all samples, and the range of u8 that fits them best.</summary>
internal sealed class InputRange
{
    private const int Bins = 2048;
    private const int Candidates = 60;
    private const double SmallestPart = 0.4;

    private readonly long[] histogram = new long[Bins];
    private double low;
    private double high;

    /// <summary>Whether every value was a number.</summary>
    public bool IsFinite { get; private set; } = true;

    /// <summary>Takes in the values of one sample: first of all samples for the ends.</summary>
    public void TakeEnds(ReadOnlySpan<float> values)
    {
        foreach (var value in values)
        {
            IsFinite &= float.IsFinite(value);
            low = Math.Min(low, value);
            high = Math.Max(high, value);
        }
    }

    /// <summary>Takes in the values of one sample, once the ends are known.</summary>
    public void TakeValues(ReadOnlySpan<float> values)
    {
        var perUnit = high > low ? Bins / (high - low) : 0;
        foreach (var value in values)
        {
            histogram[Math.Clamp((int)((value - low) * perUnit), 0, Bins - 1)]++;
        }
    }

    /// <summary>The scale and what stands for 0. A tensor that is always 0 has scale 1.</summary>
    public (double Scale, int Zero) Numbers(Clipping clipping)
    {
        if (high <= low)
        {
            return (1, 0);
        }

        if (clipping == Clipping.MinMax)
        {
            return Numbers(1);
        }

        var best = (Error: double.PositiveInfinity, Part: 1.0);
        for (var i = 0; i < Candidates; i++)
        {
            var part = 1 - (i * (1 - SmallestPart) / (Candidates - 1));
            if (Error(Numbers(part)) is var error && error < best.Error)
            {
                best = (error, part);
            }
        }

        return Numbers(best.Part);
    }

    // 0 is one of the numbers: padding and what relu cuts are exact.
    private (double Scale, int Zero) Numbers(double part)
    {
        var scale = (float)((high - low) * part / 255);
        return (Math.Max(scale, 1e-30f), Math.Clamp((int)Math.Round(-low * part / scale), 0, 255));
    }

    /// <summary>The sum of squared errors of the middle of every bin; within the range, as if values were spread evenly.</summary>
    private double Error((double Scale, int Zero) numbers)
    {
        var (smallest, largest) = (-numbers.Zero * numbers.Scale, (255 - numbers.Zero) * numbers.Scale);
        var sum = 0.0;
        for (var i = 0; i < Bins; i++)
        {
            if (histogram[i] > 0)
            {
                var value = low + ((i + 0.5) * (high - low) / Bins);
                var outside = value < smallest ? smallest - value : value > largest ? value - largest : 0;
                sum += histogram[i] * (outside > 0 ? outside * outside : numbers.Scale * numbers.Scale / 12);
            }
        }

        return sum;
    }
}
