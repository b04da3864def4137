using System.Numerics;
using SparseDsl.Examples.Ocr;

namespace SparseDsl.Ocr.Tests;

public class TextRegionsTests
{
    private const int Width = 128;
    private const int Height = 64;
    private static readonly TextRegions Regions = new();

    [Fact]
    public void A_bar_becomes_its_rectangle_grown_by_its_area_over_its_perimeter()
    {
        // Pixel centres span 60 x 10, so the growth is 600 * 1.5 / 140 on all sides.
        var quad = Assert.Single(Regions.Find(Map(Bar(20, 80, 30, 40, 0.9f)), Width));
        const float growth = 600 * 1.5f / 140;
        Assert.Equal(20.5f - growth, quad.TopLeft.X, 1e-3f);
        Assert.Equal(30.5f - growth, quad.TopLeft.Y, 1e-3f);
        Assert.Equal(80.5f + growth, quad.BottomRight.X, 1e-3f);
        Assert.Equal(40.5f + growth, quad.BottomRight.Y, 1e-3f);
    }

    [Fact]
    public void A_slanted_bar_becomes_a_slanted_rectangle()
    {
        var axis = Vector2.Normalize(new Vector2(4, 1));
        var map = Map((x, y) =>
        {
            var offset = new Vector2(x - 64, y - 32);
            var (along, across) = (Vector2.Dot(offset, axis), offset.Y * axis.X - offset.X * axis.Y);
            return MathF.Abs(along) <= 40 && MathF.Abs(across) <= 5 ? 0.9f : 0;
        });
        var quad = Assert.Single(Regions.Find(map, Width));
        var top = Vector2.Normalize(quad.TopRight - quad.TopLeft);
        Assert.Equal(axis.Y, top.Y, 0.03f);
        Assert.Equal(80 / 10f, (quad.Width - Growth(quad)) / (quad.Height - Growth(quad)), 0.8f);

        // Growth of both sides together, from the size after growing: 80 x 10 grows by 2 * 1.5 * 800 / 180.
        static float Growth(Quad quad) => 2 * 1.5f * 800 / 180;
    }

    [Fact]
    public void Bars_apart_are_pieces_apart() =>
        Assert.Equal(2, Regions.Find(Map((x, y) => MathF.Max(Bar(5, 50, 10, 20, 0.8f)(x, y), Bar(60, 120, 10, 20, 0.8f)(x, y))), Width).Count);

    [Fact]
    public void Cells_that_touch_by_a_corner_are_one_region()
    {
        float[] map = [1, 0, 0, 0, 1, 0, 0, 0, 0];
        Assert.Single(ConnectedRegions.Find(map, 3, 0.3f));
        map[8] = 1;
        Assert.Equal([(0, 0), (1, 1), (2, 2)], Assert.Single(ConnectedRegions.Find(map, 3, 0.3f)));
    }

    [Fact]
    public void The_threshold_itself_is_not_text() => Assert.Empty(Regions.Find(Map(Bar(20, 80, 30, 40, Regions.Threshold)), Width));

    [Theory]
    [InlineData(0.59f, 0)]
    [InlineData(0.61f, 1)]
    public void A_piece_needs_its_mean_likelihood(float likelihood, int pieces) =>
        Assert.Equal(pieces, Regions.Find(Map(Bar(20, 80, 30, 40, likelihood)), Width).Count);

    [Theory]
    [InlineData(2, 0)]
    [InlineData(3, 1)]
    public void Thin_regions_are_noise(int thickness, int pieces) =>
        Assert.Equal(pieces, Regions.Find(Map(Bar(20, 80, 30, 30 + thickness, 0.9f)), Width).Count);

    [Fact]
    public void A_piece_at_the_corner_reaches_beyond_the_map_until_it_is_scaled_into_the_picture()
    {
        var quad = Assert.Single(Regions.Find(Map(Bar(0, 60, 0, 10, 0.9f)), Width));
        Assert.True(quad.TopLeft.X < 0 && quad.TopLeft.Y < 0);
        var scaled = quad.ScaleInto(new Vector2(2, 3), new Vector2(2 * Width, 3 * Height));
        Assert.Equal(Vector2.Zero, scaled.TopLeft);
        Assert.Equal(quad.BottomRight * new Vector2(2, 3), scaled.BottomRight);
    }

    [Fact]
    public void A_slanted_piece_in_the_corner_is_scored_inside_the_map_only()
    {
        // Its rectangle of least area has a corner outside the map.
        var map = Map((x, y) => x + y < 40 && x - y > -12 && x - y < 12 ? 0.9f : 0);
        Assert.Single(Regions.Find(map, Width));
    }

    private static Func<int, int, float> Bar(int left, int right, int top, int bottom, float likelihood) =>
        (x, y) => x >= left && x <= right && y >= top && y <= bottom ? likelihood : 0;

    private static float[] Map(Func<int, int, float> likelihood) =>
        [.. Enumerable.Range(0, Width * Height).Select(i => likelihood(i % Width, i / Width))];
}
