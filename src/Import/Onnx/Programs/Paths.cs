using System.Globalization;

namespace SparseDsl.Import.Onnx.Programs;

/// <summary>
/// Paths of parameters, as the language forms them: the name of a layer, with its number where a scope has several of that name, and inside it again;
/// the name of a parameter declared in the scope itself.
/// </summary>
internal static class Paths
{
    /// <summary>The parameters of steps of one scope, in order.</summary>
    public static IEnumerable<(Step Step, Weight Weight, string Path)> Of(IReadOnlyList<Step> steps)
    {
        var totals = steps.Where(s => s.IsLayer).GroupBy(s => s.Callee).ToDictionary(g => g.Key, g => g.Count(), StringComparer.Ordinal);
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var step in steps)
        {
            var scope = step.Callee;
            if (step.IsLayer)
            {
                seen[scope] = seen.GetValueOrDefault(scope) + 1;
                scope += totals[scope] > 1 ? string.Create(CultureInfo.InvariantCulture, $"[{seen[scope] - 1}]") : "";
            }

            foreach (var weight in step.Weights)
            {
                yield return (step, weight, step.IsLayer ? $"{scope}.{weight.Path}" : Declared(seen, weight.Path));
            }
        }
    }

    private static string Declared(Dictionary<string, int> seen, string role)
    {
        // Beside the numbers of layers, under a name no layer has.
        var key = "param " + role;
        seen[key] = seen.GetValueOrDefault(key) + 1;
        return seen[key] == 1 ? role : string.Create(CultureInfo.InvariantCulture, $"{role}{seen[key]}");
    }
}
