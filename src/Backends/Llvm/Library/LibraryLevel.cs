using SparseDsl.Compiler.Loops;

namespace SparseDsl.Backends.Llvm.Library;

/// <summary>A model for one of the processors that a library has code for.</summary>
/// <param name="Cpu">The processor.</param>
/// <param name="Program">The model after the loop passes, lowered for the processor's target.</param>
/// <param name="WeightName">The name of a weight in the file of packed weights.</param>
public sealed record LibraryLevel(LlvmCpu Cpu, LoopProgram Program, Func<Region.Weight, string> WeightName);
