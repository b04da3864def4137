using SparseDsl.Compiler.Cost;
using SparseDsl.Measurement.Programs;

namespace SparseDsl.Measurement.Calibration;

/// <summary>A small program whose time gives one point of a profile.</summary>
/// <param name="Kernel">The class of kernels that the compiler makes for it.</param>
/// <param name="Reuse">Results that each element of the weight contributes to.</param>
/// <param name="Terms">Stored elements a result is the sum of.</param>
/// <param name="Operations">Multiply-accumulates of stored elements; of elementwise programs, floating-point operations.</param>
/// <param name="Program">The program.</param>
public sealed record CalibrationCase(KernelClass Kernel, double Reuse, double Terms, double Operations, SmallProgram Program);
