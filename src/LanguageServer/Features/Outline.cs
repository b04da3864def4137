using SparseDsl.Dsl;
using SparseDsl.Dsl.Syntax;
using SparseDsl.LanguageServer.Documents;
using SparseDsl.LanguageServer.Protocol;

namespace SparseDsl.LanguageServer.Features;

/// <summary>The outline of a program: items, and the members of models, functions and layers.</summary>
internal static class Outline
{
    /// <summary>All items, in order.</summary>
    public static IReadOnlyList<DocumentSymbol> Of(SourceText source, ModuleSyntax module) => [.. module.Items.Select(i => Item(source, i))];

    private static DocumentSymbol Item(SourceText source, ItemSyntax item)
    {
        var (kind, word) = item switch
        {
            ModelItem => (OutlineKind.Class, "model"),
            OpItem => (OutlineKind.Function, "op"),
            FunctionItem { IsLayer: true } => (OutlineKind.Function, "layer"),
            FunctionItem => (OutlineKind.Function, "fn"),
            ConstItem => (OutlineKind.Constant, "const"),
            FormatItem => (OutlineKind.Struct, "format"),
            MaskItem { IsScore: true } => (OutlineKind.Struct, "score"),
            MaskItem => (OutlineKind.Struct, "mask"),
            PatternItem => (OutlineKind.Struct, "pattern"),
            _ => (OutlineKind.Struct, "sparsify"),
        };
        IEnumerable<StatementSyntax> members = item switch
        {
            ModelItem model => model.Body,
            FunctionItem function => function.Body.Statements,
            _ => [],
        };
        return new DocumentSymbol(
            Named(item.Name), word, kind, source.RangeOf(item.Span), source.RangeOf(item.Name.Span), [.. members.SelectMany(m => Member(source, m))]);
    }

    private static IEnumerable<DocumentSymbol> Member(SourceText source, StatementSyntax statement) => statement switch
    {
        InputStmt s => [Member(source, s.Name, source.Slice(s.Type.Span), OutlineKind.Interface, s)],
        OutputStmt s => [Member(source, s.Name, s.Type is { } type ? source.Slice(type.Span) : "output", OutlineKind.Interface, s)],
        ParamStmt s => [Member(source, s.Name, source.Slice(s.Type.Span), OutlineKind.Property, s)],
        StateStmt s => [Member(source, s.Name, source.Slice(s.Type.Span), OutlineKind.Property, s)],
        LetStmt s => s.Names.Select(n => Member(source, n, "let", OutlineKind.Variable, s)),
        _ => [],
    };

    private static DocumentSymbol Member(SourceText source, Name name, string detail, OutlineKind kind, StatementSyntax statement)
    {
        // A range must cover the name: several parameters of one line share its keyword.
        var range = SourceSpan.Union(statement.Span, name.Span);
        return new DocumentSymbol(Named(name), detail, kind, source.RangeOf(range), source.RangeOf(name.Span), []);
    }

    /// <summary>Editors refuse entries without a name, which half-written declarations have.</summary>
    private static string Named(Name name) => name.Text.Length > 0 ? name.Text : "?";
}
