namespace SparseDsl.Examples.Ocr;

/// <summary>A piece of text that was read, and where.</summary>
/// <param name="Place">Its corners in the picture.</param>
/// <param name="Text">Its characters.</param>
/// <param name="Confidence">The mean likelihood of the characters, 0 to 1.</param>
public sealed record TextPiece(Quad Place, string Text, float Confidence);

/// <summary>The pieces of text beside each other on one line, from left to right.</summary>
public sealed record TextLine(IReadOnlyList<TextPiece> Pieces)
{
    /// <summary>The text of the line.</summary>
    public string Text => string.Join(' ', Pieces.Select(piece => piece.Text));
}
