namespace SparseDsl.Backends.Llvm.Analysis;

/// <summary>What the instructions of a loop are; every one is of one kind.</summary>
/// <param name="Fma">Fused multiply-adds on vector registers, scalars in them included.</param>
/// <param name="Arithmetic">Other computations on them: conversions, shuffles and comparisons as well.</param>
/// <param name="Loads">Vector loads that are instructions of their own, broadcasts and gathers included.</param>
/// <param name="Stores">Vector stores.</param>
/// <param name="Moves">Copies between vector registers, or from others to them.</param>
/// <param name="Scalar">Everything on general and mask registers but branches.</param>
/// <param name="Branches">Branches and calls.</param>
/// <param name="MemoryOperands">Of the computations, those that read an operand from memory (x64 only).</param>
/// <param name="VectorRegisters">How many vector registers they name.</param>
/// <param name="Spills">Of the loads and stores, those from and to the stack.</param>
public sealed record InstructionMix(int Fma, int Arithmetic, int Loads, int Stores, int Moves, int Scalar, int Branches, int MemoryOperands, int VectorRegisters, int Spills)
{
    /// <summary>All instructions.</summary>
    public int Total => Fma + Arithmetic + Loads + Stores + Moves + Scalar + Branches;

    /// <summary>Those that a vector unit does; by them loops are compared.</summary>
    public int Vector => Fma + Arithmetic + Loads + Stores + Moves;
}
