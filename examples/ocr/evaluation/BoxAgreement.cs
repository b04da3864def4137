using System.Numerics;

namespace SparseDsl.Examples.Ocr.Evaluation;

/// <summary>How well boxes agree with those of another detector: boxes match when they share more than half of their union.</summary>
internal sealed class BoxAgreement
{
    private const float Least = 0.5f;

    private int _matched;
    private int _all;

    /// <summary>The harmonic mean of precision and recall, 0 to 1.</summary>
    public double F1 => _all == 0 ? 1 : 2.0 * _matched / _all;

    /// <summary>Counts the boxes of one picture; each matches at most one.</summary>
    public void Add(IReadOnlyList<Quad> expected, IReadOnlyList<Quad> actual)
    {
        var left = actual.ToList();
        foreach (var box in expected)
        {
            var best = left.Select((q, i) => (Share: Overlap(box, q), i)).OrderByDescending(o => o.Share).FirstOrDefault((Share: 0, i: -1));
            if (best.Share > Least)
            {
                _matched++;
                left.RemoveAt(best.i);
            }
        }

        _all += expected.Count + actual.Count;
    }

    /// <summary>Intersection over union of two convex quads, 0 to 1.</summary>
    internal static float Overlap(Quad a, Quad b)
    {
        List<Vector2> clipped = [.. Corners(a)];
        var window = Corners(b);
        for (var i = 0; i < window.Length && clipped.Count > 0; i++)
        {
            clipped = Clip(clipped, window[i], window[(i + 1) % window.Length]);
        }

        var common = Area(clipped);
        var union = Area(Corners(a)) + Area(window) - common;
        return union > 0 ? common / union : 0;
    }

    // Sutherland and Hodgman: the part of a polygon on the right of an edge.
    private static List<Vector2> Clip(List<Vector2> polygon, Vector2 from, Vector2 to)
    {
        var result = new List<Vector2>();
        for (var i = 0; i < polygon.Count; i++)
        {
            var (a, b) = (polygon[i], polygon[(i + 1) % polygon.Count]);
            var (sideA, sideB) = (Side(from, to, a), Side(from, to, b));
            if (sideA >= 0)
            {
                result.Add(a);
            }

            if ((sideA > 0 && sideB < 0) || (sideA < 0 && sideB > 0))
            {
                result.Add(a + ((b - a) * (sideA / (sideA - sideB))));
            }
        }

        return result;
    }

    private static Vector2[] Corners(Quad quad) => [quad.TopLeft, quad.TopRight, quad.BottomRight, quad.BottomLeft];

    private static float Side(Vector2 from, Vector2 to, Vector2 point) => ((to.X - from.X) * (point.Y - from.Y)) - ((to.Y - from.Y) * (point.X - from.X));

    private static float Area(IReadOnlyList<Vector2> polygon)
    {
        var sum = 0f;
        for (var i = 0; i < polygon.Count; i++)
        {
            var (a, b) = (polygon[i], polygon[(i + 1) % polygon.Count]);
            sum += (a.X * b.Y) - (b.X * a.Y);
        }

        return MathF.Abs(sum) / 2;
    }
}
