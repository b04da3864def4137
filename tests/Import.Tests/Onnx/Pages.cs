namespace SparseDsl.Import.Tests.Onnx;

/// <summary>Pictures of pages: white, with rows of dark strokes about as large as letters.</summary>
internal static class Pages
{
    private const int Row = 24;
    private const int Letter = 9;
    private static readonly float[] Mean = [0.485f, 0.456f, 0.406f];
    private static readonly float[] Deviation = [0.229f, 0.224f, 0.225f];

    /// <summary>A page of a shape <c>[1, 3, height, width]</c>, normalised as the text detector wants it.</summary>
    public static float[] Normalised(int[] shape)
    {
        var page = Drawn(shape[2], shape[3]);
        return [.. Enumerable.Range(0, 3 * page.Length).Select(i => ((page[i % page.Length] / 255f) - Mean[i / page.Length]) / Deviation[i / page.Length])];
    }

    private static byte[] Drawn(int height, int width)
    {
        var random = new Random(5);
        var page = new byte[height * width];
        Array.Fill(page, (byte)255);
        for (var y = 8; y + 16 < height; y += Row)
        {
            for (var x = 8; x + 8 < width; x += Letter)
            {
                // One letter in six is a space between words.
                for (var stroke = random.Next(6) == 0 ? 3 : 0; stroke < 3; stroke++)
                {
                    Draw(page, width, x + random.Next(6), y + random.Next(12), random.Next(2) == 0, random.Next(4, 12));
                }
            }
        }

        return page;
    }

    private static void Draw(byte[] page, int width, int left, int top, bool isVertical, int length)
    {
        for (var i = 0; i < length; i++)
        {
            var (x, y) = isVertical ? (left, top + i) : (left + i, top);
            if (x < width && y < page.Length / width)
            {
                page[(y * width) + x] = 30;
            }
        }
    }
}
