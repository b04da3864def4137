using SparseDsl.Compiler.Data;

namespace SparseDsl.Measurement.Programs;

/// <summary>Random matrices with zeros of a kind. The same seed gives the same matrix everywhere; values are in [-1, 1) without zero.</summary>
public static class RandomWeights
{
    /// <summary>Zeros anywhere, exactly as many as the fraction says, spread evenly at random.</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="zeros">Fraction of zeros, 0 to 1.</param>
    /// <param name="seed">Of the random numbers.</param>
    public static float[] Unstructured(int rows, int columns, double zeros, int seed = 1) => Blocks(rows, columns, 1, 1, zeros, seed);

    /// <summary>Zeros in whole blocks.</summary>
    /// <param name="rows">Rows, a multiple of <paramref name="height"/>.</param>
    /// <param name="columns">Columns, a multiple of <paramref name="width"/>.</param>
    /// <param name="height">Rows of a block.</param>
    /// <param name="width">Columns of a block.</param>
    /// <param name="zeros">Fraction of blocks that are zero.</param>
    /// <param name="seed">Of the random numbers.</param>
    public static float[] Blocks(int rows, int columns, int height, int width, double zeros, int seed = 1)
    {
        var random = new Random(seed);
        var (across, down) = (columns / width, rows / height);
        var values = new float[rows * columns];
        var left = (long)Math.Round((long)down * across * (1 - zeros));
        for (var block = 0; block < down * across; block++)
        {
            // Selection sampling: each of the blocks that are left is as likely as the others.
            if (random.NextDouble() * ((down * across) - block) >= left)
            {
                continue;
            }

            left--;
            Fill(values, columns, block / across * height, block % across * width, height, width, random);
        }

        return values;
    }

    /// <summary>As many non-zeros in every aligned group of a row.</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns, a multiple of <paramref name="m"/>.</param>
    /// <param name="n">Non-zeros of a group.</param>
    /// <param name="m">Elements of a group.</param>
    /// <param name="seed">Of the random numbers.</param>
    public static float[] NOfM(int rows, int columns, int n, int m, int seed = 1)
    {
        var random = new Random(seed);
        var values = new float[rows * columns];
        var group = Enumerable.Range(0, m).ToArray();
        for (var start = 0; start < values.Length; start += m)
        {
            random.Shuffle(group);
            foreach (var element in group.AsSpan(0, n))
            {
                values[start + element] = Value(random);
            }
        }

        return values;
    }

    /// <summary>Values without zeros.</summary>
    public static float[] Dense(int count, int seed = 1)
    {
        var random = new Random(seed);
        var values = new float[count];
        for (var i = 0; i < count; i++)
        {
            values[i] = Value(random);
        }

        return values;
    }

    /// <summary>The same as an f32 tensor.</summary>
    public static TensorData Tensor(float[] values, params int[] shape) => TensorData.FromFloats(values, shape);

    private static void Fill(float[] values, int columns, int row, int column, int height, int width, Random random)
    {
        for (var r = 0; r < height; r++)
        {
            for (var c = 0; c < width; c++)
            {
                values[((row + r) * columns) + column + c] = Value(random);
            }
        }
    }

    private static float Value(Random random)
    {
        var value = (float)((random.NextDouble() * 2) - 1);
        return value == 0 ? 0.5f : value;
    }
}
