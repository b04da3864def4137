using SparseDsl.Compiler;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;

namespace SparseDsl.Backends.Reference;

/// <summary>How the interpreter executes.</summary>
/// <param name="RoundToElement">
/// Every result is rounded to its element type, an fma once: bit for bit what compiled code gives for kernels without library functions.
/// Without it floats stay in float64: the oracle.
/// </param>
/// <param name="CheckUndefined">Reading an element of scratch or of an Out buffer that was not stored yet is an error.</param>
public sealed record LoopInterpreterOptions(bool RoundToElement = false, bool CheckUndefined = true);

/// <summary>A kernel did what no kernel may do: left a buffer, read undefined memory, divided an integer by zero.</summary>
public sealed class LoopExecutionException(string message) : Exception(message);

/// <summary>
/// Executes loop IR, at every stage: loops of all kinds run one iteration after the other, vectors lane by lane. Memory is a
/// <c>double[]</c> for floating element types and a <c>long[]</c> for the others (bool: 0 and 1).
/// </summary>
public static class LoopInterpreter
{
    /// <summary>Runs a kernel.</summary>
    /// <param name="kernel">The kernel, valid.</param>
    /// <param name="memory">Arrays by buffer name; each at least as long as the buffer's count. Written in place.</param>
    /// <param name="dims">Values of the symbols in counts and of the kernel's scalars.</param>
    /// <param name="options">How to execute; the default rounds nothing and checks everything.</param>
    /// <exception cref="LoopExecutionException">The kernel leaves a buffer, reads undefined memory or divides by zero.</exception>
    public static void Run(Kernel kernel, IReadOnlyDictionary<string, Array> memory, IReadOnlyDictionary<string, long> dims, LoopInterpreterOptions? options = null) =>
        new LoopMachine(kernel, memory, dims, options ?? new LoopInterpreterOptions()).Run();

    /// <summary>Runs a program once.</summary>
    /// <param name="program">The program.</param>
    /// <param name="memory">Arrays of inputs, weights (packed) and states by region name. States are written in place.</param>
    /// <param name="dims">Values of the symbolic dims.</param>
    /// <param name="options">How to execute.</param>
    /// <returns>Arrays of the outputs, by region name.</returns>
    /// <exception cref="LoopExecutionException">As for a kernel; also when a temporary is read after another one took its slot.</exception>
    public static IReadOnlyDictionary<string, Array> Run(
        LoopProgram program, IReadOnlyDictionary<string, Array> memory, IReadOnlyDictionary<string, long> dims, LoopInterpreterOptions? options = null)
    {
        var values = dims.ToDictionary(d => d.Key, d => d.Value);
        var arrays = new Dictionary<string, Array>();
        foreach (var region in program.Regions)
        {
            arrays[region.Name] = memory.TryGetValue(region.Name, out var given) ? given
                : region is Region.Output or Region.Temporary or Region.State ? NewArray(region.Element, region.Count.Evaluate(n => values[n]))
                : throw new LoopExecutionException($"no memory for the region '{region.Name}'");
            values.TryAdd(region.Name, arrays[region.Name].LongLength);
        }

        var slots = new SlotOwners(program);
        foreach (var call in program.Calls)
        {
            slots.Check(call);
            var bound = call.Kernel.Buffers.Zip(call.Regions).ToDictionary(p => p.First.Name, p => arrays[p.Second]);
            Run(call.Kernel, bound, values, options);
        }

        return program.Regions.OfType<Region.Output>().ToDictionary(o => o.Name, o => arrays[o.Name]);
    }

    /// <summary>Zeros: <c>double[]</c> for a floating element type, else <c>long[]</c>.</summary>
    public static Array NewArray(ElementType element, long count) => element.IsFloat() ? new double[count] : new long[count];
}

/// <summary>Which region's data each slot of the arena holds at the moment.</summary>
internal sealed class SlotOwners(LoopProgram program)
{
    private readonly Dictionary<string, int> slots = program.Regions.OfType<Region.Temporary>().ToDictionary(t => t.Name, t => t.Slot);
    private readonly Dictionary<int, string> owners = [];

    public void Check(KernelCall call)
    {
        var bound = call.Kernel.Buffers.Zip(call.Regions).Where(p => slots.ContainsKey(p.Second)).ToList();
        foreach (var (buffer, region) in bound.Where(p => p.First.Access is BufferAccess.In or BufferAccess.InOut))
        {
            var owner = owners.GetValueOrDefault(slots[region]);
            if (owner != region)
            {
                throw new LoopExecutionException($"kernel '{call.Kernel.Name}' reads '{region}' as '{buffer}', but its slot holds {(owner is null ? "nothing" : $"'{owner}'")}");
            }
        }

        foreach (var (_, region) in bound.Where(p => p.First.Access is BufferAccess.Out or BufferAccess.InOut))
        {
            owners[slots[region]] = region;
        }
    }
}
