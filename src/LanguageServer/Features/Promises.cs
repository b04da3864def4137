using SparseDsl.Dsl.Binding;

namespace SparseDsl.LanguageServer.Features;

/// <summary>What a promise says about the number of non-zeros.</summary>
internal static class Promises
{
    // A promise of 90% of 200,704 zeros leaves 20,070 although 1 - 0.9 is a little more than 0.1.
    private const double Rounding = 1e-6;

    /// <summary>The largest share of non-zeros a promise allows; null when it says nothing about it.</summary>
    public static double? Density(Sparsity? sparsity) => sparsity switch
    {
        Sparsity.Unstructured { MinZeros: > 0 and var zeros } => 1 - zeros,
        Sparsity.Block { MinZeros: > 0 and var zeros } => 1 - zeros,
        Sparsity.Channels { MinZeros: > 0 and var zeros } => 1 - zeros,
        Sparsity.NOfM nm => (double)nm.N / nm.M,
        _ => null,
    };

    /// <summary>The largest number of non-zeros.</summary>
    public static long NonZeros(long count, double density) => (long)Math.Floor((count * density) + Rounding);
}
