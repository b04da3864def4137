using System.Runtime.InteropServices;
using LLVMSharp.Interop;
using SparseDsl.Compiler;
using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Backends.Llvm.Toolchain;

/// <summary>libLLVM of this machine, where there is one.</summary>
public static unsafe class LlvmToolchain
{
    /// <summary>Whether libLLVM was found.</summary>
    public static bool IsThere => LibraryResolver.IsThere;

    /// <summary>Its version: <c>19.1.7</c>; empty when there is none.</summary>
    public static string Version => LibraryResolver.Version;

    /// <summary>Reports that there is no libLLVM, when that is so.</summary>
    /// <returns>Whether it is there.</returns>
    public static bool Check(DiagnosticBag diagnostics)
    {
        if (!IsThere)
        {
            diagnostics.Report(FileDiagnostics.NoLlvm, null);
        }

        return IsThere;
    }

    /// <summary>The processor of this machine, for kernels that were lowered for a target it has.</summary>
    /// <param name="target">The target; null for the widest.</param>
    public static LlvmCpu Native(Target? target = null)
    {
        if (RuntimeInformation.ProcessArchitecture == Architecture.Arm64)
        {
            return Row(LlvmArchitecture.Arm64, target ?? Target.Neon, hasFma: true);
        }

        var widest = LlvmCpu.All.Where(c => c.Architecture == LlvmArchitecture.X64 && c.IsHere).MaxBy(c => c.Target.VectorBits);
        return Row(LlvmArchitecture.X64, target ?? Widened(widest?.Target ?? Target.Scalar), widest?.HasFma ?? false);

        static LlvmCpu Row(LlvmArchitecture architecture, Target target, bool hasFma) =>
            new(LlvmCpu.NativeName, architecture, LlvmText.Take(LLVM.GetHostCPUName()), LlvmText.Take(LLVM.GetHostCPUFeatures()), target, hasFma, LlvmNarrow.Here);
    }

    private static Target Widened(Target target) => target == Target.Avx512 && LlvmNarrow.Here.HasFlag(LlvmDots.Vnni512) ? Target.Avx512Vnni : target;

    /// <summary>Parses, checks, improves and compiles a module to a position-independent object file.</summary>
    /// <param name="text">The module.</param>
    /// <param name="cpu">The processor that it was written for.</param>
    /// <exception cref="CompilerBugException">LLVM refuses the text; the message has what it says.</exception>
    public static byte[] Compile(string text, LlvmCpu cpu) => Compile(text, cpu, LLVMCodeGenFileType.LLVMObjectFile);

    /// <summary>As <see cref="Compile(string, LlvmCpu)"/> for several modules, at the same time on as many threads as the machine has.</summary>
    public static byte[][] CompileAll(IReadOnlyList<string> texts, LlvmCpu cpu)
    {
        var objects = new byte[texts.Count][];
        try
        {
            Parallel.For(0, texts.Count, i => objects[i] = Compile(texts[i], cpu));
        }
        catch (AggregateException several)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(several.InnerExceptions[0]);
        }

        return objects;
    }

    /// <summary>As <see cref="Compile(string, LlvmCpu)"/>, to assembler text.</summary>
    public static string Assemble(string text, LlvmCpu cpu) => System.Text.Encoding.UTF8.GetString(Compile(text, cpu, LLVMCodeGenFileType.LLVMAssemblyFile));

    private static byte[] Compile(string text, LlvmCpu cpu, LLVMCodeGenFileType output)
    {
        using var compilation = new LlvmCompilation(cpu, output);
        return compilation.Run(text);
    }
}
