using System.Numerics;

namespace SparseDsl.Examples.Ocr;

/// <summary>Pictures of another size, or of a part of a picture, by bilinear interpolation between pixel centres.</summary>
/// <remarks>Outside, the nearest pixel of the edge counts. There is no smoothing when shrinking: the networks were trained without.</remarks>
public static class Resample
{
    /// <summary>The whole picture at another size.</summary>
    public static RgbImage Resize(RgbImage image, int width, int height) =>
        (width, height) == (image.Width, image.Height) ? image : Warp(image, Whole(image), width, height);

    /// <summary>The part of a picture inside <paramref name="quad"/>, straightened.</summary>
    public static RgbImage Crop(RgbImage image, Quad quad) =>
        Warp(image, quad, Math.Max(1, (int)quad.Width), Math.Max(1, (int)quad.Height));

    private static Quad Whole(RgbImage image) =>
        new(Vector2.Zero, new Vector2(image.Width, 0), new Vector2(image.Width, image.Height), new Vector2(0, image.Height));

    private static RgbImage Warp(RgbImage image, Quad quad, int width, int height)
    {
        var map = Homography.FromRectangle(width, height, quad);
        var result = new RgbImage(width, height);
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                Sample(image, map.Map(x + 0.5f, y + 0.5f), result[x, y]);
            }
        }

        return result;
    }

    private static void Sample(RgbImage image, Vector2 point, Span<byte> result)
    {
        var clamped = Vector2.Clamp(point - new Vector2(0.5f), Vector2.Zero, new Vector2(image.Width - 1, image.Height - 1));
        var (left, top) = ((int)clamped.X, (int)clamped.Y);
        var (right, bottom) = (Math.Min(left + 1, image.Width - 1), Math.Min(top + 1, image.Height - 1));
        var (dx, dy) = (clamped.X - left, clamped.Y - top);
        for (var c = 0; c < RgbImage.Channels; c++)
        {
            var above = image[left, top][c] + dx * (image[right, top][c] - image[left, top][c]);
            var below = image[left, bottom][c] + dx * (image[right, bottom][c] - image[left, bottom][c]);
            result[c] = (byte)(above + dy * (below - above) + 0.5f);
        }
    }
}
