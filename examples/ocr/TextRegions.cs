using System.Numerics;

namespace SparseDsl.Examples.Ocr;

/// <summary>Turns a DB network's map of text likelihoods into the places of the pieces of text. The defaults are PaddleOCR's.</summary>
public sealed record TextRegions
{
    /// <summary>A pixel is in text where its likelihood is greater.</summary>
    public float Threshold { get; init; } = 0.3f;

    /// <summary>A piece of text counts where the mean likelihood in its rectangle is at least this.</summary>
    public float MinimumScore { get; init; } = 0.6f;

    /// <summary>
    /// The network marks the core of the text only. Its rectangle grows on all sides by this times its area over its perimeter.
    /// </summary>
    public float Unclip { get; init; } = 1.5f;

    /// <summary>Rectangles with a shorter side than this many pixels are noise.</summary>
    public float MinimumSide { get; init; } = 3;

    /// <summary>The pieces of text in a height × width map of likelihoods, in its pixels; they may reach beyond the edge.</summary>
    public IReadOnlyList<Quad> Find(ReadOnlySpan<float> likelihoods, int width)
    {
        var found = new List<Quad>();
        foreach (var region in ConnectedRegions.Find(likelihoods, width, Threshold))
        {
            var core = RotatedRectangle.Around(Outline(region));
            if (ShorterSide(core) < MinimumSide || Score(likelihoods, width, core.ToQuad()) < MinimumScore)
            {
                continue;
            }

            var grown = core.Grow(core.Size.X * core.Size.Y * Unclip / (2 * (core.Size.X + core.Size.Y)));
            if (ShorterSide(grown) >= MinimumSide + 2)
            {
                found.Add(grown.ToQuad());
            }
        }

        return found;
    }

    private static float ShorterSide(RotatedRectangle rectangle) => MathF.Min(rectangle.Size.X, rectangle.Size.Y);

    // The centres of the first and last pixel of each row: all that a convex hull needs.
    private static List<Vector2> Outline(List<(int X, int Y)> region)
    {
        var outline = new List<Vector2>();
        foreach (var row in region.GroupBy(pixel => pixel.Y, pixel => pixel.X))
        {
            outline.Add(new Vector2(row.Min() + 0.5f, row.Key + 0.5f));
            outline.Add(new Vector2(row.Max() + 0.5f, row.Key + 0.5f));
        }

        return outline;
    }

    // The mean over the pixels whose centre is in the quad, which may reach beyond the map.
    private static double Score(ReadOnlySpan<float> likelihoods, int width, Quad quad)
    {
        var size = new Vector2(width, likelihoods.Length / width);
        var (minimum, maximum) = (Vector2.Max(quad.Minimum, Vector2.Zero), Vector2.Min(quad.Maximum, size));
        var (sum, count) = (0.0, 0);
        for (var y = (int)minimum.Y; y < maximum.Y; y++)
        {
            for (var x = (int)minimum.X; x < maximum.X; x++)
            {
                if (quad.Contains(new Vector2(x + 0.5f, y + 0.5f)))
                {
                    sum += likelihoods[y * width + x];
                    count++;
                }
            }
        }

        return count == 0 ? 0 : sum / count;
    }
}
