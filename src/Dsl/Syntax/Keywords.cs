namespace SparseDsl.Dsl.Syntax;

/// <summary>
/// The words with a meaning of their own. Reserved words are never names of values; contextual ones introduce an item or a
/// statement only when a name follows them on the same line, which no expression can look like.
/// </summary>
internal static class Keywords
{
    /// <summary>Words that begin an item.</summary>
    public static readonly string[] Items =
        ["const", "op", "fn", "layer", "model", "format", "mask", "score", "pattern", "sparsify"];

    /// <summary>Words that begin a statement.</summary>
    public static readonly string[] Statements = ["let", "input", "param", "state", "output"];

    /// <summary>Words that will begin items or statements in later versions of the language.</summary>
    public static readonly string[] Later = ["train", "search", "offline", "entry", "route", "while", "iterate"];

    /// <summary>Names of reductions; ordinary names wherever index variables and a body do not follow.</summary>
    public static readonly string[] Reductions = ["sum", "max", "min", "prod"];

    /// <summary>Words that are never names of values.</summary>
    public static readonly string[] Reserved =
    [
        "and", "as", "const", "else", "false", "fn", "for", "if", "import", "in", "layer", "let", "model", "module", "not",
        "op", "or", "true", .. Later,
    ];

    // Words of other languages, and what is written here instead.
    private static readonly Dictionary<string, string> Foreign = new(StringComparer.Ordinal)
    {
        ["&&"] = "&",
        ["||"] = "|",
        ["**"] = "^",
        ["..."] = "..",
        ["not"] = "!",
        ["=>"] = "->",
        ["def"] = "fn",
        ["func"] = "fn",
        ["function"] = "fn",
        ["network"] = "model",
        ["var"] = "let",
        ["val"] = "let",
    };

    private static readonly HashSet<string> ReservedSet = [.. Reserved];
    private static readonly HashSet<string> ItemSet = [.. Items];
    private static readonly HashSet<string> StatementSet = [.. Statements];
    private static readonly HashSet<string> LaterSet = [.. Later];

    /// <summary>Whether a word is never the name of a value.</summary>
    public static bool IsReserved(string word) => ReservedSet.Contains(word);

    /// <summary>Whether a word begins an item when a name follows.</summary>
    public static bool IsItem(string word) => ItemSet.Contains(word);

    /// <summary>Whether a word begins a statement (<c>let</c>), or does when a name follows.</summary>
    public static bool IsStatement(string word) => StatementSet.Contains(word);

    /// <summary>Whether a word is kept for a later version.</summary>
    public static bool IsLater(string word) => LaterSet.Contains(word);

    /// <summary>Whether a word stands between two parts of an expression or clause.</summary>
    public static bool IsInfix(string word) => word is "if" or "else" or "as" or "and" or "or" or "in";

    /// <summary>What a word or operator of another language is called here, or null.</summary>
    public static string? Spelling(string foreign) => Foreign.TryGetValue(foreign, out var own) ? own : null;

    /// <summary>The candidate a word was probably meant to be, or null.</summary>
    public static string? Closest(string word, IEnumerable<string> candidates)
    {
        var best = candidates.OrderBy(c => EditDistance(word, c)).FirstOrDefault();
        return best is not null && EditDistance(word, best) <= (best.Length < 4 ? 1 : 2) ? best : null;
    }

    /// <summary>Edits (insert, delete, replace, swap of neighbours) between two words.</summary>
    private static int EditDistance(string a, string b)
    {
        var cost = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            for (var j = 0; j <= b.Length; j++)
            {
                cost[i, j] = i == 0 || j == 0 ? i + j : Cheapest(cost, a, b, i, j);
            }
        }

        return cost[a.Length, b.Length];
    }

    private static int Cheapest(int[,] cost, string a, string b, int i, int j)
    {
        var replace = cost[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
        var best = Math.Min(replace, Math.Min(cost[i - 1, j], cost[i, j - 1]) + 1);
        var swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
        return swapped ? Math.Min(best, cost[i - 2, j - 2] + 1) : best;
    }
}
