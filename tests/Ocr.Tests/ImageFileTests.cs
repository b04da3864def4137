using SkiaSharp;
using SparseDsl.Examples.Ocr;

namespace SparseDsl.Ocr.Tests;

public class ImageFileTests
{
    [Fact]
    public void What_was_saved_is_loaded()
    {
        var image = Pictures.Of(7, 5, (x, y) => ((byte)(30 * x), (byte)(50 * y), (byte)(x + y)));
        var path = Path.GetTempFileName();
        try
        {
            ImageFile.SavePng(image, path);
            var loaded = ImageFile.Load(path);
            Assert.Equal((7, 5), (loaded.Width, loaded.Height));
            Assert.Equal(image.Pixels, loaded.Pixels);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void What_is_transparent_becomes_white()
    {
        using var bitmap = new SKBitmap(2, 1, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        bitmap.SetPixel(0, 0, new SKColor(10, 20, 30, 0));
        bitmap.SetPixel(1, 0, new SKColor(10, 20, 30, 255));
        Assert.Equal([255, 255, 255, 10, 20, 30], Load(bitmap, SKEncodedImageFormat.Png).Pixels);
    }

    // The numbers are EXIF's: which turn brings the stored rows upright.
    [Theory]
    [InlineData(1, 0)]
    [InlineData(6, 1)]
    [InlineData(3, 2)]
    [InlineData(8, 3)]
    public void A_photo_is_turned_as_the_camera_says(byte orientation, int quartersClockwise)
    {
        // Dark but for the left half: large areas, which JPEG keeps.
        using var bitmap = new SKBitmap(64, 32, SKColorType.Rgba8888, SKAlphaType.Opaque);
        bitmap.Erase(SKColors.Black);
        bitmap.Erase(SKColors.White, new SKRectI(0, 0, 32, 32));
        var expected = ImageFile.FromBitmap(bitmap);
        for (var i = 0; i < quartersClockwise; i++)
        {
            expected = expected.RotateClockwise();
        }

        var loaded = Load(bitmap, SKEncodedImageFormat.Jpeg, orientation);
        Assert.Equal((expected.Width, expected.Height), (loaded.Width, loaded.Height));
        Assert.Equal(expected.Pixels, loaded.Pixels, (a, b) => Math.Abs(a - b) < 32);
    }

    [Fact]
    public void A_file_that_is_no_picture_is_named()
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, "no picture");
            Assert.Contains(path, Assert.Throws<InvalidDataException>(() => ImageFile.Load(path)).Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static RgbImage Load(SKBitmap bitmap, SKEncodedImageFormat format, byte? orientation = null)
    {
        using var data = bitmap.Encode(format, quality: 95);
        var bytes = data.ToArray();
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, orientation is null ? bytes : [.. bytes[..2], .. Exif(orientation.Value), .. bytes[2..]]);
            return ImageFile.Load(path);
        }
        finally
        {
            File.Delete(path);
        }
    }

    // A segment APP1 to follow the start of a JPEG: a big-endian TIFF header, and one directory with the one entry
    // "orientation" (tag 0x0112, of type short).
    private static byte[] Exif(byte orientation) =>
    [
        0xFF, 0xE1, 0, 34, .. "Exif\0\0"u8, .. "MM\0*"u8, 0, 0, 0, 8,
        0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0,
    ];
}
