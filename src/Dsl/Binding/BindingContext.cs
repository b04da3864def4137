using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Dsl.Binding;

/// <summary>What all parts of the binder share while one model is elaborated.</summary>
internal sealed class BindingContext(DiagnosticBag diagnostics, ModuleScope root)
{
    /// <summary>Where mistakes go.</summary>
    public DiagnosticBag Diagnostics { get; set; } = diagnostics;

    /// <summary>The symbolic dims of the model.</summary>
    public List<SymbolicDim> Dims { get; } = [];

    private const int MostHelped = 200;
    private const int MostInPlace = 10_000;
    private readonly Stack<ItemSyntax> inPlace = new();
    private int inPlaceCount;

    /// <summary>Names of the symbolic dims of the model.</summary>
    public HashSet<string> DimNames { get; } = new(StringComparer.Ordinal);

    /// <summary>What is known about the value of a dim.</summary>
    public (long? Low, long? High) RangeOf(string name) => Dims.Find(d => d.Name == name) is { } dim ? (dim.Low, dim.High) : (0, null);

    /// <summary>The innermost call the user wrote.</summary>
    public SourceLocation CallLocation { get; set; } = new(root.Source, new SourceSpan(0, 0));

    /// <summary>The model under elaboration; null while constants are evaluated.</summary>
    public ModelState? Model { get; set; }

    /// <summary>Where values are noted for editors; null for nobody.</summary>
    public ValueIndex? Index { get; init; }

    /// <summary>Whether a declaration is checked on its own, with extents nobody gave.</summary>
    public bool IsGeneric { get; init; }

    /// <summary>Reports a mistake about the present call.</summary>
    public void ReportCall(DiagnosticDescriptor descriptor, params string[] arguments) => Diagnostics.Report(descriptor, CallLocation, arguments);

    /// <summary>Reports a mistake at a place of a module; in the library, at the user's call.</summary>
    public void ReportIn(ModuleScope home, DiagnosticDescriptor descriptor, SourceSpan span, params string[] arguments) =>
        Diagnostics.Report(descriptor, home.IsLibrary ? CallLocation : new SourceLocation(home.Source, span), arguments);

    /// <summary>
    /// A hint that names the nearest of some names, or a general one. Among very many mistakes only the first are worth the search: a damaged file would
    /// compare every name with every other.
    /// </summary>
    public string Nearest(string name, IEnumerable<string> names, string otherwise) =>
        Diagnostics.Items.Count < MostHelped ? Suggestions.For(name, names, otherwise) : otherwise;

    /// <summary>
    /// Begins to put the body of an operator, mask or pattern in place; false after a report when it is inside itself, or when the outermost one grows
    /// without bounds. What begins is ended by <see cref="Leave"/>.
    /// </summary>
    public bool Enter(ItemSyntax item, ModuleScope home, SourceSpan place)
    {
        if (inPlace.Contains(item))
        {
            ReportIn(home, NameDiagnostics.Recursion, place, item.Name.Text);
            return false;
        }

        inPlaceCount = inPlace.Count == 0 ? 0 : inPlaceCount + 1;
        if (inPlaceCount > MostInPlace)
        {
            ReportIn(home, NameDiagnostics.TooLarge, place, $"'{inPlace.Last().Name.Text}' with all it calls");
            return false;
        }

        inPlace.Push(item);
        return true;
    }

    /// <summary>Ends what <see cref="Enter"/> began.</summary>
    public void Leave() => inPlace.Pop();

    /// <summary>The item of a name as a module sees it.</summary>
    public Value.Item? Find(ModuleScope home, string name) => home.Find(name);

    /// <summary>The value of a constant item, or null when the name is none.</summary>
    public Value? Constant(ModuleScope home, NameExpr name)
    {
        if (home.Find(name.Name.Text) is not { Syntax: ConstItem constant } item)
        {
            return null;
        }

        if (!item.Home.Constants.TryGetValue(constant.Name.Text, out var value))
        {
            if (!Enter(constant, home, name.Span))
            {
                return new Value.Error();
            }

            value = new Elaborator(this, item.Home, new Scope(null), "", null).Static(constant.Value);
            Leave();
            item.Home.Constants[constant.Name.Text] = value;
        }

        return value;
    }

    /// <summary>A compile-time expression over attributes; null for a missing one.</summary>
    public Value? Static(ModuleScope home, Expr? expr, IReadOnlyDictionary<string, Value> attributes) =>
        Static(home, expr, new Dictionary<string, Value>(StringComparer.Ordinal), attributes);

    /// <summary>A compile-time expression over dims and the attributes that hide them; null for a missing one.</summary>
    public Value? Static(ModuleScope home, Expr? expr, IReadOnlyDictionary<string, Value> dims, IReadOnlyDictionary<string, Value> attributes)
    {
        if (expr is null)
        {
            return null;
        }

        var scope = new Scope(null);
        foreach (var attribute in dims.Concat(attributes))
        {
            scope.Set(attribute.Key, attribute.Value);
        }

        return new Elaborator(this, home, scope, "", null).Static(expr);
    }
}

/// <summary>What elaboration of one model has produced so far.</summary>
internal sealed class ModelState(string name, IReadOnlyDictionary<string, int> instanceCounts, OverlayRules overlay)
{
    /// <summary>The model's name.</summary>
    public string Name { get; } = name;

    /// <summary>Parameters in order of declaration.</summary>
    public List<BoundParam> Params { get; } = [];

    /// <summary>States in order of declaration.</summary>
    public List<BoundState> States { get; } = [];

    /// <summary>More calls of functions than any network has: layers that double each other.</summary>
    public const int MostExpansions = 100_000;

    /// <summary>Longest static loop.</summary>
    public const int MostRounds = 1_000_000;

    /// <summary>Calls of functions and layers so far.</summary>
    public int Expansions { get; set; }

    /// <summary>Functions and layers being expanded, outermost first: a call of one of them is a recursion.</summary>
    public Stack<ItemSyntax> Expanding { get; } = new();

    /// <summary>Annotations from outside.</summary>
    public OverlayRules Overlay { get; } = overlay;

    /// <summary>How often each layer was instantiated in each scope, by <see cref="numbered"/> scope and layer name.</summary>
    public Dictionary<string, int> Seen { get; } = new(StringComparer.Ordinal);

    // Paths in which every unlabelled layer has its number: the same in every elaboration, while a path a user sees depends on the counts of the one before.
    private readonly Dictionary<string, string> numbered = new(StringComparer.Ordinal);

    /// <summary>
    /// The path of the next instance of a layer: its name, with a number when an earlier elaboration found more than one in this scope.
    /// </summary>
    public string Instance(string scopePath, string layer)
    {
        var key = Numbered(scopePath) + "/" + layer;
        Seen.TryGetValue(key, out var number);
        Seen[key] = number + 1;
        var withNumber = FormattableString.Invariant($"{layer}[{number}]");
        var many = !instanceCounts.TryGetValue(key, out var total) || total > 1;
        return Add(scopePath, many ? withNumber : layer, withNumber);
    }

    /// <summary>The path of an instance with a label.</summary>
    public string Labelled(string scopePath, string label) => Add(scopePath, label, "as " + label);

    private string Add(string scopePath, string segment, string key)
    {
        var path = scopePath.Length == 0 ? segment : scopePath + "." + segment;
        numbered[path] = Numbered(scopePath) + "/" + key;
        return path;
    }

    private string Numbered(string path) => numbered.TryGetValue(path, out var found) ? found : "";
}
