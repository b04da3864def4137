using SparseDsl.Backends.Hosting;
using SparseDsl.Backends.Llvm;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;

namespace SparseDsl.Backends.Tests.Llvm;

/// <summary>A lowered model as code for arm64, run in an emulator: every region in memory of its own, those of a slot together.</summary>
internal sealed class Arm64Model : IDisposable
{
    private readonly LoopProgram program;
    private readonly LlvmCpu cpu;
    private readonly string library;
    private readonly Dictionary<string, ReadOnlyMemory<byte>> weights;
    private readonly Dictionary<string, byte[]> states = new(StringComparer.Ordinal);

    public Arm64Model(LoopProgram program, LlvmCpu cpu, WeightBinder weights)
    {
        (this.program, this.cpu) = (program, cpu);
        var text = LlvmEmitter.Emit(program, cpu);
        CallsMath = new[] { "exp", "log", "tanh", "erf", "sin", "cos", "pow" }.Any(f => text.Contains($"declare double @{f}(", StringComparison.Ordinal));
        library = Arm64Emulator.Link(text, cpu);
        this.weights = program.Regions.OfType<Region.Weight>().ToDictionary(w => w.Name, w => weights(w), StringComparer.Ordinal);
    }

    /// <summary>Whether it calls functions of f64, which every C library rounds in its own way.</summary>
    public bool CallsMath { get; }

    /// <summary>The processor.</summary>
    public string Name => cpu.Name;

    public void ResetState() => states.Clear();

    public void Dispose() => File.Delete(library);

    /// <summary>The bytes of every output.</summary>
    public Dictionary<string, byte[]> Run(IReadOnlyDictionary<string, TensorData> inputs)
    {
        var dims = DimSolver.Solve(program, inputs);
        var values = program.Dims.Select((d, i) => (d.Name, Value: dims[i])).ToDictionary(d => d.Name, d => d.Value, StringComparer.Ordinal);
        List<int> scalars = [.. dims.Select(d => (int)d)];
        foreach (var counted in LlvmEmitter.DataCounts(program))
        {
            scalars.Add(weights[counted.Name].Length / counted.Element.Size());
        }

        List<EmulatedMemory> memories = [.. program.SlotSizes.Select(s => new EmulatedMemory(s.Evaluate(Value), null, false))];
        var (regions, wanted) = (new List<int>(), new List<Region>());
        foreach (var region in program.Regions)
        {
            if (region is Region.Temporary temporary)
            {
                regions.Add(temporary.Slot);
                continue;
            }

            regions.Add(memories.Count);
            memories.Add(Memory(region, inputs, Value));
            if (memories[^1].IsWanted)
            {
                wanted.Add(region);
            }
        }

        var results = Arm64Emulator.For(cpu).Run(library, memories, regions, scalars);
        var outputs = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var (region, bytes) in wanted.Zip(results))
        {
            (region is Region.State ? states : outputs)[region.Name] = bytes;
        }

        return outputs;

        long Value(string name) => values[name];
    }

    private EmulatedMemory Memory(Region region, IReadOnlyDictionary<string, TensorData> inputs, Func<string, long> dims)
    {
        if (region is Region.Weight)
        {
            return new EmulatedMemory(weights[region.Name].Length, weights[region.Name], false);
        }

        var bytes = region.Count.Evaluate(dims) * region.Element.Size();
        return region switch
        {
            Region.Input => new EmulatedMemory(bytes, inputs[region.Name].Bytes.ToArray(), false),
            Region.State => new EmulatedMemory(bytes, states.TryGetValue(region.Name, out var state) && state.Length == bytes ? state : new byte[bytes], true),

            // Zeros as in a host: tests of masked stores look at what is not written.
            _ => new EmulatedMemory(bytes, new byte[bytes], true),
        };
    }
}
