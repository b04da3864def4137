using System.Collections.Immutable;
using SparseDsl.Dsl.Diagnostics;
using Sprache;
using static SparseDsl.Dsl.Syntax.Combinators;
using static SparseDsl.Dsl.Syntax.Terminals;

namespace SparseDsl.Dsl.Syntax;

/// <summary>Top-level declarations and the module as a whole, with recovery per item.</summary>
internal static class ItemGrammar
{
    private static readonly Parser<ItemSyntax> Const = (
        from keyword in Word("const")
        from name in Identifier
        from sign in Symbol("=")
        from value in ExpressionGrammar.Expression
        select new Func<SourceSpan, ItemSyntax>(span => new ConstItem(name, value, span))).Spanned();

    private static readonly Parser<AttributeParameter[]> Attributes =
        Symbol(";").Then(_ => TypeGrammar.Attribute.Entries()).XOr(Parse.Return(Array.Empty<AttributeParameter>()));

    private static readonly Parser<ItemSyntax> Op = (
        from keyword in Word("op")
        from name in Identifier
        from open in Attached("(")
        from operands in TypeGrammar.Operand.Entries()
        from attributes in Attributes
        from close in Symbol(")")
        from result in Symbol("->").Then(_ => TypeGrammar.Operand).OrNull()
        from sign in Symbol("=")
        from body in ExpressionGrammar.Expression
        select new Func<SourceSpan, ItemSyntax>(span => new OpItem(name, [.. operands], [.. attributes], result, body, span))).Spanned();

    private static readonly Parser<ItemSyntax> Function = (
        from keyword in Word("fn").XOr(Word("layer"))
        from name in Identifier
        from open in Attached("(")
        from parameters in TypeGrammar.Value.Entries()
        from attributes in Attributes
        from close in Symbol(")")
        from result in Symbol("->").Then(_ => TypeGrammar.Type).OrNull()
        from body in StatementGrammar.Block
        select new Func<SourceSpan, ItemSyntax>(span =>
            new FunctionItem(keyword.Text == "layer", name, [.. parameters], [.. attributes], result, body, span))).Spanned();

    private static readonly Parser<DimParameter[]> Dims =
        from open in Attached("(")
        from dims in TypeGrammar.Dim.Entries()
        from close in Symbol(")")
        select dims;

    private static readonly Parser<ItemSyntax> Model = (
        from keyword in Word("model")
        from name in Identifier
        from dims in Dims.OrNull()
        from body in StatementGrammar.Block
        select new Func<SourceSpan, ItemSyntax>(span => new ModelItem(name, [.. dims ?? []], body.Statements, span))).Spanned();

    private static readonly Parser<Name[]> Names =
        from open in Attached("(")
        from names in Identifier.Entries()
        from close in Symbol(")")
        select names;

    private static readonly Parser<ItemSyntax> Format = (
        from keyword in Leading("format")
        from name in Identifier
        from parameters in Names.OrNull()
        from sign in Symbol("=")
        from open in Symbol("[")
        from indices in Identifier.Entries()
        from close in Symbol("]")
        from arrow in Symbol("->")
        from levels in ExpressionGrammar.Expression.SeparatedBy(",")
        select new Func<SourceSpan, ItemSyntax>(span => new FormatItem(name, [.. parameters ?? []], [.. indices], [.. levels], span))).Spanned();

    private static readonly Parser<ItemSyntax> Mask = (
        from keyword in Leading("mask").XOr(Leading("score"))
        from name in Identifier
        from open in Attached("(")
        from indices in Identifier.Entries()
        from attributes in Symbol(";").Then(_ => Identifier.Entries()).OrNull()
        from close in Symbol(")")
        from sign in Symbol("=")
        from body in ExpressionGrammar.Expression
        select new Func<SourceSpan, ItemSyntax>(span =>
            new MaskItem(keyword.Text == "score", name, [.. indices], [.. attributes ?? []], body, span))).Spanned();

    /// <summary>One list of names is attributes before <c>=</c> and operands before a block; two are attributes, operands.</summary>
    private static readonly Parser<ItemSyntax> Pattern = (
        from keyword in Leading("pattern")
        from name in Identifier
        from first in Names.OrNull()
        from second in Names.OrNull()
        from body in Symbol("=").Then(_ => ExpressionGrammar.Expression).Select(e => (Expr: e, IsBlock: false))
            .XOr(StatementGrammar.Block.Select(b => (Expr: (Expr)b, IsBlock: true)))
        from cover in Word("cover").Then(_ => ExpressionGrammar.Expression).OrNull()
        let isOperands = second is null && body.IsBlock
        select new Func<SourceSpan, ItemSyntax>(span => new PatternItem(
            name, [.. (isOperands ? null : first) ?? []], [.. (isOperands ? first : second) ?? []], body.Expr, cover, span))).Spanned();

    private static readonly Parser<ItemSyntax> Sparsify = (
        from keyword in Leading("sparsify")
        from name in Identifier
        from open in Symbol("{")
        from rules in OverlayGrammar.Rules
        from close in Symbol("}")
        select new Func<SourceSpan, ItemSyntax>(span => new SparsifyItem(name, [.. rules], span))).Spanned();

    private static readonly Parser<ItemSyntax> Item =
        Const.XOr(Op).XOr(Function).XOr(Model).XOr(Format).XOr(Mask).XOr(Pattern).XOr(Sparsify).Named("a declaration");

    private static readonly Parser<ImportSyntax> Import = (
        from keyword in Word("import")
        from path in DottedName
        select new Func<SourceSpan, ImportSyntax>(span => new ImportSyntax(path, span))).Spanned();

    private static readonly Parser<Name> Header =
        from keyword in Word("module")
        from name in DottedName
        select name;

    /// <summary>A whole text; never fails.</summary>
    public static ModuleSyntax Module(TokenInput start)
    {
        var module = new Contents();
        var at = Separator.Skip(start);
        while (!at.AtEnd)
        {
            at = Separator.Skip(One(module, at));
        }

        var span = start.AtEnd ? new SourceSpan(0, 0) : start.SpanTo(at);
        return new ModuleSyntax(module.Name, module.Imports.ToImmutable(), module.Items.ToImmutable(), span);
    }

    /// <summary>Parses an item only for its mistakes and gives the place behind it.</summary>
    public static TokenInput PassOver(TokenInput start) => Take(start, Item, _ => { });

    /// <summary>What a module holds so far.</summary>
    private sealed class Contents
    {
        public Name? Name { get; set; }

        public ImmutableArray<ImportSyntax>.Builder Imports { get; } = ImmutableArray.CreateBuilder<ImportSyntax>();

        public ImmutableArray<ItemSyntax>.Builder Items { get; } = ImmutableArray.CreateBuilder<ItemSyntax>();
    }

    private static TokenInput One(Contents module, TokenInput start)
    {
        SyntaxErrors.Respell(start, [.. Keywords.Items, .. Keywords.Statements, "module", "import"]);
        return start.Token switch
        {
            { IsReported: true } => Recover(start, start.Position),
            { Kind: TokenKind.Word, Text: "module" } => TakeHeader(module, start),
            { Kind: TokenKind.Word, Text: "import" } => TakeImport(module, start),
            { Kind: TokenKind.Word } word when Keywords.IsLater(word.Text) => SyntaxErrors.Later(start),
            { Kind: TokenKind.Word } word when Keywords.IsStatement(word.Text) && (word.Text == "let" || IsBeforeName(start))
                => TakeStatement(start),
            _ => Take(start, Item, module.Items.Add),
        };
    }

    private static TokenInput TakeHeader(Contents module, TokenInput start)
    {
        if (module.Name is not null)
        {
            start.State.Report(SyntaxDiagnostics.SecondModule, start.Token.Span);
        }
        else if (module.Imports.Count + module.Items.Count > 0)
        {
            start.State.Report(SyntaxDiagnostics.ModuleNotFirst, start.Token.Span);
        }

        return Take(start, Header, name => module.Name ??= name);
    }

    private static TokenInput TakeImport(Contents module, TokenInput start)
    {
        if (module.Items.Count > 0)
        {
            start.State.Report(SyntaxDiagnostics.ImportNotFirst, start.Token.Span);
        }

        return Take(start, Import, module.Imports.Add);
    }

    private static TokenInput TakeStatement(TokenInput start)
    {
        start.State.Report(SyntaxDiagnostics.StatementOutsideBlock, start.Token.Span, start.Token.Text);
        return StatementGrammar.One([], start);
    }

    private static TokenInput Take<T>(TokenInput start, Parser<T> parser, Action<T> add)
    {
        var result = parser(start);
        var after = At(result.Remainder);
        if (result.WasSuccessful)
        {
            add(result.Value);
        }

        if (result.WasSuccessful && Separator.EndsStatement(after))
        {
            return after;
        }

        SyntaxErrors.ReportStatement(start, after, result.WasSuccessful, result.Expectations);
        return result.WasSuccessful && StartsItem(after) ? after : Recover(start, after.Position);
    }

    /// <summary>Goes to the next item. Statements in the blocks passed on the way still get their diagnostics.</summary>
    private static TokenInput Recover(TokenInput start, int failure)
    {
        var at = start;
        while (!at.AtEnd && !at.Token.IsCloser && (at == start || at.Position < failure || !BeginsAfterMistake(at)))
        {
            if (at.Token.IsSymbol("{") && at.Position >= failure && !start.Token.IsWord("sparsify"))
            {
                StatementGrammar.Statements(at.Next);
            }

            at = at.Over;
        }

        return at;
    }

    private static bool BeginsAfterMistake(TokenInput at) =>
        at.Token.NewlineBefore && (StartsItem(at) || (at.Token.Kind == TokenKind.Word && at.Column == 1));

    private static bool StartsItem(TokenInput at) =>
        at.Token.Kind == TokenKind.Word
        && ((Keywords.IsItem(at.Token.Text) && (Keywords.IsReserved(at.Token.Text) || IsBeforeName(at))) || at.Token.Text is "import" or "module");
}
