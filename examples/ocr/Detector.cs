using System.Numerics;

namespace SparseDsl.Examples.Ocr;

/// <summary>Finds the pieces of text in a picture with a DB network (Liao et al., Real-time Scene Text Detection, 2020).</summary>
/// <remarks>The network maps 1 × 3 × H × W, both multiples of 32, to 1 × 1 × H × W: how likely each pixel is inside text.</remarks>
public sealed class Detector(INetwork network, TextRegions regions)
{
    /// <summary>The network halves the picture five times.</summary>
    private const int Multiple = 32;

    /// <summary>A picture is shrunk until its longer side has this many pixels, and is never enlarged.</summary>
    public int MaximumSide { get; init; } = 960;

    /// <summary>The places of the pieces of text, in no particular order.</summary>
    public IReadOnlyList<Quad> Find(RgbImage image)
    {
        var (width, height) = NetworkSize(image.Width, image.Height);
        var input = Normalization.ImageNet.ToTensor(Resample.Resize(image, width, height), width);
        var likelihood = network.Run(input);
        Guard.Shape(likelihood, "the detector", 1, 1, height, width);
        var size = new Vector2(image.Width, image.Height);
        return [.. regions.Find(likelihood.Values, width).Select(quad => quad.ScaleInto(size / new Vector2(width, height), size))];
    }

    /// <summary>The size at which the network sees a picture.</summary>
    internal (int Width, int Height) NetworkSize(int width, int height)
    {
        var scale = Math.Min(1, (double)MaximumSide / Math.Max(width, height));
        return (Round(width * scale), Round(height * scale));
    }

    private static int Round(double length) => Math.Max(Multiple, (int)Math.Round(length / Multiple) * Multiple);
}
