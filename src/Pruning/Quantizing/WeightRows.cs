using SparseDsl.Pruning.Numerics;

namespace SparseDsl.Pruning.Quantizing;

/// <summary>A weight in signed bytes, with a scale for each row.</summary>
internal sealed class WeightRows
{
    private const int Most = 127;
    private const int Candidates = 40;
    private const double SmallestPart = 0.6;

    private WeightRows(Matrix<float> numbers, float[] scales) => (Numbers, Scales) = (numbers, scales);

    /// <summary>Whole numbers from -127 to 127.</summary>
    public Matrix<float> Numbers { get; }

    /// <summary>What a row's numbers are multiplied with; positive.</summary>
    public float[] Scales { get; }

    /// <summary>The nearest numbers to a weight.</summary>
    public static WeightRows Of(Matrix<float> weights, Clipping clipping)
    {
        var numbers = new Matrix<float>(weights.Rows, weights.Columns);
        var scales = new float[weights.Rows];
        for (var r = 0; r < weights.Rows; r++)
        {
            scales[r] = Scale(weights.Row(r), clipping);
            var from = weights.Row(r);
            var to = numbers.Row(r);
            for (var i = 0; i < from.Length; i++)
            {
                to[i] = (float)Math.Clamp(Math.Round(from[i] / (double)scales[r]), -Most, Most);
            }
        }

        return new WeightRows(numbers, scales);
    }

    private static float Scale(ReadOnlySpan<float> row, Clipping clipping)
    {
        var largest = 0f;
        foreach (var w in row)
        {
            largest = Math.Max(largest, MathF.Abs(w));
        }

        if (largest / Most < 1e-30f)
        {
            return 1;
        }

        var best = (Error: double.PositiveInfinity, Scale: largest / Most);
        for (var i = 0; i < (clipping == Clipping.MinMax ? 1 : Candidates); i++)
        {
            var scale = (float)(largest * (1 - (i * (1 - SmallestPart) / (Candidates - 1))) / Most);
            var error = 0.0;
            foreach (var w in row)
            {
                var difference = w - (Math.Clamp(Math.Round(w / (double)scale), -Most, Most) * scale);
                error += difference * difference;
            }

            if (error < best.Error)
            {
                best = (error, scale);
            }
        }

        return best.Scale;
    }
}
