namespace SparseDsl.Examples.Ocr;

/// <summary>How bytes become what a network was trained on: (byte / 255 - mean) / deviation, per channel.</summary>
/// <remarks>
/// The networks take blue, green, red: PaddleOCR reads pictures through OpenCV. It also applies the ImageNet constants, which
/// are listed for red, green, blue, in that listed order to blue, green, red; the detector was trained so, and so it is done here.
/// </remarks>
public sealed record Normalization(float[] Mean, float[] Deviation)
{
    /// <summary>The detector's.</summary>
    public static Normalization ImageNet { get; } = new([0.485f, 0.456f, 0.406f], [0.229f, 0.224f, 0.225f]);

    /// <summary>The classifier's and the recogniser's: -1 to 1.</summary>
    public static Normalization Symmetric { get; } = new([0.5f, 0.5f, 0.5f], [0.5f, 0.5f, 0.5f]);

    /// <summary>The picture as 1 × 3 × height × width in the order blue, green, red; zeros to the right of it.</summary>
    public Tensor ToTensor(RgbImage image, int width)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, image.Width);
        var values = new float[RgbImage.Channels * image.Height * width];
        for (var channel = 0; channel < RgbImage.Channels; channel++)
        {
            var source = RgbImage.Channels - 1 - channel;
            var (scale, offset) = (1 / (255 * Deviation[channel]), Mean[channel] / Deviation[channel]);
            for (var y = 0; y < image.Height; y++)
            {
                var row = values.AsSpan((channel * image.Height + y) * width, image.Width);
                for (var x = 0; x < row.Length; x++)
                {
                    row[x] = image[x, y][source] * scale - offset;
                }
            }
        }

        return new Tensor([1, RgbImage.Channels, image.Height, width], values);
    }
}
