using System.Numerics;
using SparseDsl.Examples.Ocr;
using SparseDsl.Tests;
using SparseDsl.TestSupport;

namespace SparseDsl.Ocr.Tests;

/// <summary>The whole pipeline over ONNX Runtime reads the committed pictures: what our own models have to equal.</summary>
public sealed class OnnxRuntimePipelineTests : IDisposable
{
    private readonly List<OrtModel> _models = [];

    [Fact]
    public void The_page_is_read()
    {
        string[] read = [.. Reader().Read(ImageFile.Load(Repository.PathOf("examples/ocr/page.png"))).Select(line => line.Text)];
        var truth = File.ReadAllText(Repository.PathOf("examples/ocr/page.txt"));
        Assert.Equal(truth.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length, read.Length);
        var accuracy = Accuracy.OfCharacters(truth, string.Concat(read));
        Assert.True(accuracy >= 0.99, $"{accuracy:P2} of the characters: {string.Join('\n', read)}");
    }

    [Fact]
    public void The_line_is_read_exactly_but_for_spaces() => AssertReadsTheLine(Line());

    [Fact]
    public void A_line_upside_down_is_read_all_the_same() => AssertReadsTheLine(Line().RotateHalfTurn());

    [Fact]
    public void A_line_that_runs_down_is_read_all_the_same() => AssertReadsTheLine(Line().RotateClockwise());

    [Fact]
    public void A_line_that_runs_up_is_read_all_the_same() => AssertReadsTheLine(Line().RotateCounterclockwise());

    [Theory]
    [InlineData(10)]
    [InlineData(-25)]
    public void A_slanted_line_is_read_all_the_same(int degrees)
    {
        var line = Line();
        var (sin, cos) = MathF.SinCos(degrees * MathF.PI / 180);
        // A window turned the other way over the line, with the white edge continued on all sides.
        var (right, down) = (new Vector2(cos, -sin) * line.Width * 0.6f, new Vector2(sin, cos) * line.Width * 0.4f);
        var center = new Vector2(line.Width, line.Height) / 2;
        var window = new Quad(center - right - down, center + right - down, center + right + down, center - right + down);
        AssertReadsTheLine(Resample.Crop(line, window));
    }

    public void Dispose() => _models.ForEach(model => model.Dispose());

    private static RgbImage Line() => ImageFile.Load(Repository.PathOf("examples/ocr/line.png"));

    private void AssertReadsTheLine(RgbImage image)
    {
        var truth = File.ReadAllText(Repository.PathOf("examples/ocr/line.txt"));
        Assert.Equal(Accuracy.WithoutSpaces(truth), Accuracy.WithoutSpaces(Assert.Single(Reader().Read(image)).Text));
    }

    private OcrReader Reader() => OcrReader.Create(
        Network("det"), Network("cls"), Network("rec"), CtcDecoder.FromKeys(ModelFiles.Require("ocr/keys.txt")));

    private OrtNetwork Network(string name)
    {
        var model = new OrtModel(ModelFiles.Require($"ocr/{name}.onnx"));
        _models.Add(model);
        return new OrtNetwork(model);
    }
}
