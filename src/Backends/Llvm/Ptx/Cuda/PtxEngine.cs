using System.Diagnostics;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Runtime;

namespace SparseDsl.Backends.Llvm.Ptx.Cuda;

/// <summary>
/// A model on a GPU: its code, its weights and its memory there. A run copies inputs to the device, launches the kernels one after the other in a stream, and copies the
/// outputs back. After the first run with its dims nothing is allocated.
/// </summary>
internal sealed unsafe class PtxEngine : ICompiledModel, IProfiledModel
{
    private readonly PtxProgram program;
    private readonly CudaDriver driver;
    private readonly int device;
    private readonly nint context;
    private readonly nint stream;
    private readonly nint module;
    private readonly Dictionary<PtxKernel, nint> functions = [];
    private readonly nint[] marks;
    private readonly long[] ticks;
    private readonly ulong[] regions;
    private readonly long[] bytes;
    private readonly ulong[] slots;
    private readonly Dictionary<string, long> scalars = new(StringComparer.Ordinal);
    private ulong scratch;
    private byte* pinned;
    private long pinnedBytes;
    private long[] dims = [];
    private bool isPlanned;
    private bool isDisposed;

    /// <summary>Loads code and weights.</summary>
    /// <param name="program">The model.</param>
    /// <param name="ptx">Its code.</param>
    /// <param name="driver">The driver.</param>
    /// <param name="weights">The weights, copied to the device.</param>
    /// <param name="isProfiled">Whether every kernel's time is taken.</param>
    /// <exception cref="CudaException">The driver refuses.</exception>
    /// <exception cref="ModelException">A weight is missing, or of another type or length.</exception>
    public PtxEngine(PtxProgram program, string ptx, CudaDriver driver, WeightSource weights, bool isProfiled)
    {
        (this.program, this.driver) = (program, driver);
        var count = program.Program.Regions.Length;
        (regions, bytes, slots) = (new ulong[count], new long[count], new ulong[program.Program.SlotSizes.Length]);
        marks = new nint[isProfiled ? program.Program.Calls.Length + 1 : 0];
        ticks = new long[isProfiled ? program.Program.Calls.Length : 0];
        device = driver.FirstDevice().Device;
        context = driver.Retain(device);
        try
        {
            driver.Enter(context);
            stream = driver.NewStream();
            module = driver.LoadModule(ptx);
            foreach (var kernel in program.Kernels)
            {
                functions.Add(kernel, driver.Function(module, kernel.Name));
            }

            for (var i = 0; i < marks.Length; i++)
            {
                marks[i] = driver.NewEvent();
            }

            Upload(weights);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public ReadOnlySpan<long> KernelTicks => ticks;

    private LoopProgram Model => program.Program;

    /// <inheritdoc/>
    public void Run(ReadOnlySpan<nint> tensors, ReadOnlySpan<long> dims)
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        ModelEngine.CheckDimCount(dims.Length, Model.Dims.Length);
        driver.Enter(context);
        if (!isPlanned || !dims.SequenceEqual(this.dims))
        {
            Plan(dims);
        }

        var (at, tensor) = ((nint)pinned, 0);
        foreach (var i in Tensors<Region.Input>())
        {
            System.Buffer.MemoryCopy((void*)tensors[tensor++], (void*)at, bytes[i], bytes[i]);
            driver.Upload(regions[i], (void*)at, bytes[i], stream);
            at += (nint)Aligned(bytes[i]);
        }

        Launch();
        foreach (var i in Tensors<Region.Output>())
        {
            driver.Download((void*)at, regions[i], bytes[i], stream);
            at += (nint)Aligned(bytes[i]);
        }

        driver.Wait(stream);
        at = (nint)(pinned + Tensors<Region.Input>().Sum(i => Aligned(bytes[i])));
        foreach (var i in Tensors<Region.Output>())
        {
            System.Buffer.MemoryCopy((void*)at, (void*)tensors[tensor++], bytes[i], bytes[i]);
            at += (nint)Aligned(bytes[i]);
        }

        for (var i = 0; i < ticks.Length; i++)
        {
            ticks[i] = (long)(driver.Elapsed(marks[i], marks[i + 1]) / 1000 * Stopwatch.Frequency);
        }
    }

    /// <inheritdoc/>
    public void ResetState()
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        driver.Enter(context);
        foreach (var i in Tensors<Region.State>().Where(i => regions[i] != 0))
        {
            driver.Clear(regions[i], bytes[i], stream);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (isDisposed)
        {
            return;
        }

        isDisposed = true;
        driver.Enter(context);
        for (var i = 0; i < regions.Length; i++)
        {
            Free(Model.Regions[i] is Region.Temporary ? 0 : regions[i]);
        }

        foreach (var slot in slots)
        {
            Free(slot);
        }

        Free(scratch);
        FreePinned();
        foreach (var mark in marks.Where(m => m != 0))
        {
            driver.FreeEvent(mark);
        }

        if (module != 0)
        {
            driver.Unload(module);
        }

        if (stream != 0)
        {
            driver.FreeStream(stream);
        }

        driver.Release(device);
    }

    private void Upload(WeightSource weights)
    {
        foreach (var weight in LlvmEmitter.DataCounts(Model))
        {
            weights.Bind(weight.Name, weight.Element.Name(), weight.Element.Size(), out var count);
            scalars[weight.Count.SymbolName!] = count;
        }

        foreach (var i in Tensors<Region.Weight>())
        {
            var region = Model.Regions[i];
            bytes[i] = region.Count.Evaluate(Scalar) * region.Element.Size();
            var address = weights.Bind(region.Name, region.Element.Name(), region.Element.Size(), region.Count.Evaluate(Scalar));
            regions[i] = driver.Allocate(bytes[i]);
            driver.Upload(regions[i], (void*)address, bytes[i], stream);
        }

        driver.Wait(stream);
    }

    private void Plan(ReadOnlySpan<long> values)
    {
        // A failure on the way must not leave the plan of other dims in force.
        isPlanned = false;
        for (var i = 0; i < values.Length; i++)
        {
            var dim = Model.Dims[i];
            ModelEngine.CheckDim(values[i], dim.Name, dim.Low, dim.High, dim.Step);
            scalars[dim.Name] = values[i];
        }

        for (var i = 0; i < slots.Length; i++)
        {
            Replace(ref slots[i], Model.SlotSizes[i].Evaluate(Scalar));
        }

        for (var i = 0; i < regions.Length; i++)
        {
            PlanRegion(i);
        }

        Replace(ref scratch, program.Kernels.Select(k => k.HasScratch ? k.ScratchBytes(k.Grid(Scalar)) : 0).DefaultIfEmpty(0).Max());
        FreePinned();
        pinnedBytes = Tensors<Region.Input>().Concat(Tensors<Region.Output>()).Sum(i => Aligned(bytes[i]));
        pinned = (byte*)driver.AllocatePinned(pinnedBytes);
        (dims, isPlanned) = (values.ToArray(), true);
    }

    // States keep their contents while their size stays the same.
    private void PlanRegion(int i)
    {
        var region = Model.Regions[i];
        if (region is Region.Weight)
        {
            return;
        }

        var count = region.Count.Evaluate(Scalar);
        if (count > int.MaxValue)
        {
            throw new ModelException($"'{region.Name}' would have {count} elements with these dims; at most 2^31 - 1 are supported");
        }

        var size = count * region.Element.Size();
        if (region is Region.Temporary temporary)
        {
            regions[i] = slots[temporary.Slot];
        }
        else if (regions[i] == 0 || bytes[i] != size)
        {
            Replace(ref regions[i], size);
            driver.Clear(regions[i], size, stream);
        }

        bytes[i] = size;
    }

    private void Launch()
    {
        Mark(0);
        for (var i = 0; i < program.Launches.Length; i++)
        {
            var launch = program.Launches[i];
            Launch(launch);
            if (i + 1 == program.Launches.Length || program.Launches[i + 1].Call != launch.Call)
            {
                Mark(launch.Call + 1);
            }
        }
    }

    private void Launch(PtxLaunch launch)
    {
        var call = Model.Calls[launch.Call];
        var count = call.Regions.Length + call.Kernel.Scalars.Length + 1;
        var values = stackalloc ulong[count];
        var parameters = stackalloc void*[count];
        var at = 0;
        foreach (var name in call.Regions)
        {
            values[at++] = regions[IndexOf(name)];
        }

        foreach (var scalar in call.Kernel.Scalars)
        {
            *(int*)&values[at++] = checked((int)Scalar(scalar.Name));
        }

        values[at] = scratch;
        for (var i = 0; i < count; i++)
        {
            parameters[i] = &values[i];
        }

        driver.Launch(functions[launch.Kernel], launch.Kernel.Grid(Scalar), launch.Kernel.Block, stream, parameters);
    }

    private void Mark(int number)
    {
        if (marks.Length > 0)
        {
            driver.Record(marks[number], stream);
        }
    }

    private int IndexOf(string region)
    {
        for (var i = 0; i < regions.Length; i++)
        {
            if (Model.Regions[i].Name == region)
            {
                return i;
            }
        }

        throw new ModelException($"the model has no memory '{region}'");
    }

    private long Scalar(string name) => scalars[name];

    private IEnumerable<int> Tensors<T>()
        where T : Region => Enumerable.Range(0, regions.Length).Where(i => Model.Regions[i] is T);

    private void Replace(ref ulong memory, long size)
    {
        Free(memory);
        memory = 0;
        memory = driver.Allocate(size);
    }

    private void Free(ulong memory)
    {
        if (memory != 0)
        {
            driver.Free(memory);
        }
    }

    private void FreePinned()
    {
        if (pinned != null)
        {
            driver.FreePinned(pinned);
            pinned = null;
        }
    }

    private static long Aligned(long size) => (size + 255) / 256 * 256;
}
