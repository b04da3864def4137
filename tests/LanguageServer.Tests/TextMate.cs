using System.Text.Json;
using System.Text.RegularExpressions;

namespace SparseDsl.Tests.LanguageServer;

/// <summary>As much of TextMate's way with a grammar as ours uses: the first of the patterns that matches earliest, captures, begin and end.</summary>
internal sealed class TextMate
{
    private readonly JsonElement repository;
    private readonly Rule[] top;

    private sealed record Rule(string? Name, Regex Start, Regex? End, string?[] Captures, Rule[] Inner);

    public TextMate(JsonElement grammar)
    {
        repository = grammar.GetProperty("repository");
        top = Rules(grammar.GetProperty("patterns"));
    }

    /// <summary>The innermost scope of every character; null where no pattern says anything.</summary>
    public string?[] Scopes(string text)
    {
        var scopes = new string?[text.Length];
        var start = 0;
        Rule? open = null;
        foreach (var line in text.Split('\n'))
        {
            open = Line(line, scopes.AsSpan(start, Math.Min(line.Length + 1, text.Length - start)), open);
            start += line.Length + 1;
        }

        return scopes;
    }

    private static void Fill(Span<string?> scopes, Group group, string? name)
    {
        if (group.Success && name is not null)
        {
            scopes.Slice(group.Index, group.Length).Fill(name);
        }
    }

    /// <summary>One line; the rule that is open at its end.</summary>
    private Rule? Line(string line, Span<string?> scopes, Rule? open)
    {
        var at = 0;
        while (at <= line.Length)
        {
            var end = open?.End!.Match(line, at);
            var (match, rule) = Earliest(line, at, open?.Inner ?? top);
            if (end is { Success: true } && (match is null || end.Index <= match.Index))
            {
                scopes[at..Math.Min(end.Index + end.Length, scopes.Length)].Fill(open!.Name);
                at = end.Index + end.Length;
                open = null;
                if (end.Length == 0)
                {
                    return null;
                }

                continue;
            }

            if (match is null)
            {
                if (open is not null)
                {
                    scopes[at..].Fill(open.Name);
                }

                return open;
            }

            if (open is not null)
            {
                scopes[at..match.Index].Fill(open.Name);
            }

            Fill(scopes, match, rule!.Name);
            for (var i = 0; i < rule.Captures.Length; i++)
            {
                Fill(scopes, match.Groups[i], rule.Captures[i]);
            }

            at = match.Index + match.Length;
            open = rule.End is null ? open : rule;
        }

        return open;
    }

    private static (Match? Match, Rule? Rule) Earliest(string line, int at, Rule[] rules)
    {
        (Match? Match, Rule? Rule) best = (null, null);
        foreach (var rule in rules)
        {
            var match = rule.Start.Match(line, at);
            if (match is { Success: true, Length: > 0 } && (best.Match is null || match.Index < best.Match.Index))
            {
                best = (match, rule);
            }
        }

        return best;
    }

    private Rule[] Rules(JsonElement patterns) => [.. patterns.EnumerateArray().SelectMany(Expand)];

    private IEnumerable<Rule> Expand(JsonElement pattern)
    {
        if (pattern.TryGetProperty("include", out var include))
        {
            return Expand(repository.GetProperty(include.GetString()![1..]));
        }

        var begins = pattern.TryGetProperty("begin", out var start);
        if (!begins && !pattern.TryGetProperty("match", out start))
        {
            return Rules(pattern.GetProperty("patterns"));
        }

        string?[] captures = new string?[10];
        if (pattern.TryGetProperty("captures", out var named))
        {
            foreach (var capture in named.EnumerateObject())
            {
                captures[int.Parse(capture.Name, System.Globalization.CultureInfo.InvariantCulture)] = capture.Value.GetProperty("name").GetString();
            }
        }

        var inner = begins && pattern.TryGetProperty("patterns", out var patterns) ? Rules(patterns) : [];
        var name = pattern.TryGetProperty("name", out var scope) ? scope.GetString() : null;
        return [new Rule(name, new Regex(start.GetString()!), begins ? new Regex(pattern.GetProperty("end").GetString()!) : null, captures, inner)];
    }
}
