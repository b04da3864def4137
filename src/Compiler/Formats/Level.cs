using System.Collections.Immutable;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Scalars;

// Storage levels.
//
// A format stores a tensor as a tree: level 0 has one root, and every stored position of a level has children in the next one. Each level stores
// one coordinate, an expression over the tensor's logical indices (`i`, `j / c`, `j % c`). A position is an i32 counting a level's stored entries in
// storage order; the positions of the last level index the values array `val`.
//
//   csr = dense(i), compressed(j)         [ 0 2 0 ]      dense:      positions 0..I-1, position = parent * I + i
//                                         [ 1 0 3 ]      compressed: ptr1 = [0 1 3], crd1 = [1 0 2]; val = [2 1 3]
//
// Lowering never asks what class a level is. It asks for capabilities and for fragments of loop IR: how to walk the children of a position, and
// where the child with a known coordinate is. A new level kind is one class and one entry in Levels.All,
// under the name it has in LevelKinds.All of the language.
namespace SparseDsl.Compiler.Formats;

/// <summary>One array a level keeps; its full name in a kernel is the tensor's name, '_' and this.</summary>
/// <param name="Name"><c>ptr1</c>, <c>crd1</c>, <c>bits2</c>: what it holds and the number of its level.</param>
/// <param name="Element">Type of its elements.</param>
public sealed record LevelArray(string Name, ElementType Element);

/// <summary>What a level needs from the kernel it is lowered into.</summary>
public abstract class LevelScope
{
    /// <summary>The buffer of one of the tensor's arrays.</summary>
    public abstract Loops.Buffer ArrayBuffer(string arrayName);

    /// <summary>A new variable with a unique name that starts with the hint.</summary>
    public abstract Variable NewVariable(string hint, LoopType type);

    /// <summary>A dim expression (extents) as loop IR.</summary>
    public abstract LoopExpr Lower(Dim dim);
}

/// <summary>One level of a format, over a tensor of known (possibly symbolic) extents.</summary>
public abstract class Level(BoundLevel source, int number, Dim extent)
{
    /// <summary>As written in the format.</summary>
    public BoundLevel Source { get; } = source;

    /// <summary>Its number, 0 for the outermost.</summary>
    public int Number { get; } = number;

    /// <summary>Number of possible coordinates: they are 0 to Extent - 1.</summary>
    public Dim Extent { get; } = extent;

    /// <summary>The stored coordinate, over the format's logical indices.</summary>
    public Dim Index => Source.Index;

    /// <summary>Whether every coordinate is stored under every parent.</summary>
    public abstract bool IsFull { get; }

    /// <summary>Whether <see cref="Locate"/> works in constant time.</summary>
    public abstract bool CanLocate { get; }

    /// <summary>Whether children come in increasing order of coordinate.</summary>
    public abstract bool IsOrdered { get; }

    /// <summary>Whether no two children of a position have the same coordinate (false for the first level of COO).</summary>
    public abstract bool IsUnique { get; }

    /// <summary>Whether coordinates may be stored that no element of the tensor has, past the end of an index that the level cuts into parts.</summary>
    internal virtual bool MayPad => IsFull;

    /// <summary>The arrays it keeps.</summary>
    public abstract ImmutableArray<LevelArray> Arrays { get; }

    /// <summary>Number of its positions for a number of parent positions; null when it depends on the data.</summary>
    public abstract Dim? Size(Dim parentSize);

    /// <summary>
    /// A loop over the children of a position. <paramref name="body"/> gets (coordinate, position), both i32 scalars, and returns the loop's body.
    /// </summary>
    public abstract Stmt Iterate(LevelScope scope, LoopExpr parent, Func<LoopExpr, LoopExpr, Stmt> body);

    /// <summary>Whether the children of a position lie at consecutive positions, so that <see cref="IterateSideBySide"/> can be had.</summary>
    internal virtual bool LiesSideBySide => false;

    /// <summary>
    /// As <see cref="Iterate"/>, several children a round: <paramref name="body"/> also gets the number of the child within its round, 0 for those left
    /// over at the end. Null where children do not lie side by side.
    /// </summary>
    internal virtual Stmt? IterateSideBySide(LevelScope scope, LoopExpr parent, int ways, Func<LoopExpr, LoopExpr, int, Stmt> body) => null;

    /// <summary>Whether the children of a position are told by the bits of words, so that <see cref="IterateMasked"/> can be had.</summary>
    internal virtual bool IsMasked => false;

    /// <summary>
    /// As <see cref="Iterate"/> for so many coordinates at once, at most 32: <paramref name="body"/> gets the first of them, the position of the first that is
    /// stored, the mask of those that are, and the number of the group within its word. Null where children are not told by bits.
    /// </summary>
    internal virtual Stmt? IterateMasked(LevelScope scope, LoopExpr parent, int lanes, Func<LoopExpr, LoopExpr, LoopExpr, int, Stmt> body) => null;

    /// <summary>The position of the child with this coordinate, where <see cref="CanLocate"/> and it is stored; else null.</summary>
    public abstract LoopExpr? Locate(LevelScope scope, LoopExpr parent, LoopExpr coordinate);

    /// <summary>
    /// Builds this level's arrays. <paramref name="parents"/> has, for every parent position in order, the coordinates of the non-zero entries below it.
    /// Returns the coordinates that are stored, which may be more (n-of-m pads); null when every coordinate is stored below every parent.
    /// </summary>
    /// <exception cref="FormatMismatchException">The data does not fit, e.g. three non-zeros in a group of 2:4.</exception>
    internal abstract LevelEntries? Pack(LevelEntries parents, int extent, IDictionary<string, TensorData> arrays);

    /// <summary>The inverse of <see cref="Pack"/>: the stored coordinates of a number of parent positions, read from this level's arrays.</summary>
    /// <exception cref="FormatMismatchException">The arrays are not what <see cref="Pack"/> makes.</exception>
    internal abstract LevelEntries? Unpack(int parents, int extent, IReadOnlyDictionary<string, TensorData> arrays);
}

/// <summary>The data does not have the structure its format needs; turned into a diagnostic with the tensor's name.</summary>
public sealed class FormatMismatchException(string message) : Exception(message);
