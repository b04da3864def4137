using System.Globalization;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Graphs;

/// <summary>Keeps index variables of expressions that are put together apart.</summary>
public static class Renaming
{
    /// <summary>The producer's body with its index variables and reduction variables renamed so that none has the name of a variable of the consumer.</summary>
    /// <remarks>The producer's own index variables keep their names: the caller replaces them by subscripts at once.</remarks>
    public static ScalarExpr Apart(ComputeNode producer, ComputeNode consumer)
    {
        var taken = new HashSet<string>(consumer.Indices.Select(i => i.Name), StringComparer.Ordinal);
        taken.UnionWith(consumer.Body.All().OfType<ScalarExpr.Reduce>().SelectMany(r => r.Vars).Select(v => v.Name));
        taken.UnionWith(producer.Indices.Select(i => i.Name));
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var variable in producer.Body.All().OfType<ScalarExpr.Reduce>().SelectMany(r => r.Vars))
        {
            if (!map.ContainsKey(variable.Name))
            {
                var name = Free(variable.Name, taken);
                taken.Add(name);
                map.Add(variable.Name, name);
            }
        }

        return Rename(producer.Body, map);
    }

    /// <summary>Renames reduction variables.</summary>
    public static ScalarExpr Rename(ScalarExpr body, IReadOnlyDictionary<string, string> map)
    {
        if (map.All(m => m.Key == m.Value))
        {
            return body;
        }

        return body
            .Substitute(n => map.TryGetValue(n, out var to) ? Dim.Symbol(to) : null)
            .Rewrite(e => e is ScalarExpr.Reduce r
                ? new ScalarExpr.Reduce(r.Kind, [.. r.Vars.Select(v => new IndexRange(map.TryGetValue(v.Name, out var to) ? to : v.Name, v.Extent))], r.Body)
                : e);
    }

    /// <summary>The name itself, or the first of name1, name2, … that is not taken.</summary>
    public static string Free(string name, HashSet<string> taken)
    {
        var candidate = name;
        for (var i = 1; taken.Contains(candidate); i++)
        {
            candidate = name + i.ToString(CultureInfo.InvariantCulture);
        }

        return candidate;
    }
}
