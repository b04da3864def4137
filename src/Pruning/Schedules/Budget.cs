using System.Collections.Immutable;

namespace SparseDsl.Pruning.Schedules;

/// <summary>One amount of pruning of one layer.</summary>
/// <param name="Pattern">The pattern; null for dense.</param>
/// <param name="Cost">What is to be spent little of: weights that are left, or time.</param>
/// <param name="Error">What it does to the layer's output.</param>
public sealed record Choice(PruningPattern? Pattern, double Cost, double Error);

/// <summary>Chooses how much each layer is pruned so that all together cost little enough and the sum of errors is small.</summary>
public static class Budget
{
    /// <summary>
    /// One choice for each layer with a sum of costs of at most <paramref name="most"/>, or the cheapest of all when there is none. Layers go down the lower
    /// convex hull of their choices, always where the next step costs the least error for what it saves: that minimises the sum of errors among
    /// choices on the hulls, but for the overshoot of the last step (a Lagrangian relaxation).
    /// </summary>
    /// <param name="layers">The choices of each layer.</param>
    /// <param name="most">The most that all together may cost.</param>
    public static ImmutableArray<Choice> Spend(IReadOnlyList<IReadOnlyList<Choice>> layers, double most)
    {
        var hulls = layers.Select(Hull).ToList();
        var at = new int[hulls.Count];
        var cost = hulls.Sum(h => h[0].Cost);
        while (cost > most)
        {
            var best = -1;
            for (var i = 0; i < at.Length; i++)
            {
                if (at[i] + 1 < hulls[i].Count && (best < 0 || Slope(hulls[i], at[i]) < Slope(hulls[best], at[best])))
                {
                    best = i;
                }
            }

            if (best < 0)
            {
                break;
            }

            at[best]++;
            cost += hulls[best][at[best]].Cost - hulls[best][at[best] - 1].Cost;
        }

        return [.. hulls.Select((h, i) => h[at[i]])];
    }

    private static double Slope(List<Choice> hull, int at) => Slope(hull[at], hull[at + 1]);

    // Error for each unit saved.
    private static double Slope(Choice from, Choice to) => (to.Error - from.Error) / (from.Cost - to.Cost);

    // From the choice of the least error on, cheaper and cheaper, with slopes that only rise.
    private static List<Choice> Hull(IReadOnlyList<Choice> choices)
    {
        var hull = new List<Choice>();
        foreach (var choice in choices.OrderBy(c => c.Error).ThenBy(c => c.Cost))
        {
            if (hull.Count > 0 && choice.Cost >= hull[^1].Cost)
            {
                continue;
            }

            while (hull.Count > 1 && Slope(hull[^1], choice) <= Slope(hull[^2], hull[^1]))
            {
                hull.RemoveAt(hull.Count - 1);
            }

            hull.Add(choice);
        }

        return hull;
    }
}
