namespace SparseDsl.Compiler.Cost;

/// <summary>Rates of a machine for first estimates: one core of a current server CPU at 4 GHz. A roofline, not a measurement of this machine.</summary>
/// <param name="Lanes">f32 lanes of a vector.</param>
/// <param name="DenseMacsPerNanosecond">Multiply-accumulates of a dense register-tiled kernel.</param>
/// <param name="VectorCrossover">Density at which a loop over non-zeros, each used for whole vectors, is as fast as the dense one.</param>
/// <param name="ScalarCrossover">The same where each non-zero is one scalar step.</param>
public sealed record MachineProfile(int Lanes, double DenseMacsPerNanosecond, double VectorCrossover, double ScalarCrossover)
{
    private const double Gigahertz = 4;
    private const double FmasPerCycle = 2;
    private const double DenseEfficiency = 0.75;

    // With r registers of lanes in use a non-zero costs one load and one FMA each, so half the rate; broadcast and index make it a little less, and the
    // dense kernel is not at its peak either.
    private const double VectorShare = 0.55;

    // One scalar step for each non-zero: measured at 16 lanes, and inversely proportional to them.
    private const double ScalarShareOfOneLane = 1.92;

    // Largest data that is read at a rate in GB/s.
    private static readonly (double Bytes, double Rate)[] Caches = [(48e3, 510), (1e6, 200), (32e6, 105), (double.PositiveInfinity, 40)];

    /// <summary>The rates of a target.</summary>
    public static MachineProfile For(Target target)
    {
        var lanes = target.Lanes(4);
        return new MachineProfile(lanes, Gigahertz * FmasPerCycle * lanes * DenseEfficiency, VectorShare, Math.Min(VectorShare, ScalarShareOfOneLane / lanes));
    }

    /// <summary>Time to read bytes that were last used a whole model ago, in microseconds.</summary>
    public double ReadMicroseconds(double bytes) => bytes / Caches.First(c => bytes <= c.Bytes).Rate / 1000;

    /// <summary>Time of a dense layer in microseconds: arithmetic or weights, whichever takes longer.</summary>
    public double DenseMicroseconds(double macs, double weightBytes) => Math.Max(macs / DenseMacsPerNanosecond / 1000, ReadMicroseconds(weightBytes));

    /// <summary>Time of a layer over stored weights in microseconds.</summary>
    /// <param name="denseMacs">Multiply-accumulates of the dense layer.</param>
    /// <param name="stored">Stored elements over elements.</param>
    /// <param name="crossover">Density at which it is as fast as the dense layer.</param>
    /// <param name="weightBytes">Bytes of values and coordinates.</param>
    public double SparseMicroseconds(double denseMacs, double stored, double crossover, double weightBytes) =>
        Math.Max(denseMacs * stored / crossover / DenseMacsPerNanosecond / 1000, ReadMicroseconds(weightBytes));
}
