using System.Numerics;
using SparseDsl.Examples.Ocr;

namespace SparseDsl.Ocr.Tests;

public class ReadingOrderTests
{
    [Fact]
    public void Lines_go_down_and_pieces_of_a_line_go_right() =>
        Assert.Equal(
            ["Item Price", "Spade 24.50", "Total"],
            Lines(("24.50", 200, 52, 20), ("Total", 10, 90, 20), ("Price", 200, 10, 20), ("Spade", 10, 50, 20), ("Item", 10, 12, 20)));

    [Fact]
    public void A_slightly_rising_line_stays_one_line() =>
        Assert.Equal(["a b c d"], Lines(("a", 10, 30, 20), ("b", 50, 24, 20), ("c", 90, 18, 20), ("d", 130, 12, 20)));

    [Fact]
    public void Half_the_lower_height_apart_is_another_line() =>
        Assert.Equal(["tall", "low"], Lines(("tall", 10, 10, 60), ("low", 100, 40, 12)));

    private static IEnumerable<string> Lines(params (string Text, int X, int Y, int Height)[] pieces) =>
        ReadingOrder.Lines(pieces.Select(piece => new TextPiece(Box(piece.X, piece.Y, piece.Height), piece.Text, 1))).Select(line => line.Text);

    private static Quad Box(int x, int y, int height) =>
        new(new Vector2(x, y), new Vector2(x + 40, y), new Vector2(x + 40, y + height), new Vector2(x, y + height));
}
