namespace SparseDsl.Backends.Tests;

/// <summary>Measurements that other threads of the test process can disturb.</summary>
internal static class Quiet
{
    /// <summary>
    /// The fewest bytes over a few tries. A collection that another test starts retires this thread's allocation context, and what is left of it then counts
    /// as allocated; code that really allocates does so in every try.
    /// </summary>
    public static long Fewest(Func<long> measure)
    {
        var fewest = long.MaxValue;
        for (var attempt = 0; attempt < 5 && fewest != 0; attempt++)
        {
            fewest = Math.Min(fewest, measure());
        }

        return fewest;
    }
}
