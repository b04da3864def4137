using System.ComponentModel;

namespace SparseDsl.Runtime;

/// <summary>
/// The part of a generated model that is the same for all: threads, the arena that temporaries live in, states. Generated code derives from it.
/// </summary>
public abstract unsafe class ModelEngine : IDisposable
{
    private readonly WeightSource _weights;
    private readonly int _threads;
    private readonly AlignedBuffer?[] _states;
    private readonly int _tensors;
    private AlignedBuffer _arena = new(0);
    private WorkerTeam? _team;
    private long[] _dims = [];
    private bool _isPlanned;
    private int _busy;
    private long[] _laps = [];
    private long _lapStart;

    /// <summary>Holds on to the weights. Threads start with the first call.</summary>
    /// <param name="weights">Their memory stays until this object is disposed of.</param>
    /// <param name="threads">Number of threads, the caller's included; 1 to <see cref="WorkerTeam.MostThreads"/>.</param>
    /// <param name="tensors">Number of inputs and outputs.</param>
    /// <param name="states">Number of states.</param>
    /// <exception cref="ArgumentOutOfRangeException">Fewer threads, or more, are asked for.</exception>
    /// <exception cref="ObjectDisposedException">The weights were freed.</exception>
    protected ModelEngine(WeightSource weights, int threads, int tensors, int states)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(threads, WorkerTeam.MostThreads);
        weights.Retain();
        _weights = weights;
        _threads = threads;
        _tensors = tensors;
        _states = new AlignedBuffer?[states];
    }

    /// <summary>Where the weights are.</summary>
    /// <exception cref="ObjectDisposedException">The object was disposed of.</exception>
    public WeightSource Weights
    {
        get
        {
            ObjectDisposedException.ThrowIf(Volatile.Read(ref _busy) == Disposed, this);
            return _weights;
        }
    }

    /// <summary>The threads that parallel kernels run on.</summary>
    protected WorkerTeam Team => _team ??= new WorkerTeam(_threads);

    /// <summary>Computes the outputs; allocates memory only when the dims differ from those of the call before.</summary>
    /// <param name="tensors">Addresses of inputs, then outputs.</param>
    /// <param name="dims">Values of the symbolic dims; already checked.</param>
    /// <exception cref="InvalidOperationException">Another call on this object has not returned yet.</exception>
    /// <exception cref="ObjectDisposedException">The object was disposed of.</exception>
    public void Run(ReadOnlySpan<nint> tensors, ReadOnlySpan<long> dims)
    {
        if (tensors.Length != _tensors)
        {
            throw new ArgumentException($"the model has {_tensors} inputs and outputs, not {tensors.Length}", nameof(tensors));
        }

        Enter();
        try
        {
            if (!_isPlanned || !dims.SequenceEqual(_dims))
            {
                Prepare(dims);
            }

            Execute(tensors, _arena.Pointer);
        }
        finally
        {
            Volatile.Write(ref _busy, Idle);
        }
    }

    /// <summary>Ticks of <see cref="System.Diagnostics.Stopwatch"/> that each kernel took in the last call of a profiled model, in order of execution.</summary>
    /// <remarks>For the generated class, which offers it as <see cref="IProfiledModel.KernelTicks"/>.</remarks>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public ReadOnlySpan<long> KernelTicks => _laps;

    /// <summary>Sets all states to zero.</summary>
    public void ResetState()
    {
        foreach (var state in _states)
        {
            state?.AsSpan<byte>().Clear();
        }
    }

    /// <summary>Ends the threads, frees arena and states, and lets go of the weights. Does nothing the second time.</summary>
    /// <exception cref="InvalidOperationException">A call has not returned yet.</exception>
    public void Dispose()
    {
        if (Volatile.Read(ref _busy) != Disposed)
        {
            Enter();
            Dispose(true);
            Volatile.Write(ref _busy, Disposed);
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>Checks the number of dims.</summary>
    /// <exception cref="ArgumentException">It is another.</exception>
    /// <remarks>Generated code calls it.</remarks>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void CheckDimCount(int found, int expected)
    {
        if (found != expected)
        {
            throw new ArgumentException($"the model has {expected} dims, not {found}");
        }
    }

    /// <summary>Checks a dim against its declaration.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is outside its range, or not a multiple of its step.</exception>
    /// <remarks>Generated code calls it.</remarks>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void CheckDim(long value, string name, long low, long high, long step)
    {
        if (value < low || value > high || value % step != 0)
        {
            throw new ArgumentOutOfRangeException(name, value, $"the dim {name} must be {Range(low, high, step)}");
        }
    }

    /// <summary>The dim that the length of an input or output tells.</summary>
    /// <param name="found">Its number of elements.</param>
    /// <param name="factor">Elements for each unit of the dim.</param>
    /// <param name="name">The input or output.</param>
    /// <param name="type">What it must be: <c>u8[N, 28, 28]</c>.</param>
    /// <param name="dim">The dim.</param>
    /// <param name="low">Its least value.</param>
    /// <param name="high">Its greatest value.</param>
    /// <param name="step">What it must be a multiple of.</param>
    /// <remarks>Generated code calls it.</remarks>
    /// <exception cref="ArgumentException">No value of the dim gives this length.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The value that does is outside the range of the dim, or not a multiple of its step.</exception>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static int DimOf(int found, int factor, string name, string type, string dim, long low, long high, long step)
    {
        var value = found / factor;
        if (found % factor == 0 && value >= low && value <= high && value % step == 0)
        {
            return value;
        }

        var message = $"{name} has {found} elements; {type} has {factor} for each {dim}, which must be {Range(low, high, step)}";
        throw found % factor == 0 ? new ArgumentOutOfRangeException(name, message) : new ArgumentException(message, name);
    }

    /// <summary>Checks that no output shares memory with an input or another output: kernels read inputs after they have begun to write.</summary>
    /// <param name="tensors">Addresses of inputs, then outputs.</param>
    /// <param name="bytes">Their lengths in bytes.</param>
    /// <param name="inputs">How many are inputs.</param>
    /// <param name="names">Their names.</param>
    /// <remarks>Generated code calls it.</remarks>
    /// <exception cref="ArgumentException">Two of them overlap.</exception>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void CheckOverlap(ReadOnlySpan<nint> tensors, ReadOnlySpan<long> bytes, int inputs, params ReadOnlySpan<string> names)
    {
        for (var output = inputs; output < tensors.Length; output++)
        {
            for (var other = 0; other < output; other++)
            {
                var (begin, end) = (Math.Max(tensors[output], tensors[other]), Math.Min(tensors[output] + bytes[output], tensors[other] + bytes[other]));
                if (begin < end)
                {
                    throw new ArgumentException($"{names[other]} and {names[output]} overlap in memory: an output needs memory of its own", names[output]);
                }
            }
        }
    }

    /// <summary>Checks the length of an input or output.</summary>
    /// <exception cref="ArgumentException">It is not the number of elements of the tensor.</exception>
    /// <remarks>Generated code calls it.</remarks>
    [EditorBrowsable(EditorBrowsableState.Never)]
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

    /// <summary>Begins the laps of a profiled call.</summary>
    protected void StartLaps(int kernels)
    {
        if (_laps.Length != kernels)
        {
            _laps = new long[kernels];
        }

        _lapStart = System.Diagnostics.Stopwatch.GetTimestamp();
    }

    /// <summary>Ends the lap of a kernel.</summary>
    protected void Lap(int kernel)
    {
        var now = System.Diagnostics.Stopwatch.GetTimestamp();
        _laps[kernel] = now - _lapStart;
        _lapStart = now;
    }

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
            _team?.Dispose();
            _arena.Dispose();
            foreach (var state in _states)
            {
                state?.Dispose();
            }

            _weights.Release();
        }
    }

    private static string Range(long low, long high, long step) => $"between {low} and {high}{(step == 1 ? "" : $" and a multiple of {step}")}";

    private const int Idle = 0;
    private const int Running = 1;
    private const int Disposed = 2;

    // Two calls at once would share temporaries and give wrong numbers: that must never pass in silence.
    private void Enter()
    {
        var state = Interlocked.CompareExchange(ref _busy, Running, Idle);
        ObjectDisposedException.ThrowIf(state == Disposed, this);
        if (state == Running)
        {
            throw new InvalidOperationException("calls on one model must not overlap: give every thread an object of its own with CreateContext()");
        }
    }

    private void Prepare(ReadOnlySpan<long> dims)
    {
        // A failure on the way must not leave the plan of other dims in force.
        _isPlanned = false;
        var bytes = Plan(dims);
        if (bytes > _arena.ByteLength)
        {
            _arena.Dispose();
            _arena = new AlignedBuffer(bytes);
        }

        if (_dims.Length != dims.Length)
        {
            _dims = new long[dims.Length];
        }

        dims.CopyTo(_dims);
        _isPlanned = true;
    }
}
