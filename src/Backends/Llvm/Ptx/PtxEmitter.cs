using System.Collections.Immutable;
using System.Text;
using SparseDsl.Backends.Llvm.Emit;
using SparseDsl.Backends.Llvm.Library;
using SparseDsl.Backends.Llvm.Toolchain;
using SparseDsl.Compiler.Loops;

namespace SparseDsl.Backends.Llvm.Ptx;

/// <summary>Writes a lowered model for a GPU.</summary>
public static class PtxEmitter
{
    /// <summary>The LLVM module of a model, and what a run of it is. Deterministic, invariant, LF.</summary>
    /// <param name="program">The model after the loop passes, lowered for <see cref="Compiler.Target.Warp"/> or any target of no more lanes.</param>
    /// <param name="cpu">The processor.</param>
    /// <param name="name">What names of functions begin with; null is the model's name.</param>
    /// <remarks><see cref="PtxLimits.Problem"/> says what has no code.</remarks>
    public static PtxProgram Emit(LoopProgram program, LlvmCpu cpu, string? name = null)
    {
        var module = new Module(cpu);
        var kernels = new OrderedDictionary<Kernel, IReadOnlyList<PtxKernel>>(ReferenceEqualityComparer.Instance);
        var launches = new List<PtxLaunch>();
        for (var call = 0; call < program.Calls.Length; call++)
        {
            var kernel = program.Calls[call].Kernel;
            var mayAlias = LlvmEmitter.MayAlias(program, kernel);
            if (!kernels.TryGetValue(kernel, out var parts))
            {
                parts = new PtxKernelWriter(module, PtxLimits.Widened(kernel, cpu.Target), NameOf(kernel, LlvmLibrary.NameOf(program, name), kernels.Values.SelectMany(k => k)), mayAlias).Write();
                kernels.Add(kernel, parts);
            }

            launches.AddRange(parts.Select(p => new PtxLaunch(p, call)));
        }

        ImmutableArray<PtxKernel> all = [.. kernels.Values.SelectMany(k => k)];
        return new PtxProgram(program, cpu, all, [.. launches], module.ToString() + Annotations(all));
    }

    /// <summary>A model as PTX; needs libLLVM.</summary>
    /// <param name="program">The model for a GPU.</param>
    public static string Assemble(PtxProgram program) => LlvmToolchain.Assemble(program.Text, program.Cpu);

    /// <summary>The files of a model for other programs: its PTX and a C header. Needs libLLVM.</summary>
    /// <param name="program">The model after the loop passes.</param>
    /// <param name="cpu">The processor.</param>
    /// <param name="name">Name of the files and of what is in them; null is the model's name.</param>
    public static IReadOnlyList<LibraryFile> Write(LoopProgram program, LlvmCpu cpu, string? name = null)
    {
        var (stem, code) = (LlvmLibrary.NameOf(program, name), Emit(program, cpu, name));
        return
        [
            new(stem + ".ptx", Encoding.UTF8.GetBytes(Assemble(code))),
            new(stem + ".h", Encoding.UTF8.GetBytes(new PtxHeaderWriter(code, stem).Write())),
        ];
    }

    private static string NameOf(Kernel kernel, string model, IEnumerable<PtxKernel> taken)
    {
        var stem = $"{model}_{CNames.Identifier(kernel.Name)}";
        var name = stem;

        // Parts of a kernel add a number of their own.
        for (var letter = 'b'; taken.Any(k => k.Name == name || k.Name.StartsWith(name + "_", StringComparison.Ordinal)); letter++)
        {
            name = $"{stem}_{letter}";
        }

        return name;
    }

    // How many threads a block has tells the assembler how many registers a thread may have.
    private static string Annotations(ImmutableArray<PtxKernel> kernels)
    {
        var text = new StringBuilder("\n!nvvm.annotations = !{");
        text.AppendJoin(", ", Enumerable.Range(0, kernels.Length).Select(i => "!" + LlvmTypes.Digits(i))).Append("}\n");
        for (var i = 0; i < kernels.Length; i++)
        {
            text.Append('!').Append(LlvmTypes.Digits(i)).Append(" = !{ptr @").Append(kernels[i].Name).Append(", !\"kernel\", i32 1, !\"maxntidx\", i32 ").Append(LlvmTypes.Digits(kernels[i].Block)).Append("}\n");
        }

        return text.ToString();
    }
}
