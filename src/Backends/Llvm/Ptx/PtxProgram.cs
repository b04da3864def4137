using System.Collections.Immutable;
using SparseDsl.Compiler.Loops;

namespace SparseDsl.Backends.Llvm.Ptx;

/// <summary>A function that a GPU is told to run: a parallel loop of a kernel, or the statements before, between or after those.</summary>
/// <param name="Name">Its name in PTX and in C.</param>
/// <param name="Kernel">The kernel it is a part of, whose buffers, then dims, are its parameters.</param>
/// <param name="Warps">How many warps find work in it; one for what is no parallel loop.</param>
/// <param name="KernelScratch">Bytes of memory that all its warps share; the parameter after the dims points to it.</param>
/// <param name="WarpScratch">Bytes behind those that each warp needs for itself.</param>
public sealed record PtxKernel(string Name, Kernel Kernel, PtxCount Warps, long KernelScratch, long WarpScratch)
{
    /// <summary>Threads of a block of parallel warps.</summary>
    public const int BlockThreads = 128;

    /// <summary>Threads of a warp.</summary>
    public const int WarpThreads = WarpWriter.Lanes;

    // Enough to keep any GPU busy. Beyond it warps take several iterations: memory of their own would grow without use.
    private const int MostWarpsWithScratch = 4096;
    private const int MostWarps = 1 << 20;

    /// <summary>Whether warps share its work.</summary>
    public bool IsParallel => !Warps.IsOne;

    /// <summary>Whether it has a parameter for scratch memory, the last one.</summary>
    public bool HasScratch => KernelScratch + WarpScratch > 0;

    /// <summary>Beyond so many warps, each takes several iterations.</summary>
    public int WarpLimit => WarpScratch > 0 ? MostWarpsWithScratch : MostWarps;

    /// <summary>Threads of a block.</summary>
    public int Block => IsParallel ? BlockThreads : WarpThreads;

    /// <summary>Blocks of a launch, from the values of its dims and of the lengths that only data tells.</summary>
    public int Grid(Func<string, long> scalar) =>
        IsParallel ? checked((int)((Math.Clamp(Warps.Evaluate(scalar) ?? WarpLimit, 1, WarpLimit) + (BlockThreads / WarpThreads) - 1) / (BlockThreads / WarpThreads))) : 1;

    /// <summary>Bytes of scratch memory of a launch with so many blocks.</summary>
    public long ScratchBytes(int grid) => KernelScratch + (WarpScratch * grid * (Block / WarpThreads));
}

/// <summary>One step of a run: a function over the regions of a call.</summary>
/// <param name="Kernel">The function.</param>
/// <param name="Call">Number of the call in the program.</param>
public sealed record PtxLaunch(PtxKernel Kernel, int Call);

/// <summary>A model for a GPU.</summary>
/// <param name="Program">What it was made from.</param>
/// <param name="Cpu">The processor.</param>
/// <param name="Kernels">Functions, in the order in which they first run.</param>
/// <param name="Launches">What a run is, one after the other.</param>
/// <param name="Text">The LLVM module that has them; <see cref="Toolchain.LlvmToolchain.Assemble"/> makes PTX of it.</param>
public sealed record PtxProgram(LoopProgram Program, LlvmCpu Cpu, ImmutableArray<PtxKernel> Kernels, ImmutableArray<PtxLaunch> Launches, string Text);
