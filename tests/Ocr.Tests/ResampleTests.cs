using System.Numerics;
using SparseDsl.Examples.Ocr;

namespace SparseDsl.Ocr.Tests;

public class ResampleTests
{
    [Fact]
    public void The_same_size_is_the_same_picture()
    {
        var image = Pictures.Gray(5, 3, (x, y) => 40 * x + y);
        Assert.Equal(image.Pixels, Resample.Resize(image, 5, 3).Pixels);
    }

    [Fact]
    public void Twice_the_size_interpolates_between_pixel_centres() =>
        Assert.Equal([0, 25, 75, 100], Pictures.Levels(Resample.Resize(Pictures.Gray(2, 1, (x, _) => 100 * x), 4, 1)));

    [Fact]
    public void Half_the_size_takes_the_mean_of_neighbours() =>
        Assert.Equal([10, 50], Pictures.Levels(Resample.Resize(Pictures.Gray(4, 1, (x, _) => 20 * x), 2, 1)));

    [Fact]
    public void An_upright_crop_copies_the_pixels()
    {
        var image = Pictures.Gray(8, 8, (x, y) => 16 * y + x);
        var crop = Resample.Crop(image, Corners((2, 3), (5, 3), (5, 5), (2, 5)));
        Assert.Equal((3, 2), (crop.Width, crop.Height));
        Assert.Equal([50, 51, 52, 66, 67, 68], Pictures.Levels(crop));
    }

    [Fact]
    public void Corners_named_from_another_side_turn_the_crop()
    {
        var image = Pictures.Gray(3, 2, (x, y) => 3 * y + x);
        var crop = Resample.Crop(image, Corners((0, 2), (0, 0), (3, 0), (3, 2)));
        Assert.Equal(Pictures.Levels(image.RotateClockwise()), Pictures.Levels(crop));
    }

    [Fact]
    public void A_trapezium_is_straightened()
    {
        // A slanted left edge, from column 10 at the top to column 50 at the bottom, seen in perspective.
        var quad = Corners((10, 0), (110, 0), (90, 100), (50, 100));
        var image = Pictures.Gray(120, 100, (x, y) => InTrapezium(x + 0.5f, y + 0.5f) ? 200 : 0);
        var crop = Resample.Crop(image, quad);
        Assert.Equal((100, 107), (crop.Width, crop.Height));
        Assert.All(Enumerable.Range(5, 90), x => Assert.All(Enumerable.Range(0, 107), y => Assert.Equal(200, crop[x, y][0])));

        static bool InTrapezium(float x, float y) => x >= 10 + 0.4f * y && x <= 110 - 0.2f * y;
    }

    private static Quad Corners((int X, int Y) a, (int X, int Y) b, (int X, int Y) c, (int X, int Y) d) =>
        new(new Vector2(a.X, a.Y), new Vector2(b.X, b.Y), new Vector2(c.X, c.Y), new Vector2(d.X, d.Y));
}
