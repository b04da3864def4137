using System.Collections.Immutable;

namespace SparseDsl.Compiler.Cost;

/// <summary>The profile that serves where nobody calibrated: rates of one core of a current server processor, the same share of the peak at every size.</summary>
internal static class DefaultProfile
{
    private const double Gigahertz = 4;
    private const double FmasPerCycle = 2;
    private const double DenseEfficiency = 0.75;

    // A non-zero costs a broadcast and an index beside its loads, and a row's end costs a mispredicted branch; the panel is in the first-level cache.
    private const double VectorShare = 0.65;

    // Panels of windows are copied first.
    private const double WindowShare = 0.45;

    // Few non-zeros share a vector of the other operand where they are few in all.
    private static readonly ImmutableArray<(double Terms, double Share)> CodeShares = [(16, 0.6), (64, 0.85), (128, 1)];

    // Rows of a block share loads of the other operand and a coordinate, so hardly anything is lost against dense.
    private const double BlockShare = 0.9;

    // One scalar step for each non-zero: measured at 16 lanes, and inversely proportional to them.
    private const double ScalarShareOfOneLane = 1.92;

    // One walk serves this many results when they are not lanes; a single one walks with several sums and loads all it uses itself.
    private const int ScalarRows = 8;
    private const double SingleRow = 0.3;

    // Elements of a row that are expanded to their places, of 8 or 16 lanes: an expansion takes three or four cycles.
    private const double ExpandedPerCycle = 3.5;

    // Loads and stores take their share beside the arithmetic.
    private const double ElementwiseShare = 0.25;

    // Largest data that is read at a rate in GB/s.
    private static readonly ImmutableArray<ReadRate> Caches = [new(48e3, 510), new(1e6, 200), new(32e6, 105), new(double.PositiveInfinity, 40)];

    public static MachineProfile Create() => new("a server processor at 4 GHz", "any", [.. Target.All.Select(RatesOf)]);

    /// <summary>The rates of a target by its lanes. Of a warp these are no rates of a GPU, but what kernels cost in relation to each other.</summary>
    public static TargetRates RatesOf(Target target)
    {
        var lanes = target.Lanes(4);
        var scalar = Math.Min(VectorShare, ScalarShareOfOneLane / lanes);
        return new TargetRates(target.Name, 1, lanes, Gigahertz * FmasPerCycle * lanes, Caches,
        [
            Constant(KernelClasses.Dense, 1),
            Constant(KernelClasses.Rows, VectorShare),
            Constant(KernelClasses.RowsOfWindows, WindowShare),
            new(KernelClasses.Code.Name, [.. CodeShares.Select(s => new RatePoint(1, s.Terms, DenseEfficiency * s.Share))]),
            Constant(KernelClasses.Blocks, BlockShare),
            Constant(KernelClasses.LinearBlocks, VectorShare),
            new(KernelClasses.LinearRows.Name, [.. ScalarReuses.Select(reuse => new RatePoint(reuse, 1, DenseEfficiency * scalar * Math.Max(SingleRow, reuse / ScalarRows)))]),
            new(KernelClasses.LinearBits.Name, [new RatePoint(1, 1, target.HasMasks ? ExpandedPerCycle / FmasPerCycle / lanes : DenseEfficiency * scalar * SingleRow / 2)]),
            new(KernelClasses.Elementwise.Name, [new RatePoint(1, 1, ElementwiseShare)]),
        ]);
    }

    private static IEnumerable<double> ScalarReuses => [SingleRow * ScalarRows, 5, 6, 7, ScalarRows];

    private static KernelRates Constant(KernelClass kernel, double share) => new(kernel.Name, [new RatePoint(1, 1, DenseEfficiency * share)]);
}
