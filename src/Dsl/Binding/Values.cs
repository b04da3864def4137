using System.Collections.Immutable;
using System.Globalization;
using SparseDsl.Dsl.Scalars;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Dsl.Binding;

/// <summary>What an expression of network code is while the binder elaborates: a tensor of the model, or something known at compile time.</summary>
internal abstract record Value
{
    /// <summary>What it is, for messages: <c>a tensor f32[4, 5]</c>.</summary>
    public abstract string Describe();

    /// <summary>The tensors it is made of.</summary>
    public IEnumerable<BoundValue> Tensors() => this switch
    {
        Tensor tensor => [tensor.Bound],
        List list => list.Items.SelectMany(i => i.Tensors()),
        _ => [],
    };

    /// <summary>A tensor.</summary>
    public sealed record Tensor(BoundValue Bound) : Value
    {
        public override string Describe() => $"a tensor {Bound.Type}";
    }

    /// <summary>
    /// An integer, possibly over the dims of the model. A quotient that does not come out even is one too, rounded down, and remembers its exact
    /// value: 1 / 255 is 0 as an extent and 0.0039 as a factor.
    /// </summary>
    public sealed record Integer(Dim Dim, double? Exact = null) : Value
    {
        /// <summary>The value as a number, when it is known.</summary>
        public double? Real => Exact ?? Dim.Constant;

        public override string Describe() => Exact is { } exact ? $"the number {exact.ToString("R", CultureInfo.InvariantCulture)}" : Dim.IsConstant ? $"the integer {Dim}" : $"the dim {Dim}";
    }

    /// <summary>A number with a fraction.</summary>
    public sealed record Number(double Real) : Value
    {
        public override string Describe() => $"the number {Real.ToString("R", CultureInfo.InvariantCulture)}";
    }

    /// <summary>true or false.</summary>
    public sealed record Boolean(bool Truth) : Value
    {
        public override string Describe() => Truth ? "true" : "false";
    }

    /// <summary>A string.</summary>
    public sealed record Text(string Characters) : Value
    {
        public override string Describe() => $"the string \"{Characters}\"";
    }

    /// <summary>An element type.</summary>
    public sealed record Element(ElementType Type) : Value
    {
        public override string Describe() => $"the element type {Type.Name()}";
    }

    /// <summary>A list or tuple.</summary>
    public sealed record List(ImmutableArray<Value> Items) : Value
    {
        public override string Describe() => FormattableString.Invariant($"a list of {Items.Length}");
    }

    /// <summary>A range: the end is not included.</summary>
    public sealed record Range(Dim Low, Dim High) : Value
    {
        public override string Describe() => $"the range {Low}..{High}";
    }

    /// <summary>An item of a module.</summary>
    public sealed record Item(ItemSyntax Syntax, ModuleScope Home) : Value
    {
        public override string Describe() => Syntax switch
        {
            OpItem => "an operator",
            FunctionItem { IsLayer: true } => "a layer",
            FunctionItem => "a function",
            ModelItem => "a model",
            FormatItem => "a format",
            MaskItem { IsScore: true } => "a score",
            MaskItem => "a mask",
            PatternItem => "a pattern",
            _ => "a declaration",
        };
    }

    /// <summary>A function the binder itself knows.</summary>
    public sealed record BuiltIn(string Name) : Value
    {
        public override string Describe() => "a built-in function";
    }

    /// <summary>
    /// A condition on a query and a key position, the symbols <see cref="Masks.Query"/> and <see cref="Masks.Key"/>. With a tile, whatever shares a tile
    /// with a true position is true as well.
    /// </summary>
    public sealed record Mask(ScalarExpr Condition, (int Rows, int Columns)? Tile = null, string Name = "") : Value
    {
        public override string Describe() => "a mask";
    }

    /// <summary>Nothing.</summary>
    public sealed record None : Value
    {
        public override string Describe() => "none";
    }

    /// <summary>Something went wrong and was reported; silences what follows from it.</summary>
    public sealed record Error : Value
    {
        public override string Describe() => "an error";
    }
}

/// <summary>Names that are visible at a place, innermost first.</summary>
internal sealed class Scope(Scope? outer)
{
    private readonly Dictionary<string, Value> names = new(StringComparer.Ordinal);
    private HashSet<BoundValue>? remembered;

    /// <summary>All names, for suggestions.</summary>
    public IEnumerable<string> Names => outer is null ? names.Keys : names.Keys.Concat(outer.Names);

    /// <summary>Remembers that the tensors of a value have had a name here, for editors.</summary>
    public void Remember(Value value)
    {
        foreach (var tensor in value.Tensors())
        {
            (remembered ??= []).Add(tensor);
        }
    }

    /// <summary>Whether a tensor has had a name here or further out.</summary>
    public bool Remembers(BoundValue tensor) => remembered?.Contains(tensor) == true || outer?.Remembers(tensor) == true;

    /// <summary>Gives a name its value; a later one hides an earlier one.</summary>
    public void Set(string name, Value value) => names[name] = value;

    /// <summary>The value of a name, or null.</summary>
    public Value? Find(string name) => names.TryGetValue(name, out var value) ? value : outer?.Find(name);
}

/// <summary>The items a module can see: its own, then those of the modules it imports.</summary>
internal sealed class ModuleScope(SourceText source, ModuleSyntax syntax)
{
    private readonly Dictionary<string, ItemSyntax> items = new(StringComparer.Ordinal);

    /// <summary>The file.</summary>
    public SourceText Source { get; } = source;

    /// <summary>The tree.</summary>
    public ModuleSyntax Syntax { get; } = syntax;

    /// <summary>Imported modules in order.</summary>
    public List<ModuleScope> Imports { get; } = [];

    /// <summary>Values of constants, computed once.</summary>
    public Dictionary<string, Value> Constants { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether the file is part of the library: messages then point at the user's call.</summary>
    public bool IsLibrary => Source.Path.StartsWith("std/", StringComparison.Ordinal);

    /// <summary>Names of all visible items, for suggestions.</summary>
    public IEnumerable<string> Names => items.Keys.Concat(Imports.SelectMany(i => i.items.Keys));

    /// <summary>Adds an item; false when the name is taken.</summary>
    public bool TryAdd(ItemSyntax item)
    {
        if (items.ContainsKey(item.Name.Text))
        {
            return false;
        }

        items.Add(item.Name.Text, item);
        return true;
    }

    /// <summary>The item of a name and the module it is declared in, or null.</summary>
    public Value.Item? Find(string name) => items.TryGetValue(name, out var own) ? new Value.Item(own, this)
        : Imports.Select(i => i.items.TryGetValue(name, out var item) ? new Value.Item(item, i) : null).FirstOrDefault(f => f is not null);
}
