using System.Text;
using SparseDsl.Compiler.Formats;
using SparseDsl.Compiler.Graphs;

namespace SparseDsl.Compiler.Weights;

/// <summary>
/// How the weights of models are stored, as chosen by whoever had the data, so that a compiler without it (a source generator) makes the same choices. As text:
/// <code>
/// storage 1
/// model "Digits"
/// "w1" avx512 avx2 = "csr" [i, j] -&gt; dense(i), compressed(j)
/// </code>
/// A weight that is not mentioned is decided anew.
/// </summary>
public sealed class StorageRecord
{
    private const string Header = "storage 1";

    // By model and weight; the targets of a weight in the order in which they were added.
    private readonly SortedDictionary<string, SortedDictionary<string, List<(string Target, Format Format)>>> models = new(StringComparer.Ordinal);

    /// <summary>Adds the storage of every weight of a graph.</summary>
    /// <param name="graph">A graph whose storage is chosen.</param>
    /// <param name="target">For which target.</param>
    public void Add(Graph graph, Target target)
    {
        foreach (var node in graph.Nodes)
        {
            if (((node as ParamNode)?.Format ?? (node as ConstantNode)?.Format) is { } format)
            {
                Add(graph.Name, node.Name, target.Name, format);
            }
        }
    }

    /// <summary>The storage of a weight by name, or null when nothing is recorded.</summary>
    public Func<string, Format?> For(string model, Target target) => weight =>
        models.TryGetValue(model, out var weights) && weights.TryGetValue(weight, out var choices) ? choices.FirstOrDefault(c => c.Target == target.Name).Format : null;

    /// <summary>The text; equal records have equal texts.</summary>
    public string Print()
    {
        var text = new StringBuilder(Header).Append('\n');
        foreach (var model in models)
        {
            text.Append("model ").Append(Quote(model.Key)).Append('\n');
            foreach (var weight in model.Value)
            {
                foreach (var choice in weight.Value.GroupBy(c => FormatText.Print(c.Format), StringComparer.Ordinal))
                {
                    text.Append(Quote(weight.Key)).Append(' ').Append(string.Join(" ", choice.Select(c => c.Target))).Append(" = ").Append(choice.Key).Append('\n');
                }
            }
        }

        return text.ToString();
    }

    /// <summary>Reads what <see cref="Print"/> gave; null when the text is of another kind or version.</summary>
    public static StorageRecord? TryParse(string text)
    {
        var lines = text.Split('\n').Select(l => l.TrimEnd('\r')).Where(l => l.Length > 0).ToList();
        if (lines.Count == 0 || lines[0] != Header)
        {
            return null;
        }

        var record = new StorageRecord();
        try
        {
            var model = "";
            foreach (var line in lines.Skip(1).Select(l => new IrReader(l)))
            {
                if (line.TryTake("model"))
                {
                    model = line.String();
                }
                else
                {
                    record.Read(model, line);
                }
            }
        }
        catch (IrSyntaxException)
        {
            return null;
        }

        return record;
    }

    private void Read(string model, IrReader line)
    {
        var weight = line.String();
        var targets = new List<string>();
        while (line.TryName() is { } target)
        {
            targets.Add(target);
        }

        line.Take("=");
        var format = FormatText.ParseWithPattern(line);
        foreach (var target in targets)
        {
            Add(model, weight, target, format);
        }
    }

    private void Add(string model, string weight, string target, Format format)
    {
        if (!models.TryGetValue(model, out var weights))
        {
            models.Add(model, weights = new(StringComparer.Ordinal));
        }

        if (!weights.TryGetValue(weight, out var choices))
        {
            weights.Add(weight, choices = []);
        }

        choices.Add((target, format));
    }

    private static string Quote(string text) => "\"" + text.Replace("\\", "\\\\").Replace("\"", "\\\"") + "\"";
}
