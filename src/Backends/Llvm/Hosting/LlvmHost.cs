using SparseDsl.Backends.Hosting;
using SparseDsl.Backends.Llvm.Toolchain;
using SparseDsl.Compiler;
using SparseDsl.Compiler.Loops;

namespace SparseDsl.Backends.Llvm.Hosting;

/// <summary>
/// Compiles loop IR through LLVM in this process and runs it. Needs libLLVM: see <see cref="LlvmToolchain.IsThere"/>. Everything loaded is unloaded with the model.
/// </summary>
public static class LlvmHost
{
    /// <summary>Emits, compiles and loads a lowered model.</summary>
    /// <param name="program">The model after the loop passes.</param>
    /// <param name="cpu">The processor, of the target that the model was lowered for; must be one whose instructions this machine has.</param>
    /// <param name="weights">Gives the packed bytes of every weight region.</param>
    /// <param name="threads">Number of threads, the caller's included.</param>
    /// <param name="isProfiled">Whether <see cref="CompiledModel.KernelTimes"/> is to be had.</param>
    /// <param name="cache">Objects compiled before; null compiles anew.</param>
    /// <exception cref="CompilerBugException">LLVM refuses the code.</exception>
    public static CompiledModel Load(LoopProgram program, LlvmCpu cpu, WeightBinder weights, int threads = 1, bool isProfiled = false, ObjectCache? cache = null) =>
        Load(program, cpu, weights, 1, threads, isProfiled, cache)[0];

    /// <summary>As the other, several times: one code, and for each copy weights, memory and threads of its own.</summary>
    /// <param name="program">The model after the loop passes.</param>
    /// <param name="cpu">The processor, of the target that the model was lowered for; must be one whose instructions this machine has.</param>
    /// <param name="weights">Gives the packed bytes of every weight region.</param>
    /// <param name="copies">How many, at least one.</param>
    /// <param name="threads">Number of threads of each, the caller's included.</param>
    /// <param name="cache">Objects compiled before; null compiles anew.</param>
    public static IReadOnlyList<CompiledModel> LoadCopies(LoopProgram program, LlvmCpu cpu, WeightBinder weights, int copies, int threads = 1, ObjectCache? cache = null) =>
        Load(program, cpu, weights, copies, threads, false, cache);

    private static List<CompiledModel> Load(LoopProgram program, LlvmCpu cpu, WeightBinder weights, int copies, int threads, bool isProfiled, ObjectCache? cache)
    {
        var code = new LlvmCode(cache?.Compile(program, cpu) ?? LlvmToolchain.CompileAll(LlvmEmitter.EmitParts(program, cpu), cpu));
        var models = new List<CompiledModel>();
        try
        {
            for (var copy = 0; copy < copies; copy++)
            {
                models.Add(Instantiate(program, code, weights, threads, isProfiled));
            }

            return models;
        }
        catch
        {
            models.ForEach(model => model.Dispose());
            throw;
        }
        finally
        {
            code.Dispose();
        }
    }

    private static CompiledModel Instantiate(LoopProgram program, LlvmCode code, WeightBinder weights, int threads, bool isProfiled)
    {
        var packed = ProgramWeights.Copy(program, weights);
        try
        {
            return new CompiledModel(new LlvmModel(program, new LlvmEngine(program, code, packed, threads, isProfiled)), program, packed, code.Share());
        }
        catch
        {
            packed.Dispose();
            throw;
        }
    }
}
