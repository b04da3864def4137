namespace SparseDsl.Runtime;

/// <summary>
/// A compiled model behind one interface for all models: memory by address, dims by position. Hosts use it; programs that know their model at compile
/// time use the generated class itself, which checks lengths.
/// </summary>
public interface ICompiledModel : IDisposable
{
    /// <summary>Computes the outputs. Calls on one instance must not overlap.</summary>
    /// <param name="tensors">Addresses of the inputs, then of the outputs, each in the order of declaration; row-major, of the lengths their shapes ask for.</param>
    /// <param name="dims">Values of the symbolic dims, in the order of declaration.</param>
    /// <exception cref="ArgumentOutOfRangeException">A dim is outside its range.</exception>
    void Run(ReadOnlySpan<nint> tensors, ReadOnlySpan<long> dims);

    /// <summary>Sets the states of the model to zero.</summary>
    void ResetState();
}

/// <summary>A model generated with clock readings between its kernels.</summary>
public interface IProfiledModel
{
    /// <summary>Ticks of <see cref="System.Diagnostics.Stopwatch"/> that each kernel took in the last call, in order of execution.</summary>
    ReadOnlySpan<long> KernelTicks { get; }
}
