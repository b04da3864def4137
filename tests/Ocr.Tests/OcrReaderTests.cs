using SparseDsl.Examples.Ocr;

namespace SparseDsl.Ocr.Tests;

/// <summary>The pipeline over networks that are plain functions, so that each stage's contract is seen.</summary>
public class OcrReaderTests
{
    [Theory]
    [InlineData(640, 480, 640, 480)]
    [InlineData(100, 20, 96, 32)]
    [InlineData(1920, 1080, 960, 544)]
    [InlineData(3000, 10, 960, 32)]
    public void The_detector_sees_multiples_of_32_up_to_its_longest_side(int width, int height, int networkWidth, int networkHeight)
    {
        var network = new FakeNetwork(input => new Tensor([1, 1, input.Shape[2], input.Shape[3]], new float[input.Shape[2] * input.Shape[3]]));
        Assert.Empty(new Detector(network, new TextRegions()).Find(new RgbImage(width, height)));
        Assert.Equal([1, 3, networkHeight, networkWidth], Assert.Single(network.Inputs).Shape);
    }

    [Fact]
    public void Places_are_in_pixels_of_the_picture()
    {
        // Marks a bar of 33 x 5 in the 64 x 32 that the network sees of a 128 x 64 picture.
        var quad = Assert.Single(new Detector(Marking(16, 48, 10, 14), new TextRegions()) { MaximumSide = 64 }.Find(new RgbImage(128, 64)));
        Assert.Equal(2 * 32.5f, quad.Center.X, 1e-3f);
        Assert.Equal(2 * 12.5f, quad.Center.Y, 1e-3f);
    }

    [Theory]
    [InlineData(48, 48, 320)]
    [InlineData(320, 48, 320)]
    [InlineData(321, 48, 352)]
    [InlineData(100, 12, 416)]
    [InlineData(900, 12, 2560)]
    public void The_recogniser_sees_48_rows_and_a_multiple_of_32_columns(int width, int height, int networkWidth)
    {
        var network = new FakeNetwork(_ => new Tensor([1, 1, 2], [0, 1]));
        Assert.Equal("x", new Recognizer(network, new CtcDecoder(["x"])).Read(new RgbImage(width, height)).Text);
        Assert.Equal([1, 3, 48, networkWidth], Assert.Single(network.Inputs).Shape);
    }

    [Theory]
    [InlineData(0.89f, 0)]
    [InlineData(0.91f, 255)]
    public void A_line_is_turned_where_the_classifier_is_sure(float likelihood, int leftmost)
    {
        var network = new FakeNetwork(_ => new Tensor([1, 2], [1 - likelihood, likelihood]));
        var line = new OrientationClassifier(network).Upright(Pictures.Gray(60, 20, (x, _) => x < 30 ? 0 : 255));
        Assert.Equal(leftmost, line[0, 10][0]);
        Assert.Equal([1, 3, 48, 192], Assert.Single(network.Inputs).Shape);
    }

    [Theory]
    [InlineData(0.45f, 0)]
    [InlineData(0.55f, 1)]
    public void Text_read_with_little_confidence_is_left_out(float confidence, int lines)
    {
        var recognizer = new FakeNetwork(_ => new Tensor([1, 1, 2], [1 - confidence - 0.2f, confidence]));
        var reader = OcrReader.Create(Marking(8, 56, 10, 20), Upright(), recognizer, new CtcDecoder(["x"]));
        Assert.Equal(lines, reader.Read(new RgbImage(64, 32)).Count);
    }

    [Fact]
    public void A_line_that_runs_down_is_read_level()
    {
        var recognizer = new FakeNetwork(_ => new Tensor([1, 1, 2], [0, 1]));
        var reader = OcrReader.Create(Marking(26, 34, 10, 80), Upright(), recognizer, new CtcDecoder(["x"]));
        // Bright at the top, where a line that runs down begins: it must come to lie on the left.
        Assert.Single(reader.Read(Pictures.Gray(64, 96, (_, y) => y < 45 ? 255 : 0)));
        var row = Assert.Single(recognizer.Inputs).Values.AsSpan(24 * 320, 320);
        Assert.Equal(1f, row[5], 1e-5f);
        Assert.Equal(-1f, row[150], 1e-5f);
    }

    [Fact]
    public void A_network_in_the_wrong_place_is_refused()
    {
        var error = Assert.Throws<InvalidDataException>(
            () => new Recognizer(Upright(), new CtcDecoder(["x"])).Read(new RgbImage(10, 10)));
        Assert.Equal("the recogniser gave 1 x 2, not 1 x any x 2", error.Message);
    }

    private static FakeNetwork Upright() => new(_ => new Tensor([1, 2], [1, 0]));

    private static FakeNetwork Marking(int left, int right, int top, int bottom) => new(input =>
    {
        var (height, width) = (input.Shape[2], input.Shape[3]);
        var map = new float[height * width];
        for (var y = top; y <= bottom; y++)
        {
            map.AsSpan(y * width + left, right - left + 1).Fill(0.95f);
        }

        return new Tensor([1, 1, height, width], map);
    });
}
