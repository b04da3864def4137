using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Dsl.Symbols;

/// <summary>What a declaration takes.</summary>
public static class Parameters
{
    /// <summary>Operands and attributes of a callable declaration, in order; empty for others.</summary>
    public static IReadOnlyList<Symbol> Of(Symbol callee)
    {
        Symbol Operand(Name name, SyntaxNode node) => new(name.Text, SymbolKind.Operand, callee.Place with { Span = name.Span }, node);
        Symbol Attribute(Name name, SyntaxNode node) => new(name.Text, SymbolKind.Attribute, callee.Place with { Span = name.Span }, node);
        return callee.Declaration switch
        {
            OpItem op => [.. op.Operands.Select(o => Operand(o.Name, o)), .. op.Attributes.Select(a => Attribute(a.Name, a))],
            FunctionItem function => [.. function.Parameters.Select(p => Operand(p.Name, p)), .. function.Attributes.Select(a => Attribute(a.Name, a))],
            MaskItem mask => [.. mask.Attributes.Select(a => Attribute(a, mask))],
            PatternItem pattern => [.. pattern.Attributes.Select(a => Attribute(a, pattern))],
            FormatItem format => [.. format.Parameters.Select(a => Attribute(a, format))],
            _ => [],
        };
    }
}
