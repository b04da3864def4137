using System.Collections.Immutable;

namespace SparseDsl.Dsl.Binding;

/// <summary>A value that a place of a program had while it was elaborated.</summary>
/// <param name="Description">What it is: <c>a tensor f32[4, 5]</c>, <c>the integer 3</c>.</param>
/// <param name="Tensor">The tensor, or null for what is known at compile time.</param>
/// <param name="Sources">For a result, the tensors it was computed from: what lies between is what it costs.</param>
/// <param name="Scope">Path of the layer instance, empty at model level.</param>
/// <param name="IsGeneric">Whether the extents are those of a declaration that was checked on its own, not those of a model.</param>
public sealed record IndexedValue(string Description, BoundValue? Tensor, ImmutableArray<BoundValue> Sources, string Scope, bool IsGeneric);

/// <summary>What the binder found out about names and calls, by their places: for editors. A place of a layer has one entry for every instance.</summary>
public sealed class ValueIndex
{
    // More instances than anybody reads.
    private const int MostValues = 16;

    private readonly Dictionary<(string Path, SourceSpan Span), List<IndexedValue>> values = [];
    private readonly Dictionary<(string Path, SourceSpan Span), List<IndexedValue>> results = [];
    private readonly Dictionary<(string Path, SourceSpan Span), BoundModel> models = [];

    /// <summary>Values of the name at a place.</summary>
    public IReadOnlyList<IndexedValue> ValuesOf(SourceLocation name) => Find(values, name);

    /// <summary>Results of the calls whose target is the name at a place; for the name of a layer or function, results of its instances.</summary>
    public IReadOnlyList<IndexedValue> ResultsOf(SourceLocation name) => Find(results, name);

    /// <summary>The model whose name is declared at a place; null when it has mistakes.</summary>
    public BoundModel? ModelAt(SourceLocation name) => models.TryGetValue((name.Source.Path, name.Span), out var model) ? model : null;

    /// <summary>Notes a model.</summary>
    internal void AddModel(BoundModel model) => models[(model.Location.Source.Path, model.Location.Span)] = model;

    /// <summary>Notes the value of a name.</summary>
    internal void AddValue(Elaborator code, SourceSpan name, Value value, IEnumerable<BoundValue> sources) => Add(values, code, code.Home.Source, name, value, sources);

    /// <summary>Notes the result of a call.</summary>
    internal void AddResult(Elaborator code, SourceText source, SourceSpan target, Value value, IEnumerable<Value> sources) =>
        Add(results, code, source, target, value, sources.SelectMany(s => s.Tensors()));

    /// <summary>The nearest tensors that have a name already and that a value is computed from.</summary>
    internal static IReadOnlyList<BoundValue> Frontier(Value value, Scope scope)
    {
        var found = new List<BoundValue>();
        var visited = new HashSet<BoundValue>();
        var stack = new Stack<BoundValue>(value.Tensors());
        while (stack.Count > 0)
        {
            var tensor = stack.Pop();
            if (!visited.Add(tensor))
            {
                continue;
            }

            if (scope.Remembers(tensor))
            {
                found.Add(tensor);
                continue;
            }

            foreach (var operand in tensor.Operands)
            {
                stack.Push(operand);
            }
        }

        return found;
    }

    private static IReadOnlyList<IndexedValue> Find(Dictionary<(string Path, SourceSpan Span), List<IndexedValue>> index, SourceLocation place) =>
        index.TryGetValue((place.Source.Path, place.Span), out var found) ? found : [];

    private static void Add(
        Dictionary<(string Path, SourceSpan Span), List<IndexedValue>> index, Elaborator code, SourceText source, SourceSpan span, Value value, IEnumerable<BoundValue> sources)
    {
        if (value is Value.Error or Value.Item or Value.BuiltIn)
        {
            return;
        }

        if (!index.TryGetValue((source.Path, span), out var list))
        {
            index.Add((source.Path, span), list = []);
        }

        if (list.Count < MostValues)
        {
            list.Add(new IndexedValue(value.Describe(), (value as Value.Tensor)?.Bound, [.. sources.Distinct()], code.Path, code.Context.IsGeneric));
        }
    }
}
