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
}
