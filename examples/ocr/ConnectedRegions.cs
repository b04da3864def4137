namespace SparseDsl.Examples.Ocr;

/// <summary>Connected regions of a map: cells over a threshold that touch by a side or a corner.</summary>
internal static class ConnectedRegions
{
    /// <summary>The cells of every region, regions in the order of their first cell, row by row.</summary>
    /// <param name="map">height × width values.</param>
    /// <param name="width">Number of columns.</param>
    /// <param name="threshold">A cell belongs to a region where its value is greater.</param>
    public static List<List<(int X, int Y)>> Find(ReadOnlySpan<float> map, int width, float threshold)
    {
        var open = new bool[map.Length];
        for (var i = 0; i < map.Length; i++)
        {
            open[i] = map[i] > threshold;
        }

        var regions = new List<List<(int X, int Y)>>();
        for (var i = 0; i < open.Length; i++)
        {
            if (open[i])
            {
                regions.Add(Flood(open, width, i % width, i / width));
            }
        }

        return regions;
    }

    // Takes the region around a cell out of the open cells.
    private static List<(int X, int Y)> Flood(bool[] open, int width, int startX, int startY)
    {
        var height = open.Length / width;
        var region = new List<(int X, int Y)> { (startX, startY) };
        open[startY * width + startX] = false;
        for (var next = 0; next < region.Count; next++)
        {
            var (x, y) = region[next];
            for (var nearY = Math.Max(y - 1, 0); nearY <= Math.Min(y + 1, height - 1); nearY++)
            {
                for (var nearX = Math.Max(x - 1, 0); nearX <= Math.Min(x + 1, width - 1); nearX++)
                {
                    ref var isOpen = ref open[nearY * width + nearX];
                    if (isOpen)
                    {
                        isOpen = false;
                        region.Add((nearX, nearY));
                    }
                }
            }
        }

        return region;
    }
}
