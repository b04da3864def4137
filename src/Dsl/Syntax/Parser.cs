using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Dsl.Syntax;

/// <summary>The front door of the grammar.</summary>
public static class Parser
{
    /// <summary>
    /// Parses one file. Every syntax mistake is reported (SD1xxx) and stands in the tree as an <see cref="ErrorStmt"/> or
    /// <see cref="ErrorExpr"/>; items that do not parse are left out. Never throws for any text.
    /// </summary>
    public static ModuleSyntax Parse(SourceText source, DiagnosticBag diagnostics)
    {
        var lexed = Lexer.Lex(source, diagnostics);
        var tokens = Brackets.Balance(source, lexed, diagnostics);
        return ItemGrammar.Module(new ParseState(source, tokens, diagnostics).At(0));
    }
}
