namespace SparseDsl.Examples.Ocr;

/// <summary>Reads the text of one line.</summary>
/// <remarks>
/// The network maps 1 × 3 × 48 × W to 1 × T × classes: at each of T places along the line (W / 8 of them), the likelihood of each character.
/// W is a multiple of 32 from 320 to <see cref="MaximumWidth"/>, so that a network specialised on widths meets few of them; a line
/// fills it from the left.
/// </remarks>
public sealed class Recognizer(INetwork network, CtcDecoder decoder)
{
    private const int Height = 48;
    private const int MinimumWidth = 320;
    private const int Multiple = 32;

    /// <summary>A longer line is squeezed to this many columns, a multiple of 32: about 130 characters.</summary>
    public int MaximumWidth { get; init; } = 2560;

    /// <summary>The text of a picture of one line.</summary>
    public RecognizedText Read(RgbImage line)
    {
        var width = Math.Min(MaximumWidth, LineHeight.WidthAt(Height, line));
        var image = Resample.Resize(line, width, Height);
        var likelihoods = network.Run(Normalization.Symmetric.ToTensor(image, NetworkWidth(width)));
        Guard.Shape(likelihoods, "the recogniser", 1, -1, decoder.ClassCount);
        return decoder.Decode(likelihoods.Values);
    }

    /// <summary>The width at which the network sees a line of <paramref name="width"/> pixels.</summary>
    internal static int NetworkWidth(int width) => Math.Max(MinimumWidth, (width + Multiple - 1) / Multiple * Multiple);
}
