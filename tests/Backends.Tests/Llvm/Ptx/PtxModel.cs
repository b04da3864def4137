using SparseDsl.Backends.Hosting;
using SparseDsl.Backends.Llvm;
using SparseDsl.Backends.Llvm.Ptx;
using SparseDsl.Backends.Llvm.Ptx.Cuda;
using SparseDsl.Compiler.Loops;

namespace SparseDsl.Backends.Tests.Llvm.Ptx;

/// <summary>Models for a GPU, loaded and run as a GPU would, by a driver that emulates one.</summary>
internal static class PtxModel
{
    private static readonly Lazy<PtxHost> Host = new(() => new PtxHost(new CudaDriver(FakeCuda.Find)));

    public static CompiledModel Load(LoopProgram program, WeightBinder weights, bool isProfiled = false)
    {
        var code = PtxEmitter.Emit(program, LlvmCpu.Find("sm_80")!);
        var ptx = PtxEmitter.Assemble(code);
        Assert.Null(PtxForms.Problem(ptx));
        FakeCuda.Announce(ptx, code);
        return Host.Value.Load(code, ptx, weights, isProfiled);
    }
}
