using System.Collections.Immutable;
using SparseDsl.Compiler;
using SparseDsl.Compiler.Loops;

namespace SparseDsl.Backends.CSharp;

/// <summary>How <see cref="CSharpEmitter"/> writes a model.</summary>
public sealed record CSharpOptions
{
    /// <summary>Namespace of the class.</summary>
    public string Namespace { get; init; } = "SparseDsl.Generated";

    /// <summary>Name of the class; null takes the model's name.</summary>
    public string? ClassName { get; init; }

    /// <summary>
    /// Further targets beside the one emitted first, each with the program lowered for it. The class chooses, when it is created, the first whose
    /// instructions the machine has: the program's own target, then these in order.
    /// </summary>
    public ImmutableArray<CSharpTier> Tiers { get; init; } = [];
}

/// <summary>A model lowered for one target.</summary>
public sealed record CSharpTier(Target Target, LoopProgram Program);
