using System.Collections.Immutable;

namespace SparseDsl.Backends.Llvm.Analysis;

/// <summary>The loop without loops in it that does most vector work of a function.</summary>
/// <param name="Function">The function, as the text calls it.</param>
/// <param name="Lines">Its instructions, and the labels between them.</param>
/// <param name="Mix">Of which kinds they are.</param>
public sealed record HotLoop(string Function, ImmutableArray<string> Lines, InstructionMix Mix);
