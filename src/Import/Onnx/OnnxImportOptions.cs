using System.Collections.Immutable;
using SparseDsl.Compiler.Data;

namespace SparseDsl.Import.Onnx;

/// <summary>What is known about an extent that a file leaves open.</summary>
/// <param name="Name">Name of the dim in the program; empty for a fixed extent.</param>
/// <param name="Low">Smallest value, or the extent where it is fixed.</param>
/// <param name="High">Largest value.</param>
/// <param name="Unit">The extent is this many times the dim: 32 where a network halves a picture five times.</param>
public sealed record ImportDim(string Name, int Low, int High, int Unit = 1)
{
    /// <summary>An extent that is always the same.</summary>
    public static ImportDim Fixed(int extent) => new("", extent, extent);
}

/// <summary>How a network is imported.</summary>
public sealed record OnnxImportOptions
{
    /// <summary>
    /// Extents that the file leaves open, by name in the file, or by position as in <c>x[2]</c>. Others get a name and range by position: a batch of
    /// 1 to 64; sides of pictures, in multiples of the smallest power of two with which the shapes inside the network fit together.
    /// </summary>
    public ImmutableDictionary<string, ImportDim> Dims { get; init; } = ImmutableDictionary<string, ImportDim>.Empty;

    /// <summary>The file's name, for the first line of the program; may be empty.</summary>
    public string Source { get; init; } = "";
}
