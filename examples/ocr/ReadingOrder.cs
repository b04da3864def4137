namespace SparseDsl.Examples.Ocr;

/// <summary>Puts pieces of text in the order in which a page in one column is read.</summary>
internal static class ReadingOrder
{
    /// <summary>
    /// Lines from top to bottom. A piece belongs to the line before it where its centre is level with that line's last
    /// piece by less than half the lower height of the two.
    /// </summary>
    public static IReadOnlyList<TextLine> Lines(IEnumerable<TextPiece> pieces)
    {
        var lines = new List<List<TextPiece>>();
        foreach (var piece in pieces.OrderBy(piece => piece.Place.Center.Y).ThenBy(piece => piece.Place.Center.X))
        {
            if (lines.Count > 0 && AreLevel(lines[^1][^1].Place, piece.Place))
            {
                lines[^1].Add(piece);
            }
            else
            {
                lines.Add([piece]);
            }
        }

        return [.. lines.Select(line => new TextLine([.. line.OrderBy(piece => piece.Place.Center.X)]))];
    }

    private static bool AreLevel(Quad a, Quad b) =>
        MathF.Abs(a.Center.Y - b.Center.Y) < MathF.Min(a.Height, b.Height) / 2;
}
