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

    /// <summary>Any machine with 128-bit vectors: ARM64 NEON, or x64 with FMA3.</summary>
    public static Target Vector128 { get; } = new("vector128", 128, 16, HasMasks: false, HasFma: true);

    /// <summary>Scalar code.</summary>
    public static Target Scalar { get; } = new("scalar", 0, 16, HasMasks: false, HasFma: true);

    /// <summary>Widest vector of products of packed numbers; 0 means <see cref="VectorBits"/>.</summary>
    public int DotBits { get; init; }

    /// <summary>What kernels of products of packed bytes are laid out for.</summary>
    public Target ForDots => DotBits == 0 || DotBits == VectorBits ? this : this with { VectorBits = DotBits, Registers = RegistersOfAvx };

    /// <summary>Every row, widest first.</summary>
    public static IReadOnlyList<Target> All { get; } = [Avx512, Avx2, Vector128, Scalar];

    /// <summary>Rows by name, from a list such as <c>avx2,scalar</c> (commas, semicolons or spaces); an empty list is all of them.</summary>
    /// <returns>The rows, widest first as a class must try them, and the first name that is none; null when all are.</returns>
    public static (IReadOnlyList<Target> Targets, string? Unknown) ParseList(string names)
    {
        string[] wanted = [.. names.Split(',', ';', ' ').Where(n => n.Length > 0)];
        var unknown = wanted.FirstOrDefault(n => All.All(t => t.Name != n));
        return (wanted.Length == 0 || unknown is not null ? All : [.. All.Where(t => wanted.Contains(t.Name))], unknown);
    }

    /// <summary>Lanes of a vector of this many bytes an element; 1 on a scalar target.</summary>
    public int Lanes(int elementSize) => Math.Max(1, VectorBits / 8 / elementSize);
}
