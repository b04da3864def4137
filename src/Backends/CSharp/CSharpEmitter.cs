using SparseDsl.Backends.CSharp.Emit;
using SparseDsl.Compiler;
using SparseDsl.Compiler.Loops;

namespace SparseDsl.Backends.CSharp;

/// <summary>Writes a lowered model as one C# file: a class with typed spans outside, and kernels over pointers inside.</summary>
public static class CSharpEmitter
{
    /// <summary>The text of the file. Deterministic, invariant, LF.</summary>
    /// <param name="program">The model after the loop passes: no unrolled or vector loops, no tiles.</param>
    /// <param name="target">The target it was lowered for.</param>
    /// <param name="options">Names, and further tiers.</param>
    /// <exception cref="CompilerBugException">The program has something the loop passes should have removed.</exception>
    public static string Emit(LoopProgram program, Target target, CSharpOptions options) => Write(program, target, options).Alone();

    /// <summary>The same for a class in a project: the text of the file depends on what else is in its namespace.</summary>
    /// <param name="program">The model after the loop passes: no unrolled or vector loops, no tiles.</param>
    /// <param name="target">The target it was lowered for.</param>
    /// <param name="options">Names, and further tiers.</param>
    /// <exception cref="CompilerBugException">The program has something the loop passes should have removed.</exception>
    public static ClassText Write(LoopProgram program, Target target, CSharpOptions options)
    {
        var body = new SourceWriter();
        new ModelWriter(body, TiersOf(program, target, options), options).Write();
        return new ClassText(ModelWriter.Head(program), options.Namespace, options.ClassName ?? ClassNames.Of(program.Name), body.ToString());
    }

    /// <summary>The tiers of a class, in the order in which it tries them.</summary>
    public static IReadOnlyList<CSharpTier> TiersOf(LoopProgram program, Target target, CSharpOptions options) =>
        [new CSharpTier(target, program), .. options.Tiers];

    /// <summary>The name under which a generated class asks its weight source for a region.</summary>
    public static string WeightName(IReadOnlyList<CSharpTier> tiers, CSharpTier tier, Region.Weight weight) =>
        tiers.Count == 1 ? weight.Name : tier.Target.Name + "/" + weight.Name;

    /// <summary>The full name of the generated class.</summary>
    public static string ClassName(LoopProgram program, CSharpOptions options) => options.Namespace + "." + (options.ClassName ?? ClassNames.Of(program.Name));
}
