using SparseDsl.Backends.CSharp.Hosting;
using SparseDsl.Backends.Hosting;
using SparseDsl.Backends.Llvm;
using SparseDsl.Backends.Llvm.Hosting;
using SparseDsl.Backends.Llvm.Toolchain;
using SparseDsl.Compiler;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Cli.Running;

/// <summary>The backend that compiles models in this process: C#, or LLVM for a processor.</summary>
internal sealed class ModelHost
{
    /// <summary>Names of the backends that compile.</summary>
    public static readonly string[] Names = ["csharp", "llvm"];

    private readonly LlvmCpu? cpu;

    private ModelHost(Target target, LlvmCpu? cpu) => (Target, this.cpu) = (target, cpu);

    /// <summary><c>csharp</c> or <c>llvm</c>.</summary>
    public string Backend => cpu is null ? "csharp" : "llvm";

    /// <summary>What models are lowered for.</summary>
    public Target Target { get; }

    /// <summary>For tables: <c>avx512</c>, or <c>avx512 through LLVM</c>.</summary>
    public string Name => cpu is null ? Target.Name : $"{Target.Name} through LLVM";

    /// <summary>C# for a target, or the widest of this machine.</summary>
    public static ModelHost CSharp(Target? target) => new(target ?? NativeTarget.Widest, null);

    /// <summary>Finds the backend; null after a report.</summary>
    /// <param name="session">Where mistakes go.</param>
    /// <param name="backend"><c>csharp</c> or <c>llvm</c>.</param>
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

        var row = (cpu ?? LlvmCpuName.Native).Row;
        if (!row.IsHere)
        {
            session.Report(FileDiagnostics.TargetNotHere, row.Name);
            return null;
        }

        return new ModelHost(target ?? row.Target, row with { Target = target ?? row.Target });
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
    public CompiledModel Load(LoopProgram program, WeightBinder weights, int threads, bool isProfiled = false) => cpu is null
        ? CSharpHost.Load(program, Target, weights, threads, isProfiled)
        : LlvmHost.Load(program, cpu, weights, threads, isProfiled, ObjectCache.ForUser);

    /// <summary>As <see cref="Load"/>, several times over one code.</summary>
    public IReadOnlyList<CompiledModel> LoadCopies(LoopProgram program, WeightBinder weights, int copies, int threads) => cpu is null
        ? CSharpHost.LoadCopies(program, Target, weights, copies, threads)
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
