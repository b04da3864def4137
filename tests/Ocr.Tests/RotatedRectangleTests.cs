using System.Numerics;
using SparseDsl.Examples.Ocr;

namespace SparseDsl.Ocr.Tests;

public class RotatedRectangleTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(30)]
    [InlineData(-30)]
    [InlineData(44)]
    [InlineData(-44)]
    public void A_turned_rectangle_is_found_with_its_top_on_top(int degrees)
    {
        var expected = Turned(degrees, length: 100, height: 20);
        var found = RotatedRectangle.Around(Points(expected)).ToQuad();
        AssertNear(expected, found, 0.01f);
    }

    [Fact]
    public void Text_that_runs_down_has_its_short_side_on_top()
    {
        var quad = RotatedRectangle.Around(Points(Turned(90, length: 100, height: 20))).ToQuad();
        Assert.Equal(20, quad.Width, 0.01f);
        Assert.Equal(100, quad.Height, 0.01f);
        Assert.True(quad.TopLeft.X < quad.TopRight.X && quad.TopLeft.Y < quad.BottomLeft.Y);
    }

    // The same upright rectangle, whichever of its sides gives the axis.
    [Theory]
    [InlineData(1, 0, 100, 20)]
    [InlineData(-1, 0, 100, 20)]
    [InlineData(0, 1, 20, 100)]
    [InlineData(0, -1, 20, 100)]
    public void The_top_does_not_depend_on_the_axis(int x, int y, int along, int across) =>
        AssertNear(Turned(0, length: 100, height: 20), new RotatedRectangle(new(200, 100), new(x, y), new(along, across)).ToQuad(), 0.01f);

    [Fact]
    public void Growing_moves_every_side_by_the_distance()
    {
        var grown = RotatedRectangle.Around(Points(Turned(30, length: 100, height: 20))).Grow(5).ToQuad();
        AssertNear(Turned(30, length: 110, height: 30), grown, 0.01f);
    }

    [Fact]
    public void Points_on_one_line_have_no_area()
    {
        var rectangle = RotatedRectangle.Around([new(1, 1), new(2, 2), new(5, 5)]);
        Assert.Equal(0, MathF.Min(rectangle.Size.X, rectangle.Size.Y), 1e-4f);
        Assert.Equal(MathF.Sqrt(32), MathF.Max(rectangle.Size.X, rectangle.Size.Y), 1e-4f);
    }

    [Fact]
    public void One_point_has_no_size() => Assert.Equal(Vector2.Zero, RotatedRectangle.Around([new(3, 4)]).Size);

    [Fact]
    public void A_quad_contains_what_is_inside()
    {
        var quad = Turned(30, length: 100, height: 20);
        Assert.True(quad.Contains(new Vector2(200, 100)));
        Assert.True(quad.Contains(new Vector2(200 + 40 * 0.866f, 100 + 40 * 0.5f)));
        Assert.False(quad.Contains(new Vector2(240, 100)));
        Assert.False(quad.Contains(new Vector2(200, 112)));
    }

    private static Quad Turned(int degrees, float length, float height)
    {
        var (sin, cos) = MathF.SinCos(degrees * MathF.PI / 180);
        var right = new Vector2(cos, sin) * (length / 2);
        var down = new Vector2(-sin, cos) * (height / 2);
        var center = new Vector2(200, 100);
        return new Quad(center - right - down, center + right - down, center + right + down, center - right + down);
    }

    // The corners, points between them, and the middle.
    private static List<Vector2> Points(Quad quad)
    {
        Vector2[] corners = [quad.TopLeft, quad.TopRight, quad.BottomRight, quad.BottomLeft];
        return [.. corners, quad.Center, .. corners.Select(corner => Vector2.Lerp(corner, quad.Center, 0.3f))];
    }

    private static void AssertNear(Quad expected, Quad actual, float tolerance)
    {
        Assert.True(Vector2.Distance(expected.TopLeft, actual.TopLeft) < tolerance, $"{expected} against {actual}");
        Assert.True(Vector2.Distance(expected.TopRight, actual.TopRight) < tolerance, $"{expected} against {actual}");
        Assert.True(Vector2.Distance(expected.BottomRight, actual.BottomRight) < tolerance, $"{expected} against {actual}");
        Assert.True(Vector2.Distance(expected.BottomLeft, actual.BottomLeft) < tolerance, $"{expected} against {actual}");
    }
}
