using SparseDsl.Compiler.Graphs;
using SparseDsl.Compiler.Loops;
using Buffer = SparseDsl.Compiler.Loops.Buffer;

namespace SparseDsl.Compiler.Passes.Loops;

/// <summary>Lets calls share one kernel where their kernels differ in names only: layers of one shape, each over its own weights.</summary>
/// <remarks>
/// Before: <c>call linear_1(x, w1) -> y; call linear_2(y, w2) -> z</c>. After: <c>call linear_1(x, w1) -> y; call linear_1(y, w2) -> z</c>. Every call keeps its label.
/// <para>Halves what is left to do for a network of equal blocks: passes, emission, compilation of what was emitted, instruction cache.</para>
/// </remarks>
internal static class ShareKernels
{
    /// <summary>Runs the step.</summary>
    public static LoopProgram Run(LoopProgram program)
    {
        var first = new Dictionary<string, Kernel>(StringComparer.Ordinal);
        return program with { Calls = [.. program.Calls.Select(Shared)] };

        KernelCall Shared(KernelCall call)
        {
            var key = Key(call.Kernel);
            if (first.TryGetValue(key, out var kernel))
            {
                return call with { Kernel = kernel, Label = call.Label };
            }

            first.Add(key, call.Kernel);
            return call;
        }
    }

    /// <summary>Text that is equal for kernels equal but for names. Scalars are bound by name, so theirs stay.</summary>
    private static string Key(Kernel kernel)
    {
        var names = LoopNames.Numbers();
        var cloner = new LoopCloner(names);
        var buffers = kernel.Buffers.Select(b => new Buffer(names.New(b.Name), b.Element, b.Count, b.Access)).ToArray();
        for (var i = 0; i < buffers.Length; i++)
        {
            cloner.Replace(kernel.Buffers[i], buffers[i]);
        }

        return LoopPrinter.Print(new Kernel("", "", [.. buffers], kernel.Scalars, cloner.Clone(kernel.Body)));
    }
}
