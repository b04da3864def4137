using SparseDsl.Dsl;
using SparseDsl.Dsl.Symbols;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.LanguageServer.Features;

/// <summary>Declarations in the words of the program.</summary>
internal static class Signatures
{
    private const int LongestDeclaration = 240;

    /// <summary>The declaration of a symbol: all of it when it is short, else its head.</summary>
    public static string Of(Symbol symbol)
    {
        var source = symbol.Place.Source;
        return symbol.Declaration switch
        {
            ModuleSyntax => "module " + symbol.Name,
            ItemSyntax item when symbol.IsItem => Item(source, item),
            AttributeParameter attribute => source.Slice(attribute.Span).Trim(),
            ParamStmt param => $"param {param.Name.Text}: {source.Slice(param.Type.Span)}",
            InputStmt input => source.Slice(input.Span),
            StateStmt state => source.Slice(state.Span),
            OutputStmt output => output.Type is null ? "output " + output.Name.Text : $"output {output.Name.Text}: {source.Slice(output.Type.Span)}",
            LetStmt => "let " + symbol.Name,
            DimParameter or OpOperand or ValueParameter => source.Slice(symbol.Declaration.Span),
            ForExpr => "for " + symbol.Name,
            _ => symbol.Name,
        };
    }

    /// <summary>The head of a declaration on one line.</summary>
    public static string OneLine(Symbol symbol)
    {
        var text = symbol.IsItem ? Head(symbol.Place.Source, (ItemSyntax)symbol.Declaration) : Of(symbol);
        return string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }

    private static string Item(SourceText source, ItemSyntax item)
    {
        var all = source.Slice(item.Span).Trim();
        return all.Length <= LongestDeclaration && item is not ModelItem ? all : Head(source, item);
    }

    private static string Head(SourceText source, ItemSyntax item)
    {
        var end = item switch
        {
            OpItem op => op.Body.Span.Start,
            FunctionItem function => function.Body.Span.Start,
            ModelItem model => source.Text.IndexOf('{', model.Name.Span.End) is var open && open >= 0 && open < model.Span.End ? open : model.Span.End,
            MaskItem mask => mask.Body.Span.Start,
            _ => item.Span.End,
        };
        return source.Slice(SourceSpan.FromBounds(item.Span.Start, end)).TrimEnd().TrimEnd('=').TrimEnd();
    }
}
