namespace SparseDsl.LanguageServer.Protocol;

/// <summary>What is known about a name.</summary>
internal sealed record HoverAnswer(MarkupContent Contents, Range Range);

/// <summary>Proposals.</summary>
internal sealed record CompletionList(bool IsIncomplete, IReadOnlyList<CompletionItem> Items);

/// <summary>One proposal.</summary>
/// <param name="Label">What is inserted, unless there is an edit.</param>
/// <param name="Kind">What it is; see <see cref="CompletionKind"/>.</param>
/// <param name="Detail">Its signature.</param>
/// <param name="Documentation">What it does; null for nothing to say.</param>
/// <param name="SortText">Proposals are shown in the order of these.</param>
/// <param name="InsertText">What is inserted; null for the label.</param>
/// <param name="AdditionalTextEdits">Changes elsewhere: the import a name needs; null for none.</param>
internal sealed record CompletionItem(
    string Label,
    CompletionKind Kind,
    string? Detail = null,
    MarkupContent? Documentation = null,
    string? SortText = null,
    string? InsertText = null,
    IReadOnlyList<TextEdit>? AdditionalTextEdits = null);

/// <summary>The protocol's kinds of proposals.</summary>
internal enum CompletionKind
{
    /// <summary>An operator, function or layer.</summary>
    Function = 3,

    /// <summary>A named argument or member.</summary>
    Field = 5,

    /// <summary>A value.</summary>
    Variable = 6,

    /// <summary>A model.</summary>
    Class = 7,

    /// <summary>A module.</summary>
    Module = 9,

    /// <summary>An annotation.</summary>
    Property = 10,

    /// <summary>A keyword.</summary>
    Keyword = 14,

    /// <summary>A constant.</summary>
    Constant = 21,

    /// <summary>A format, mask or pattern.</summary>
    Struct = 22,

    /// <summary>An element type or dim.</summary>
    TypeParameter = 25,
}

/// <summary>One entry of the outline.</summary>
internal sealed record DocumentSymbol(string Name, string? Detail, OutlineKind Kind, Range Range, Range SelectionRange, IReadOnlyList<DocumentSymbol> Children);

/// <summary>The protocol's kinds of outline entries.</summary>
internal enum OutlineKind
{
    /// <summary>A model.</summary>
    Class = 5,

    /// <summary>A parameter.</summary>
    Property = 7,

    /// <summary>An input or output.</summary>
    Interface = 11,

    /// <summary>An operator, function or layer.</summary>
    Function = 12,

    /// <summary>A named value.</summary>
    Variable = 13,

    /// <summary>A constant.</summary>
    Constant = 14,

    /// <summary>A format, mask, pattern or overlay.</summary>
    Struct = 23,
}
