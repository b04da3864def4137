using SkiaSharp;

namespace SparseDsl.Examples.Ocr;

/// <summary>Reads and writes pictures as files (PNG, JPEG, WebP, whatever SkiaSharp decodes).</summary>
public static class ImageFile
{
    /// <summary>Reads a picture upright; what is transparent in it becomes white.</summary>
    /// <exception cref="IOException">There is no such file, or it cannot be read.</exception>
    /// <exception cref="InvalidDataException">The file is not a picture in a known format.</exception>
    public static RgbImage Load(string path)
    {
        using var data = SKData.CreateCopy(File.ReadAllBytes(path));
        using var codec = SKCodec.Create(data);
        using var bitmap = codec is null ? null : SKBitmap.Decode(codec);
        if (bitmap is null)
        {
            throw new InvalidDataException($"'{path}' is not a picture in a known format");
        }

        return Upright(FromBitmap(bitmap), codec!.EncodedOrigin);
    }

    /// <summary>Writes a picture as PNG.</summary>
    public static void SavePng(RgbImage image, string path)
    {
        using var bitmap = ToBitmap(image);
        using var data = bitmap.Encode(SKEncodedImageFormat.Png, quality: 100);
        File.WriteAllBytes(path, data.ToArray());
    }

    /// <summary>The pixels of <paramref name="bitmap"/> over white.</summary>
    internal static RgbImage FromBitmap(SKBitmap bitmap)
    {
        using var opaque = new SKBitmap(Layout(bitmap.Width, bitmap.Height));
        using (var canvas = new SKCanvas(opaque))
        {
            canvas.Clear(SKColors.White);
            canvas.DrawBitmap(bitmap, 0, 0, SKSamplingOptions.Default);
        }

        var image = new RgbImage(bitmap.Width, bitmap.Height);
        var rgbx = opaque.GetPixelSpan();
        for (var pixel = 0; pixel < image.Width * image.Height; pixel++)
        {
            rgbx.Slice(pixel * 4, RgbImage.Channels).CopyTo(image.Pixels.AsSpan(pixel * RgbImage.Channels));
        }

        return image;
    }

    private static SKBitmap ToBitmap(RgbImage image)
    {
        var rgbx = new byte[image.Width * image.Height * 4];
        for (var pixel = 0; pixel < image.Width * image.Height; pixel++)
        {
            image.Pixels.AsSpan(pixel * RgbImage.Channels, RgbImage.Channels).CopyTo(rgbx.AsSpan(pixel * 4));
            rgbx[pixel * 4 + 3] = byte.MaxValue;
        }

        using var data = SKData.CreateCopy(rgbx);
        using var picture = SKImage.FromPixels(Layout(image.Width, image.Height), data);
        return SKBitmap.FromImage(picture);
    }

    // Four bytes per pixel and rows without padding; the fourth byte is ignored.
    private static SKImageInfo Layout(int width, int height) => new(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque);

    // Cameras store the sensor's rows and say in the file how the camera was held. Mirrored pictures do not
    // come from cameras and are left as they are.
    private static RgbImage Upright(RgbImage image, SKEncodedOrigin origin) => origin switch
    {
        SKEncodedOrigin.BottomRight => image.RotateHalfTurn(),
        SKEncodedOrigin.RightTop => image.RotateClockwise(),
        SKEncodedOrigin.LeftBottom => image.RotateCounterclockwise(),
        _ => image,
    };
}
