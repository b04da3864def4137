using System.Collections.Immutable;
using SparseDsl.Compiler.Data;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Import.Onnx.Programs;

/// <summary>One operation of a program while it is written: an operator, a layer of the library, a layer found in the network, or an infix operator.</summary>
/// <param name="Value">Number of its result, unique in the program.</param>
/// <param name="Callee">Name of the operator or layer; <c>+</c>, <c>-</c>, <c>*</c>, <c>/</c>, <c>^</c> stand between operands, <c>[]</c> takes a part.</param>
/// <param name="Operands">Tensors, in order.</param>
/// <param name="Settings">Compile-time arguments.</param>
/// <param name="Weights">Parameters: of a layer, by path inside it; of an operator, by the role that names them.</param>
/// <param name="Extents">Extents of the result.</param>
internal sealed record Step(
    int Value, string Callee, ImmutableArray<Operand> Operands, ImmutableArray<Setting> Settings, ImmutableArray<Weight> Weights, ImmutableArray<Dim> Extents)
{
    /// <summary>The callee of a step that computes nothing: a constant that is declared as a parameter and used by name.</summary>
    public const string Constant = "param";

    /// <summary>The layer it instantiates, where the network itself defines it.</summary>
    public Layer? Layer { get; init; }

    /// <summary>Whether it owns its parameters; an operator's are declared beside it.</summary>
    public bool IsLayer => Layer is not null || Library.IsLayer(Callee);

    /// <summary>Whether it stands between its operands or around them, so that it begins a pipeline.</summary>
    public bool IsExpression => Callee is "+" or "-" or "*" or "/" or "^" or "[]" || Operands.Count(o => o.Literal is null) > 1;

    /// <summary>The value of a setting.</summary>
    public string? Setting(string name) => Settings.FirstOrDefault(s => s.Name == name)?.Text;
}

/// <summary>What a step takes: the result of another, or a number.</summary>
/// <param name="Value">The result's number; meaningless for a literal.</param>
/// <param name="Literal">The number as it is written, or null.</param>
internal readonly record struct Operand(int Value, string? Literal = null)
{
    /// <summary>A number.</summary>
    public static Operand Number(string text) => new(-1, text);
}

/// <summary>A compile-time argument.</summary>
/// <param name="Name">Its name; empty for one that goes by position.</param>
/// <param name="Text">Its value as it is written; not used when it is a shape.</param>
internal sealed record Setting(string Name, string Text)
{
    /// <summary>The value when it is a shape.</summary>
    public ImmutableArray<Dim>? Shape { get; init; }

    /// <summary>A whole number.</summary>
    public static Setting Int(string name, long value) => new(name, FormattableString.Invariant($"{value}"));

    /// <summary>A shape, by position.</summary>
    public static Setting Of(ImmutableArray<Dim> shape) => new("", "") { Shape = shape };
}

/// <summary>The tensor of a parameter.</summary>
/// <param name="Path">Path inside the layer, or role.</param>
/// <param name="Tensor">Elements.</param>
internal sealed record Weight(string Path, TensorData Tensor);

/// <summary>Steps in order, from inputs to outputs.</summary>
/// <param name="Steps">The steps; each follows what it takes.</param>
/// <param name="Outputs">Values that are needed afterwards.</param>
internal sealed record Body(ImmutableArray<Step> Steps, ImmutableHashSet<int> Outputs)
{
    /// <summary>How often every value is taken.</summary>
    public Dictionary<int, int> Uses()
    {
        var uses = Outputs.ToDictionary(o => o, _ => 1);
        foreach (var operand in Steps.SelectMany(s => s.Operands).Where(o => o.Literal is null))
        {
            uses[operand.Value] = uses.GetValueOrDefault(operand.Value) + 1;
        }

        return uses;
    }
}

/// <summary>A layer found in the network.</summary>
/// <param name="Name">Name.</param>
/// <param name="Input">Value of its operand inside.</param>
/// <param name="Rank">Rank of its operand.</param>
/// <param name="Body">Steps; their weights are those of one instance, of which only the shapes count.</param>
/// <param name="Generics">Its attributes.</param>
internal sealed record Layer(string Name, int Input, int Rank, Body Body, ImmutableArray<Generic> Generics)
{
    /// <summary>Names of the extents of its operand.</summary>
    public static ImmutableArray<string> Axes(int rank) => rank switch
    {
        4 => ["N", "C", "H", "W"],
        3 => ["N", "T", "C"],
        2 => ["N", "C"],
        _ => [.. Enumerable.Range(0, rank).Select(i => FormattableString.Invariant($"D{i}"))],
    };
}

/// <summary>An attribute of a layer.</summary>
/// <param name="Name">Name.</param>
/// <param name="Kind"><c>dim</c>, <c>int</c> or <c>float</c>.</param>
/// <param name="Default">What it is in most instances, where that is worth a default.</param>
internal sealed record Generic(string Name, string Kind, string? Default);
