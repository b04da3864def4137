using System.Numerics;

namespace SparseDsl.Examples.Ocr;

/// <summary>The convex hull of points in the plane, by Andrew's monotone chain.</summary>
internal static class ConvexHull
{
    /// <summary>The corners in order around the hull; fewer than three where all points are on one line.</summary>
    public static List<Vector2> Of(IReadOnlyCollection<Vector2> points)
    {
        var sorted = points.Distinct().OrderBy(p => p.X).ThenBy(p => p.Y).ToList();
        if (sorted.Count < 3)
        {
            return sorted;
        }

        var hull = Chain(sorted);
        sorted.Reverse();
        hull.AddRange(Chain(sorted));
        return hull;
    }

    // One side of the hull from the first to the last point, without the last.
    private static List<Vector2> Chain(List<Vector2> sorted)
    {
        var chain = new List<Vector2>();
        foreach (var point in sorted)
        {
            while (chain.Count >= 2 && Turn(chain[^2], chain[^1], point) <= 0)
            {
                chain.RemoveAt(chain.Count - 1);
            }

            chain.Add(point);
        }

        chain.RemoveAt(chain.Count - 1);
        return chain;
    }

    private static float Turn(Vector2 a, Vector2 b, Vector2 c) => (b.X - a.X) * (c.Y - a.Y) - (b.Y - a.Y) * (c.X - a.X);
}
