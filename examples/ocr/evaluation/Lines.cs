using SkiaSharp;

namespace SparseDsl.Examples.Ocr.Evaluation;

/// <summary>A picture of text and what it says.</summary>
internal sealed record Sample(RgbImage Image, string Text);

/// <summary>Pictures of single lines.</summary>
internal sealed class Lines(Fonts fonts, int seed)
{
    private readonly Random _random = new(seed);

    /// <summary>Black on white, sharp and level.</summary>
    public IReadOnlyList<Sample> CleanEnglish(int count) => [.. Make(count, texts => texts.English(_random.Next(12, 36)), isHard: false)];

    /// <summary>Turned a little, blurred, noisy, compressed, in dark and light greys.</summary>
    public IReadOnlyList<Sample> HardEnglish(int count) => [.. Make(count, texts => texts.English(_random.Next(12, 36)), isHard: true)];

    /// <summary>The same in Chinese.</summary>
    public IReadOnlyList<Sample> HardChinese(int count) => [.. Make(count, texts => texts.Chinese(_random.Next(8, 18)), isHard: true, fonts.Chinese)];

    private IEnumerable<Sample> Make(int count, Func<Texts, string> write, bool isHard, SKTypeface? typeface = null)
    {
        var texts = new Texts(_random);
        for (var i = 0; i < count; i++)
        {
            var text = write(texts);
            yield return new Sample(Draw(text, typeface ?? fonts.Latin[_random.Next(fonts.Latin.Count)], isHard), text);
        }
    }

    private RgbImage Draw(string text, SKTypeface typeface, bool isHard)
    {
        using var font = new SKFont(typeface, isHard ? _random.Next(20, 40) : 32) { Edging = SKFontEdging.Antialias, Hinting = SKFontHinting.None };
        var angle = isHard ? (float)((_random.NextDouble() * 3) - 1.5) : 0;
        var width = (int)font.MeasureText(text) + 16;
        var height = (int)(font.Size * 1.5) + (int)(Math.Abs(Math.Sin(angle * Math.PI / 180)) * width);
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        using (var canvas = new SKCanvas(bitmap))
        using (var paint = new SKPaint { Color = isHard ? Grey(0, 90) : SKColors.Black, IsAntialias = true })
        {
            canvas.Clear(isHard ? Grey(170, 255) : SKColors.White);
            canvas.RotateDegrees(angle, width / 2f, height / 2f);
            canvas.DrawText(text, 8, (height / 2f) + (font.Size * 0.36f), SKTextAlign.Left, font, paint);
        }

        return isHard ? Degradation.Apply(bitmap, _random) : ImageFile.FromBitmap(bitmap);
    }

    private SKColor Grey(int from, int to)
    {
        var value = (byte)_random.Next(from, to);
        return new SKColor(value, value, value);
    }
}
