namespace SparseDsl.Examples.Ocr;

/// <summary>An opaque picture: height × width × 3 bytes in the order red, green, blue, without padding between rows.</summary>
public sealed class RgbImage
{
    /// <summary>Number of bytes per pixel.</summary>
    public const int Channels = 3;

    /// <summary>A black picture.</summary>
    public RgbImage(int width, int height)
        : this(width, height, new byte[checked(width * height * Channels)])
    {
    }

    /// <summary>A picture over <paramref name="pixels"/>, which it keeps and does not copy.</summary>
    public RgbImage(int width, int height, byte[] pixels)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        ArgumentOutOfRangeException.ThrowIfNotEqual(pixels.Length, width * height * Channels);
        (Width, Height, Pixels) = (width, height, pixels);
    }

    /// <summary>Pixels per row.</summary>
    public int Width { get; }

    /// <summary>Number of rows.</summary>
    public int Height { get; }

    /// <summary>The bytes, row by row.</summary>
    public byte[] Pixels { get; }

    /// <summary>The three bytes at column <paramref name="x"/> of row <paramref name="y"/>.</summary>
    public Span<byte> this[int x, int y] => Pixels.AsSpan((y * Width + x) * Channels, Channels);

    /// <summary>The picture turned by half a turn.</summary>
    public RgbImage RotateHalfTurn() => Gather(Width, Height, (x, y) => (Width - 1 - x, Height - 1 - y));

    /// <summary>The picture turned by a quarter clockwise: its left edge becomes the top one.</summary>
    public RgbImage RotateClockwise() => Gather(Height, Width, (x, y) => (y, Height - 1 - x));

    /// <summary>The picture turned by a quarter counterclockwise: its right edge becomes the top one.</summary>
    public RgbImage RotateCounterclockwise() => Gather(Height, Width, (x, y) => (Width - 1 - y, x));

    private RgbImage Gather(int width, int height, Func<int, int, (int X, int Y)> source)
    {
        var result = new RgbImage(width, height);
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var (sourceX, sourceY) = source(x, y);
                this[sourceX, sourceY].CopyTo(result[x, y]);
            }
        }

        return result;
    }
}
