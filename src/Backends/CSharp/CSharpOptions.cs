using System.Collections.Immutable;
using SparseDsl.Compiler;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl.Binding;

namespace SparseDsl.Backends.CSharp;

/// <summary>How <see cref="CSharpEmitter"/> writes a model.</summary>
public sealed record CSharpOptions
{
    /// <summary>Namespace of the class.</summary>
    public string Namespace { get; init; } = "SparseDsl.Generated";

    /// <summary>Name of the class; null takes the model's name.</summary>
    public string? ClassName { get; init; }

    /// <summary>How any text names the class.</summary>
    internal string FullName(string name) => "global::" + string.Join(".", Namespace.Split('.').Append(name).Select(Emit.Names.Escape));

    /// <summary>Whether kernels are compiled fully optimised in their first call: for programs that do not turn tiered compilation off.</summary>
    public bool OptimisesAtOnce { get; init; }

    /// <summary>Accessibility of the class: <c>public</c> or <c>internal</c>.</summary>
    public string Accessibility { get; init; } = "public";

    /// <summary>Where the constructor without a source finds the packed weights; null leaves that constructor out, unless the model has no weights.</summary>
    public DefaultWeights? Weights { get; init; }

    /// <summary>Constants that the class holds itself, see <see cref="ModelConstants.InClass"/>; null when its weights come from a source.</summary>
    public IReadOnlyList<PackedWeight>? Constants { get; init; }

    /// <summary>What the documentation of the class says about parameters.</summary>
    public ImmutableArray<ParameterNote> Parameters { get; init; } = [];

    /// <summary>Adds a clock reading after every kernel; the class then also is an <c>IProfiledModel</c>.</summary>
    public bool IsProfiled { get; init; }

    /// <summary>
    /// Further targets beside the one emitted first, each with the program lowered for it. The class chooses, when it is created, the first whose
    /// instructions the machine has: the program's own target, then these in order.
    /// </summary>
    public ImmutableArray<CSharpTier> Tiers { get; init; } = [];
}

/// <summary>Packed weights that come with a program.</summary>
/// <param name="Name">Name of a file in the program's folder, or of a resource of its assembly.</param>
/// <param name="IsResource">Which of the two.</param>
public sealed record DefaultWeights(string Name, bool IsResource)
{
    /// <summary>The name of a file that belongs to one model of a program: <c>net.sdw</c>, or <c>net.Detector.sdw</c> when the program has several models.</summary>
    /// <param name="name">The name for the program: <c>net.sdw</c>.</param>
    /// <param name="module">The program.</param>
    /// <param name="model">One of its models.</param>
    public static string NameFor(string name, BoundModule module, BoundModel model)
    {
        var dot = name.LastIndexOf('.');
        return module.Models.Length == 1 ? name : dot < 0 ? name + "." + model.Name : name.Substring(0, dot) + "." + model.Name + name.Substring(dot);
    }
}

/// <summary>A model lowered for one target.</summary>
/// <param name="Target">The target.</param>
/// <param name="Program">Its kernels and memory.</param>
public sealed record CSharpTier(Target Target, LoopProgram Program);
