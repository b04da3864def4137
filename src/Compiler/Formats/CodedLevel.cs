using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Formats;

/// <summary>
/// Stored as <c>compressed</c>; where the pattern is known when code is made, a kernel of its own has the coordinates as statements and needs no array but the
/// values: <see cref="Kernels.PatternInCode"/>.
/// </summary>
internal sealed class CodedLevel(BoundLevel source, int number, Dim extent, bool repeats) : CompressedLevel(source, number, extent, repeats);
