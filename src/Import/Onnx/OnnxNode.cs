using System.Collections.Immutable;
using SparseDsl.Compiler.Data;

namespace SparseDsl.Import.Onnx;

/// <summary>One application of an operator.</summary>
public sealed class OnnxNode
{
    private readonly IReadOnlyDictionary<string, object> _attributes;

    internal OnnxNode(
        string name,
        string opType,
        string domain,
        ImmutableArray<string> inputs,
        ImmutableArray<string> outputs,
        IReadOnlyDictionary<string, object> attributes)
    {
        Name = name;
        OpType = opType;
        Domain = domain;
        Inputs = inputs;
        Outputs = outputs;
        _attributes = attributes;
    }

    /// <summary>The node's name; where the file gives none, its operator and position, as in <c>Conv_12</c>.</summary>
    public string Name { get; }

    /// <summary>The operator, as in <c>Conv</c>.</summary>
    public string OpType { get; }

    /// <summary>The operator's domain; empty for ONNX's own (also where the file spells it <c>ai.onnx</c>).</summary>
    public string Domain { get; }

    /// <summary>Names of the operands by position; empty where an optional operand is left out.</summary>
    public ImmutableArray<string> Inputs { get; }

    /// <summary>Names of the results by position; empty where an optional result is left out.</summary>
    public ImmutableArray<string> Outputs { get; }

    /// <summary>Names of the attributes given, in ordinal order.</summary>
    public IEnumerable<string> AttributeNames => _attributes.Keys.Order(StringComparer.Ordinal);

    /// <summary>The graphs among the attributes: the branches of an If, the body of a Loop.</summary>
    public IEnumerable<OnnxGraph> Subgraphs => _attributes.Values.OfType<OnnxGraph>();

    /// <summary>Whether the operand at a position is given.</summary>
    public bool HasInput(int index) => index < Inputs.Length && Inputs[index].Length > 0;

    /// <summary>Name of the operand at a position; empty where it is left out.</summary>
    public string Input(int index) => index < Inputs.Length ? Inputs[index] : "";

    /// <summary>Whether an attribute is given.</summary>
    public bool Has(string name) => _attributes.ContainsKey(name);

    /// <summary>An integer attribute, or the default when it is not given.</summary>
    /// <exception cref="OnnxFormatException">The attribute has another type.</exception>
    public long GetInt(string name, long defaultValue) => Get<long>(name, "an integer", out var value) ? value : defaultValue;

    /// <summary>A list of integers; null when it is not given.</summary>
    /// <exception cref="OnnxFormatException">The attribute has another type.</exception>
    public ImmutableArray<long>? GetInts(string name) =>
        Get<ImmutableArray<long>>(name, "a list of integers", out var value) ? value : null;

    /// <summary>A floating attribute, or the default when it is not given.</summary>
    /// <exception cref="OnnxFormatException">The attribute has another type.</exception>
    public float GetFloat(string name, float defaultValue) => Get<float>(name, "a float", out var value) ? value : defaultValue;

    /// <summary>A list of floats; null when it is not given.</summary>
    /// <exception cref="OnnxFormatException">The attribute has another type.</exception>
    public ImmutableArray<float>? GetFloats(string name) =>
        Get<ImmutableArray<float>>(name, "a list of floats", out var value) ? value : null;

    /// <summary>A string attribute, or the default when it is not given.</summary>
    /// <exception cref="OnnxFormatException">The attribute has another type.</exception>
    public string GetString(string name, string defaultValue) => Get<string>(name, "a string", out var value) ? value : defaultValue;

    /// <summary>A list of strings; null when it is not given.</summary>
    /// <exception cref="OnnxFormatException">The attribute has another type.</exception>
    public ImmutableArray<string>? GetStrings(string name) =>
        Get<ImmutableArray<string>>(name, "a list of strings", out var value) ? value : null;

    /// <summary>A tensor attribute; null when it is not given.</summary>
    /// <exception cref="OnnxFormatException">The attribute has another type.</exception>
    public TensorData? GetTensor(string name) => Get<TensorData>(name, "a tensor", out var value) ? value : null;

    /// <summary>A graph attribute; null when it is not given.</summary>
    /// <exception cref="OnnxFormatException">The attribute has another type.</exception>
    public OnnxGraph? GetGraph(string name) => Get<OnnxGraph>(name, "a graph", out var value) ? value : null;

    /// <summary>As in <c>Conv 'stem'</c>.</summary>
    public override string ToString() => $"{OpType} '{Name}'";

    /// <summary>Whether an attribute is given and of a kind this library reads.</summary>
    internal bool IsSupported(string name) => _attributes.GetValueOrDefault(name) is not (null or UnsupportedAttribute);

    private bool Get<T>(string name, string kind, out T value)
    {
        value = default!;
        if (!_attributes.TryGetValue(name, out var given))
        {
            return false;
        }

        if (given is not T typed)
        {
            var found = given is UnsupportedAttribute other ? $" but {other.Kind}" : "";
            throw new OnnxFormatException($"attribute '{name}' of {this} is not {kind}{found}");
        }

        value = typed;
        return true;
    }
}
