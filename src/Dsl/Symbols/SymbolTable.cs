using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Dsl.Symbols;

/// <summary>
/// Which declaration every name of a module refers to, by the scoping rules of the language alone: nothing is elaborated, so that it holds in layers
/// nobody calls, in branches not taken, and while a program is being written.
/// </summary>
public sealed class SymbolTable
{
    private readonly SymbolScope root;
    private readonly List<SymbolUse> uses;

    internal SymbolTable(SourceText source, ModuleSyntax syntax, SymbolScope root, List<SymbolUse> uses, IReadOnlyList<Symbol> imported)
    {
        Source = source;
        Syntax = syntax;
        this.root = root;
        Imported = imported;
        this.uses = [.. uses.OrderBy(u => u.Span.Start).ThenBy(u => u.Span.Length)];
    }

    /// <summary>The text.</summary>
    public SourceText Source { get; }

    /// <summary>The tree.</summary>
    public ModuleSyntax Syntax { get; }

    /// <summary>Items of imported modules, in order of import.</summary>
    public IReadOnlyList<Symbol> Imported { get; }

    /// <summary>All uses, in order of the text.</summary>
    public IReadOnlyList<SymbolUse> Uses => uses;

    /// <summary>Builds the table of a module.</summary>
    /// <param name="source">The text.</param>
    /// <param name="syntax">Its tree.</param>
    /// <param name="resolver">Finds imported modules; only those that are imported directly are asked for.</param>
    /// <param name="parse">The tree of an imported module, so that the caller can keep trees.</param>
    public static SymbolTable Build(SourceText source, ModuleSyntax syntax, IModuleResolver resolver, Func<SourceText, ModuleSyntax> parse)
    {
        var imports = new List<(ImportSyntax Import, SourceText Text, ModuleSyntax Tree)>();
        foreach (var import in syntax.Imports)
        {
            if (resolver.Resolve(import.Path.Text, source) is { } text)
            {
                imports.Add((import, text, text.Path == source.Path ? syntax : parse(text)));
            }
        }

        return new SymbolWalk(source, syntax).Run(imports);
    }

    /// <summary>The use at an offset, the end of a name included; null when no resolved name is there.</summary>
    public SymbolUse? At(int offset)
    {
        var low = 0;
        var high = uses.Count - 1;
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            (low, high) = uses[middle].Span.Start <= offset ? (middle, high) : (low, middle - 1);
        }

        return uses.Count > 0 && uses[low].Span.Start <= offset && offset <= uses[low].Span.End ? uses[low] : null;
    }

    /// <summary>Whatever a name written at an offset would refer to, innermost first, without names that are hidden there.</summary>
    public IReadOnlyList<Symbol> VisibleAt(int offset)
    {
        var found = new List<Symbol>();
        var hidden = new HashSet<string>(StringComparer.Ordinal);
        for (var scope = root.InnermostAt(offset); scope is not null; scope = scope.Outer)
        {
            found.AddRange(scope.VisibleAt(offset));
        }

        return [.. found.Concat(Imported).Where(s => s.Kind != SymbolKind.Overlay && hidden.Add(s.Name))];
    }

    /// <summary>The declaration a name would refer to at an offset, or null.</summary>
    public Symbol? Find(string name, int offset)
    {
        for (var scope = root.InnermostAt(offset); scope is not null; scope = scope.Outer)
        {
            if (scope.VisibleAt(offset).FirstOrDefault(s => s.Name == name) is { } symbol)
            {
                return symbol;
            }
        }

        return Imported.FirstOrDefault(s => s.Name == name);
    }
}

/// <summary>Names that are visible in a part of a text, each from its own offset on.</summary>
internal sealed class SymbolScope(SourceSpan span, SymbolScope? outer)
{
    private readonly List<(Symbol Symbol, int From)> names = [];
    private readonly List<SymbolScope> inner = [];

    /// <summary>The scope around this one.</summary>
    public SymbolScope? Outer => outer;

    /// <summary>A scope inside this one.</summary>
    public SymbolScope Add(SourceSpan part)
    {
        var scope = new SymbolScope(part, this);
        inner.Add(scope);
        return scope;
    }

    /// <summary>Adds a name that is visible from an offset on.</summary>
    public void Add(Symbol symbol, int from) => names.Add((symbol, from));

    /// <summary>The latest declaration of a name so far.</summary>
    public Symbol? Find(string name)
    {
        for (var i = names.Count - 1; i >= 0; i--)
        {
            if (names[i].Symbol.Name == name)
            {
                return names[i].Symbol;
            }
        }

        return outer?.Find(name);
    }

    /// <summary>The smallest scope around an offset.</summary>
    public SymbolScope InnermostAt(int offset) =>
        inner.LastOrDefault(s => s.Covers(offset)) is { } found ? found.InnermostAt(offset) : this;

    /// <summary>This scope's names at an offset, the latest first.</summary>
    public IEnumerable<Symbol> VisibleAt(int offset) => names.Where(n => n.From <= offset).Select(n => n.Symbol).Reverse();

    private bool Covers(int offset) => span.Start <= offset && offset <= span.End;
}
