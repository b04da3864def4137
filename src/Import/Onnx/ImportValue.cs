using System.Collections.Immutable;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Import.Onnx;

/// <summary>What a name of the graph stands for while it is imported.</summary>
internal abstract record ImportValue
{
    /// <summary>Numbers known at import, in terms of the dims of the inputs: shapes, and what is computed from them.</summary>
    /// <param name="Items">The elements.</param>
    /// <param name="IsScalar">Whether the tensor has no axis.</param>
    public sealed record Shape(ImmutableArray<Dim> Items, bool IsScalar = false) : ImportValue;

    /// <summary>A tensor computed at run time.</summary>
    /// <param name="Step">Number of the step that computes it.</param>
    /// <param name="Extents">Its extents.</param>
    public sealed record Tensor(int Step, ImmutableArray<Dim> Extents) : ImportValue;
}
