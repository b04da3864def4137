using SparseDsl.Dsl.Diagnostics;
using Sprache;
using static SparseDsl.Dsl.Syntax.Combinators;
using static SparseDsl.Dsl.Syntax.Terminals;

namespace SparseDsl.Dsl.Syntax;

/// <summary>The lines of a <c>sparsify</c> overlay: a glob over parameter paths, a colon, annotations.</summary>
internal static class OverlayGrammar
{
    /// <summary>Dotted segments without spaces: identifiers with <c>*</c>, <c>**</c>, <c>[3]</c>, <c>[*]</c>.</summary>
    private static readonly Parser<Name> Glob = input =>
    {
        var start = At(input);
        var end = start;
        var isWhole = true;
        while (IsGlobToken(end.Token) && (end == start || !end.Token.SpaceBefore))
        {
            isWhole &= !end.Token.Inserted;
            end = end.Next;
        }

        if (end == start)
        {
            return Result.Failure<Name>(input, "unexpected token", ["a parameter path"]);
        }

        var span = start.SpanTo(end);
        var text = start.State.Source.Slice(span);
        if (isWhole && !IsWellFormed(text))
        {
            start.State.Report(SyntaxDiagnostics.MalformedGlob, span, text);
        }

        return Result.Success(new Name(text, span), end);
    };

    private static readonly Parser<SparsifyRule> Rule = (
        from glob in Glob
        from colon in Symbol(":")
        from first in ExpressionGrammar.AnnotationBody
        from rest in ExpressionGrammar.Annotation.Repeated()
        select new Func<SourceSpan, SparsifyRule>(span => new SparsifyRule(glob, [first, .. rest], span))).Spanned();

    /// <summary>The lines up to the closing brace; never fails.</summary>
    public static readonly Parser<SparsifyRule[]> Rules = input =>
    {
        var rules = new List<SparsifyRule>();
        var at = Separator.Skip(At(input));
        while (!at.Token.IsCloser && !at.AtEnd)
        {
            at = Separator.Skip(One(rules, at));
        }

        return Result.Success(rules.ToArray(), at);
    };

    private static TokenInput One(List<SparsifyRule> rules, TokenInput start)
    {
        var result = Rule(start);
        var after = At(result.Remainder);
        if (result.WasSuccessful)
        {
            rules.Add(result.Value);
            if (Separator.EndsStatement(after))
            {
                return after;
            }
        }

        SyntaxErrors.ReportStatement(start, after, result.WasSuccessful, result.Expectations);
        return Separator.Recover(start, after.Position);
    }

    private static bool IsGlobToken(Token token) =>
        token.Kind is TokenKind.Word or TokenKind.Number
        || (token.Kind == TokenKind.Symbol && token.Text is "." or ".." or "*" or "**" or "[" or "]");

    private static bool IsWellFormed(string glob) => glob.Split('.').All(IsSegment);

    private static bool IsSegment(string segment)
    {
        var bracket = segment.IndexOf('[');
        var name = bracket < 0 ? segment : segment.Substring(0, bracket);
        var index = bracket < 0 ? "" : segment.Substring(bracket);
        return name.Length > 0 && (name == "**" || name.IndexOf("**", StringComparison.Ordinal) < 0)
            && name.All(c => c is '*' or '_' || char.IsLetterOrDigit(c)) && AreIndices(index);
    }

    private static bool AreIndices(string text)
    {
        if (text.Length == 0)
        {
            return true;
        }

        return text[0] == '[' && text[text.Length - 1] == ']'
            && text.Substring(1, text.Length - 2).Split(["]["], StringSplitOptions.None)
                .All(i => i == "*" || (i.Length > 0 && i.All(char.IsDigit)));
    }
}
