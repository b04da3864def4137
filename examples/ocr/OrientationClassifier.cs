namespace SparseDsl.Examples.Ocr;

/// <summary>Turns lines that are upside down.</summary>
/// <remarks>The network maps 1 × 3 × 48 × 192 to 1 × 2: the likelihoods of upright and of upside down.</remarks>
public sealed class OrientationClassifier(INetwork network)
{
    private const int Height = 48;
    private const int Width = 192;

    /// <summary>A line is turned only where the network is at least this sure. The default is PaddleOCR's.</summary>
    public float MinimumLikelihood { get; init; } = 0.9f;

    /// <summary>The line the right way up.</summary>
    public RgbImage Upright(RgbImage line)
    {
        var width = Math.Min(Width, LineHeight.WidthAt(Height, line));
        var likelihoods = network.Run(Normalization.Symmetric.ToTensor(Resample.Resize(line, width, Height), Width));
        Guard.Shape(likelihoods, "the orientation classifier", 1, 2);
        return likelihoods.Values[1] >= MinimumLikelihood ? line.RotateHalfTurn() : line;
    }
}
