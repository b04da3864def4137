using SparseDsl.Examples.Ocr;

namespace SparseDsl.Ocr.Tests;

public class RgbImageTests
{
    // 0 1 2
    // 3 4 5
    private static readonly RgbImage Image = Pictures.Gray(3, 2, (x, y) => 3 * y + x);

    [Fact]
    public void A_half_turn_reverses_both_directions() =>
        Assert.Equal([5, 4, 3, 2, 1, 0], Pictures.Levels(Image.RotateHalfTurn()));

    [Fact]
    public void A_quarter_clockwise_brings_the_left_edge_on_top()
    {
        var turned = Image.RotateClockwise();
        Assert.Equal((2, 3), (turned.Width, turned.Height));
        Assert.Equal([3, 0, 4, 1, 5, 2], Pictures.Levels(turned));
    }

    [Fact]
    public void A_quarter_counterclockwise_undoes_a_quarter_clockwise() =>
        Assert.Equal(Image.Pixels, Image.RotateClockwise().RotateCounterclockwise().Pixels);

    [Fact]
    public void The_bytes_must_fit_the_size() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new RgbImage(2, 2, new byte[11]));
}
