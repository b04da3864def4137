using System.Runtime.ExceptionServices;

namespace SparseDsl.Runtime;

/// <summary>
/// A fixed set of threads that run one loop together: the caller and <c>Threads - 1</c> workers that wait between calls,
/// spinning for a short while and then parked. A call allocates nothing.
/// </summary>
/// <remarks>
/// <para>Calls from several threads run one after another. A call made from inside a loop body of the same team runs on
/// the calling thread alone.</para>
/// <para>When a body throws, the other parts still run to their end, and the first exception is thrown to the caller.</para>
/// </remarks>
public sealed unsafe class WorkerTeam : IDisposable
{
    // About 30 microseconds on current processors (the runtime scales SpinWait): longer than the gap between two layers
    // of a network, far shorter than the scheduler quantum a spinner would otherwise steal from whoever it waits for.
    private const int SpinRounds = 400;
    private const int SpinLength = 2;

    /// <summary>The most threads of a team. More than any machine has: a larger number is a mistake, and would end the process before a call returns.</summary>
    public const int MostThreads = 1024;

    [ThreadStatic]
    private static WorkerTeam? s_current;

    private readonly object _gate = new();
    private readonly Worker[] _workers;
    private readonly Latch _finished;
    private readonly int _spinRounds;
    private bool _disposed;

    // The job. Written by the caller before it signals the workers it counts on; no other worker reads it.
    private delegate*<void*, int, int, void> _body;
    private void* _context;
    private int _count;
    private int _parts;
    private int _grain;
    private long _next;
    private Exception? _fault;

    /// <summary>Starts the workers.</summary>
    /// <param name="threads">Number of threads a loop is spread over, the caller included; 1 to <see cref="MostThreads"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">Fewer threads, or more, are asked for.</exception>
    public WorkerTeam(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(threads, MostThreads);
        Threads = threads;

        // With more threads than processors, spinning takes the processor from those that have work.
        _spinRounds = threads <= Environment.ProcessorCount ? SpinRounds : 0;
        _finished = new Latch(_spinRounds);
        _workers = new Worker[threads - 1];
        for (var i = 0; i < _workers.Length; i++)
        {
            _workers[i] = new Worker(this, i + 1, _spinRounds);
        }
    }

    /// <summary>Number of threads a loop is spread over, the caller included.</summary>
    public int Threads { get; }

    /// <summary>
    /// Runs <paramref name="body"/> over [0, <paramref name="count"/>), cut into one contiguous part per thread: part
    /// <c>t</c> of <c>T</c> is [count·t/T, count·(t+1)/T), with <c>T</c> the smaller of <see cref="Threads"/> and the count.
    /// Returns when all parts are done.
    /// </summary>
    /// <param name="body">Called once per part with the context, the part's begin and its end.</param>
    /// <param name="context">Passed through; must stay valid until the call returns.</param>
    /// <param name="count">Number of iterations; nothing happens when it is 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The count is negative.</exception>
    /// <exception cref="ObjectDisposedException">The team was disposed.</exception>
    public void Run(delegate*<void*, int, int, void> body, void* context, int count) => Start(body, context, count, 0);

    /// <summary>
    /// Runs <paramref name="body"/> over [0, <paramref name="count"/>) in pieces of <paramref name="grain"/> iterations (the
    /// last may be shorter) that threads take in rising order as they become free: for iterations of uneven cost.
    /// Returns when all pieces are done.
    /// </summary>
    /// <param name="body">Called once per piece with the context, the piece's begin and its end.</param>
    /// <param name="context">Passed through; must stay valid until the call returns.</param>
    /// <param name="count">Number of iterations; nothing happens when it is 0.</param>
    /// <param name="grain">Iterations of a piece, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The count is negative or the grain less than 1.</exception>
    /// <exception cref="ObjectDisposedException">The team was disposed.</exception>
    public void RunDynamic(delegate*<void*, int, int, void> body, void* context, int count, int grain)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(grain, 1);
        Start(body, context, count, grain);
    }

    /// <summary>Waits for a running loop, then ends the workers; further use throws.</summary>
    /// <exception cref="InvalidOperationException">The call comes from inside a loop body of this team.</exception>
    public void Dispose()
    {
        if (s_current == this)
        {
            throw new InvalidOperationException("a worker team cannot be disposed from inside its own loop");
        }

        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            foreach (var worker in _workers)
            {
                worker.Dispose();
            }

            _finished.Dispose();
        }
    }

    // A grain of 0 asks for one part per thread.
    private void Start(delegate*<void*, int, int, void> body, void* context, int count, int grain)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (_workers.Length == 0 || s_current == this)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            RunAlone(body, context, count, grain);
            return;
        }

        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var pieces = grain == 0 ? count : (int)(((long)count + grain - 1) / grain);
            _parts = Math.Min(Threads, pieces);
            if (_parts <= 1)
            {
                RunAlone(body, context, count, grain);
                return;
            }

            _body = body;
            _context = context;
            _count = count;
            _grain = grain;
            _next = 0;
            RunTogether();
        }
    }

    private static void RunAlone(delegate*<void*, int, int, void> body, void* context, int count, int grain)
    {
        var step = grain == 0 ? count : grain;
        for (long begin = 0; begin < count; begin += step)
        {
            body(context, (int)begin, (int)Math.Min(begin + step, count));
        }
    }

    private void RunTogether()
    {
        _finished.Arm(_parts - 1);
        for (var part = 1; part < _parts; part++)
        {
            _workers[part - 1].Go();
        }

        var outer = s_current;
        s_current = this;
        RunPart(0);
        s_current = outer;
        _finished.Wait();

        if (_fault is { } fault)
        {
            _fault = null;
            ExceptionDispatchInfo.Throw(fault);
        }
    }

    private void RunPart(int part)
    {
        try
        {
            if (_grain == 0)
            {
                _body(_context, (int)((long)_count * part / _parts), (int)((long)_count * (part + 1) / _parts));
            }
            else
            {
                TakePieces();
            }
        }
#pragma warning disable CA1031 // whatever it is, it belongs to the caller of the loop
        catch (Exception e)
#pragma warning restore CA1031
        {
            Interlocked.CompareExchange(ref _fault, e, null);
        }
    }

    private void TakePieces()
    {
        for (; ; )
        {
            var begin = Interlocked.Add(ref _next, _grain) - _grain;
            if (begin >= _count)
            {
                return;
            }

            _body(_context, (int)begin, (int)Math.Min(begin + _grain, _count));
        }
    }

    /// <summary>One thread beside the caller's.</summary>
    private sealed class Worker : IDisposable
    {
        private readonly WorkerTeam _team;
        private readonly int _part;
        private readonly Latch _start;
        private readonly Thread _thread;
        private volatile bool _stop;

        public Worker(WorkerTeam team, int part, int spinRounds)
        {
            _team = team;
            _part = part;
            _start = new Latch(spinRounds);
            _start.Arm(1);
            _thread = new Thread(Loop) { IsBackground = true, Name = FormattableString.Invariant($"SparseDsl worker {part}") };
            _thread.Start();
        }

        /// <summary>Lets the thread run its part of the team's job.</summary>
        public void Go() => _start.CountDown();

        /// <summary>Ends the thread, which must be waiting.</summary>
        public void Dispose()
        {
            _stop = true;
            Go();
            _thread.Join();
            _start.Dispose();
        }

        private void Loop()
        {
            s_current = _team;
            for (; ; )
            {
                _start.Wait();
                if (_stop)
                {
                    return;
                }

                // Before reporting: the next start may come the moment the caller knows this part is done.
                _start.Arm(1);
                _team.RunPart(_part);
                _team._finished.CountDown();
            }
        }
    }

    /// <summary>
    /// A countdown one thread waits for: it spins for a while, then parks on an event that is signalled only if it did.
    /// </summary>
    private sealed class Latch(int spinRounds) : IDisposable
    {
        // Keeps what others write while this latch is spun on out of its cache line (lines are fetched in pairs).
        private const int Line = 128;

        private readonly AlignedBuffer _memory = new(3 * Line);
        private readonly AutoResetEvent _wake = new(false);

        private ref int Remaining => ref *(int*)(_memory.Pointer + Line);

        private ref int Parked => ref *(int*)(_memory.Pointer + Line + sizeof(int));

        /// <summary>Sets the count. Only while nobody counts down or waits.</summary>
        public void Arm(int count) => Volatile.Write(ref Remaining, count);

        public void CountDown()
        {
            if (Interlocked.Decrement(ref Remaining) == 0 && Interlocked.Exchange(ref Parked, 0) != 0)
            {
                _wake.Set();
            }
        }

        public void Wait()
        {
            while (!Spin())
            {
                // The order matters on both sides: say that one is parked, then look; count down, then look for the parked.
                Interlocked.Exchange(ref Parked, 1);
                var down = Volatile.Read(ref Remaining) == 0;
                if (down && Interlocked.Exchange(ref Parked, 0) != 0)
                {
                    return;
                }

                // Whoever takes the flag signals, exactly once. It may be someone late from the round before, who
                // counted down but had not yet looked: hence the loop.
                _wake.WaitOne();
            }
        }

        private bool Spin()
        {
            for (var round = 0; round < spinRounds; round++)
            {
                if (Volatile.Read(ref Remaining) == 0)
                {
                    return true;
                }

                Thread.SpinWait(SpinLength);
            }

            return Volatile.Read(ref Remaining) == 0;
        }

        public void Dispose()
        {
            _wake.Dispose();
            _memory.Dispose();
        }
    }
}
