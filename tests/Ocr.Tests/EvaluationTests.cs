using System.Numerics;
using SparseDsl.Examples.Ocr;
using SparseDsl.Examples.Ocr.Evaluation;

namespace SparseDsl.Ocr.Tests;

/// <summary>What accuracy is measured with: distances, boxes, and pictures that are the same every time.</summary>
public sealed class EvaluationTests
{
    [Theory]
    [InlineData("abc", "abc", 1)]
    [InlineData("a b c", "abc", 1)]
    [InlineData("abcd", "abxd", 0.75)]
    [InlineData("abcd", "abcde", 0.75)]
    [InlineData("ab", "xyzxyz", 0)]
    public void Accuracy_is_one_less_edits_for_each_character(string truth, string read, double expected)
    {
        var accuracy = new CharacterAccuracy();
        accuracy.Add(truth, read);
        Assert.Equal(expected, accuracy.Value, 1e-12);
    }

    [Fact]
    public void Accuracy_of_several_texts_weighs_characters()
    {
        var accuracy = new CharacterAccuracy();
        accuracy.Add("abcdefgh", "abcdefgh");
        accuracy.Add("ab", "xy");
        Assert.Equal(0.8, accuracy.Value, 1e-12);
    }

    [Theory]
    [InlineData(0, 0, 1)]
    [InlineData(5, 0, 1.0 / 3)]
    [InlineData(0, 2, 2.0 / 6)]
    [InlineData(10, 0, 0)]
    [InlineData(-100, 50, 0)]
    public void Overlap_is_intersection_over_union(float right, float down, double expected) =>
        Assert.Equal(expected, BoxAgreement.Overlap(Box(0, 0, 10, 4), Box(right, down, 10, 4)), 1e-6);

    [Fact]
    public void A_square_on_its_tip_shares_what_it_shares()
    {
        // The diamond of diagonal 2 inside a square of side 2.
        var diamond = new Quad(new(1, 0), new(2, 1), new(1, 2), new(0, 1));
        Assert.Equal(0.5, BoxAgreement.Overlap(Box(0, 0, 2, 2), diamond), 1e-6);
    }

    [Fact]
    public void Every_box_matches_at_most_once()
    {
        var agreement = new BoxAgreement();
        agreement.Add([Box(0, 0, 10, 4), Box(0, 20, 10, 4)], [Box(0, 0, 10, 4), Box(0, 1, 10, 4), Box(50, 50, 2, 2)]);
        Assert.Equal(2.0 * 1 / 5, agreement.F1, 1e-12);
    }

    [Fact]
    public void Nothing_found_where_nothing_is_agrees()
    {
        var agreement = new BoxAgreement();
        agreement.Add([], []);
        Assert.Equal(1, agreement.F1);
    }

    [Fact]
    public void Lines_and_pages_are_the_same_every_time_and_of_other_seeds_others()
    {
        Assert.SkipUnless(File.Exists("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc") && File.Exists("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"), "install fonts-dejavu-core and fonts-wqy-microhei");
        using var fonts = Fonts.Load();
        Sample[] Draw(int seed) => [.. new Lines(fonts, seed).HardEnglish(2), .. new Lines(fonts, seed).HardChinese(2), .. new Pages(fonts, seed).Photos(1), .. new Pages(fonts, seed).Documents(1)];
        var (first, second, other) = (Draw(1), Draw(1), Draw(2));
        Assert.All(first.Zip(second), pair => Assert.Equal(pair.First.Text, pair.Second.Text));
        Assert.All(first.Zip(second), pair => Assert.Equal(pair.First.Image.Pixels, pair.Second.Image.Pixels));
        Assert.All(first.Zip(other), pair => Assert.NotEqual(pair.First.Text, pair.Second.Text));
    }

    [Fact]
    public void A_hard_line_is_not_a_clean_one()
    {
        Assert.SkipUnless(File.Exists("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc") && File.Exists("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"), "install fonts-dejavu-core and fonts-wqy-microhei");
        using var fonts = Fonts.Load();
        var clean = new Lines(fonts, 1).CleanEnglish(1)[0].Image;
        var hard = new Lines(fonts, 1).HardEnglish(1)[0].Image;
        // Paper is one white, or many shades of grey.
        Assert.InRange(clean.Pixels.Count(p => p == 255), clean.Pixels.Length * 0.6, clean.Pixels.Length);
        Assert.True(hard.Pixels.Distinct().Count() > 100);
    }

    [Theory]
    [InlineData("calibrate")]
    [InlineData("calibrate --rec a.dsl")]
    [InlineData("--out folder")]
    [InlineData("--rec")]
    [InlineData("--lines 0")]
    [InlineData("--lines many")]
    [InlineData("page.png")]
    public void Odd_arguments_are_refused(string arguments) => Assert.Null(Settings.Parse(arguments.Split(' ')));

    [Fact]
    public void Several_programs_are_compared()
    {
        var settings = Settings.Parse("--rec a.dsl --rec b.dsl --det c.dsl --lines 7 --threads 2".Split(' '))!;
        Assert.Equal(["a.dsl", "b.dsl"], settings.Recognizers);
        Assert.Equal(["c.dsl"], settings.Detectors);
        Assert.Equal((7, 2), (settings.Lines, settings.Threads));
    }

    private static Quad Box(float x, float y, float width, float height) =>
        new(new Vector2(x, y), new Vector2(x + width, y), new Vector2(x + width, y + height), new Vector2(x, y + height));
}
