namespace SparseDsl.Compiler;

/// <summary>What the machine that runs the code offers. A row; passes and kernel builders read it, nothing else depends on the machine.</summary>
/// <param name="Name">In options and messages: <c>avx512</c>.</param>
/// <param name="VectorBits">Width of a vector register; 0 means scalar code only.</param>
/// <param name="Registers">Number of vector registers.</param>
/// <param name="HasMasks">Whether masked loads and stores of any lane count are one instruction.</param>
/// <param name="HasFma">Whether fused multiply-add is one instruction.</param>
public sealed record Target(string Name, int VectorBits, int Registers, bool HasMasks, bool HasFma)
{
    // What is encoded as AVX has no more, whatever the machine.
    private const int RegistersOfAvx = 16;

    /// <summary>x64 with AVX-512 F, BW, DQ, VL. Products of packed numbers are of 256 bits, for which C# has an instruction.</summary>
    public static Target Avx512 { get; } = new("avx512", 512, 32, HasMasks: true, HasFma: true) { DotBits = 256 };

    /// <summary>The same for backends that have instructions of 512 bits for products of packed numbers.</summary>
    public static Target Avx512Vnni { get; } = Avx512 with { DotBits = 512 };

    /// <summary>x64 with AVX2 and FMA.</summary>
    public static Target Avx2 { get; } = new("avx2", 256, 16, HasMasks: true, HasFma: true);

    /// <summary>Any machine with 128-bit vectors: ARM64 NEON, or x64 with FMA3. Elsewhere it is exact and slow: see <see cref="Sse42"/>.</summary>
    public static Target Vector128 { get; } = new("vector128", 128, 16, HasMasks: false, HasFma: true);

    /// <summary>x64 with SSE4.2 and no FMA (x86-64-v2): a product is rounded before it is added.</summary>
    public static Target Sse42 { get; } = new("sse42", 128, 16, HasMasks: false, HasFma: false);

    /// <summary>ARM64 with NEON: more registers than <see cref="Vector128"/> may count on.</summary>
    public static Target Neon { get; } = new("neon", 128, 32, HasMasks: false, HasFma: true);

    /// <summary>ARM64 with SVE registers of 256 bits; native code only.</summary>
    public static Target Sve256 { get; } = new("sve256", 256, 32, HasMasks: true, HasFma: true);

    /// <summary>ARM64 with SVE registers of 512 bits; native code only.</summary>
    public static Target Sve512 { get; } = new("sve512", 512, 32, HasMasks: true, HasFma: true);

    /// <summary>
    /// A warp of an NVIDIA GPU: 32 threads that each hold a lane of every vector. Kernels count on an eighth of the registers that a thread may have, so that many warps are
    /// on their way at the same time; and a loop is worth many warps sooner than threads.
    /// </summary>
    public static Target Warp { get; } = new("warp", 1024, 32, HasMasks: true, HasFma: true) { ParallelWork = 1024 };

    /// <summary>Scalar code.</summary>
    public static Target Scalar { get; } = new("scalar", 0, 16, HasMasks: false, HasFma: true);

    /// <summary>Steps of a nest from which on its outer loops are parallel.</summary>
    public long ParallelWork { get; init; } = 100_000;

    /// <summary>Widest vector of products of packed numbers; 0 means <see cref="VectorBits"/>.</summary>
    public int DotBits { get; init; }

    /// <summary>What kernels of products of packed bytes are laid out for.</summary>
    public Target ForDots => DotBits == 0 || DotBits == VectorBits ? this : this with { VectorBits = DotBits, Registers = RegistersOfAvx };

    /// <summary>The rows that a C# class has code for unless others are named, widest first.</summary>
    public static IReadOnlyList<Target> All { get; } = [Avx512, Avx2, Vector128, Scalar];

    /// <summary>Every row that C# spells, in the order in which a class must try them.</summary>
    public static IReadOnlyList<Target> Named { get; } = [Avx512, Avx2, Neon, Vector128, Sse42, Scalar];

    /// <summary>Rows by name, from a list such as <c>avx2,scalar</c> (commas, semicolons or spaces); an empty list is all of them.</summary>
    /// <returns>The rows, widest first as a class must try them, and the first name that is none; null when all are.</returns>
    public static (IReadOnlyList<Target> Targets, string? Unknown) ParseList(string names)
    {
        string[] wanted = [.. names.Split(',', ';', ' ').Where(n => n.Length > 0)];
        var unknown = wanted.FirstOrDefault(n => Named.All(t => t.Name != n));
        return (wanted.Length == 0 || unknown is not null ? All : [.. Named.Where(t => wanted.Contains(t.Name))], unknown);
    }

    /// <inheritdoc/>
    /// <remarks>What a record prints would be without end: a target may be its own <see cref="ForDots"/>.</remarks>
    public override string ToString() => Name;

    /// <summary>Lanes of a vector of this many bytes an element; 1 on a scalar target.</summary>
    public int Lanes(int elementSize) => Math.Max(1, VectorBits / 8 / elementSize);
}
