using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Dsl.Symbols;

/// <summary>What a name stands for.</summary>
public enum SymbolKind
{
    /// <summary>A module, where it is imported.</summary>
    Module,

    /// <summary>A constant item.</summary>
    Constant,

    /// <summary>An operator.</summary>
    Operator,

    /// <summary>A function.</summary>
    Function,

    /// <summary>A layer.</summary>
    Layer,

    /// <summary>A model.</summary>
    Model,

    /// <summary>A storage format.</summary>
    Format,

    /// <summary>A mask.</summary>
    Mask,

    /// <summary>A score.</summary>
    Score,

    /// <summary>A pattern.</summary>
    Pattern,

    /// <summary>An overlay of a model.</summary>
    Overlay,

    /// <summary>A symbolic dim of a model, or an extent that a function infers from its arguments.</summary>
    Dim,

    /// <summary>An input of a model.</summary>
    Input,

    /// <summary>A parameter: a tensor of the weights file.</summary>
    Param,

    /// <summary>A tensor kept between calls.</summary>
    State,

    /// <summary>A name a <c>let</c> gives.</summary>
    Let,

    /// <summary>An output of a model.</summary>
    Output,

    /// <summary>A tensor an operator, function or layer takes.</summary>
    Operand,

    /// <summary>What a declaration takes by name: a compile-time setting.</summary>
    Attribute,

    /// <summary>An index variable.</summary>
    Index,

    /// <summary>The variable of a static loop.</summary>
    LoopVariable,
}

/// <summary>A declaration of a name.</summary>
/// <param name="Name">The name.</param>
/// <param name="Kind">What it stands for.</param>
/// <param name="Place">Where the name is declared; the start of the file for a module.</param>
/// <param name="Declaration">The whole declaration.</param>
public sealed record Symbol(string Name, SymbolKind Kind, SourceLocation Place, SyntaxNode Declaration)
{
    /// <summary>The comment lines right above the declaration, without <c>//</c>; empty when there are none.</summary>
    public string Documentation => CommentAbove(Place.Source, Declaration.Span.Start);

    /// <summary>Whether it is declared at the top of a module, so that importing modules see it.</summary>
    public bool IsItem => Declaration is ItemSyntax item && item.Name.Span == Place.Span;

    private static string CommentAbove(SourceText source, int offset)
    {
        var lines = new List<string>();
        for (var line = source.Position(offset).Line - 1; line >= 1; line--)
        {
            var text = source.Line(line).Trim();
            if (!text.StartsWith("//", StringComparison.Ordinal) || text.StartsWith("// --", StringComparison.Ordinal))
            {
                break;
            }

            lines.Insert(0, text.TrimStart('/').Trim());
        }

        return string.Join("\n", lines);
    }
}

/// <summary>A place where a name is written, and the declaration it refers to. The declaration's own name is a use too.</summary>
public readonly record struct SymbolUse(SourceSpan Span, Symbol Symbol);
