namespace SparseDsl.Runtime;

/// <summary>
/// The part of a generated model that is the same for all: threads, the arena that temporaries live in, states. Generated code derives from it.
/// </summary>
public abstract unsafe class ModelEngine : IDisposable
{
    private readonly WeightSource _weights; // keeps the memory that kernels point into
    private readonly AlignedBuffer?[] _states;
    private readonly int _tensors;
    private AlignedBuffer _arena = new(0);
    private long[]? _dims;

    /// <summary>Starts the threads.</summary>
    /// <param name="weights">Kept alive, not disposed of.</param>
    /// <param name="threads">Number of threads, the caller's included.</param>
    /// <param name="tensors">Number of inputs and outputs.</param>
    /// <param name="states">Number of states.</param>
    protected ModelEngine(WeightSource weights, int threads, int tensors, int states)
    {
        _weights = weights;
        _tensors = tensors;
        _states = new AlignedBuffer?[states];
        Team = new WorkerTeam(threads);
    }

    /// <summary>The threads that parallel kernels run on.</summary>
    protected WorkerTeam Team { get; }

    /// <summary>Computes the outputs; allocates memory only when the dims differ from those of the call before.</summary>
    /// <param name="tensors">Addresses of inputs, then outputs.</param>
    /// <param name="dims">Values of the symbolic dims; already checked.</param>
    public void Run(ReadOnlySpan<nint> tensors, ReadOnlySpan<long> dims)
    {
        if (tensors.Length != _tensors)
        {
            throw new ArgumentException($"the model has {_tensors} inputs and outputs, not {tensors.Length}", nameof(tensors));
        }

        if (_dims is null || !dims.SequenceEqual(_dims))
        {
            Prepare(dims);
        }

        Execute(tensors, _arena.Pointer);
        GC.KeepAlive(_weights);
    }

    /// <summary>Sets all states to zero.</summary>
    public void ResetState()
    {
        foreach (var state in _states)
        {
            state?.AsSpan<byte>().Clear();
        }
    }

    /// <summary>Ends the threads and frees arena and states.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Checks the number of dims.</summary>
    /// <exception cref="ArgumentException">It is another.</exception>
    public static void CheckDimCount(int found, int expected)
    {
        if (found != expected)
        {
            throw new ArgumentException($"the model has {expected} dims, not {found}");
        }
    }

    /// <summary>Checks a dim against its declaration.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is outside its range, or not a multiple of its step.</exception>
    public static void CheckDim(long value, string name, long low, long high, long step)
    {
        if (value < low || value > high || value % step != 0)
        {
            var multiple = step == 1 ? "" : $" and a multiple of {step}";
            throw new ArgumentOutOfRangeException(name, value, $"the dim {name} must be between {low} and {high}{multiple}");
        }
    }

    /// <summary>Checks the length of an input or output.</summary>
    /// <exception cref="ArgumentException">It is not the number of elements of the tensor.</exception>
    public static void CheckLength(int found, long expected, string name, string type)
    {
        if (found != expected)
        {
            throw new ArgumentException($"{name} has {found} elements; {type} has {expected} with these dims", name);
        }
    }

    /// <summary>Computes offsets and sizes for new dims, and gives the bytes of the arena.</summary>
    protected abstract long Plan(ReadOnlySpan<long> dims);

    /// <summary>Runs the kernels in order.</summary>
    /// <param name="tensors">Addresses of inputs, then outputs.</param>
    /// <param name="arena">The first byte of the arena.</param>
    protected abstract void Execute(ReadOnlySpan<nint> tensors, byte* arena);

    /// <summary>Checks that offsets into a tensor fit 32 bits.</summary>
    /// <exception cref="ModelException">It has 2^31 elements or more.</exception>
    protected static void CheckCount(long count, string name)
    {
        if (count > int.MaxValue)
        {
            throw new ModelException($"'{name}' would have {count} elements with these dims; at most 2^31 - 1 are supported");
        }
    }

    /// <summary>The memory of a state; zeroed when its size changes.</summary>
    protected byte* State(int index, long bytes)
    {
        if (_states[index]?.ByteLength != bytes)
        {
            _states[index]?.Dispose();
            _states[index] = new AlignedBuffer(bytes);
        }

        return _states[index]!.Pointer;
    }

    /// <summary>Frees what the engine holds.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            Team.Dispose();
            _arena.Dispose();
            foreach (var state in _states)
            {
                state?.Dispose();
            }
        }
    }

    private void Prepare(ReadOnlySpan<long> dims)
    {
        // A failure on the way must not leave the plan of other dims in force.
        _dims = null;
        var bytes = Plan(dims);
        if (bytes > _arena.ByteLength)
        {
            _arena.Dispose();
            _arena = new AlignedBuffer(bytes);
        }

        _dims = dims.ToArray();
    }
}
