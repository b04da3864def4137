using SparseDsl.Compiler.Loops;
using SparseDsl.Runtime;

namespace SparseDsl.Backends.Llvm.Hosting;

/// <summary>A model as machine code, behind the interface of all compiled models.</summary>
internal sealed class LlvmModel(LoopProgram program, LlvmEngine engine) : ICompiledModel, IProfiledModel
{
    /// <inheritdoc/>
    public ReadOnlySpan<long> KernelTicks => engine.KernelTicks;

    /// <inheritdoc/>
    public void Run(ReadOnlySpan<nint> tensors, ReadOnlySpan<long> dims)
    {
        ModelEngine.CheckDimCount(dims.Length, program.Dims.Length);
        for (var i = 0; i < dims.Length; i++)
        {
            var dim = program.Dims[i];
            ModelEngine.CheckDim(dims[i], dim.Name, dim.Low, dim.High, dim.Step);
        }

        engine.Run(tensors, dims);
    }

    /// <inheritdoc/>
    public void ResetState() => engine.ResetState();

    /// <inheritdoc/>
    public void Dispose() => engine.Dispose();
}
