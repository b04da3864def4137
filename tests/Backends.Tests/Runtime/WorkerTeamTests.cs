using SparseDsl.Runtime;

namespace SparseDsl.Backends.Tests.Runtime;

/// <summary>The team runs every iteration once, whatever the threads, counts, faults and callers.</summary>
public unsafe class WorkerTeamTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(8)]
    public void EveryIterationRunsOnceForEveryCount(int threads)
    {
        using var team = new WorkerTeam(threads);
        using var hits = new AlignedBuffer(200 * sizeof(int));
        foreach (var count in new[] { 0, 1, 2, 3, 7, 8, 9, 63, 64, 200 })
        {
            hits.AsSpan<int>().Clear();
            team.Run(&CountHits, hits.Pointer, count);
            AssertHits(hits, count);

            hits.AsSpan<int>().Clear();
            team.RunDynamic(&CountHits, hits.Pointer, count, 3);
            AssertHits(hits, count);
        }
    }

    [Theory]
    [InlineData(3, 10, new[] { 0, 3, 6, 10 })]
    [InlineData(4, 2, new[] { 0, 1, 2 })]
    [InlineData(2, int.MaxValue, new[] { 0, 1073741823, int.MaxValue })]
    [InlineData(1, 5, new[] { 0, 5 })]
    public void PartsAreContiguousAndEven(int threads, int count, int[] bounds)
    {
        using var team = new WorkerTeam(threads);
        using var seen = new AlignedBuffer(sizeof(Ranges));
        team.Run(&RecordRange, seen.Pointer, count);
        Assert.Equal(bounds[..^1].Zip(bounds[1..]), SortedRanges(seen));
    }

    [Fact]
    public void PiecesCoverCountsNearTheLargestInteger()
    {
        using var team = new WorkerTeam(2);
        using var seen = new AlignedBuffer(sizeof(Ranges));
        team.RunDynamic(&RecordRange, seen.Pointer, int.MaxValue, 1 << 30);
        Assert.Equal([(0, 1 << 30), (1 << 30, int.MaxValue)], SortedRanges(seen));
    }

    [Theory]
    [InlineData(2, 20_000)]
    [InlineData(8, 4_000)]
    public void ThousandsOfRunsInARowLoseNothing(int threads, int runs)
    {
        using var team = new WorkerTeam(threads);
        using var hits = new AlignedBuffer(64 * sizeof(int));
        for (var run = 0; run < runs; run++)
        {
            team.Run(&CountHits, hits.Pointer, 1 + (run % 64));

            // Now and then let the workers park, so that both ways of waiting are taken.
            if (run % 1000 == 999)
            {
                Thread.Sleep(2);
            }
        }

        for (var i = 0; i < 64; i++)
        {
            Assert.Equal(Enumerable.Range(0, runs).Count(run => run % 64 >= i), hits.AsSpan<int>()[i]);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(8)]
    public void ACallAllocatesNothingOnAnyThread(int threads)
    {
        using var team = new WorkerTeam(threads);
        using var context = new AlignedBuffer(sizeof(Allocations));
        RunOften(team, context.Pointer, 200);

        var memory = (nint)context.Pointer;
        Assert.Equal(0, Quiet.Fewest(() =>
        {
            // Part t always runs on the same thread, so its count at the end less that at the start is what calls cost it.
            var before = *(Allocations*)memory;
            var callerBefore = GC.GetAllocatedBytesForCurrentThread();
            RunOften(team, (void*)memory, 500);
            var total = GC.GetAllocatedBytesForCurrentThread() - callerBefore;
            var after = *(Allocations*)memory;
            for (var part = 0; part < threads; part++)
            {
                Assert.True(after.Bytes[part] > 0);
                total += after.Bytes[part] - before.Bytes[part];
            }

            return total;
        }));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(8)]
    public void AnExceptionInAnyPartReachesTheCallerAndTheTeamGoesOn(int threads)
    {
        using var team = new WorkerTeam(threads);
        using var hits = new AlignedBuffer(8 * sizeof(int));
        using var context = new AlignedBuffer(sizeof(int));
        for (var bad = 0; bad < threads; bad++)
        {
            context.AsSpan<int>()[0] = bad;
            var exception = Assert.Throws<InvalidOperationException>(() => team.Run(&ThrowAt, context.Pointer, threads));
            Assert.Equal($"part {bad}", exception.Message);
            exception = Assert.Throws<InvalidOperationException>(() => team.RunDynamic(&ThrowAt, context.Pointer, threads, 1));
            Assert.Equal($"part {bad}", exception.Message);
            hits.AsSpan<int>().Clear();
            team.Run(&CountHits, hits.Pointer, 8);
            AssertHits(hits, 8);
        }
    }

    [Fact]
    public void CallsFromSeveralThreadsRunOneAfterAnother()
    {
        using var team = new WorkerTeam(3);
        using var hits = new AlignedBuffer(4 * 100 * sizeof(int));
        var callers = Enumerable.Range(0, 4).Select(caller => new Thread(() =>
        {
            for (var run = 0; run < 500; run++)
            {
                team.Run(&CountHits, hits.Pointer + (caller * 100 * sizeof(int)), 100);
            }
        })).ToArray();
        Array.ForEach(callers, t => t.Start());
        Array.ForEach(callers, t => t.Join());
        Assert.Equal(Enumerable.Repeat(500, 400), hits.AsSpan<int>().ToArray());
    }

    [Fact]
    public void ALoopInsideALoopRunsOnItsOwnThread()
    {
        s_nested = new WorkerTeam(4);
        using var team = s_nested;
        using var hits = new AlignedBuffer(16 * sizeof(int));
        team.Run(&RunNested, hits.Pointer, 4);
        Assert.Equal(Enumerable.Repeat(4, 16), hits.AsSpan<int>().ToArray());
        Assert.Throws<InvalidOperationException>(() => team.Run(&DisposeNested, null, 4));
    }

    [Fact]
    public void TeamsInsideTeamsDoNotMix()
    {
        using var outer = new WorkerTeam(2);
        s_inner = new WorkerTeam(3);
        using var inner = s_inner;
        using var hits = new AlignedBuffer(16 * sizeof(int));
        for (var i = 0; i < 200; i++)
        {
            outer.Run(&RunInner, hits.Pointer, 2);
        }

        Assert.Equal(Enumerable.Repeat(400, 16), hits.AsSpan<int>().ToArray());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public void ADisposedTeamRefuses(int threads)
    {
        var team = new WorkerTeam(threads);
        team.Dispose();
        team.Dispose();
        Assert.Throws<ObjectDisposedException>(() => team.Run(&CountHits, null, 0));
    }

    [Fact]
    public void DisposeEndsTheThreads()
    {
        var team = new WorkerTeam(8);
        s_threads = new Thread?[8];
        team.Run(&RememberThread, null, 8);
        team.Dispose();
        Assert.Equal(7, s_threads.Count(t => t is { IsAlive: false }));
        Assert.Same(Thread.CurrentThread, s_threads[0]);
    }

    [Fact]
    public void ImpossibleArgumentsAreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new WorkerTeam(0));
        using var team = new WorkerTeam(2);
        Assert.Throws<ArgumentOutOfRangeException>(() => team.Run(&CountHits, null, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => team.RunDynamic(&CountHits, null, 1, 0));
    }

    private static WorkerTeam? s_nested;
    private static WorkerTeam? s_inner;
    private static Thread?[] s_threads = [];

    private struct Ranges
    {
        public const int Capacity = 8;
        public int Count;
        public fixed int Bounds[2 * Capacity];
    }

    private struct Allocations
    {
        public fixed long Bytes[8];
    }

    private static void CountHits(void* context, int begin, int end)
    {
        for (var i = begin; i < end; i++)
        {
            Interlocked.Increment(ref ((int*)context)[i]);
        }
    }

    private static void RecordRange(void* context, int begin, int end)
    {
        var ranges = (Ranges*)context;
        var at = Interlocked.Increment(ref ranges->Count) - 1;
        ranges->Bounds[2 * at] = begin;
        ranges->Bounds[(2 * at) + 1] = end;
    }

    private static void RecordAllocations(void* context, int begin, int end) =>
        ((Allocations*)context)->Bytes[begin] = GC.GetAllocatedBytesForCurrentThread() + 1;

    private static void ThrowAt(void* context, int begin, int end)
    {
        if (*(int*)context >= begin && *(int*)context < end)
        {
            throw new InvalidOperationException($"part {*(int*)context}");
        }
    }

    private static void RunNested(void* context, int begin, int end)
    {
        for (var i = begin; i < end; i++)
        {
            s_nested!.Run(&CountHits, context, 16);
        }
    }

    private static void DisposeNested(void* context, int begin, int end) => s_nested!.Dispose();

    private static void RunInner(void* context, int begin, int end)
    {
        for (var i = begin; i < end; i++)
        {
            s_inner!.Run(&CountHits, context, 16);
        }
    }

    private static void RememberThread(void* context, int begin, int end) => s_threads[begin] = Thread.CurrentThread;

    private static void RunOften(WorkerTeam team, void* context, int runs)
    {
        for (var run = 0; run < runs; run++)
        {
            team.Run(&RecordAllocations, context, team.Threads);

            // Parked workers are woken through the system: that must not allocate either.
            if (run % 100 == 99)
            {
                Thread.Sleep(2);
            }
        }
    }

    private static void AssertHits(AlignedBuffer hits, int count)
    {
        var span = hits.AsSpan<int>();
        for (var i = 0; i < span.Length; i++)
        {
            Assert.Equal(i < count ? 1 : 0, span[i]);
        }
    }

    private static List<(int, int)> SortedRanges(AlignedBuffer buffer)
    {
        var ranges = (Ranges*)buffer.Pointer;
        var result = new List<(int, int)>();
        for (var i = 0; i < ranges->Count; i++)
        {
            result.Add((ranges->Bounds[2 * i], ranges->Bounds[(2 * i) + 1]));
        }

        result.Sort();
        return result;
    }
}
