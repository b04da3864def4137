using SkiaSharp;

namespace SparseDsl.Examples.Ocr.Evaluation;

/// <summary>Pictures of pages: 960 x 640, some lines of text each.</summary>
internal sealed class Pages(Fonts fonts, int seed)
{
    private const int Width = 960;
    private const int Height = 640;

    private readonly Random _random = new(seed);

    /// <summary>Documents: dark text on a light ground, a little noise.</summary>
    public IReadOnlyList<Sample> Documents(int count) => [.. Enumerable.Range(0, count).Select(_ => Document())];

    /// <summary>Text of any colour and size, some of it faint, over things of all colours out of focus, as photos of signs have it.</summary>
    public IReadOnlyList<Sample> Photos(int count) => [.. Enumerable.Range(0, count).Select(_ => Photo())];

    private Sample Document()
    {
        var texts = new Texts(_random);
        using var bitmap = Blank();
        var lines = new List<string>();
        using (var canvas = new SKCanvas(bitmap))
        {
            var ground = (byte)_random.Next(225, 256);
            canvas.Clear(new SKColor(ground, ground, ground));
            var typeface = fonts.Latin[_random.Next(fonts.Latin.Count)];
            var spacing = _random.Next(44, 62);
            for (var y = 50; y < Height - 20; y += spacing)
            {
                lines.Add(texts.English(_random.Next(14, 40)));
                Write(canvas, lines[^1], typeface, _random.Next(20, 28), 40, y, new SKColor(20, 20, 30));
            }
        }

        return new Sample(Degradation.Apply(bitmap, _random), string.Join('\n', lines));
    }

    private Sample Photo()
    {
        var texts = new Texts(_random);
        using var sharp = Blank();
        using (var canvas = new SKCanvas(sharp))
        {
            Scenery(canvas);
        }

        using var bitmap = Degradation.Blur(sharp, 4 + (_random.NextSingle() * 6));
        var lines = new List<string>();
        using (var canvas = new SKCanvas(bitmap))
        {
            for (var y = 50; y < Height - 30; y += _random.Next(46, 80))
            {
                var isChinese = _random.Next(4) == 0;
                var typeface = isChinese ? fonts.Chinese : fonts.Latin[_random.Next(fonts.Latin.Count)];
                lines.Add(isChinese ? texts.Chinese(_random.Next(4, 12)) : texts.English(_random.Next(5, 28)));
                canvas.Save();
                canvas.RotateDegrees((_random.NextSingle() * 4) - 2, Width / 2f, y);
                Write(canvas, lines[^1], typeface, _random.Next(18, 38), _random.Next(20, 260), y, Contrast(bitmap, y));
                canvas.Restore();
            }
        }

        return new Sample(Degradation.Apply(bitmap, _random), string.Join('\n', lines));
    }

    // A sky that changes from top to bottom, and round and square things before it.
    private void Scenery(SKCanvas canvas)
    {
        using var sky = SKShader.CreateLinearGradient(new SKPoint(0, 0), new SKPoint(0, Height), [Colour(), Colour()], SKShaderTileMode.Clamp);
        using var paint = new SKPaint { Shader = sky };
        canvas.DrawPaint(paint);
        for (var i = 0; i < 60; i++)
        {
            using var thing = new SKPaint { Color = Colour().WithAlpha((byte)_random.Next(60, 220)), IsAntialias = true, IsStroke = _random.Next(3) == 0, StrokeWidth = _random.Next(2, 20) };
            var (x, y) = (_random.Next(Width), _random.Next(Height));
            if (_random.Next(2) == 0)
            {
                canvas.DrawCircle(x, y, _random.Next(5, 120), thing);
            }
            else
            {
                canvas.DrawRect(x, y, _random.Next(10, 300), _random.Next(5, 160), thing);
            }
        }
    }

    // Lighter or darker than the ground, now and then only a little.
    private SKColor Contrast(SKBitmap bitmap, int y)
    {
        bitmap.GetPixel(Width / 2, y).ToHsl(out _, out _, out var light);
        var difference = _random.Next(30, 75);
        return SKColor.FromHsl(_random.Next(360), _random.Next(60), Math.Clamp(light > 50 ? light - difference : light + difference, 0, 100));
    }

    private SKColor Colour() => SKColor.FromHsl(_random.Next(360), _random.Next(20, 80), _random.Next(20, 85));

    private static SKBitmap Blank() => new(new SKImageInfo(Width, Height, SKColorType.Rgba8888, SKAlphaType.Opaque));

    private static void Write(SKCanvas canvas, string text, SKTypeface typeface, float size, int x, int y, SKColor colour)
    {
        using var font = new SKFont(typeface, size) { Edging = SKFontEdging.Antialias, Hinting = SKFontHinting.None };
        using var paint = new SKPaint { Color = colour, IsAntialias = true };
        canvas.DrawText(text, x, y, SKTextAlign.Left, font, paint);
    }
}
