using SparseDsl.Examples.Ocr;

namespace SparseDsl.Ocr.Tests;

public class OptionsTests
{
    [Theory]
    [InlineData("a.png", "a.png", 1)]
    [InlineData("a.png --threads 4", "a.png", 4)]
    [InlineData("--threads 2 b.jpg", "b.jpg", 2)]
    public void Options_stand_on_either_side_of_the_picture(string line, string image, int threads)
    {
        var options = Options.Parse(line.Split(' '));
        Assert.Equal((image, threads), (options!.Image, options.Threads));
    }

    [Fact]
    public void The_models_folder_is_taken_as_given() =>
        Assert.Equal("some folder", Options.Parse(["--models", "some folder", "a.png"])!.Models);

    [Theory]
    [InlineData("")]
    [InlineData("a.png b.png")]
    [InlineData("--threads 2")]
    [InlineData("a.png --threads")]
    [InlineData("a.png --threads 0")]
    [InlineData("a.png --threads many")]
    [InlineData("a.png --threads -1")]
    [InlineData("a.png --models")]
    [InlineData("a.png --help")]
    public void Anything_else_is_misuse(string line) =>
        Assert.Null(Options.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
}
