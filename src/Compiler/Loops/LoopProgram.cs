using System.Collections.Immutable;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Formats;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Scalars;

// A whole model in loop IR: what memory there is, and which kernels run over it in which order.
namespace SparseDsl.Compiler.Loops;

/// <summary>Where the memory of a program comes from.</summary>
public abstract record Region(string Name, ElementType Element, Dim Count)
{
    /// <summary>Memory of the caller, read.</summary>
    public sealed record Input(string Name, TensorType Type) : Region(Name, Type.Element, Type.Count);

    /// <summary>Memory of the caller, written.</summary>
    public sealed record Output(string Name, TensorType Type) : Region(Name, Type.Element, Type.Count);

    /// <summary>Memory of the model, kept between calls, zero at first.</summary>
    public sealed record State(string Name, TensorType Type) : Region(Name, Type.Element, Type.Count);

    /// <summary>
    /// One array of a stored weight: the values of a dense tensor, or one of the arrays of a format (ptr, crd, val, …). Read only, 64-byte aligned.
    /// The packer makes it from the dense tensor <paramref name="Source"/>. <paramref name="Count"/> is a constant when the data is known, else a symbol named like the region.
    /// </summary>
    public sealed record Weight(string Name, ElementType Element, Dim Count, WeightOrigin Source) : Region(Name, Element, Count);

    /// <summary>Part of the arena: scratch for the time of a call. Slots with equal <paramref name="Slot"/> share memory; their life times are disjoint.</summary>
    public sealed record Temporary(string Name, ElementType Element, Dim Count, int Slot) : Region(Name, Element, Count);
}

/// <summary>What a weight region is packed from.</summary>
/// <param name="Tensor">Path of a parameter, or the name of a folded constant.</param>
/// <param name="Folded">The folded constant's elements; null for a parameter, and when weights are deferred.</param>
/// <param name="Format">The storage it is packed to.</param>
/// <param name="Array">Which array of the format: <c>val</c>, <c>ptr1</c>, <c>crd1</c>, …</param>
/// <param name="Recipe">Identifies how the constant is computed, or its elements when the program spells them; null for a parameter.</param>
/// <param name="Mask">The mask file that is applied to the parameter; null for none.</param>
public sealed record WeightOrigin(string Tensor, TensorData? Folded, Format Format, string Array, string? Recipe = null, string? Mask = null);

/// <summary>One call of a kernel: regions for its buffers, in order. Scalars are bound by name.</summary>
public sealed record KernelCall(Kernel Kernel, ImmutableArray<string> Regions)
{
    private readonly string? label;

    /// <summary>What this call computes: the kernel's label, unless several calls share the kernel.</summary>
    public string Label { get => label ?? Kernel.Label; init => label = value; }

    /// <summary>Name of the graph's node that this call computes, or computes a part of; empty where the program does not come from a graph. Not part of the text.</summary>
    public string Node { get; init; } = "";
}

/// <summary>A model as kernels in order.</summary>
/// <param name="Name">The model's name.</param>
/// <param name="Dims">Symbolic dims; arguments of every run.</param>
/// <param name="Regions">All memory; names are unique.</param>
/// <param name="Calls">Kernels in execution order.</param>
/// <param name="SlotSizes">Bytes of each arena slot, over dims (a multiple of 64); the arena is their sum.</param>
public sealed record LoopProgram(
    string Name,
    ImmutableArray<SymbolicDim> Dims,
    ImmutableArray<Region> Regions,
    ImmutableArray<KernelCall> Calls,
    ImmutableArray<Dim> SlotSizes);
