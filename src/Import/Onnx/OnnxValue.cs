using System.Collections.Immutable;
using System.Globalization;
using SparseDsl.Dsl;

namespace SparseDsl.Import.Onnx;

/// <summary>An input or output of a graph, as far as the file declares it.</summary>
/// <param name="Name">Name, unique in the graph.</param>
/// <param name="Type">Element type; null when the file declares none, or one that is not a tensor of numbers.</param>
/// <param name="Shape">Extents, outermost first; null when the file does not even declare the rank.</param>
public sealed record OnnxValue(string Name, ElementType? Type, ImmutableArray<OnnxDim>? Shape)
{
    /// <summary>As in <c>x: f32[N, 3, 48, ?]</c>.</summary>
    public override string ToString() =>
        $"{Name}: {Type?.Name() ?? "?"}" + (Shape is { } shape ? $"[{string.Join(", ", shape)}]" : "[*]");
}

/// <summary>One extent: a number, a name that stands for the same number everywhere, or neither.</summary>
/// <param name="Size">The extent, when it is fixed.</param>
/// <param name="Symbol">The name, when it is not fixed and has one.</param>
public readonly record struct OnnxDim(long? Size, string? Symbol)
{
    /// <summary>The number, the name, or <c>?</c>.</summary>
    public override string ToString() => Size?.ToString(CultureInfo.InvariantCulture) ?? Symbol ?? "?";
}
