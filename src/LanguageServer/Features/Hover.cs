using System.Globalization;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Symbols;
using SparseDsl.Dsl.Syntax;
using SparseDsl.LanguageServer.Analysis;
using SparseDsl.LanguageServer.Documents;
using SparseDsl.LanguageServer.Protocol;

namespace SparseDsl.LanguageServer.Features;

/// <summary>What is known about the name at a place: its declaration, its types, what is sparse in it, how it is stored, what it costs.</summary>
internal static class Hover
{
    // As many instances of a layer as fit on a screen.
    private const int MostValues = 4;

    /// <summary>The answer; null when there is no known word at the offset.</summary>
    public static HoverAnswer? At(ProgramAnalysis analysis, WeightedCosts costs, int offset)
    {
        if (analysis.Symbols.At(offset) is { } use)
        {
            return Answer(analysis, use.Span, [Code(Signatures.Of(use.Symbol)), .. Facts(analysis, costs, use), use.Symbol.Documentation]);
        }

        return Word(analysis.Source, offset) is not { Length: > 0 } span ? null : BuiltIn(analysis, costs, span);
    }

    private static HoverAnswer Answer(ProgramAnalysis analysis, SourceSpan span, IEnumerable<string> parts) =>
        new(MarkupContent.Markdown(string.Join("\n\n", parts.Where(p => p.Length > 0))), analysis.Source.RangeOf(span));

    private static string Code(string text) => $"```sparsedsl\n{text}\n```";

    private static HoverAnswer? BuiltIn(ProgramAnalysis analysis, WeightedCosts costs, SourceSpan span)
    {
        var name = analysis.Source.Slice(span);
        var isAnnotation = span.Start > 0 && analysis.Source.Text[span.Start - 1] == '@';
        var words = isAnnotation ? LanguageWords.Annotations : LanguageWords.Functions;
        if (words.FirstOrDefault(w => w.Name == name) is not { } word || CursorContext.At(analysis.Source, span.End).Place == CursorPlace.Nowhere)
        {
            return null;
        }

        return Answer(analysis, span, [Code(word.Usage), word.Meaning, .. Results(analysis, costs, new SourceLocation(analysis.Source, span))]);
    }

    private static IEnumerable<string> Facts(ProgramAnalysis analysis, WeightedCosts costs, SymbolUse use)
    {
        var here = new SourceLocation(analysis.Source, use.Span);
        if (use.Symbol.Kind == SymbolKind.Model)
        {
            return analysis.Values.ModelAt(use.Symbol.Place) is { } model ? [Model(model, costs)] : [];
        }

        var results = Results(analysis, costs, here).ToArray();
        if (use.Symbol.IsItem)
        {
            return results;
        }

        var values = Chosen(analysis.Values.ValuesOf(here) is { Count: > 0 } own ? own : analysis.Values.ValuesOf(use.Symbol.Place));
        return values.Select(v => Value(use.Symbol, v, costs));
    }

    private static IEnumerable<string> Results(ProgramAnalysis analysis, WeightedCosts costs, SourceLocation name) =>
        Chosen(analysis.Values.ResultsOf(name)).Select(v => Result(v, costs));

    /// <summary>Instances with known extents when there are some, else the declaration on its own; each text once.</summary>
    private static IEnumerable<IndexedValue> Chosen(IReadOnlyList<IndexedValue> values)
    {
        var instances = values.Where(v => !v.IsGeneric).ToArray();
        return (instances.Length > 0 ? instances : values).DistinctBy(v => (v.Description, v.Scope)).Take(MostValues);
    }

    private static string Model(BoundModel model, WeightedCosts costs)
    {
        var inputs = string.Join(", ", model.Inputs.Select(i => $"`{i.Name}: {i.Type}`"));
        var outputs = string.Join(", ", model.Outputs.Select(o => $"`{o.Name}: {o.Value.Type}`"));
        return $"{inputs} → {outputs}" + Paragraph(Lines(Cost(CostText.Of(model)), costs.Of(model)));
    }

    private static string Result(IndexedValue value, WeightedCosts costs) => Lines($"{In(value)}gives {Described(value)}", Cost(CostText.Of(value)), costs.Of(value));

    private static string Value(Symbol symbol, IndexedValue value, WeightedCosts costs) => value.Tensor switch
    {
        BoundParam param when symbol.Kind == SymbolKind.Param => Lines(Param(param), costs.Of(param)),
        null => In(value) + Described(value),
        { } tensor => Lines(
            $"{In(value)}{Described(value)} · {CostText.Number(tensor.Type.Count * tensor.Type.Element.Size())} bytes", Cost(CostText.Of(value)), costs.Of(value)),
    };

    private static string Cost(string? cost) => cost is null ? "" : $"cost as written: {cost}";

    private static string Paragraph(string text) => text.Length == 0 ? "" : "\n\n" + text;

    /// <summary>Lines of one paragraph of Markdown.</summary>
    private static string Lines(params string[] lines) => string.Join("  \n", lines.Where(l => l.Length > 0));

    private static string In(IndexedValue value) => value.IsGeneric ? "for any arguments: " : value.Scope.Length > 0 ? $"in `{value.Scope}`: " : "";

    private static string Described(IndexedValue value) => value.Tensor is { } tensor ? $"`{tensor.Type}`" : $"`{value.Description}`";

    private static string Param(BoundParam param)
    {
        var lines = new List<string>
        {
            $"`{param.Path}`: `{param.Type}` · {CostText.Number(param.Type.Count)} elements · {CostText.Number(param.Type.Count * param.Type.Element.Size())} bytes dense",
        };
        if (param.Sparsity is { } sparsity)
        {
            lines.Add("sparsity: " + Sparse(sparsity, param));
        }

        lines.Add("storage: " + (param.Format is { } format ? $"`{format.Name}`, {string.Join(", ", format.Levels.Select(l => $"{l.Kind}({l.Index})"))}" : "chosen by the compiler from the data"));
        return string.Join("  \n", lines);
    }

    private static string Sparse(Sparsity sparsity, BoundParam param) => sparsity switch
    {
        Sparsity.Dense => "none promised",
        Sparsity.Unstructured s => $"at least {Percent(s.MinZeros)} zeros, anywhere{AtMost(param)}",
        Sparsity.Block s => $"blocks of {Text(s.Rows)} × {Text(s.Columns)}, at least {Percent(s.MinZeros)} of them zero{AtMost(param)}",
        Sparsity.NOfM s => $"at most {Text(s.N)} of every {Text(s.M)} along the last axis are not zero{AtMost(param)}",
        Sparsity.Channels s => $"at least {Percent(s.MinZeros)} of the slices along the first axis are zero{AtMost(param)}",
        Sparsity.MaskFile s => $"zero wherever `{s.Path}` is",
        _ => sparsity.ToString(),
    };

    private static string AtMost(BoundParam param) =>
        param.Type.Count.Constant is { } count && Promises.Density(param.Sparsity) is { } density
            ? $": at most {Promises.NonZeros(count, density).ToString("N0", CultureInfo.InvariantCulture)} non-zeros, density {Percent(density)}" : "";

    private static string Percent(double share) => (share * 100).ToString("0.###", CultureInfo.InvariantCulture) + "%";

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static SourceSpan Word(SourceText source, int offset)
    {
        static bool IsPart(char c) => char.IsAsciiLetterOrDigit(c) || c == '_';
        var (start, end) = (offset, offset);
        while (start > 0 && IsPart(source.Text[start - 1]))
        {
            start--;
        }

        while (end < source.Text.Length && IsPart(source.Text[end]))
        {
            end++;
        }

        return SourceSpan.FromBounds(start, end);
    }
}
