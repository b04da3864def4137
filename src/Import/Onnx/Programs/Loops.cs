using System.Collections.Immutable;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Import.Onnx.Programs;

/// <summary>Equal steps one after the other: a loop.</summary>
/// <param name="Start">Position of the first step.</param>
/// <param name="Length">Number of steps that it stands for.</param>
/// <param name="Rounds">Number of rounds.</param>
/// <param name="Input">The value it begins with.</param>
/// <param name="Shared">A round, and what differs.</param>
internal sealed record Loop(int Start, int Length, int Rounds, int Input, Generalisation Shared);

/// <summary>Finds loops.</summary>
internal static class Loops
{
    private const int LongestRound = 4;
    private const int MostVariables = 3;

    /// <summary>The loops of a body, by the position of their first step.</summary>
    public static IReadOnlyDictionary<int, Loop> Of(Body body, IReadOnlyDictionary<int, ImmutableArray<Dim>> extents)
    {
        var result = new Dictionary<int, Loop>();
        for (var start = 0; start < body.Steps.Length;)
        {
            var loop = At(body, extents, start);
            if (loop is not null)
            {
                result.Add(start, loop);
            }

            start += loop?.Length ?? 1;
        }

        return result;
    }

    private static Loop? At(Body body, IReadOnlyDictionary<int, ImmutableArray<Dim>> extents, int start)
    {
        Loop? best = null;
        foreach (var first in Segment.From(body, extents, start, LongestRound))
        {
            var rounds = Rounds(body, extents, first);
            if (Written(rounds) is { } loop && loop.Length > (best?.Length ?? 0))
            {
                best = loop;
            }
        }

        return best;
    }

    private static List<Segment> Rounds(Body body, IReadOnlyDictionary<int, ImmutableArray<Dim>> extents, Segment first)
    {
        var rounds = new List<Segment> { first };
        var hasLayers = first.Steps.All(s => s.IsLayer || s.Weights.Length == 0) && first.Steps.Any(s => s.IsLayer);
        while (hasLayers && rounds[^1].Start + (2 * first.Steps.Length) <= body.Steps.Length
            && Segment.From(body, extents, rounds[^1].Start + first.Steps.Length, first.Steps.Length).FirstOrDefault(s => s.Steps.Length == first.Steps.Length) is { } next
            && next.Key == first.Key && next.Input == rounds[^1].Output && next.InputExtents.Length == first.InputExtents.Length
            && !IsTakenElsewhere(body, rounds[^1].Output, next))
        {
            rounds.Add(next);
        }

        return rounds;
    }

    private static bool IsTakenElsewhere(Body body, int value, Segment by) =>
        body.Outputs.Contains(value) || body.Steps.Where((s, i) => i < by.Start || i >= by.Start + by.Steps.Length).Any(s => s.Operands.Any(o => o.Literal is null && o.Value == value));

    // Two rounds are shorter as they are; a list of many different numbers says less than the calls.
    private static Loop? Written(List<Segment> rounds)
    {
        if (rounds.Count < 2 || (rounds.Count == 2 && rounds[0].Steps.Length < 2))
        {
            return null;
        }

        var shared = Generalisation.Of(rounds, isLayer: false);
        return shared.Variables.Length <= MostVariables && (shared.Variables.Length == 0 || rounds.Count > 2)
            ? new Loop(rounds[0].Start, rounds.Count * rounds[0].Steps.Length, rounds.Count, rounds[0].Input, shared)
            : null;
    }
}
