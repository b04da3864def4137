using SparseDsl.Pruning.Methods;
using SparseDsl.Pruning.Numerics;

namespace SparseDsl.Pruning.Tests;

/// <summary>Masks have the structure their pattern says, at shapes that fit nothing.</summary>
public class MaskSelectionTests
{
    [Theory]
    [InlineData(7, 13, 0.5)]
    [InlineData(1, 5, 0.3)]
    [InlineData(10, 10, 0.37)]
    public void Unstructured_loses_the_smallest_and_just_enough(int rows, int columns, double zeros)
    {
        var scores = Scores(rows, columns);
        var keep = MaskSelection.Keep(new PruningPattern.Unstructured(zeros), scores);
        Assert.Equal((int)Math.Ceiling((zeros * rows * columns) - 1e-6), keep.Count(k => !k));
        var (kept, lost) = (Of(scores, keep, true), Of(scores, keep, false));
        Assert.True(lost.Max() <= kept.Min());
    }

    [Fact]
    public void By_row_every_output_loses_the_same()
    {
        var keep = MaskSelection.Keep(new PruningPattern.Unstructured(0.4), Scores(6, 11), byRow: true);
        Assert.All(keep.Chunk(11), row => Assert.Equal(5, row.Count(k => !k)));
    }

    [Theory]
    [InlineData(4, 8, 20)]
    [InlineData(2, 4, 7)]
    [InlineData(1, 16, 3)]
    [InlineData(3, 5, 25)]
    public void Groups_keep_their_largest(int n, int m, int columns)
    {
        var scores = Scores(5, columns);
        var keep = MaskSelection.Keep(new PruningPattern.NOfM(n, m), scores);
        for (var row = 0; row < 5; row++)
        {
            for (var first = 0; first < columns; first += m)
            {
                int[] group = [.. Enumerable.Range(first, Math.Min(m, columns - first))];
                var expected = group.OrderByDescending(c => scores[row, c]).Take(n).Order();
                Assert.Equal(expected, group.Where(c => keep[(row * columns) + c]));
            }
        }
    }

    [Theory]
    [InlineData(4, 1, 10, 6, 0.3)]
    [InlineData(1, 16, 3, 40, 0.5)]
    [InlineData(3, 2, 7, 9, 0.6)]
    public void Blocks_go_as_a_whole(int r, int c, int rows, int columns, double zeros)
    {
        var keep = MaskSelection.Keep(new PruningPattern.Block(r, c, zeros), Scores(rows, columns));
        Assert.InRange(keep.Count(k => !k), zeros * rows * columns - 1e-6, (zeros * rows * columns) + (r * c));
        for (var i = 0; i < keep.Length; i++)
        {
            var corner = (i / columns / r * r * columns) + (i % columns / c * c);
            Assert.Equal(keep[corner], keep[i]);
        }
    }

    [Fact]
    public void Of_equal_scores_the_first_survive()
    {
        var keep = MaskSelection.Keep(new PruningPattern.Unstructured(0.5), new Matrix<double>(2, 3));
        Assert.Equal([true, true, true, false, false, false], keep);
    }

    [Theory]
    [InlineData("u:0.5", 2, "u:0.25 u:0.5")]
    [InlineData("nm:4:8", 2, "nm:6:8 nm:4:8")]
    [InlineData("nm:3:4", 5, "nm:3:4")]
    [InlineData("block:4x1:30%", 3, "block:4x1:0.1 block:4x1:0.2 block:4x1:0.3")]
    public void Steps_end_at_the_pattern(string pattern, int steps, string expected) =>
        Assert.Equal(expected, string.Join(' ', PruningPattern.Parse(pattern, out _)!.Steps(steps)));

    [Theory]
    [InlineData("u:1")]
    [InlineData("u:0")]
    [InlineData("u:-0.5")]
    [InlineData("u:NaN")]
    [InlineData("u")]
    [InlineData("nm:8:4")]
    [InlineData("nm:0:4")]
    [InlineData("nm:4:1000")]
    [InlineData("block:4:0.5")]
    [InlineData("block:0x1:0.5")]
    [InlineData("blocks:4x1:0.5")]
    [InlineData("")]
    public void What_is_no_pattern_is_refused_with_a_reason(string text)
    {
        Assert.Null(PruningPattern.Parse(text, out var problem));
        Assert.NotEmpty(problem);
    }

    private static Matrix<double> Scores(int rows, int columns)
    {
        var random = new Random(rows + columns);
        var scores = new Matrix<double>(rows, columns);
        for (var i = 0; i < rows * columns; i++)
        {
            scores[i / columns, i % columns] = random.NextDouble();
        }

        return scores;
    }

    private static List<double> Of(Matrix<double> scores, bool[] keep, bool kept) =>
        [.. keep.Select((k, i) => (k, i)).Where(p => p.k == kept).Select(p => scores[p.i / scores.Columns, p.i % scores.Columns])];
}
