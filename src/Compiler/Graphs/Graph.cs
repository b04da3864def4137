using System.Collections.Immutable;
using SparseDsl.Compiler.Cost;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Formats;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Scalars;

// The graph IR.
//
// A graph is a DAG of nodes, each producing one tensor of a known element type and (possibly symbolic) shape. Nearly all nodes are Compute: index
// notation over operands, exactly what the user's operators are made of, after elaboration. There is no list of known operators: a convolution
// is a Compute whose body is a sum of products with affine subscripts, and passes look at that body. The operator's name travels as a label, for people.
//
// Normal form (GraphValidator): a Compute's body holds at most one Reduce (one object; it may be used twice), which has no Reduce inside and mentions
// every output index of extent other than 1; everything around the Reduce is its epilogue (bias, activation, residual add). Elementwise fusion works by substitution: the consumer's body with the producer's body in place of the read.
//
//   %4 conv2d "stem.conv": f32[N, 16, H / 2, W / 2] = compute [n < N, o < 16, p < H / 2, q < W / 2]
//        max(sum(c < 3, r < 3, s < 3) %x[n, c, p*2 + r - 1, q*2 + s - 1 else 0] * %w[o, c, r, s] + %b[o], 0)
//
// Nodes are immutable and compared by reference; a pass builds new ones through Rewriter, which keeps identity where nothing changed.
// Node names are unique in a graph and stable across passes. Dims of the model are symbols shared by all nodes; index variables are local to a node.
namespace SparseDsl.Compiler.Graphs;

/// <summary>A node: one tensor.</summary>
public abstract class Node(string name, TensorType type, NodeOrigin origin)
{
    /// <summary>Unique in its graph; an identifier.</summary>
    public string Name { get; } = name;

    /// <summary>Element type and shape.</summary>
    public TensorType Type { get; } = type;

    /// <summary>What the user wrote that led to this node.</summary>
    public NodeOrigin Origin { get; } = origin;

    /// <summary>The nodes it reads, in order.</summary>
    public virtual ImmutableArray<Node> Operands => [];

    /// <summary>The same operation over other operands (same number, same types).</summary>
    public abstract Node WithOperands(ImmutableArray<Node> operands);

    /// <inheritdoc/>
    public override string ToString() => $"%{Name}: {Type}";
}

/// <summary>Where a node comes from.</summary>
/// <param name="Label">Operator name, or names joined by '+' after fusion: <c>conv2d+channel_bias+relu</c>.</param>
/// <param name="Scope">Path of the layer instance; empty at model level.</param>
/// <param name="Location">Place in the source; null for nodes parsed from IR text.</param>
public sealed record NodeOrigin(string Label, string Scope, SourceLocation? Location)
{
    /// <summary>Nothing known.</summary>
    public static NodeOrigin None { get; } = new("", "", null);
}

/// <summary>A model input.</summary>
public sealed class InputNode(string name, TensorType type, NodeOrigin origin) : Node(name, type, origin)
{
    /// <inheritdoc/>
    public override Node WithOperands(ImmutableArray<Node> operands) => this;
}

/// <summary>A tensor from the weights file. Its storage is chosen by the ChooseLevels pass; null means not chosen yet.</summary>
public sealed class ParamNode(string name, string path, TensorType type, Sparsity? sparsity, BoundFormat? requested, Format? format, NodeOrigin origin, SourceLocation? annotation = null)
    : Node(name, type, origin)
{
    /// <summary>Its name in the weights file.</summary>
    public string Path { get; } = path;

    /// <summary>What was promised or imposed.</summary>
    public Sparsity? Sparsity { get; } = sparsity;

    /// <summary>Storage the user asked for.</summary>
    public BoundFormat? Requested { get; } = requested;

    /// <summary>The chosen storage.</summary>
    public Format? Format { get; } = format;

    /// <summary>Where the annotation stands.</summary>
    public SourceLocation? AnnotationLocation { get; } = annotation;

    /// <summary>The same parameter in another storage.</summary>
    public ParamNode WithFormat(Format format) => new(Name, Path, Type, Sparsity, Requested, format, Origin, AnnotationLocation);

    /// <inheritdoc/>
    public override Node WithOperands(ImmutableArray<Node> operands) => this;
}

/// <summary>A tensor kept between calls.</summary>
public sealed class StateNode(string name, TensorType type, NodeOrigin origin) : Node(name, type, origin)
{
    /// <inheritdoc/>
    public override Node WithOperands(ImmutableArray<Node> operands) => this;
}

/// <summary>A tensor known while compiling: written in the program, or computed from weights by constant folding.</summary>
public sealed class ConstantNode(
    string name, TensorType type, TensorData? data, NodeOrigin origin, Format? format = null, ParamNode? source = null, string? recipe = null)
    : Node(name, type, origin)
{
    /// <summary>Identifies how it is computed from parameters; null for a constant written in the program. Equal recipes over equal weights give equal data.</summary>
    public string? Recipe { get; } = recipe;

    /// <summary>The parameter this is a scaled copy of (same zeros), with its promises and requested storage; null for other constants.</summary>
    public ParamNode? Source { get; } = source;

    /// <summary>Its elements; null when weights are deferred, so that only <see cref="Recipe"/> is known.</summary>
    public TensorData? Data { get; } = data;

    /// <summary>The chosen storage; null means not chosen yet.</summary>
    public Format? Format { get; } = format;

    /// <summary>The same constant in another storage.</summary>
    public ConstantNode WithFormat(Format format) => new(Name, Type, Data, Origin, format, Source, Recipe);

    /// <inheritdoc/>
    public override Node WithOperands(ImmutableArray<Node> operands) => this;
}

/// <summary>A tensor in index notation. <see cref="ScalarExpr.Read.Operand"/> numbers <see cref="Node.Operands"/>.</summary>
public sealed class ComputeNode : Node
{
    /// <summary>A tensor with this value of one element.</summary>
    public ComputeNode(string name, TensorType type, ImmutableArray<IndexRange> indices, ScalarExpr body, ImmutableArray<Node> operands, NodeOrigin origin)
        : base(name, type, origin)
    {
        var all = body.All();
        Indices = indices;
        Body = body;
        Operands = operands;
        Size = all.Count;
        Statements = CodeSize.Of(all);
        Reduction = all.OfType<ScalarExpr.Reduce>().FirstOrDefault();
    }

    /// <summary>Index variables of the result; extent i is <c>Type.Shape[i]</c>.</summary>
    public ImmutableArray<IndexRange> Indices { get; }

    /// <summary>The value of one element, of type <c>Type.Element</c>.</summary>
    public ScalarExpr Body { get; }

    /// <summary>About how many statements one element takes: library functions count as what they are expanded to.</summary>
    public int Statements { get; }

    /// <summary>Number of expressions in the body, each object once.</summary>
    public int Size { get; }

    /// <summary>The only reduction in the body, or null.</summary>
    public ScalarExpr.Reduce? Reduction { get; }

    /// <inheritdoc/>
    public override ImmutableArray<Node> Operands { get; }

    /// <inheritdoc/>
    public override Node WithOperands(ImmutableArray<Node> operands) => new ComputeNode(Name, Type, Indices, Body, operands, Origin);
}

/// <summary>The same elements in row-major order under another shape of equal count. Costs nothing.</summary>
public sealed class ReshapeNode(string name, TensorType type, Node operand, NodeOrigin origin) : Node(name, type, origin)
{
    /// <inheritdoc/>
    public override ImmutableArray<Node> Operands { get; } = [operand];

    /// <inheritdoc/>
    public override Node WithOperands(ImmutableArray<Node> operands) => new ReshapeNode(Name, Type, operands[0], Origin);
}

/// <summary>Operands side by side along one index; all other extents agree.</summary>
public sealed class ConcatNode(string name, TensorType type, int axis, ImmutableArray<Node> operands, NodeOrigin origin) : Node(name, type, origin)
{
    /// <summary>The index along which they are put.</summary>
    public int Axis { get; } = axis;

    /// <inheritdoc/>
    public override ImmutableArray<Node> Operands { get; } = operands;

    /// <inheritdoc/>
    public override Node WithOperands(ImmutableArray<Node> operands) => new ConcatNode(Name, Type, Axis, operands, Origin);
}

/// <summary>An operation of the table of structural operations: top-k, gather, …</summary>
public sealed class StructuralNode(string name, TensorType type, string operation, ImmutableDictionary<string, object> attributes, ImmutableArray<Node> operands, NodeOrigin origin)
    : Node(name, type, origin)
{
    /// <summary>The row's name.</summary>
    public string Operation { get; } = operation;

    /// <summary>Compile-time settings: long, double, bool, string or Dim.</summary>
    public ImmutableDictionary<string, object> Attributes { get; } = attributes;

    /// <inheritdoc/>
    public override ImmutableArray<Node> Operands { get; } = operands;

    /// <inheritdoc/>
    public override Node WithOperands(ImmutableArray<Node> operands) => new StructuralNode(Name, Type, Operation, Attributes, operands, Origin);
}

/// <summary>A whole model as a graph.</summary>
/// <param name="Name">The model's name.</param>
/// <param name="Dims">Symbolic dims with their ranges.</param>
/// <param name="Inputs">All declared inputs, used or not, in declaration order.</param>
/// <param name="Outputs">Named results in declaration order.</param>
public sealed record Graph(
    string Name,
    ImmutableArray<SymbolicDim> Dims,
    ImmutableArray<InputNode> Inputs,
    ImmutableArray<(string Name, Node Node)> Outputs)
{
    private ImmutableArray<Node>? nodes;

    /// <summary>Every node reachable from the outputs plus all inputs, operands before users; deterministic.</summary>
    public ImmutableArray<Node> Nodes => nodes ??= Sort();

    /// <summary>The range of a dim symbol, for range analysis.</summary>
    public (long? Low, long? High) RangeOf(string symbol)
    {
        foreach (var dim in Dims)
        {
            if (dim.Name == symbol)
            {
                return (dim.Low, dim.High);
            }
        }

        return (null, null);
    }

    private ImmutableArray<Node> Sort()
    {
        var order = ImmutableArray.CreateBuilder<Node>();
        var seen = new HashSet<Node>(ReferenceComparer<Node>.Instance);
        var stack = new Stack<(Node Node, bool Done)>();
        foreach (var root in Inputs.Cast<Node>().Concat(Outputs.Select(o => o.Node)))
        {
            stack.Push((root, false));
            while (stack.Count > 0)
            {
                var (node, done) = stack.Pop();
                if (done)
                {
                    order.Add(node);
                }
                else if (seen.Add(node))
                {
                    stack.Push((node, true));
                    for (var i = node.Operands.Length - 1; i >= 0; i--)
                    {
                        stack.Push((node.Operands[i], false));
                    }
                }
            }
        }

        return order.ToImmutable();
    }
}

/// <summary>Compares by reference; netstandard2.0 has no public one.</summary>
public sealed class ReferenceComparer<T> : IEqualityComparer<T>
    where T : class
{
    /// <summary>The only instance.</summary>
    public static ReferenceComparer<T> Instance { get; } = new();

    /// <inheritdoc/>
    public bool Equals(T? x, T? y) => ReferenceEquals(x, y);

    /// <inheritdoc/>
    public int GetHashCode(T obj) => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(obj);
}
