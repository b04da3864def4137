using System.Globalization;
using System.Text;

namespace SparseDsl.Compiler.Graphs;

/// <summary>Hands out unique identifiers for nodes, close to what people would call them.</summary>
public sealed class NodeNames
{
    private readonly HashSet<string> used = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> next = new(StringComparer.Ordinal);

    /// <summary>Names that continue those of a graph.</summary>
    public static NodeNames Of(Graph graph)
    {
        var names = new NodeNames();
        foreach (var node in graph.Nodes)
        {
            names.Reserve(node.Name);
        }

        return names;
    }

    /// <summary>Marks a name as taken.</summary>
    public void Reserve(string name) => used.Add(name);

    /// <summary>The hint as an identifier; with a number when it is taken.</summary>
    public string New(string hint)
    {
        var stem = Identifier(hint);
        if (used.Add(stem))
        {
            return stem;
        }

        next.TryGetValue(stem, out var number);
        string name;
        do
        {
            number++;
            name = stem + "_" + number.ToString(CultureInfo.InvariantCulture);
        }
        while (!used.Add(name));
        next[stem] = number;
        return name;
    }

    /// <summary>Letters, digits and '_' of a text, every other character as '_'.</summary>
    public static string Identifier(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            var plain = c is (>= 'a' and <= 'z') or (>= 'A' and <= 'Z') or (>= '0' and <= '9') or '_';
            if (plain)
            {
                result.Append(c);
            }
            else if (result.Length > 0 && result[result.Length - 1] != '_')
            {
                result.Append('_');
            }
        }

        var name = result.ToString().TrimEnd('_');
        return name.Length == 0 || char.IsDigit(name[0]) ? "t" + name : name;
    }
}
