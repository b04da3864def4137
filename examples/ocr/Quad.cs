using System.Numerics;

namespace SparseDsl.Examples.Ocr;

/// <summary>
/// Four corners of a piece of text, named as the reader of the text sees them. Unit: pixels; the pixel in column x of row y covers
/// x to x + 1 and y to y + 1, so its centre is at half coordinates.
/// </summary>
public readonly record struct Quad(Vector2 TopLeft, Vector2 TopRight, Vector2 BottomRight, Vector2 BottomLeft)
{
    /// <summary>The longer one of the top and bottom edges.</summary>
    public float Width => MathF.Max(Vector2.Distance(TopLeft, TopRight), Vector2.Distance(BottomLeft, BottomRight));

    /// <summary>The longer one of the left and right edges.</summary>
    public float Height => MathF.Max(Vector2.Distance(TopLeft, BottomLeft), Vector2.Distance(TopRight, BottomRight));

    /// <summary>The mean of the corners.</summary>
    public Vector2 Center => (TopLeft + TopRight + BottomRight + BottomLeft) / 4;

    /// <summary>The least coordinates of the corners.</summary>
    public Vector2 Minimum => Vector2.Min(Vector2.Min(TopLeft, TopRight), Vector2.Min(BottomRight, BottomLeft));

    /// <summary>The greatest coordinates of the corners.</summary>
    public Vector2 Maximum => Vector2.Max(Vector2.Max(TopLeft, TopRight), Vector2.Max(BottomRight, BottomLeft));

    /// <summary>Whether a point is inside or on the edge. The corners must go clockwise on the screen around a convex shape.</summary>
    public bool Contains(Vector2 point) =>
        IsRightOf(TopLeft, TopRight, point) && IsRightOf(TopRight, BottomRight, point)
        && IsRightOf(BottomRight, BottomLeft, point) && IsRightOf(BottomLeft, TopLeft, point);

    /// <summary>The quad with every corner multiplied by <paramref name="scale"/> and moved into a picture of <paramref name="size"/>.</summary>
    public Quad ScaleInto(Vector2 scale, Vector2 size)
    {
        Vector2 Map(Vector2 corner) => Vector2.Clamp(corner * scale, Vector2.Zero, size);
        return new Quad(Map(TopLeft), Map(TopRight), Map(BottomRight), Map(BottomLeft));
    }

    private static bool IsRightOf(Vector2 from, Vector2 to, Vector2 point)
    {
        var (edge, offset) = (to - from, point - from);
        return edge.X * offset.Y - edge.Y * offset.X >= 0;
    }
}
