using System.Collections.Immutable;

namespace SparseDsl.Pruning;

/// <summary>How weights to lose are chosen.</summary>
public enum PruningMethod
{
    /// <summary>The smallest go; needs no calibration, and ruins most networks from 30 % zeros on.</summary>
    Magnitude,

    /// <summary>The smallest products of weight and norm of its input go; survivors stay as they are.</summary>
    Wanda,

    /// <summary>Those whose loss costs least when the others adapt, and the others do.</summary>
    Obs,
}

/// <summary>How much each layer loses.</summary>
public enum PruningSchedule
{
    /// <summary>All the same.</summary>
    Uniform,

    /// <summary>Layers whose output suffers less lose more, at the same fraction of zeros over all.</summary>
    Sensitivity,
}

/// <summary>How a network is pruned.</summary>
/// <param name="Pattern">Where zeros may be, and how many.</param>
/// <param name="Method">How weights are chosen.</param>
public sealed record PruningOptions(PruningPattern Pattern, PruningMethod Method)
{
    /// <summary>How much each layer loses.</summary>
    public PruningSchedule Schedule { get; init; }

    /// <summary>By how much the predicted time of the network is to fall; null leaves the amount of zeros to the pattern.</summary>
    public double? TargetSpeedup { get; init; }

    /// <summary>Globs over parameter paths that are left alone.</summary>
    public ImmutableArray<string> Exclude { get; init; } = [];

    /// <summary>Globs over parameter paths that are pruned even where it hardly pays.</summary>
    public ImmutableArray<string> Include { get; init; } = [];

    /// <summary>Steps from dense to the pattern, for <see cref="PruningMethod.Obs"/>.</summary>
    public int Steps { get; init; } = 2;

    /// <summary>Rows of inputs sampled for each layer; more for a layer with many inputs.</summary>
    public int Rows { get; init; } = 8192;

    /// <summary>What is added to the diagonal of the inputs' moments, over its mean.</summary>
    public double Damping { get; init; } = 0.01;

    /// <summary>Whether <see cref="PruningMethod.Wanda"/> compares weights over the whole layer rather than for each output, as in its paper.</summary>
    public bool WandaByLayer { get; init; }

    /// <summary>Chooses the rows that are sampled.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Number of threads; results do not depend on it.</summary>
    public int Threads { get; init; } = 1;
}
