using System.Collections.Immutable;
using SparseDsl.Dsl.Scalars;

// The bound program: what the binder makes of a module.
//
// Binding elaborates. Layers and functions are expanded at every call, static loops are run, compile-time arithmetic is done, every operator
// call is instantiated at the shapes of its operands. What is left of a model is a DAG of values with full types. Each value knows the place in
// the source it came from (the innermost call the user wrote), so later passes can still say "line 12".
// Operators stay index notation: an Apply carries the stages of its operator (one for most, three for softmax).
namespace SparseDsl.Dsl.Binding;

/// <summary>A symbolic dim of a model and its declared range, both ends included.</summary>
/// <param name="Name">Its name; a Dim symbol.</param>
/// <param name="Low">Smallest value, at least 0.</param>
/// <param name="High">Largest value.</param>
/// <param name="Step">Values are multiples of this (1 unless declared).</param>
public sealed record SymbolicDim(string Name, long Low, long High, long Step = 1)
{
    /// <summary>The smallest value from 1 on; 0 when that is the only one.</summary>
    public long SmallestUseful => (Math.Max(1, Low) + Step - 1) / Step * Step is var value && value <= High ? value : 0;

    /// <summary>The values in words: <c>from 8 to 64 and a multiple of 8</c>.</summary>
    public string Values => FormattableString.Invariant($"from {Low} to {High}{(Step == 1 ? "" : FormattableString.Invariant($" and a multiple of {Step}"))}");

    /// <summary>Whether it can have a value.</summary>
    public bool Contains(long value) => value >= Low && value <= High && value % Step == 0;

    /// <summary><c>W: 32..3200 step 8</c></summary>
    public override string ToString() => FormattableString.Invariant($"{Name}: {Low}..{High}{(Step == 1 ? "" : FormattableString.Invariant($" step {Step}"))}");
}

/// <summary>Element type and shape of a tensor; a scalar has an empty shape.</summary>
public sealed record TensorType(ElementType Element, ImmutableArray<Dim> Shape)
{
    /// <summary>Number of indices.</summary>
    public int Rank => Shape.Length;

    /// <summary>Number of elements.</summary>
    public Dim Count => Shape.Aggregate(Dim.One, (a, b) => a * b);

    /// <inheritdoc/>
    public bool Equals(TensorType? other) => other is not null && Element == other.Element && Shape.SequenceEqual(other.Shape);

    /// <inheritdoc/>
    public override int GetHashCode() => Shape.Aggregate((int)Element, (h, d) => (h * 31) + d.GetHashCode());

    /// <inheritdoc/>
    public override string ToString() => $"{Element.Name()}[{string.Join(", ", Shape)}]";
}

/// <summary>A value of a model. Compared by reference; the values of a model form a DAG.</summary>
public abstract class BoundValue(TensorType type, SourceLocation location)
{
    /// <summary>Element type and shape.</summary>
    public TensorType Type { get; } = Countable(type);

    /// <summary>Where the user wrote it.</summary>
    public SourceLocation Location { get; } = location;

    /// <summary>What it is computed from.</summary>
    public virtual ImmutableArray<BoundValue> Operands => [];

    /// <summary>The type, when 63 bits count its bytes. Who binds the model reports the exception.</summary>
    private static TensorType Countable(TensorType type)
    {
        long bytes = 8;
        foreach (var extent in type.Shape)
        {
            bytes = checked(bytes * Math.Max(1, extent.Constant ?? 1));
        }

        return type;
    }
}

/// <summary>How a picture becomes an input tensor: <c>from image(rgb, scale: 1 / 255, mean: [..], std: [..])</c>.</summary>
/// <param name="Settings">Settings by name.</param>
public sealed record ImagePreprocessing(ImmutableDictionary<string, ImageSetting> Settings);

/// <summary>A setting of how a picture becomes a tensor.</summary>
/// <param name="Value">A compile-time value: string, bool, double, or list of double.</param>
/// <param name="Place">Where it stands.</param>
public sealed record ImageSetting(object Value, SourceLocation Place);

/// <summary>An input of the model.</summary>
public sealed class BoundInput(string name, TensorType type, ImagePreprocessing? image, SourceLocation location) : BoundValue(type, location)
{
    /// <summary>Its name.</summary>
    public string Name { get; } = name;

    /// <summary>How to make it from a picture, when declared.</summary>
    public ImagePreprocessing? Image { get; } = image;
}

/// <summary>A parameter: a tensor from the weights file.</summary>
public sealed class BoundParam(string path, TensorType type, Sparsity? sparsity, BoundFormat? format, SourceLocation location, SourceLocation? annotation)
    : BoundValue(type, location)
{
    /// <summary>Its path and its name in the weights file: <c>block[2].pointwise.weight</c>.</summary>
    public string Path { get; } = path;

    /// <summary>What is promised or imposed about zeros; null when nothing was said.</summary>
    public Sparsity? Sparsity { get; } = sparsity;

    /// <summary>The storage the user asked for; null lets the compiler choose.</summary>
    public BoundFormat? Format { get; } = format;

    /// <summary>Where the sparsity annotation stands (in the model or in a <c>sparsify</c> overlay).</summary>
    public SourceLocation? AnnotationLocation { get; } = annotation;

    /// <summary>What is done to tensors that its real values are multiplied with in a sum; null for nothing.</summary>
    public InputQuantization? Input { get; init; }
}

/// <summary>A tensor kept between calls; zero at first.</summary>
public sealed class BoundState(string name, TensorType type, SourceLocation location) : BoundValue(type, location)
{
    /// <summary>Its name.</summary>
    public string Name { get; } = name;
}

/// <summary>A small constant tensor written in the program.</summary>
public sealed class BoundConstant(ImmutableArray<double> values, TensorType type, SourceLocation location) : BoundValue(type, location)
{
    /// <summary>Elements in row-major order.</summary>
    public ImmutableArray<double> Values { get; } = values;
}

/// <summary>One stage of an operator: a tensor in index notation. Reads of operand i &gt;= number of operands mean stage i - number of operands.</summary>
/// <param name="Name">The name in the operator's text.</param>
/// <param name="Indices">Index variables of the result, outermost first; their extents are its shape.</param>
/// <param name="Body">The value of one element.</param>
public sealed record BoundStage(string Name, ImmutableArray<IndexRange> Indices, ScalarExpr Body);

/// <summary>An operator applied to values. The last stage is the result.</summary>
public sealed class BoundApply(
    string name,
    string scope,
    ImmutableArray<(string Name, string Value)> attributes,
    ImmutableArray<BoundValue> operands,
    ImmutableArray<BoundStage> stages,
    TensorType type,
    SourceLocation location) : BoundValue(type, location)
{
    /// <summary>The operator's name, for people and for choosing kernels: <c>conv2d</c>.</summary>
    public string Name { get; } = name;

    /// <summary>Path of the layer instance it was expanded in (<c>block[2].se</c>); empty at model level.</summary>
    public string Scope { get; } = scope;

    /// <summary>Attributes as text, for people: (stride, 2).</summary>
    public ImmutableArray<(string Name, string Value)> Attributes { get; } = attributes;

    /// <summary>Stages in order; a stage reads operands and earlier stages.</summary>
    public ImmutableArray<BoundStage> Stages { get; } = stages;

    /// <inheritdoc/>
    public override ImmutableArray<BoundValue> Operands { get; } = operands;
}

/// <summary>
/// An operation index notation cannot say, or that is better kept as one: reshape (same elements, new shape), concat(axis), and whatever the
/// compiler's table of structural operations lists.
/// </summary>
public sealed class BoundStructural(
    string name,
    string scope,
    ImmutableDictionary<string, object> attributes,
    ImmutableArray<BoundValue> operands,
    TensorType type,
    SourceLocation location) : BoundValue(type, location)
{
    /// <summary>The row's name.</summary>
    public string Name { get; } = name;

    /// <summary>Path of the layer instance it was expanded in.</summary>
    public string Scope { get; } = scope;

    /// <summary>Compile-time settings: long, double, bool, string or Dim.</summary>
    public ImmutableDictionary<string, object> Attributes { get; } = attributes;

    /// <inheritdoc/>
    public override ImmutableArray<BoundValue> Operands { get; } = operands;
}

/// <summary>A value whose annotation selects elements: <c>g @topk(8)</c>. Same type as its operand.</summary>
public sealed class BoundSelect(BoundValue operand, Sparsity selection, SourceLocation location) : BoundValue(operand.Type, location)
{
    /// <summary>Which elements survive.</summary>
    public Sparsity Selection { get; } = selection;

    /// <inheritdoc/>
    public override ImmutableArray<BoundValue> Operands { get; } = [operand];
}

/// <summary>One model of a module, elaborated.</summary>
public sealed record BoundModel(
    string Name,
    ImmutableArray<SymbolicDim> Dims,
    ImmutableArray<BoundInput> Inputs,
    ImmutableArray<BoundParam> Params,
    ImmutableArray<BoundState> States,
    ImmutableArray<(string Name, BoundValue Value)> Outputs,
    SourceLocation Location);

/// <summary>A bound module: its models in order of declaration. A module of library items has none.</summary>
public sealed record BoundModule(string Name, ImmutableArray<BoundModel> Models);
