namespace SparseDsl.Examples.Ocr;

/// <summary>Reads the text of a picture: finds the pieces of text, straightens each, turns it upright, reads it, and orders them.</summary>
public sealed class OcrReader(Detector detector, OrientationClassifier classifier, Recognizer recognizer)
{
    // A piece this much taller than wide is a line that runs down; one that runs up is upside down once turned, so
    // the classifier turns it again.
    private const double TallProportion = 1.5;

    /// <summary>Text read with less confidence is left out. The default is PaddleOCR's.</summary>
    public float MinimumConfidence { get; init; } = 0.5f;

    /// <summary>A reader over the three networks, with PaddleOCR's defaults.</summary>
    /// <param name="detector">Finds text: 1 × 3 × H × W to 1 × 1 × H × W.</param>
    /// <param name="classifier">Says whether a line is upside down: 1 × 3 × 48 × 192 to 1 × 2.</param>
    /// <param name="recognizer">Reads a line: 1 × 3 × 48 × W to 1 × T × classes.</param>
    /// <param name="decoder">Spells what the recogniser read.</param>
    public static OcrReader Create(INetwork detector, INetwork classifier, INetwork recognizer, CtcDecoder decoder) =>
        new(new Detector(detector, new TextRegions()), new OrientationClassifier(classifier), new Recognizer(recognizer, decoder));

    /// <summary>The lines of text from top to bottom; none where there is no text.</summary>
    public IReadOnlyList<TextLine> Read(RgbImage image) =>
        ReadingOrder.Lines(detector.Find(image).Select(place => ReadPiece(image, place)).Where(IsText));

    private TextPiece ReadPiece(RgbImage image, Quad place)
    {
        var piece = Resample.Crop(image, place);
        var line = piece.Height >= TallProportion * piece.Width ? piece.RotateCounterclockwise() : piece;
        var read = recognizer.Read(classifier.Upright(line));
        return new TextPiece(place, read.Text, read.Confidence);
    }

    private bool IsText(TextPiece piece) => piece.Text.Length > 0 && piece.Confidence >= MinimumConfidence;
}
