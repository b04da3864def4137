namespace SparseDsl.Examples.Ocr;

/// <summary>Scaling of lines of text to a common height.</summary>
internal static class LineHeight
{
    /// <summary>The width that keeps the proportions of a line at <paramref name="height"/> pixels.</summary>
    public static int WidthAt(int height, RgbImage line) => (int)Math.Ceiling((double)height * line.Width / line.Height);
}
