using System.Numerics;

namespace SparseDsl.Examples.Ocr;

/// <summary>A rectangle in any direction.</summary>
/// <param name="Center">Its middle, in pixels.</param>
/// <param name="Axis">The direction of its first side, of length one.</param>
/// <param name="Size">Length along the axis, and across it.</param>
public readonly record struct RotatedRectangle(Vector2 Center, Vector2 Axis, Vector2 Size)
{
    /// <summary>The rectangle of least area around <paramref name="points"/>: one of its sides lies on a side of their convex hull.</summary>
    public static RotatedRectangle Around(IReadOnlyCollection<Vector2> points)
    {
        var hull = ConvexHull.Of(points);
        var best = AlongAxis(hull, Vector2.UnitX);
        for (var i = 0; i < hull.Count; i++)
        {
            var edge = hull[(i + 1) % hull.Count] - hull[i];
            if (edge == Vector2.Zero)
            {
                continue;
            }

            var candidate = AlongAxis(hull, Vector2.Normalize(edge));
            // A hair less, so that rounding never prefers a turned rectangle to an equal upright one.
            if (candidate.Size.X * candidate.Size.Y < best.Size.X * best.Size.Y * 0.99999f)
            {
                best = candidate;
            }
        }

        return best;
    }

    /// <summary>The rectangle with every side moved outwards by <paramref name="distance"/> pixels.</summary>
    public RotatedRectangle Grow(float distance) => this with { Size = Size + new Vector2(2 * distance) };

    /// <summary>The corners, with the most level side that points to the right on top.</summary>
    public Quad ToQuad()
    {
        var right = Axis * (Size.X / 2);
        var down = new Vector2(-Axis.Y, Axis.X) * (Size.Y / 2);
        // Quarter turns until the top edge is within 45 degrees of level.
        (right, down) = MathF.Abs(Axis.X) >= MathF.Abs(Axis.Y)
            ? (Axis.X >= 0 ? (right, down) : (-right, -down))
            : (Axis.Y >= 0 ? (-down, right) : (down, -right));
        return new Quad(Center - right - down, Center + right - down, Center + right + down, Center - right + down);
    }

    private static RotatedRectangle AlongAxis(IEnumerable<Vector2> points, Vector2 axis)
    {
        var across = new Vector2(-axis.Y, axis.X);
        var minimum = new Vector2(float.PositiveInfinity);
        var maximum = new Vector2(float.NegativeInfinity);
        foreach (var point in points)
        {
            var projected = new Vector2(Vector2.Dot(point, axis), Vector2.Dot(point, across));
            (minimum, maximum) = (Vector2.Min(minimum, projected), Vector2.Max(maximum, projected));
        }

        var middle = (minimum + maximum) / 2;
        return new RotatedRectangle(middle.X * axis + middle.Y * across, axis, maximum - minimum);
    }
}
