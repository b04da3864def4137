using SparseDsl.Compiler.Pipeline;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Symbols;
using SparseDsl.Dsl.Syntax;
using SparseDsl.LanguageServer.Analysis;
using SparseDsl.LanguageServer.Documents;
using SparseDsl.LanguageServer.Protocol;

namespace SparseDsl.LanguageServer.Features;

/// <summary>What can be written at a place, the nearest first: named arguments, names in scope, imported items, items of the library with the import they need, words.</summary>
internal static class Completion
{
    private static readonly string[] ItemWords = ["module", "import", "const", "op", "fn", "layer", "model", "format", "mask", "score", "pattern", "sparsify"];

    /// <summary>Proposals at an offset.</summary>
    /// <param name="analysis">The document.</param>
    /// <param name="fallback">An earlier analysis, for scopes that a half-written item has lost; null for none.</param>
    /// <param name="offset">Where.</param>
    public static CompletionList At(ProgramAnalysis analysis, ProgramAnalysis? fallback, int offset)
    {
        var context = CursorContext.At(analysis.Source, offset);
        IEnumerable<CompletionItem> items = context.Place switch
        {
            CursorPlace.Annotation => Words(LanguageWords.Annotations, CompletionKind.Property, "0"),
            CursorPlace.Import => Modules(analysis.Source),
            CursorPlace.Member => Members(),
            CursorPlace.Item => ItemWords.Select(w => Keyword(w)),
            CursorPlace.Type => [.. Types(), .. Names(analysis, fallback, offset, s => s.Kind is SymbolKind.Dim or SymbolKind.Constant or SymbolKind.Attribute)],
            CursorPlace.Code => [.. Arguments(analysis, context, offset), .. Names(analysis, fallback, offset, _ => true), .. Library(analysis), .. CodeWords()],
            _ => [],
        };
        return new CompletionList(false, [.. items.Where(i => i.Label.StartsWith(context.Prefix, StringComparison.OrdinalIgnoreCase)).DistinctBy(i => i.Label, StringComparer.Ordinal)]);
    }

    private static CompletionItem Keyword(string word, string sort = "6") => new(word, CompletionKind.Keyword, SortText: sort + word);

    private static IEnumerable<CompletionItem> Words(IEnumerable<LanguageWord> words, CompletionKind kind, string sort) =>
        words.Select(w => new CompletionItem(w.Name, kind, w.Usage, MarkupContent.Markdown(w.Meaning), sort + w.Name));

    private static IEnumerable<CompletionItem> Types() =>
        [.. LanguageWords.ElementTypes.Select(t => new CompletionItem(t, CompletionKind.TypeParameter, "element type", SortText: "0" + t)),
         .. LanguageWords.AttributeKinds.Select(k => new CompletionItem(k, CompletionKind.TypeParameter, "kind of an attribute", SortText: "2" + k))];

    private static IEnumerable<CompletionItem> Members() =>
    [
        new("shape", CompletionKind.Field, "the extents of a tensor, as a list"),
        new("rank", CompletionKind.Field, "the number of axes of a tensor"),
        new("type", CompletionKind.Field, "the element type of a tensor"),
    ];

    private static IEnumerable<CompletionItem> CodeWords() =>
    [
        .. Words(LanguageWords.Functions, CompletionKind.Function, "5"),
        .. LanguageWords.Reductions.Select(r => new CompletionItem(r, CompletionKind.Function, $"{r}(k) body", MarkupContent.Markdown("a reduction"), "5" + r)),
        .. LanguageWords.ElementTypes.Select(t => new CompletionItem(t, CompletionKind.TypeParameter, "element type", SortText: "7" + t)),
        .. LanguageWords.LevelKinds.Select(l => new CompletionItem(l, CompletionKind.Keyword, "level of a format", SortText: "7" + l)),
        .. LanguageWords.Keywords.Except(ItemWords).Select(w => Keyword(w)),
    ];

    private static IEnumerable<CompletionItem> Arguments(ProgramAnalysis analysis, CursorContext context, int offset)
    {
        if (context.Callee is not { } callee)
        {
            return [];
        }

        if (analysis.Symbols.Find(callee, offset) is { } symbol)
        {
            return Parameters.Of(symbol).Select(p => Argument(p.Name, Signatures.OneLine(p)));
        }

        return LanguageWords.ParametersOf(callee).Select(p => Argument(p, LanguageWords.Functions.First(f => f.Name == callee).Usage));
    }

    private static CompletionItem Argument(string name, string detail) => new(name + ":", CompletionKind.Field, detail, SortText: "0" + name, InsertText: name + ": ");

    private static IEnumerable<CompletionItem> Names(ProgramAnalysis analysis, ProgramAnalysis? fallback, int offset, Func<Symbol, bool> filter)
    {
        var visible = analysis.Symbols.VisibleAt(offset);
        if (fallback is not null && visible.All(s => s.IsItem))
        {
            // The item around the place does not parse at the moment; its names were there a moment ago, at about the same place.
            visible = [.. visible, .. fallback.Symbols.VisibleAt(Math.Min(offset, fallback.Source.Text.Length)).Where(s => !s.IsItem)];
        }

        return visible.Where(filter).Select(s => Item(s, s.IsItem ? ReferenceEquals(s.Place.Source, analysis.Source) ? "2" : "3" : "1"));
    }

    private static CompletionItem Item(Symbol symbol, string sort, IReadOnlyList<TextEdit>? edits = null) => new(
        symbol.Name, KindOf(symbol.Kind), Signatures.OneLine(symbol),
        symbol.Documentation is { Length: > 0 } text ? MarkupContent.Markdown(text) : null, sort + symbol.Name, AdditionalTextEdits: edits);

    /// <summary>Items of library modules that are not imported, each with the line that imports its module.</summary>
    private static IEnumerable<CompletionItem> Library(ProgramAnalysis analysis)
    {
        var imported = analysis.Syntax.Imports.Select(i => i.Path.Text).Append(analysis.Syntax.ModuleName?.Text ?? "").ToHashSet(StringComparer.Ordinal);
        var edit = ImportPlace(analysis);
        return LibraryItems.All.Where(m => !imported.Contains(m.Module))
            .SelectMany(m => m.Items.Select(i => Item(i, "4", [new TextEdit(edit.Range, edit.Before + "import " + m.Module + edit.After)])));
    }

    private static (Protocol.Range Range, string Before, string After) ImportPlace(ProgramAnalysis analysis)
    {
        var syntax = analysis.Syntax;
        var end = syntax.Imports.Length > 0 ? syntax.Imports[^1].Span.End : syntax.ModuleName?.Span.End;
        var place = analysis.Source.RangeOf(new SourceSpan(end ?? 0, 0));
        return end is null ? (place, "", "\n") : (place, syntax.Imports.Length > 0 ? "\n" : "\n\n", "");
    }

    private static IEnumerable<CompletionItem> Modules(SourceText source)
    {
        var files = Path.IsPathRooted(source.Path) && Path.GetDirectoryName(source.Path) is { } folder && Directory.Exists(folder)
            ? Directory.EnumerateFiles(folder, "*.dsl").Where(f => f != source.Path).Select(f => Path.GetFileNameWithoutExtension(f)!).Order(StringComparer.Ordinal)
            : Enumerable.Empty<string>();
        return LibraryItems.All.Select(m => m.Module).Concat(files).Select(m => new CompletionItem(m, CompletionKind.Module));
    }

    private static CompletionKind KindOf(SymbolKind kind) => kind switch
    {
        SymbolKind.Operator or SymbolKind.Function or SymbolKind.Layer => CompletionKind.Function,
        SymbolKind.Model => CompletionKind.Class,
        SymbolKind.Constant => CompletionKind.Constant,
        SymbolKind.Format or SymbolKind.Mask or SymbolKind.Score or SymbolKind.Pattern => CompletionKind.Struct,
        SymbolKind.Dim => CompletionKind.TypeParameter,
        _ => CompletionKind.Variable,
    };
}

/// <summary>Items of every library module.</summary>
internal static class LibraryItems
{
    private static readonly Lazy<IReadOnlyList<(string Module, IReadOnlyList<Symbol> Items)>> Loaded = new(() =>
        [.. StandardLibrary.Modules.Select(m => (m, Items(m)))]);

    /// <summary>Modules and their items, in order.</summary>
    public static IReadOnlyList<(string Module, IReadOnlyList<Symbol> Items)> All => Loaded.Value;

    private static IReadOnlyList<Symbol> Items(string module)
    {
        var source = StandardLibrary.Find(module)!;
        var syntax = Parser.Parse(source, new Dsl.Diagnostics.DiagnosticBag());
        var table = SymbolTable.Build(source, syntax, ModuleResolver.LibraryOnly(), s => Parser.Parse(s, new Dsl.Diagnostics.DiagnosticBag()));
        return [.. table.VisibleAt(0).Where(s => s.IsItem && ReferenceEquals(s.Place.Source, source)).Reverse()];
    }
}
