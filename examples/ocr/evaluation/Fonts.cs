using SkiaSharp;

namespace SparseDsl.Examples.Ocr.Evaluation;

/// <summary>Fonts of the Debian packages fonts-dejavu-core (Latin) and fonts-wqy-microhei (Chinese).</summary>
internal sealed class Fonts : IDisposable
{
    private const string Folder = "/usr/share/fonts/truetype";

    private Fonts(IReadOnlyList<SKTypeface> latin, SKTypeface chinese) => (Latin, Chinese) = (latin, chinese);

    /// <summary>Sans, serif and mono, regular and bold.</summary>
    public IReadOnlyList<SKTypeface> Latin { get; }

    /// <summary>One that has Chinese characters.</summary>
    public SKTypeface Chinese { get; }

    /// <summary>Opens the fonts.</summary>
    /// <exception cref="InvalidDataException">A package is not installed.</exception>
    public static Fonts Load() => new(
        [.. new[] { "DejaVuSans", "DejaVuSans-Bold", "DejaVuSerif", "DejaVuSerif-Bold", "DejaVuSansMono" }.Select(name => Open($"dejavu/{name}.ttf", "fonts-dejavu-core"))],
        Open("wqy/wqy-microhei.ttc", "fonts-wqy-microhei"));

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var typeface in Latin.Append(Chinese))
        {
            typeface.Dispose();
        }
    }

    private static SKTypeface Open(string file, string package) =>
        SKTypeface.FromFile($"{Folder}/{file}") ?? throw new InvalidDataException($"{Folder}/{file} is not there: install the package {package}");
}
