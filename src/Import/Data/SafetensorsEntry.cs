using SparseDsl.Dsl;

namespace SparseDsl.Import.Data;

/// <summary>One row of a safetensors header.</summary>
/// <param name="Name">Name as stored.</param>
/// <param name="Type">Element type; an unsigned 64-bit tensor is read as i64.</param>
/// <param name="Unsigned64">Whether the tensor is stored as unsigned 64-bit.</param>
/// <param name="Shape">Extents, outermost first.</param>
/// <param name="Offset">Byte offset of the first element in the file.</param>
/// <param name="Length">Number of bytes.</param>
internal sealed record SafetensorsEntry(
    string Name, ElementType Type, bool Unsigned64, IReadOnlyList<int> Shape, long Offset, int Length);
