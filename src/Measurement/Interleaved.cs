using System.Diagnostics;

namespace SparseDsl.Measurement;

/// <summary>How long to measure.</summary>
/// <param name="WarmUpMilliseconds">Turns until then are not counted.</param>
/// <param name="Milliseconds">Turns are begun until then.</param>
/// <param name="FewestTurns">And until there are this many.</param>
/// <param name="TurnMicroseconds">An engine's turn is as many calls as fill this time, and at least one.</param>
public sealed record Budget(double WarmUpMilliseconds, double Milliseconds, int FewestTurns, double TurnMicroseconds = 200)
{
    /// <summary>Whether a turn begins with a call that is not timed: the caches then hold what the engine left there, not what the others did.</summary>
    public bool BeginsWarm { get; init; }

    /// <summary>For a network.</summary>
    public static Budget Network { get; } = new(1000, 5000, 15);

    /// <summary>For a row of a table that has many.</summary>
    public static Budget Row { get; } = new(100, 600, 9);

    /// <summary>For tests, which only want to see that it works.</summary>
    public static Budget Smallest { get; } = new(0, 0, 2, 0);
}

/// <summary>Times engines in one process, turn by turn, so that all see the same machine: its clock, its neighbours, its caches.</summary>
public static class Interleaved
{
    // A thread pool keeps its threads spinning for a while after a call (ours some 30 µs, others a millisecond), on a processor that the next engine
    // needs. After this time they are parked; a call that is not timed then wakes those of the engine whose turn it is.
    private const int SettleMilliseconds = 3;

    /// <summary>The times of each engine.</summary>
    /// <param name="engines">At least one.</param>
    /// <param name="budget">How long, all engines together.</param>
    /// <param name="threads">Threads of a call.</param>
    public static IReadOnlyList<Timing> Run(IReadOnlyList<IEngine> engines, Budget budget, int threads = 1)
    {
        var calls = engines.Select(engine => Calls(engine, budget)).ToArray();
        Turns(engines, calls, budget with { Milliseconds = budget.WarmUpMilliseconds, FewestTurns = 1 }, threads);
        return [.. Turns(engines, calls, budget, threads).Select(times => new Timing(times))];
    }

    private static List<double>[] Turns(IReadOnlyList<IEngine> engines, int[] calls, Budget budget, int threads)
    {
        List<double>[] times = [.. engines.Select(_ => new List<double>())];
        var start = Stopwatch.GetTimestamp();
        do
        {
            for (var i = 0; i < engines.Count; i++)
            {
                times[i].Add(Turn(engines[i], calls[i], threads, budget.BeginsWarm));
            }
        }
        while (times[0].Count < budget.FewestTurns || Stopwatch.GetElapsedTime(start).TotalMilliseconds < budget.Milliseconds);
        return times;
    }

    private static double Turn(IEngine engine, int calls, int threads, bool warm)
    {
        engine.BeginTurn();
        if (threads > 1)
        {
            Thread.Sleep(SettleMilliseconds);
        }

        if (threads > 1 || warm)
        {
            engine.Invoke();
        }

        var start = Stopwatch.GetTimestamp();
        for (var call = 0; call < calls; call++)
        {
            engine.Invoke();
        }

        return Stopwatch.GetElapsedTime(start).TotalMicroseconds / calls;
    }

    private static int Calls(IEngine engine, Budget budget)
    {
        engine.BeginTurn();
        engine.Invoke();
        if (budget.TurnMicroseconds == 0)
        {
            return 1;
        }

        // The first call made everything ready; the fastest of a few tells how many fit.
        var fastest = Enumerable.Range(0, 3).Min(_ => Turn(engine, 1, 1, budget.BeginsWarm));
        return (int)Math.Clamp(budget.TurnMicroseconds / Math.Max(fastest, 0.1), 1, 10_000);
    }
}
