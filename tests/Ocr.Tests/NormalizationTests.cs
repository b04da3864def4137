using SparseDsl.Examples.Ocr;

namespace SparseDsl.Ocr.Tests;

public class NormalizationTests
{
    [Fact]
    public void Channels_go_blue_green_red_with_the_listed_constants_in_that_order()
    {
        var tensor = Normalization.ImageNet.ToTensor(Pictures.Of(1, 1, (_, _) => (Red: 255, Green: 51, Blue: 0)), width: 1);
        Assert.Equal([1, 3, 1, 1], tensor.Shape);
        float[] expected = [(0 - 0.485f) / 0.229f, (0.2f - 0.456f) / 0.224f, (1 - 0.406f) / 0.225f];
        Assert.Equal(expected, tensor.Values, (a, b) => MathF.Abs(a - b) < 1e-5f);
    }

    [Fact]
    public void Symmetric_maps_bytes_to_minus_one_to_one()
    {
        var tensor = Normalization.Symmetric.ToTensor(Pictures.Gray(2, 1, (x, _) => 255 * x), width: 2);
        Assert.Equal([-1, 1, -1, 1, -1, 1], tensor.Values, (a, b) => MathF.Abs(a - b) < 1e-6f);
    }

    [Fact]
    public void What_is_right_of_the_picture_is_zero_in_every_row()
    {
        var tensor = Normalization.Symmetric.ToTensor(Pictures.Gray(1, 2, (_, _) => 255), width: 3);
        Assert.Equal([1, 3, 2, 3], tensor.Shape);
        float[] row = [1, 0, 0];
        Assert.Equal([.. Enumerable.Repeat(row, 6).SelectMany(x => x)], tensor.Values, (a, b) => MathF.Abs(a - b) < 1e-6f);
    }
}
