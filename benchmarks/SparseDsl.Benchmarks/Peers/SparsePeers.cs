using SparseDsl.Measurement;

namespace SparseDsl.Benchmarks;

/// <summary>Peers with sparse kernels, where they are installed.</summary>
internal static class SparsePeers
{
    /// <summary>
    /// Why they are left out of tables on several threads. On two processors with nothing else to do, in turn with everyone else, their calls took whole quanta of the
    /// scheduler, 8 to 24 ms. MKL's became 0.6 ms when OpenMP was told to wait passively (OMP_WAIT_POLICY, one row tried); XNNPACK's did not change, for a reason that
    /// was not found. Such times say nothing about their kernels.
    /// </summary>
    public const string OneThreadOnly = "MKL and XNNPACK are left out: on several threads, in one process with the others, their calls wait for the scheduler; they are measured on one thread";

    private static readonly Peer[] All =
    [
        new(() => Mkl.Library is not null, "MKL is not here: scripts/fetch-peers gets it", _ => true, (product, threads, copies) => new Mkl(product, threads, copies)),
        new(() => Xnnpack.Library is not null, "XNNPACK of 2022 is not here: it is in Debian 12's libxnnpack-dev", IsImage, (product, threads, copies) => new Xnnpack(product, threads, copies)),
    ];

    /// <summary>Loads a product into every peer that is here and computes such products.</summary>
    /// <param name="product">What is computed.</param>
    /// <param name="threads">Threads of a call.</param>
    /// <param name="copies">Copies of all data that calls use in turn.</param>
    public static IEnumerable<IEngine> Load(SparseProduct product, int threads, int copies) =>
        All.Where(p => p.IsHere() && p.Takes(product)).Select(p => p.Load(product, threads, copies));

    /// <summary>A sentence for each peer that is left out, and how to get it.</summary>
    public static IEnumerable<string> Missing() => All.Where(p => !p.IsHere()).Select(p => p.Missing);

    private static bool IsImage(SparseProduct product) => product.Columns > 1;

    private sealed record Peer(Func<bool> IsHere, string Missing, Func<SparseProduct, bool> Takes, Func<SparseProduct, int, int, IEngine> Load);
}
