namespace SparseDsl.Import.Onnx.Programs;

/// <summary>Names that are taken on the level of the module or model.</summary>
internal sealed class ProgramNames
{
    private static readonly HashSet<string> Reserved = new(
        [
            "and", "as", "const", "else", "false", "fn", "for", "if", "import", "in", "layer", "let", "model", "module", "not", "op", "or", "true",
            "entry", "iterate", "offline", "route", "search", "train", "while",
            "format", "input", "mask", "output", "param", "pattern", "score", "sparsify", "state", "cover", "dim", "from", "step", "max", "min", "prod", "sum",
        ],
        StringComparer.Ordinal);

    private readonly HashSet<string> names = new(StringComparer.Ordinal);
    private readonly HashSet<string> layers = new(StringComparer.Ordinal);

    /// <summary>Whether a layer has the name.</summary>
    public bool HasLayer(string name) => layers.Contains(name);

    /// <summary>A name in the model that nobody else has.</summary>
    public string Unique(string wish) => Unique(names, Identifier(wish), "_");

    /// <summary>A name of a layer that neither another nor the library has.</summary>
    public string Layer(string wish) => Unique(layers, wish, "");

    /// <summary>A legal name made of any string.</summary>
    public static string Identifier(string name)
    {
        var text = string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_')).Trim('_');
        while (text.Contains("__", StringComparison.Ordinal))
        {
            text = text.Replace("__", "_", StringComparison.Ordinal);
        }

        return text.Length == 0 ? "x" : char.IsAsciiDigit(text[0]) ? "n" + text : Reserved.Contains(text) ? text + "_" : text;
    }

    private static string Unique(HashSet<string> taken, string wish, string separator)
    {
        var name = wish;
        for (var i = 2; !taken.Add(name); i++)
        {
            name = FormattableString.Invariant($"{wish}{separator}{i}");
        }

        return name;
    }
}
