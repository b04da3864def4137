using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;
using SparseDsl.Runtime;

namespace SparseDsl.Backends.Llvm.Hosting;

/// <summary>Memory and threads of a model whose kernels are machine code: over the same engine as a generated class, here for any program.</summary>
internal sealed unsafe class LlvmEngine : ModelEngine
{
    private readonly LoopProgram program;
    private readonly nint run;
    private readonly nint[] calls;
    private readonly Dictionary<string, long> counts = new(StringComparer.Ordinal);
    private readonly long[] slots;
    private readonly int inputs;

    // Tables that the code reads: outside the garbage collector's memory, so that they stay where they are.
    private readonly AlignedBuffer regions;
    private readonly AlignedBuffer scalars;
    private readonly AlignedBuffer host = new(4 * sizeof(nint));
    private readonly GCHandle self;

    /// <summary>Binds the weights.</summary>
    /// <exception cref="ModelException">A weight is missing, or of another type or length.</exception>
    public LlvmEngine(LoopProgram program, LlvmCode code, WeightSource weights, int threads, bool isProfiled)
        : base(weights, threads, program.Regions.Count(r => r is Region.Input or Region.Output), program.Regions.Count(r => r is Region.State))
    {
        this.program = program;
        inputs = program.Regions.Count(r => r is Region.Input);
        run = code.Find(LlvmEmitter.RunFunction);
        calls = isProfiled ? [.. Enumerable.Range(0, program.Calls.Length).Select(i => code.Find(LlvmEmitter.CallFunction(i)))] : [];
        regions = new AlignedBuffer(program.Regions.Length * sizeof(nint));
        scalars = new AlignedBuffer((program.Dims.Length + LlvmEmitter.DataCounts(program).Length) * sizeof(int));
        slots = new long[program.SlotSizes.Length];
        BindWeights(weights);

        self = GCHandle.Alloc(this, GCHandleType.Weak);
        var table = (nint*)host.Pointer;
        table[0] = (nint)(delegate* unmanaged[Cdecl]<nint, nint, void*, int, int, void>)&RunLoop;
        table[1] = GCHandle.ToIntPtr(self);
        table[2] = (nint)(delegate* unmanaged[Cdecl]<long, void*>)&Allocate;
        table[3] = (nint)(delegate* unmanaged[Cdecl]<void*, void>)&Free;
    }

    private nint* Regions => (nint*)regions.Pointer;

    private int* Scalars => (int*)scalars.Pointer;

    /// <inheritdoc/>
    protected override long Plan(ReadOnlySpan<long> dims)
    {
        for (var i = 0; i < dims.Length; i++)
        {
            counts[program.Dims[i].Name] = dims[i];
            Scalars[i] = checked((int)dims[i]);
        }

        foreach (var region in program.Regions.Where(r => r.Count.Constant is null && r is not Region.Weight))
        {
            CheckCount(Size(region.Count), region.Name);
        }

        var state = 0;
        for (var i = 0; i < program.Regions.Length; i++)
        {
            if (program.Regions[i] is Region.State region)
            {
                Regions[i] = (nint)State(state++, checked(Size(region.Count) * region.Element.Size()));
            }
        }

        // Slots lie one after the other.
        var size = 0L;
        for (var i = 0; i < slots.Length; i++)
        {
            slots[i] = size;
            size = checked(size + Size(program.SlotSizes[i]));
        }

        return size;
    }

    /// <inheritdoc/>
    protected override void Execute(ReadOnlySpan<nint> tensors, byte* arena)
    {
        var (input, output) = (0, inputs);
        for (var i = 0; i < program.Regions.Length; i++)
        {
            switch (program.Regions[i])
            {
                case Region.Input:
                    Regions[i] = tensors[input++];
                    break;
                case Region.Output:
                    Regions[i] = tensors[output++];
                    break;
                case Region.Temporary temporary:
                    Regions[i] = (nint)(arena + slots[temporary.Slot]);
                    break;
            }
        }

        if (calls.Length == 0)
        {
            Call(run);
            return;
        }

        StartLaps(calls.Length);
        for (var i = 0; i < calls.Length; i++)
        {
            Call(calls[i]);
            Lap(i);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing)
        {
            self.Free();
            regions.Dispose();
            scalars.Dispose();
            host.Dispose();
        }
    }

    private void BindWeights(WeightSource weights)
    {
        var counted = LlvmEmitter.DataCounts(program);
        for (var i = 0; i < program.Regions.Length; i++)
        {
            if (program.Regions[i] is not Region.Weight weight)
            {
                continue;
            }

            var (name, size) = (weight.Element.Name(), weight.Element.Size());
            if (weight.Count.Constant is { } constant)
            {
                Regions[i] = (nint)weights.Bind(weight.Name, name, size, constant);
                continue;
            }

            Regions[i] = (nint)weights.Bind(weight.Name, name, size, out var count);
            if (counted.IndexOf(weight) is >= 0 and var index)
            {
                counts[weight.Count.SymbolName!] = count;
                Scalars[program.Dims.Length + index] = count;
            }
        }
    }

    private long Size(Dim dim) => dim.Evaluate(name => counts[name]);

    private void Call(nint function) => ((delegate* unmanaged[Cdecl]<void*, void*, void*, void>)function)(host.Pointer, Regions, Scalars);

    // --------------------------------------------------------------------------------------- what the code calls back

    /// <summary>A parallel loop of the code: its body, and what that takes.</summary>
    private struct NativeLoop
    {
        public delegate* unmanaged[Cdecl]<void*, int, int, void> Body;
        public void* Context;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void RunLoop(nint engine, nint body, void* context, int count, int isUneven)
    {
        var loop = new NativeLoop { Body = (delegate* unmanaged[Cdecl]<void*, int, int, void>)body, Context = context };
        var team = ((LlvmEngine)GCHandle.FromIntPtr(engine).Target!).Team;
        if (count <= 0)
        {
            return;
        }

        if (team.Threads == 1)
        {
            loop.Body(context, 0, count);
        }
        else if (isUneven != 0)
        {
            // Iterations cost differently: threads take small pieces as they become free.
            team.RunDynamic(&RunPart, &loop, count, 1 + (count / (8 * team.Threads)));
        }
        else
        {
            team.Run(&RunPart, &loop, count);
        }
    }

    private static void RunPart(void* loop, int begin, int end) => ((NativeLoop*)loop)->Body(((NativeLoop*)loop)->Context, begin, end);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void* Allocate(long bytes) => NativeMemory.AlignedAlloc((nuint)bytes, AlignedBuffer.Alignment);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Free(void* memory) => NativeMemory.AlignedFree(memory);
}
