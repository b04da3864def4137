using System.Globalization;
using SparseDsl.Compiler.Loops;

namespace SparseDsl.Compiler.Passes.Loops;

/// <summary>New names that a kernel does not use yet.</summary>
internal sealed class LoopNames
{
    private readonly HashSet<string> used = new(StringComparer.Ordinal);
    private readonly string? prefix;
    private readonly Dictionary<string, int> next = new(StringComparer.Ordinal);

    public LoopNames(Kernel kernel)
    {
        used.UnionWith(kernel.Buffers.Select(b => b.Name));
        used.UnionWith(kernel.Scalars.Select(s => s.Name));
        foreach (var statement in kernel.Body.All())
        {
            var name = statement.Declares()?.Name ?? (statement as Stmt.DeclareTile)?.Tile.Name ?? (statement as Stmt.Scratch)?.Buffer.Name;
            if (name is not null)
            {
                used.Add(name);
            }
        }
    }

    private LoopNames(string prefix) => this.prefix = prefix;

    /// <summary>Names that say in which order they were asked for, and nothing else.</summary>
    public static LoopNames Numbers() => new("$");

    /// <summary>A new name: the hint itself when it is free, else with a number.</summary>
    public string New(string hint)
    {
        if (prefix is not null)
        {
            hint = prefix;
        }

        if (used.Add(hint))
        {
            return hint;
        }

        next.TryGetValue(hint, out var number);
        string name;
        do
        {
            number++;
            name = hint + "_" + number.ToString(CultureInfo.InvariantCulture);
        }
        while (!used.Add(name));
        next[hint] = number;
        return name;
    }

    /// <summary>A new variable.</summary>
    public Variable Variable(string hint, LoopType type) => new(New(hint), type);
}
