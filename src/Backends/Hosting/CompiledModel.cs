using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Loops;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Dsl;
using SparseDsl.Runtime;

namespace SparseDsl.Backends.Hosting;

/// <summary>A model compiled and loaded in this process. Calls on one instance must not overlap.</summary>
public sealed class CompiledModel : IDisposable
{
    private readonly ICompiledModel _model;
    private readonly LoopProgram _program;
    private readonly WeightSource _weights;
    private readonly IDisposable _code;
    private readonly Region[] _tensors;

    // What Bind set up for Invoke: a set of buffers and their addresses for each copy of the tensors.
    private readonly List<Dictionary<string, AlignedBuffer>> _buffers = [];
    private nint[][] _addresses = [];
    private int _last;
    private long[] _dims = [];
    private bool _isDisposed;

    /// <summary>Takes over a loaded model; all three are disposed of with this object.</summary>
    /// <param name="model">Its code and memory.</param>
    /// <param name="program">What it was compiled from.</param>
    /// <param name="weights">Its weights, under the names of the program's regions.</param>
    /// <param name="code">What keeps the code loaded.</param>
    public CompiledModel(ICompiledModel model, LoopProgram program, WeightSource weights, IDisposable code)
    {
        _model = model;
        _program = program;
        _weights = weights;
        _code = code;
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
    public void Bind(IReadOnlyDictionary<string, TensorData> inputs) => Bind(inputs, 1);

    /// <summary>
    /// As the other overload, with several copies of the inputs and outputs that calls of <see cref="Invoke"/> use in turn: for measurements, in which a caller
    /// that gives new data every time finds it less often in a cache than one that repeats itself.
    /// </summary>
    /// <param name="inputs">Elements by name of the input.</param>
    /// <param name="copies">How many, at least one.</param>
    /// <exception cref="ModelException">An input is missing or unknown, or its type or shape does not fit.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed of.</exception>
    public void Bind(IReadOnlyDictionary<string, TensorData> inputs, int copies)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        ArgumentOutOfRangeException.ThrowIfLessThan(copies, 1);
        _dims = DimSolver.Solve(_program, inputs);
        while (_buffers.Count < copies)
        {
            _buffers.Add(new Dictionary<string, AlignedBuffer>(StringComparer.Ordinal));
        }

        _addresses = [.. _buffers.Take(copies).Select(buffers => Fill(buffers, inputs))];
        _last = copies - 1;
    }

    private unsafe nint[] Fill(Dictionary<string, AlignedBuffer> buffers, IReadOnlyDictionary<string, TensorData> inputs)
    {
        var addresses = new nint[_tensors.Length];
        for (var i = 0; i < _tensors.Length; i++)
        {
            var buffer = Reserve(buffers, _tensors[i]);
            addresses[i] = (nint)buffer.Pointer;
            if (_tensors[i] is Region.Input)
            {
                inputs[_tensors[i].Name].Bytes.CopyTo(buffer.AsSpan<byte>());
            }
        }

        return addresses;
    }

    /// <summary>Runs on what <see cref="Bind(IReadOnlyDictionary{string, TensorData})"/> set up. After the first call with its dims, a call allocates nothing.</summary>
    /// <exception cref="InvalidOperationException">Nothing was bound.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed of.</exception>
    public void Invoke()
    {
        CheckBound();
        _last = _last + 1 == _addresses.Length ? 0 : _last + 1;
        _model.Run(_addresses[_last], _dims);
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

    /// <summary>The memory of a bound input or output, to write and read between calls of <see cref="Invoke"/>; of several copies, the one used last.</summary>
    /// <exception cref="ModelException">The model has no such input or output.</exception>
    /// <exception cref="InvalidOperationException">Nothing was bound.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed of.</exception>
    public Span<T> Memory<T>(string name)
        where T : unmanaged
    {
        CheckBound();
        return _buffers[_last].TryGetValue(name, out var buffer)
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
            o.Element, o.Type.Shape.Select(d => checked((int)d.Evaluate(ValueOf))), _buffers[_last][o.Name].AsSpan<byte>().ToArray()));
    }

    /// <summary>Replaces the elements of a parameter whose storage has room for any, for calls from now on.</summary>
    /// <param name="path">The parameter's path.</param>
    /// <param name="tensor">Its elements, of its type and shape; copied.</param>
    /// <exception cref="ModelException">Packed, it is not as long as the memory it would replace: it is stored sparse, or has another shape.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed of.</exception>
    public unsafe void SetWeight(string path, TensorData tensor)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        var packed = new Dictionary<string, IReadOnlyDictionary<string, TensorData>>(StringComparer.Ordinal);
        foreach (var region in _program.Regions.OfType<Region.Weight>().Where(r => r.Source.Recipe is null && r.Source.Tensor == path))
        {
            var bytes = Compilation.Pack(region, _ => tensor, packed).Span;
            if (!_weights.TryFind(region.Name, out var array) || array.ByteLength != bytes.Length)
            {
                throw new ModelException($"the weight '{path}' cannot be replaced by {tensor}: it takes {array.ByteLength} bytes, not {bytes.Length}");
            }

            bytes.CopyTo(new Span<byte>((void*)array.Address, bytes.Length));
        }
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
        foreach (var buffer in _buffers.SelectMany(buffers => buffers.Values))
        {
            buffer.Dispose();
        }

        _buffers.Clear();
        _addresses = [];
        _code.Dispose();
    }

    private void CheckBound()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (_addresses.Length == 0)
        {
            throw new InvalidOperationException("call Bind first");
        }
    }

    private AlignedBuffer Reserve(Dictionary<string, AlignedBuffer> buffers, Region region)
    {
        var bytes = checked(region.Count.Evaluate(ValueOf) * region.Element.Size());
        if (buffers.TryGetValue(region.Name, out var old))
        {
            if (old.ByteLength == bytes)
            {
                return old;
            }

            old.Dispose();
        }

        return buffers[region.Name] = new AlignedBuffer(bytes);
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
