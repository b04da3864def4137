using SparseDsl.Examples.Ocr;

namespace SparseDsl.Ocr.Tests;

/// <summary>Small synthetic pictures.</summary>
internal static class Pictures
{
    public static RgbImage Of(int width, int height, Func<int, int, (byte Red, byte Green, byte Blue)> color)
    {
        var image = new RgbImage(width, height);
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var (red, green, blue) = color(x, y);
                (image[x, y][0], image[x, y][1], image[x, y][2]) = (red, green, blue);
            }
        }

        return image;
    }

    public static RgbImage Gray(int width, int height, Func<int, int, int> level) => Of(width, height, (x, y) =>
    {
        var value = (byte)level(x, y);
        return (value, value, value);
    });

    public static int[] Levels(RgbImage image) =>
        [.. Enumerable.Range(0, image.Width * image.Height).Select(pixel => (int)image.Pixels[pixel * RgbImage.Channels])];
}
