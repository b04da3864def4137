using System.Collections.Immutable;
using SparseDsl.Compiler.Formats;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Lowering;

/// <summary>One way in which a Compute reads an operand that is not stored row-major.</summary>
internal sealed class StoredOperand
{
    /// <param name="read">The read.</param>
    /// <param name="node">The operand.</param>
    /// <param name="format">Its storage.</param>
    /// <param name="rangeOf">
    /// Values of the reader's indices: where every element is stored, a coordinate <c>(b * 16 + l) / 16</c> is <c>b</c>. A walk binds indices, also those that have
    /// one value only.
    /// </param>
    public StoredOperand(ScalarExpr.Read read, Node node, Format format, Func<string, (long? Low, long? High)> rangeOf)
    {
        Read = read;
        Node = node;
        Levels = Formats.Levels.Of(format, node.Type.Shape);
        var indices = format.Source.Indices;
        var coordinates = Levels.Select(l => l.Index.Substitute(n => read.Subscripts[indices.IndexOf(n)]));
        Coordinates = [.. IsFull ? coordinates.Select(c => c.Simplify(rangeOf)) : coordinates];
    }

    /// <summary>The read.</summary>
    public ScalarExpr.Read Read { get; }

    /// <summary>The parameter or constant.</summary>
    public Node Node { get; }

    /// <summary>Levels of its storage.</summary>
    public ImmutableArray<Level> Levels { get; }

    /// <summary>The coordinate of each level, over the Compute's indices.</summary>
    public ImmutableArray<Dim> Coordinates { get; }

    /// <summary>Whether every element is stored, so that its place is arithmetic.</summary>
    public bool IsFull => Levels.All(l => l.IsFull);

    /// <summary>The place of the element when every element is stored.</summary>
    public Dim Position => Levels.Zip(Coordinates, (l, c) => (l, c)).Aggregate(Dim.Zero, (p, x) => (p * x.l.Extent) + x.c);

    /// <summary>Whether another read is of the same element.</summary>
    public bool IsSame(ScalarExpr.Read other) => other.Operand == Read.Operand && other.Subscripts.SequenceEqual(Read.Subscripts);

    /// <summary>For messages: a parameter's path or a constant's name.</summary>
    public string Name => Node is ParamNode param ? param.Path : Node.Name;
}

/// <summary>Arrays of a stored operand as buffers of a kernel.</summary>
internal sealed class OperandScope(KernelBuilder kernel, Func<string, Region> array) : LevelScope
{
    public override Loops.Buffer ArrayBuffer(string arrayName) => kernel.Bind(array(arrayName), BufferAccess.In);

    public override Variable NewVariable(string hint, LoopType type) => kernel.NewVariable(hint, type);

    public override LoopExpr Lower(Dim dim) => kernel.Lower(dim);
}
