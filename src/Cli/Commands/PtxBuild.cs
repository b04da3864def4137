using SparseDsl.Backends.CSharp;
using SparseDsl.Backends.Llvm;
using SparseDsl.Backends.Llvm.Library;
using SparseDsl.Backends.Llvm.Ptx;
using SparseDsl.Backends.Llvm.Toolchain;
using SparseDsl.Cli.Data;
using SparseDsl.Cli.Running;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Cli.Commands;

/// <summary>Writes a model for GPUs: <c>NAME.ptx</c>, the header that says how it is launched, and the packed weights. Needs libLLVM, and no GPU.</summary>
internal sealed class PtxBuild(Session session, IReadOnlyList<LlvmCpuName> processors, string folder, string? name)
{
    /// <summary>The target that it is for.</summary>
    public const string Target = "ptx";

    /// <summary>What is wrong with processors; null when nothing is.</summary>
    public static string? Mismatch(IReadOnlyList<LlvmCpuName> processors) =>
        processors.Count > 1 ? "a PTX file is for one processor"
        : processors is [var one] && (one == LlvmCpuName.Native || one == LlvmCpuName.Every || one.Row.Architecture != LlvmArchitecture.Ptx)
            ? $"the processor '{one.Name}' is not one of {Target}" : null;

    /// <summary>Compiles and writes; problems are reported.</summary>
    public void Run(string file, string? model, string? weightsPath, string? profile)
    {
        if (LlvmToolchain.Check(session.Diagnostics) && ProfileFile.Find(session, profile) is { } machine
            && SourceFiles.Model(session, file, model) is { } bound && ModelWeights.Read(session, bound, weightsPath) is { } weights
            && session.Work("compiling", () => Compile(bound, weights, machine)) is { } files && OutputFolder.Write(session, folder, files.Select(f => (f.Name, f.Content))))
        {
            session.Output.WriteLine($"{folder}: {string.Join(", ", files.Select(f => f.Name))}");
        }
    }

    private List<LibraryFile>? Compile(ProgramModel bound, ModelWeights weights, Compiler.Cost.MachineProfile profile)
    {
        var cpu = processors.Count == 0 ? LlvmCpu.DefaultOf(LlvmArchitecture.Ptx) : processors[0].Row;
        var options = new CompilationOptions(cpu.Target) { Weights = weights.Find, Profile = profile };
        if (Compilation.Lower(bound.Model, options, session.Diagnostics) is not { } lowered)
        {
            return null;
        }

        if (PtxLimits.Problem(lowered.Program) is { } problem)
        {
            session.Report(FileDiagnostics.NotOnGpu, problem.Function, problem.Call.Label);
            return null;
        }

        IReadOnlyList<CSharpTier> tiers = [new(cpu.Target, lowered.Program)];
        if (ModelPacker.Pack(tiers, path => weights[path], session.Diagnostics) is not { } packed)
        {
            return null;
        }

        return [.. PtxEmitter.Write(lowered.Program, cpu, name), .. PackedWeightsFile.Of(lowered.Program, ModelHash.Of(tiers), packed, name)];
    }
}
