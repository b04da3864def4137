#if NET10_0_OR_GREATER
using System.Runtime.Loader;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Runtime;
using WeightSource = SparseDsl.Runtime.WeightSource;

namespace SparseDsl.Backends.CSharp.Hosting;

/// <summary>A model compiled and loaded in this process. Calls on one instance must not overlap.</summary>
public sealed class CompiledModel : IDisposable
{
    private readonly ICompiledModel model;
    private readonly LoopProgram program;
    private readonly WeightSource weights;
    private readonly AssemblyLoadContext context;
    private readonly Region[] tensors;

    // What Bind set up for Invoke.
    private readonly Dictionary<string, AlignedBuffer> buffers = new(StringComparer.Ordinal);
    private nint[] addresses = [];
    private long[] dims = [];

    internal CompiledModel(ICompiledModel model, LoopProgram program, WeightSource weights, AssemblyLoadContext context)
    {
        this.model = model;
        this.program = program;
        this.weights = weights;
        this.context = context;
        tensors = [.. program.Regions.OfType<Region.Input>(), .. program.Regions.OfType<Region.Output>()];
    }

    /// <summary>The inputs of the model.</summary>
    public IEnumerable<Region.Input> Inputs => tensors.OfType<Region.Input>();

    /// <summary>The outputs of the model.</summary>
    public IEnumerable<Region.Output> Outputs => tensors.OfType<Region.Output>();

    /// <summary>Computes the outputs from inputs by name; the dims follow from the inputs' shapes.</summary>
    /// <exception cref="ModelException">An input is missing, or its type or shape does not fit.</exception>
    public Dictionary<string, TensorData> Run(IReadOnlyDictionary<string, TensorData> inputs)
    {
        Bind(inputs);
        Invoke();
        return ReadOutputs();
    }

    /// <summary>
    /// Copies inputs to memory of this object and makes room for the outputs, so that <see cref="Invoke"/> can be called many times without copying or allocating.
    /// </summary>
    /// <exception cref="ModelException">An input is missing, or its type or shape does not fit.</exception>
    public unsafe void Bind(IReadOnlyDictionary<string, TensorData> inputs)
    {
        dims = DimSolver.Solve(program, inputs);
        addresses = new nint[tensors.Length];
        for (var i = 0; i < tensors.Length; i++)
        {
            var buffer = Reserve(tensors[i]);
            addresses[i] = (nint)buffer.Pointer;
            if (tensors[i] is Region.Input)
            {
                inputs[tensors[i].Name].Bytes.CopyTo(buffer.AsSpan<byte>());
            }
        }
    }

    /// <summary>Runs on what <see cref="Bind"/> set up. After the first call with its dims, a call allocates nothing.</summary>
    /// <exception cref="InvalidOperationException">Nothing was bound.</exception>
    public void Invoke()
    {
        if (addresses.Length != tensors.Length)
        {
            throw new InvalidOperationException("call Bind first");
        }

        model.Run(addresses, dims);
    }

    /// <summary>Milliseconds of each kernel in the last call, in order of execution; empty for a model that was not loaded as profiled.</summary>
    public IReadOnlyList<(KernelCall Call, double Milliseconds)> KernelTimes()
    {
        var times = new List<(KernelCall, double)>();
        if (model is IProfiledModel profiled)
        {
            for (var i = 0; i < profiled.KernelTicks.Length; i++)
            {
                times.Add((program.Calls[i], profiled.KernelTicks[i] * 1000.0 / System.Diagnostics.Stopwatch.Frequency));
            }
        }

        return times;
    }

    /// <summary>The memory of a bound input or output, to write and read between calls of <see cref="Invoke"/>.</summary>
    public Span<T> Memory<T>(string name)
        where T : unmanaged => buffers[name].AsSpan<T>();

    /// <summary>The outputs of the last call, copied.</summary>
    public Dictionary<string, TensorData> ReadOutputs() => Outputs.ToDictionary(o => o.Name, o => new TensorData(
        o.Element, o.Type.Shape.Select(d => checked((int)d.Evaluate(ValueOf))), buffers[o.Name].AsSpan<byte>().ToArray()));

    /// <summary>Sets the states of the model to zero.</summary>
    public void ResetState() => model.ResetState();

    /// <summary>Ends the threads, frees the memory and unloads the code.</summary>
    public void Dispose()
    {
        model.Dispose();
        weights.Dispose();
        foreach (var buffer in buffers.Values)
        {
            buffer.Dispose();
        }

        buffers.Clear();
        addresses = [];
        context.Unload();
    }

    private AlignedBuffer Reserve(Region region)
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
        for (var i = 0; i < dims.Length; i++)
        {
            if (program.Dims[i].Name == dim)
            {
                return dims[i];
            }
        }

        throw new ModelException($"the dim {dim} is not declared");
    }
}
#endif
