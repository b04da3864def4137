using SparseDsl.Compiler.Passes.Graphs.Layouts;

namespace SparseDsl.Compiler.Tests.Passes;

/// <summary>The minimum cut is the cheapest of all assignments, and of equals the one with the fewest on the second side.</summary>
public sealed class MinimumCutTests
{
    [Fact]
    public void The_cut_is_the_cheapest_assignment_of_all()
    {
        var random = new Random(3);
        for (var round = 0; round < 300; round++)
        {
            var count = random.Next(1, 9);
            var first = Costs(count);
            var second = Costs(count);
            (int From, int To, double Cost)[] apart = [.. Enumerable.Range(0, random.Next(0, 3 * count)).Select(_ => (random.Next(count), random.Next(count), (double)random.Next(6)))];
            var cut = new MinimumCut(count);
            for (var i = 0; i < count; i++)
            {
                cut.CostsFirst(i, first[i]);
                cut.CostsSecond(i, second[i]);
            }

            foreach (var (from, to, cost) in apart.Where(a => a.From != a.To))
            {
                cut.CostsApart(from, to, cost);
            }

            var best = Enumerable.Range(0, 1 << count).Select(bits => Enumerable.Range(0, count).Select(i => (bits >> i & 1) == 1).ToArray())
                .OrderBy(Cost).ThenBy(sides => sides.Count(s => s)).First();
            Assert.Equal(best, cut.Solve());

            double Cost(bool[] sides) => sides.Select((s, i) => s ? second[i] : first[i]).Sum() + apart.Where(a => sides[a.From] && !sides[a.To]).Sum(a => a.Cost);
        }

        double[] Costs(int count) => [.. Enumerable.Range(0, count).Select(_ => (double)random.Next(10))];
    }
}
