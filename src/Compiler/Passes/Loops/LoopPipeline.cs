using SparseDsl.Compiler.Loops;

namespace SparseDsl.Compiler.Passes.Loops;

/// <summary>From a kernel as lowered or written by hand to what emitters accept: no tiles, no Unrolled and Vector loops, no library functions of f32.</summary>
public static class LoopPipeline
{
    /// <summary>The passes in order.</summary>
    public static IReadOnlyList<(string Name, Func<Kernel, Target, Kernel> Run)> Passes { get; } =
    [
        (nameof(Unroll), Unroll.Run),                       // constants for unrolled variables, so that tile subscripts and offsets fold
        (nameof(SimplifyIndices), SimplifyIndices.Run),
        (nameof(Vectorise), Vectorise.Run),                 // lanes of the target
        (nameof(Unroll), Unroll.Run),                       // Vector loops over tiles that stay scalar
        (nameof(ExpandTiles), ExpandTiles.Run),             // subscripts are constants by now
        (nameof(SimplifyIndices), SimplifyIndices.Run),     // offsets that vectorising made; what changes least comes first in a sum
        (nameof(ExpandMath), ExpandMath.Run),
        (nameof(Contract), Contract.Run),                   // before values get names, which would hide products
        (nameof(Hoist), Hoist.Run),
        (nameof(Cse), Cse.Run),                             // also joins what Hoist moved in front of neighbouring loops
    ];

    /// <summary>Runs every pass and checks the kernel before the first and after the last. Only when that fails are all run again, checked one by one.</summary>
    /// <param name="kernel">A valid kernel.</param>
    /// <param name="target">The machine.</param>
    /// <param name="dump">Is given each pass's name and its result.</param>
    /// <exception cref="CompilerBugException">A pass broke an invariant; the message names it.</exception>
    public static Kernel Run(Kernel kernel, Target target, Action<string, Kernel>? dump = null)
    {
        LoopValidator.Validate(kernel);
        var result = kernel;
        foreach (var (name, run) in Passes)
        {
            result = run(result, target);
            dump?.Invoke(name, result);
        }

        try
        {
            LoopValidator.Validate(result);
        }
        catch (CompilerBugException)
        {
            Blame(kernel, target);
            throw;
        }

        return result;
    }

    /// <summary>Finds the pass whose result is the first that is not valid.</summary>
    private static void Blame(Kernel kernel, Target target)
    {
        foreach (var (name, run) in Passes)
        {
            kernel = run(kernel, target);
            try
            {
                LoopValidator.Validate(kernel);
            }
            catch (CompilerBugException bug)
            {
                throw new CompilerBugException($"after {name}: {bug.Message}", bug);
            }
        }
    }

    /// <summary>Runs every pass on every kernel of a program.</summary>
    public static LoopProgram Run(LoopProgram program, Target target, Action<string, Kernel>? dump = null)
    {
        var done = new Dictionary<Kernel, Kernel>(Compiler.Graphs.ReferenceComparer<Kernel>.Instance);
        return program with { Calls = [.. program.Calls.Select(c => c with { Kernel = Done(c.Kernel) })] };

        Kernel Done(Kernel kernel)
        {
            if (!done.TryGetValue(kernel, out var result))
            {
                done[kernel] = result = Run(kernel, target, dump);
            }

            return result;
        }
    }
}
