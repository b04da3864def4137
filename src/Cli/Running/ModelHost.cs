using SparseDsl.Backends.CSharp.Hosting;
using SparseDsl.Backends.Hosting;
using SparseDsl.Backends.Llvm;
using SparseDsl.Backends.Llvm.Hosting;
using SparseDsl.Backends.Llvm.Ptx;
using SparseDsl.Backends.Llvm.Ptx.Cuda;
using SparseDsl.Backends.Llvm.Toolchain;
using SparseDsl.Compiler;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Cli.Running;

/// <summary>The backend that compiles models in this process: C#, LLVM for a processor, or LLVM for a GPU.</summary>
internal sealed class ModelHost
{
    /// <summary>Names of the backends that compile.</summary>
    public static readonly string[] Names = ["csharp", "llvm", Gpu];

    private const string Gpu = "ptx";

    private readonly LlvmCpu? cpu;
    private readonly PtxHost? gpu;

    private ModelHost(Target target, LlvmCpu? cpu, PtxHost? gpu = null) => (Target, this.cpu, this.gpu) = (target, cpu, gpu);

    /// <summary>One of <see cref="Names"/>.</summary>
    public string Backend => gpu is not null ? Gpu : cpu is null ? "csharp" : "llvm";

    /// <summary>What models are lowered for.</summary>
    public Target Target { get; }

    /// <summary>For tables: <c>avx512</c>, <c>avx512 through LLVM</c>, or <c>sm_90a on NVIDIA H200</c>.</summary>
    public string Name => gpu is not null ? $"{cpu!.Name} on {gpu.Device}" : cpu is null ? Target.Name : $"{Target.Name} through LLVM";

    /// <summary>C# for a target, or the widest of this machine.</summary>
    public static ModelHost CSharp(Target? target) => new(target ?? NativeTarget.Widest, null);

    /// <summary>Finds the backend; null after a report.</summary>
    /// <param name="session">Where mistakes go.</param>
    /// <param name="backend">One of <see cref="Names"/>.</param>
    /// <param name="target">The target; null takes that of the processor.</param>
    /// <param name="cpu">The processor for LLVM; null is this machine's.</param>
    public static ModelHost? Find(Session session, string backend, Target? target, LlvmCpuName? cpu)
    {
        if (target is not null && !NativeTarget.IsHere(target))
        {
            session.Report(FileDiagnostics.TargetNotHere, target.Name);
            return null;
        }

        if (backend == "csharp")
        {
            return CSharp(target);
        }

        if (!LlvmToolchain.Check(session.Diagnostics))
        {
            return null;
        }

        if (backend == Gpu)
        {
            return FindGpu(session, target, cpu);
        }

        var row = (cpu ?? LlvmCpuName.Native).Row;
        if (!row.IsHere)
        {
            session.Report(FileDiagnostics.TargetNotHere, row.Name);
            return null;
        }

        return new ModelHost(target ?? row.Target, row with { Target = target ?? row.Target });
    }

    /// <summary>Finds a backend to compare with: on a processor for the target of the first, and with its own where one of them is a GPU. Null after a report.</summary>
    public static ModelHost? FindOther(Session session, string backend, ModelHost first, Target? target, LlvmCpuName? cpu) => backend == Gpu || first.gpu is not null
        ? Find(session, backend, backend == Gpu ? null : target, null)
        : Find(session, backend, first.Target, cpu);

    private static ModelHost? FindGpu(Session session, Target? target, LlvmCpuName? cpu)
    {
        try
        {
            var gpu = new PtxHost();
            var row = cpu is null || cpu == LlvmCpuName.Native ? gpu.Cpu : cpu.Row;
            if (target is null && gpu.Runs(row))
            {
                return new ModelHost(row.Target, row, gpu);
            }

            session.Report(FileDiagnostics.TargetNotHere, target?.Name ?? row.Name);
        }
        catch (CudaException problem)
        {
            session.Report(FileDiagnostics.NoGpu, problem.Message);
        }

        return null;
    }

    /// <summary>Whether it has code for all that a model does; a report says what it lacks.</summary>
    public bool Spells(Session session, LoopProgram program)
    {
        if (gpu is null || PtxLimits.Problem(program) is not { } problem)
        {
            return true;
        }

        session.Report(FileDiagnostics.NotOnGpu, problem.Function, problem.Call.Label);
        return false;
    }

    /// <summary>Makes the compiler ready on another thread, where that takes time.</summary>
    public void WarmUp()
    {
        if (cpu is null)
        {
            CSharpHost.WarmUp();
        }
    }

    /// <summary>Compiles and loads a lowered model.</summary>
    public CompiledModel Load(LoopProgram program, WeightBinder weights, int threads, bool isProfiled = false) => gpu is not null ? gpu.Load(program, cpu!, weights, isProfiled)
        : cpu is null ? CSharpHost.Load(program, Target, weights, threads, isProfiled)
        : LlvmHost.Load(program, cpu, weights, threads, isProfiled, ObjectCache.ForUser);

    /// <summary>As <see cref="Load"/>, several times over one code.</summary>
    public IReadOnlyList<CompiledModel> LoadCopies(LoopProgram program, WeightBinder weights, int copies, int threads) => gpu is not null ? [.. Enumerable.Range(0, copies).Select(_ => gpu.Load(program, cpu!, weights))]
        : cpu is null ? CSharpHost.LoadCopies(program, Target, weights, copies, threads)
        : LlvmHost.LoadCopies(program, cpu, weights, copies, threads, ObjectCache.ForUser);
}

/// <summary>A processor by name. Which one <c>native</c> is, only LLVM knows, which is asked when it is needed.</summary>
internal sealed record LlvmCpuName(string Name)
{
    /// <summary>This machine's.</summary>
    public static LlvmCpuName Native { get; } = new(LlvmCpu.NativeName);

    /// <summary>All levels of the instruction set, in one library.</summary>
    public static LlvmCpuName Every { get; } = new("all");

    /// <summary>The row.</summary>
    public LlvmCpu Row => Name == LlvmCpu.NativeName ? LlvmToolchain.Native() : LlvmCpu.Find(Name)!;

    /// <summary>Whether there is such a row.</summary>
    public bool IsKnown => Name == LlvmCpu.NativeName || LlvmCpu.Find(Name) is not null;
}
