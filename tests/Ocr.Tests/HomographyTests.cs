using System.Numerics;
using SparseDsl.Examples.Ocr;

namespace SparseDsl.Ocr.Tests;

public class HomographyTests
{
    // No two sides are parallel.
    private static readonly Quad Skewed = new(new Vector2(10, 20), new Vector2(90, 5), new Vector2(120, 80), new Vector2(0, 60));

    [Fact]
    public void Corners_go_to_corners()
    {
        var map = Homography.FromRectangle(30, 7, Skewed);
        AssertNear(Skewed.TopLeft, map.Map(0, 0));
        AssertNear(Skewed.TopRight, map.Map(30, 0));
        AssertNear(Skewed.BottomRight, map.Map(30, 7));
        AssertNear(Skewed.BottomLeft, map.Map(0, 7));
    }

    [Fact]
    public void The_middle_goes_to_where_the_diagonals_cross()
    {
        var middle = Homography.FromRectangle(30, 7, Skewed).Map(15, 3.5f);
        Assert.Equal(0, Cross(Skewed.BottomRight - Skewed.TopLeft, middle - Skewed.TopLeft), 0.05f);
        Assert.Equal(0, Cross(Skewed.BottomLeft - Skewed.TopRight, middle - Skewed.TopRight), 0.05f);
    }

    [Fact]
    public void Corners_on_one_line_give_finite_points()
    {
        var flat = new Quad(Vector2.Zero, new Vector2(10, 0), new Vector2(10, 0), Vector2.Zero);
        AssertNear(new Vector2(5, 0), Homography.FromRectangle(10, 1, flat).Map(5, 0.5f));
    }

    private static float Cross(Vector2 a, Vector2 b) => a.X * b.Y - a.Y * b.X;

    private static void AssertNear(Vector2 expected, Vector2 actual) =>
        Assert.True(Vector2.Distance(expected, actual) < 1e-3f, $"{expected} against {actual}");
}
