using SparseDsl.Examples.Ocr;
using SparseDsl.TestSupport;

namespace SparseDsl.Ocr.Tests;

public class CtcDecoderTests
{
    private static readonly CtcDecoder Decoder = new(["a", "b", "ß"]);

    [Theory]
    [InlineData("", "")]
    [InlineData("000", "")]
    [InlineData("123", "abß")]
    [InlineData("111222", "ab")]
    [InlineData("0110100", "aa")]
    [InlineData("2001", "ba")]
    [InlineData("1210", "aba")]
    public void Repetitions_count_once_and_blanks_separate(string classes, string text) =>
        Assert.Equal(text, Decoder.Decode(OneHot(classes, likelihood: 0.7f)).Text);

    [Fact]
    public void Confidence_is_the_mean_over_first_places_of_characters()
    {
        float[] likelihoods = [.. OneHot("1", 0.9f), .. OneHot("1", 0.4f), .. OneHot("0", 0.99f), .. OneHot("3", 0.6f)];
        Assert.Equal(0.75f, Decoder.Decode(likelihoods).Confidence, 1e-6f);
    }

    [Fact]
    public void The_empty_text_has_no_confidence() => Assert.Equal(new RecognizedText("", 0), Decoder.Decode(OneHot("00", 1)));

    [Fact]
    public void The_lower_class_wins_a_tie() => Assert.Equal("a", Decoder.Decode([0.1f, 0.45f, 0.45f, 0]).Text);

    [Fact]
    public void The_space_comes_after_the_listed_keys()
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, "x\ny\r\nz");
            var decoder = CtcDecoder.FromKeys(path);
            Assert.Equal(5, decoder.ClassCount);
            Assert.Equal("z x", decoder.Decode(OneHot("341", 1, classes: 5)).Text);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void The_fetched_keys_fit_the_recogniser() =>
        Assert.Equal(6625, CtcDecoder.FromKeys(ModelFiles.Require("ocr/keys.txt")).ClassCount);

    private static float[] OneHot(string places, float likelihood, int classes = 4) =>
        [.. places.SelectMany(place => Enumerable.Range(0, classes).Select(i => i == place - '0' ? likelihood : 0))];
}
