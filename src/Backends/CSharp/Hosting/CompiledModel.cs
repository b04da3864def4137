#if NET10_0_OR_GREATER
using System.Runtime.Loader;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Runtime;

namespace SparseDsl.Backends.CSharp.Hosting;

/// <summary>A model compiled and loaded in this process. Calls on one instance must not overlap.</summary>
public sealed class CompiledModel : IDisposable
{
    private readonly ICompiledModel _model;
    private readonly LoopProgram _program;
    private readonly WeightSource _weights;
    private readonly AssemblyLoadContext _context;
    private readonly Region[] _tensors;

    // What Bind set up for Invoke.
    private readonly Dictionary<string, AlignedBuffer> _buffers = new(StringComparer.Ordinal);
    private nint[] _addresses = [];
    private long[] _dims = [];
    private bool _isDisposed;

    internal CompiledModel(ICompiledModel model, LoopProgram program, WeightSource weights, AssemblyLoadContext context)
    {
        _model = model;
        _program = program;
        _weights = weights;
        _context = context;
        _tensors = [.. program.Regions.OfType<Region.Input>(), .. program.Regions.OfType<Region.Output>()];
    }

    /// <summary>The inputs of the model.</summary>
    public IEnumerable<Region.Input> Inputs => _tensors.OfType<Region.Input>();

    /// <summary>The outputs of the model.</summary>
    public IEnumerable<Region.Output> Outputs => _tensors.OfType<Region.Output>();

    /// <summary>Computes the outputs from inputs by name; the dims follow from the inputs' shapes.</summary>
    /// <exception cref="ModelException">An input is missing or unknown, or its type or shape does not fit.</exception>
    public Dictionary<string, TensorData> Run(IReadOnlyDictionary<string, TensorData> inputs)
    {
        Bind(inputs);
        Invoke();
        return ReadOutputs();
    }

    /// <summary>
    /// Copies inputs to memory of this object and makes room for the outputs, so that <see cref="Invoke"/> can be called many times without copying or allocating.
    /// </summary>
    /// <exception cref="ModelException">An input is missing or unknown, or its type or shape does not fit.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed of.</exception>
    public unsafe void Bind(IReadOnlyDictionary<string, TensorData> inputs)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        _dims = DimSolver.Solve(_program, inputs);
        _addresses = new nint[_tensors.Length];
        for (var i = 0; i < _tensors.Length; i++)
        {
            var buffer = Reserve(_tensors[i]);
            _addresses[i] = (nint)buffer.Pointer;
            if (_tensors[i] is Region.Input)
            {
                inputs[_tensors[i].Name].Bytes.CopyTo(buffer.AsSpan<byte>());
            }
        }
    }

    /// <summary>Runs on what <see cref="Bind"/> set up. After the first call with its dims, a call allocates nothing.</summary>
    /// <exception cref="InvalidOperationException">Nothing was bound.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed of.</exception>
    public void Invoke()
    {
        CheckBound();
        _model.Run(_addresses, _dims);
    }

    /// <summary>Milliseconds of each kernel in the last call, in order of execution; empty for a model that was not loaded as profiled.</summary>
    public IReadOnlyList<(KernelCall Call, double Milliseconds)> KernelTimes()
    {
        var times = new List<(KernelCall, double)>();
        if (_model is IProfiledModel profiled)
        {
            for (var i = 0; i < profiled.KernelTicks.Length; i++)
            {
                times.Add((_program.Calls[i], profiled.KernelTicks[i] * 1000.0 / System.Diagnostics.Stopwatch.Frequency));
            }
        }

        return times;
    }

    /// <summary>The memory of a bound input or output, to write and read between calls of <see cref="Invoke"/>.</summary>
    /// <exception cref="ModelException">The model has no such input or output.</exception>
    /// <exception cref="InvalidOperationException">Nothing was bound.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed of.</exception>
    public Span<T> Memory<T>(string name)
        where T : unmanaged
    {
        CheckBound();
        return _buffers.TryGetValue(name, out var buffer)
            ? buffer.AsSpan<T>()
            : throw new ModelException($"the model has no input or output '{name}'; it has {string.Join(", ", _tensors.Select(t => t.Name))}");
    }

    /// <summary>The outputs of the last call, copied.</summary>
    /// <exception cref="InvalidOperationException">Nothing was bound.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed of.</exception>
    public Dictionary<string, TensorData> ReadOutputs()
    {
        CheckBound();
        return Outputs.ToDictionary(o => o.Name, o => new TensorData(
            o.Element, o.Type.Shape.Select(d => checked((int)d.Evaluate(ValueOf))), _buffers[o.Name].AsSpan<byte>().ToArray()));
    }

    /// <summary>Sets the states of the model to zero.</summary>
    public void ResetState() => _model.ResetState();

    /// <summary>Ends the threads, frees the memory and unloads the code. Does nothing the second time.</summary>
    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _model.Dispose();
        _isDisposed = true;
        _weights.Dispose();
        foreach (var buffer in _buffers.Values)
        {
            buffer.Dispose();
        }

        _buffers.Clear();
        _addresses = [];
        _context.Unload();
    }

    private void CheckBound()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (_addresses.Length != _tensors.Length)
        {
            throw new InvalidOperationException("call Bind first");
        }
    }

    private AlignedBuffer Reserve(Region region)
    {
        var bytes = checked(region.Count.Evaluate(ValueOf) * region.Element.Size());
        if (_buffers.TryGetValue(region.Name, out var old))
        {
            if (old.ByteLength == bytes)
            {
                return old;
            }

            old.Dispose();
        }

        return _buffers[region.Name] = new AlignedBuffer(bytes);
    }

    private long ValueOf(string dim)
    {
        for (var i = 0; i < _dims.Length; i++)
        {
            if (_program.Dims[i].Name == dim)
            {
                return _dims[i];
            }
        }

        throw new ModelException($"the dim {dim} is not declared");
    }
}
#endif
