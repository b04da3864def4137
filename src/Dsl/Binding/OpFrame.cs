using System.Collections.Immutable;
using System.Globalization;
using SparseDsl.Dsl.Scalars;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Dsl.Binding;

/// <summary>An operand of an operator call, or one of its stages: what its name means in the body.</summary>
/// <param name="Number">Its number in reads; -1 for a compile-time scalar.</param>
/// <param name="Type">Element type and shape.</param>
/// <param name="EllipsisStart">Position of the first index that <c>..</c> stands for.</param>
/// <param name="EllipsisLength">Number of indices that <c>..</c> stands for.</param>
/// <param name="Scalar">The value, when it is a compile-time scalar or an inlined expression.</param>
internal sealed record OpOperandValue(int Number, TensorType Type, int EllipsisStart, int EllipsisLength, ScalarExpr? Scalar);

/// <summary>Everything that names mean inside one instantiation of an operator.</summary>
internal sealed class OpFrame(OpItem op, ModuleScope home, ISet<string> dims)
{
    /// <summary>The extent of a result index that is still to be inferred.</summary>
    public const string Pending = "?";

    private readonly HashSet<string> used = new(dims, StringComparer.Ordinal);
    private readonly HashSet<string> indices = new(StringComparer.Ordinal);

    /// <summary>The operator.</summary>
    public OpItem Op { get; } = op;

    /// <summary>The module it is declared in.</summary>
    public ModuleScope Home { get; } = home;

    /// <summary>Operands and stages by name.</summary>
    public Dictionary<string, OpOperandValue> Operands { get; } = new(StringComparer.Ordinal);

    /// <summary>Attributes and expressions bound by <c>let</c> without indices.</summary>
    public Dictionary<string, Value> Attributes { get; } = new(StringComparer.Ordinal);

    /// <summary>Expressions bound by <c>let</c> without indices.</summary>
    public Dictionary<string, ScalarExpr> Lets { get; } = new(StringComparer.Ordinal);

    /// <summary>Extents of the index names of operands.</summary>
    public Dictionary<string, Dim> Extents { get; } = new(StringComparer.Ordinal);

    /// <summary>The operand that an index name got its extent from.</summary>
    public Dictionary<string, string> FirstUses { get; } = new(StringComparer.Ordinal);

    /// <summary>What the operands are called with.</summary>
    public ImmutableArray<Value> Given { get; set; } = [];

    /// <summary>Index variables that may be used at the present place.</summary>
    public Dictionary<string, IndexRange> Variables { get; } = new(StringComparer.Ordinal);

    /// <summary>The indices that <c>..</c> stands for, broadcast over all operands.</summary>
    public ImmutableArray<IndexRange> Ellipsis { get; set; } = [];

    /// <summary>Stages so far.</summary>
    public List<BoundStage> Stages { get; } = [];

    /// <summary>Number of operands that are tensors.</summary>
    public int TensorCount { get; set; }

    /// <summary>What a read outside its operand gives here.</summary>
    public double Fill { get; set; }

    /// <summary>Whether a symbol is an index variable of this operator, not a dim.</summary>
    public bool IsIndex(string symbol) => indices.Contains(symbol);

    /// <summary>An index variable with a name that no other variable or dim has.</summary>
    public IndexRange NewIndex(string name, Dim extent)
    {
        var unique = name;
        for (var i = 1; !used.Add(unique); i++)
        {
            unique = name + i.ToString(CultureInfo.InvariantCulture);
        }

        indices.Add(unique);
        return new IndexRange(unique, extent);
    }
}
