using SkiaSharp;

namespace SparseDsl.Examples.Ocr;

/// <summary>Draws lines of text, black on white, as pictures to read again.</summary>
public sealed class PageRenderer : IDisposable
{
    private readonly SKTypeface _typeface;

    /// <param name="fontPath">A TrueType or OpenType font.</param>
    /// <exception cref="InvalidDataException">There is no font at that path.</exception>
    public PageRenderer(string fontPath) =>
        _typeface = SKTypeface.FromFile(fontPath) ?? throw new InvalidDataException($"'{fontPath}' is not a font");

    /// <summary>Height of capital letters and descenders together, roughly, in pixels.</summary>
    public float FontSize { get; init; } = 24;

    /// <summary>Distance from one line to the next, in pixels.</summary>
    public int LineSpacing { get; init; } = 56;

    /// <summary>White on all four sides, in pixels.</summary>
    public int Margin { get; init; } = 40;

    /// <summary>The lines below each other in a picture <paramref name="width"/> pixels wide, high enough to hold them.</summary>
    public RgbImage Draw(IReadOnlyList<string> lines, int width)
    {
        using var bitmap = new SKBitmap(width, 2 * Margin + lines.Count * LineSpacing);
        using var canvas = new SKCanvas(bitmap);
        using var font = new SKFont(_typeface, FontSize) { Edging = SKFontEdging.Antialias, Hinting = SKFontHinting.None };
        using var paint = new SKPaint { Color = SKColors.Black, IsAntialias = true };
        canvas.Clear(SKColors.White);
        for (var i = 0; i < lines.Count; i++)
        {
            // The capitals are in the middle of the line's share of the page.
            var baseline = Margin + (i + 0.5f) * LineSpacing + FontSize * 0.36f;
            canvas.DrawText(lines[i], Margin, baseline, SKTextAlign.Left, font, paint);
        }

        return ImageFile.FromBitmap(bitmap);
    }

    /// <inheritdoc/>
    public void Dispose() => _typeface.Dispose();
}
