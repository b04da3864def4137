using SparseDsl.Backends.Hosting;
using SparseDsl.Compiler.Loops;

namespace SparseDsl.Backends.Llvm.Ptx.Cuda;

/// <summary>Runs models on the GPU of this machine. Needs libLLVM, and the GPU's driver.</summary>
public sealed class PtxHost
{
    private readonly CudaDriver driver;

    internal PtxHost(CudaDriver driver)
    {
        this.driver = driver;
        var (_, name, major, minor) = driver.FirstDevice();
        (Device, Cpu) = (name, CpuOf(name, major, minor));
    }

    /// <summary>Finds the GPU.</summary>
    /// <exception cref="CudaException">There is none that runs this project's code; the message says why.</exception>
    public PtxHost()
        : this(CudaDriver.Load())
    {
    }

    /// <summary>Name of the GPU.</summary>
    public string Device { get; }

    /// <summary>The row of the GPU.</summary>
    public LlvmCpu Cpu { get; }

    /// <summary>Whether the GPU runs code for a row: that of its own kind, or of an older one.</summary>
    public bool Runs(LlvmCpu cpu) => cpu == Cpu || cpu == LlvmCpu.DefaultOf(LlvmArchitecture.Ptx);

    /// <summary>Emits, compiles and loads a lowered model.</summary>
    /// <param name="program">The model after the loop passes.</param>
    /// <param name="cpu">The processor, of the target that the model was lowered for.</param>
    /// <param name="weights">Gives the packed bytes of every weight region.</param>
    /// <param name="isProfiled">Whether <see cref="CompiledModel.KernelTimes"/> is to be had.</param>
    /// <exception cref="CudaException">The driver refuses.</exception>
    public CompiledModel Load(LoopProgram program, LlvmCpu cpu, WeightBinder weights, bool isProfiled = false)
    {
        var code = PtxEmitter.Emit(program, cpu);
        return Load(code, PtxEmitter.Assemble(code), weights, isProfiled);
    }

    internal CompiledModel Load(PtxProgram code, string ptx, WeightBinder weights, bool isProfiled = false)
    {
        var packed = ProgramWeights.Copy(code.Program, weights);
        try
        {
            var engine = new PtxEngine(code, ptx, driver, packed, isProfiled);
            return new CompiledModel(engine, code.Program, packed, new Nothing());
        }
        catch
        {
            packed.Dispose();
            throw;
        }
    }

    // 9.0 is the only one that runs sm_90a; sm_80 runs on everything from 8.0 on.
    private static LlvmCpu CpuOf(string name, int major, int minor) => (major, minor) == (9, 0) ? LlvmCpu.Find("sm_90a")!
        : major >= 8 ? LlvmCpu.Find("sm_80")!
        : throw new CudaException(FormattableString.Invariant($"the GPU, {name}, has compute capability {major}.{minor}; 8.0 is needed"));

    // The engine unloads its code itself.
    private sealed class Nothing : IDisposable
    {
        public void Dispose()
        {
        }
    }
}
