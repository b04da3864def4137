using System.Collections.Immutable;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Passes.Graphs;

/// <summary>A tensor of f32 that is a tensor of narrow numbers, less what stands for 0, times a scale; perhaps with its elements moved.</summary>
internal sealed class RealValue
{
    private readonly ImmutableArray<IndexRange> indices;
    private readonly ScalarExpr? scale;
    private readonly ImmutableArray<Node> nodes;

    private RealValue(Node stored, int zero, ScalarExpr? scale, ImmutableArray<IndexRange> indices, ImmutableArray<Node> nodes)
    {
        (Stored, Zero) = (stored, zero);
        (this.scale, this.indices, this.nodes) = (scale, indices, nodes);
    }

    /// <summary>The narrow numbers, in the shape of the real ones.</summary>
    public Node Stored { get; }

    /// <summary>Their type.</summary>
    public ElementType Element => Stored.Type.Element;

    /// <summary>What stands for 0.</summary>
    public int Zero { get; }

    /// <summary>Symbols that the scale hangs on, where the tensor is read at some subscripts.</summary>
    public IEnumerable<string> ScaleSymbols(ImmutableArray<Dim> subscripts) => scale is null ? [] : FreeVariables.Of(At(scale, subscripts));

    /// <summary>The scale, where the tensor is read at some subscripts.</summary>
    /// <param name="subscripts">Where it is read.</param>
    /// <param name="operand">Gives the number of a node among the reader's operands.</param>
    public ScalarExpr Scale(ImmutableArray<Dim> subscripts, Func<Node, int> operand) => scale is null ? QuantizedValues.Number(1)
        : At(scale, subscripts).Rewrite(e => e is ScalarExpr.Read r ? new ScalarExpr.Read(operand(nodes[r.Operand]), r.Subscripts, r.Type, r.Fill) : e);

    private ScalarExpr At(ScalarExpr expr, ImmutableArray<Dim> subscripts) => expr.Substitute(name =>
    {
        for (var i = 0; i < indices.Length; i++)
        {
            if (indices[i].Name == name)
            {
                return subscripts[i];
            }
        }

        return null;
    });

    /// <summary>The tensor as narrow numbers; null when it is not made of them.</summary>
    /// <param name="node">The tensor.</param>
    /// <param name="names">Names for nodes that move narrow numbers.</param>
    public static RealValue? Of(Node node, NodeNames names)
    {
        switch (node)
        {
            case ReshapeNode when Of(node.Operands[0], names) is { scale: null or ScalarExpr.Literal } whole:
                var reshaped = new ReshapeNode(names.New(node.Name + "_narrow"), node.Type with { Element = whole.Element }, whole.Stored, node.Origin);
                return new RealValue(reshaped, whole.Zero, whole.scale, [], []);
            case ComputeNode { Body: ScalarExpr.Read { Fill: 0 } read, Operands: [var source] } moved when source is not ParamNode && Of(source, names) is { } inner:
                var body = new ScalarExpr.Read(0, read.Subscripts, inner.Element, inner.Zero);
                var narrow = new ComputeNode(names.New(node.Name + "_narrow"), node.Type with { Element = inner.Element }, moved.Indices, body, [inner.Stored], node.Origin);
                return new RealValue(narrow, inner.Zero, inner.scale is null ? null : inner.At(inner.scale, read.Subscripts), moved.Indices, inner.nodes);
            case ComputeNode compute:
                return Direct(compute);
            default:
                return null;
        }
    }

    // cast(q) | cast(q) * s | (cast(q) - z) * s, element by element.
    private static RealValue? Direct(ComputeNode node)
    {
        var (value, scale) = node.Body is ScalarExpr.Apply { Op: var op, Arguments: [var factor, var other] } && op == CoreOps.Mul ? (factor, other) : (node.Body, null);
        var zero = 0.0;
        if (value is ScalarExpr.Apply { Op: var minus, Arguments: [var number, ScalarExpr.Literal literal] } && minus == CoreOps.Sub)
        {
            (value, zero) = (number, literal.Value);
        }

        return value is ScalarExpr.Cast { Type: ElementType.F32, Operand: ScalarExpr.Read { Type: ElementType.U8 or ElementType.I8 or ElementType.BF16 } read }
            && read.Subscripts.Select(s => s.SymbolName).SequenceEqual(node.Indices.Select(i => i.Name))
            && zero == Math.Floor(zero) && zero is >= 0 and <= 255 && (zero == 0 || read.Type == ElementType.U8)
            && scale?.All().OfType<ScalarExpr.Read>().Any(r => r.Operand == read.Operand) != true
            ? new RealValue(node.Operands[read.Operand], (int)zero, scale, node.Indices, node.Operands)
            : null;
    }
}
