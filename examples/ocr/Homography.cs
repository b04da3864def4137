using System.Numerics;

namespace SparseDsl.Examples.Ocr;

/// <summary>A perspective map of the plane: (x, y, 1) times a 3 × 3 matrix, divided by the third component.</summary>
/// <remarks>The closed form from the unit square to four corners is Heckbert's (Fundamentals of Texture Mapping, 1989, section 2.2.3).</remarks>
internal readonly record struct Homography
{
    private readonly Vector3 _x;
    private readonly Vector3 _y;
    private readonly Vector3 _divisor;

    private Homography(Vector3 x, Vector3 y, Vector3 divisor) => (_x, _y, _divisor) = (x, y, divisor);

    /// <summary>The map from a picture of <paramref name="width"/> × <paramref name="height"/> onto a quad of another picture.</summary>
    public static Homography FromRectangle(float width, float height, Quad quad)
    {
        var (p0, p1, p2, p3) = (quad.TopLeft, quad.TopRight, quad.BottomRight, quad.BottomLeft);
        var (a, b, sum) = (p1 - p2, p3 - p2, p0 - p1 + p2 - p3);
        var determinant = Cross(a, b);
        // Corners on one line span no perspective; the map is then the flat one through three of them.
        var g = determinant == 0 ? 0 : Cross(sum, b) / determinant;
        var h = determinant == 0 ? 0 : Cross(a, sum) / determinant;
        var alongX = p1 - p0 + g * p1;
        var alongY = p3 - p0 + h * p3;
        return new Homography(
            new Vector3(alongX.X / width, alongY.X / height, p0.X),
            new Vector3(alongX.Y / width, alongY.Y / height, p0.Y),
            new Vector3(g / width, h / height, 1));
    }

    /// <summary>Where a point comes to lie.</summary>
    public Vector2 Map(float x, float y)
    {
        var point = new Vector3(x, y, 1);
        return new Vector2(Vector3.Dot(_x, point), Vector3.Dot(_y, point)) / Vector3.Dot(_divisor, point);
    }

    private static float Cross(Vector2 a, Vector2 b) => a.X * b.Y - a.Y * b.X;
}
