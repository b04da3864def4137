using SkiaSharp;

namespace SparseDsl.Examples.Ocr.Evaluation;

/// <summary>What cameras, printers and compression do to a picture.</summary>
internal static class Degradation
{
    /// <summary>Blurs, adds noise, and compresses, each by a random amount.</summary>
    public static RgbImage Apply(SKBitmap picture, Random random)
    {
        using var blurred = Blur(picture, (float)(0.3 + (random.NextDouble() * 1.0)));
        AddNoise(blurred, 4 + (random.NextDouble() * 14), random);
        using var data = blurred.Encode(SKEncodedImageFormat.Jpeg, random.Next(30, 75));
        using var decoded = SKBitmap.Decode(data);
        return ImageFile.FromBitmap(decoded);
    }

    /// <summary>The picture, smoothed.</summary>
    public static SKBitmap Blur(SKBitmap picture, float sigma)
    {
        var result = new SKBitmap(picture.Info);
        using var canvas = new SKCanvas(result);
        using var filter = SKImageFilter.CreateBlur(sigma, sigma, SKShaderTileMode.Clamp);
        using var paint = new SKPaint { ImageFilter = filter };
        canvas.DrawBitmap(picture, 0, 0, SKSamplingOptions.Default, paint);
        return result;
    }

    private static void AddNoise(SKBitmap picture, double deviation, Random random)
    {
        var pixels = picture.GetPixelSpan();
        for (var i = 0; i < pixels.Length; i++)
        {
            // The fourth byte is opacity.
            if (i % 4 != 3)
            {
                pixels[i] = (byte)Math.Clamp(pixels[i] + (Normal(random) * deviation), 0, 255);
            }
        }
    }

    // Box and Muller.
    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
