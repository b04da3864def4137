using System.Text.Json;

namespace SparseDsl.Benchmarks.Plots;

/// <summary>A line of recorded results.</summary>
internal abstract record ResultLine
{
    /// <summary>Reads a line; null for one that says something else.</summary>
    /// <exception cref="InvalidDataException">It is no line of results.</exception>
    public static ResultLine? Read(string line)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            var root = json.RootElement;
            return root.TryGetProperty("accuracy", out var accuracy)
                ? new Accuracy(Text(root, "of") ?? "", Text(root, "set") ?? "", Text(root, "program") ?? "", accuracy.GetDouble())
                : root.TryGetProperty("peer", out var peer) && peer.ValueKind == JsonValueKind.String ? ReadTime(root, peer.GetString()!) : null;
        }
        catch (Exception problem) when (problem is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new InvalidDataException($"this is no line of results: {line}", problem);
        }
    }

    // What 'sparsedsl bench' measured is named after the program, since pruned versions of a model share its name.
    private static Time ReadTime(JsonElement root, string peer) => new(
        Text(root, "table") ?? "networks", Text(root, "program") ?? root.GetProperty("name").GetString()!, Text(root, "variant") ?? "sparsedsl", peer,
        root.GetProperty("threads").GetInt32(), root.GetProperty("ratio").GetDouble());

    private static string? Text(JsonElement root, string name) => root.TryGetProperty(name, out var value) ? value.GetString() : null;

    /// <summary>A time beside a peer's.</summary>
    /// <param name="Table">Of which table; <c>networks</c> for whole programs.</param>
    /// <param name="Name">Row, or name of the program.</param>
    /// <param name="Variant">How our weights are stored.</param>
    /// <param name="Peer">Who was measured beside it.</param>
    /// <param name="Threads">Threads of a call.</param>
    /// <param name="Ratio">The peer's time over ours.</param>
    public sealed record Time(string Table, string Name, string Variant, string Peer, int Threads, double Ratio) : ResultLine;

    /// <summary>How well a program did.</summary>
    /// <param name="Of">What was measured.</param>
    /// <param name="Set">On which pictures.</param>
    /// <param name="Program">Name of the program, <c>dense</c>, or a peer's.</param>
    /// <param name="Share">What it got right, 0 to 1.</param>
    public sealed record Accuracy(string Of, string Set, string Program, double Share) : ResultLine;
}
