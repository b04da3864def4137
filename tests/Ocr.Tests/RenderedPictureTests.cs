using SparseDsl.Examples.Ocr;
using SparseDsl.Tests;

namespace SparseDsl.Ocr.Tests;

/// <summary>
/// The committed test pictures are drawn by <see cref="PageRenderer"/> from the committed texts.
/// UPDATE_GOLDENS=1 draws them anew.
/// </summary>
public class RenderedPictureTests
{
    // Debian's and Ubuntu's package fonts-dejavu-core.
    private const string Font = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf";

    [Theory]
    [InlineData("page", 860)]
    [InlineData("line", 640)]
    public void The_committed_picture_shows_its_text(string name, int width)
    {
        Assert.SkipUnless(File.Exists(Font), $"{Font} is not there: install fonts-dejavu-core");
        var path = Repository.PathOf($"examples/ocr/{name}.png");
        using var renderer = new PageRenderer(Font);
        var drawn = renderer.Draw(File.ReadAllLines(Path.ChangeExtension(path, ".txt")), width);
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDENS") == "1")
        {
            ImageFile.SavePng(drawn, path);
        }

        var committed = ImageFile.Load(path);
        Assert.Equal((drawn.Width, drawn.Height), (committed.Width, committed.Height));
        // Another processor may round an edge's grey differently; another letter differs by far more.
        var difference = drawn.Pixels.Zip(committed.Pixels, (a, b) => Math.Abs(a - b)).Average();
        Assert.True(difference < 0.01, $"mean difference {difference}");
    }

    [Theory]
    [InlineData("page")]
    [InlineData("line")]
    public void The_picture_is_small_enough_to_commit(string name) =>
        Assert.InRange(new FileInfo(Repository.PathOf($"examples/ocr/{name}.png")).Length, 1, 150_000);
}
