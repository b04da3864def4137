using SparseDsl.Pruning.Schedules;

namespace SparseDsl.Pruning.Tests;

/// <summary>Budgets are met at the least sum of errors.</summary>
public class BudgetTests
{
    [Fact]
    public void The_layer_that_suffers_least_is_pruned_first()
    {
        var chosen = Budget.Spend([Layer((10, 0), (5, 0.5)), Layer((10, 0), (5, 0.1))], 16);
        Assert.Equal([10, 5], chosen.Select(c => c.Cost));
    }

    [Fact]
    public void Choices_above_the_hull_are_not_taken()
    {
        // 8 costs nearly the error of 4.
        var chosen = Budget.Spend([Layer((10, 0), (8, 0.9), (4, 1))], 9);
        Assert.Equal([4], chosen.Select(c => c.Cost));
    }

    [Fact]
    public void What_is_dearer_for_more_error_is_not_taken() =>
        Assert.Equal([10], Budget.Spend([Layer((10, 0), (11, 0.1))], 5).Select(c => c.Cost));

    [Fact]
    public void Sums_of_errors_are_the_least_of_all_combinations_at_what_they_cost()
    {
        var random = new Random(1);
        for (var round = 0; round < 50; round++)
        {
            var layers = Enumerable.Range(0, 4).Select(_ => Convex(random)).ToList();
            var chosen = Budget.Spend(layers, layers.Sum(l => l[0].Cost) * (0.3 + (0.6 * random.NextDouble())));
            var (cost, error) = (chosen.Sum(c => c.Cost), chosen.Sum(c => c.Error));
            var best = Combinations(layers).Where(c => c.Cost <= cost + 1e-9).Min(c => c.Error);
            Assert.Equal(best, error, 1e-9);
        }
    }

    private static IReadOnlyList<Choice> Layer(params (double Cost, double Error)[] choices) => [.. choices.Select(c => new Choice(null, c.Cost, c.Error))];

    private static IReadOnlyList<Choice> Convex(Random random)
    {
        var (cost, error, slope) = (10.0, 0.0, 0.0);
        var choices = new List<Choice> { new(null, cost, error) };
        for (var i = 0; i < 4; i++)
        {
            var saved = 0.5 + random.NextDouble();
            slope += random.NextDouble();
            (cost, error) = (cost - saved, error + (saved * slope));
            choices.Add(new Choice(null, cost, error));
        }

        return choices;
    }

    private static IEnumerable<(double Cost, double Error)> Combinations(IReadOnlyList<IReadOnlyList<Choice>> layers) =>
        layers.Aggregate<IReadOnlyList<Choice>, IEnumerable<(double, double)>>([(0, 0)], (all, layer) => all.SelectMany(a => layer.Select(c => (a.Item1 + c.Cost, a.Item2 + c.Error))));
}
