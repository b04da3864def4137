using System.Collections.Immutable;
using SparseDsl.Dsl.Diagnostics;
using Sprache;

namespace SparseDsl.Dsl.Syntax;

/// <summary>
/// Combinators that Sprache lacks: spans, repetition that commits without parsing anything twice (Sprache's <c>XMany</c>
/// repeats its last element to find out how it failed, which doubles the work per nesting level), a nesting limit, and
/// recovery inside brackets.
/// </summary>
/// <remarks>
/// Lists are arrays until a node holds them: code of Sprache over a reference is compiled ahead of time, over <see cref="ImmutableArray{T}"/> whenever a
/// program starts, and a parser is mostly such code.
/// </remarks>
internal static class Combinators
{
    /// <summary>Constructs that may stand inside each other. The grammar recurses once per level.</summary>
    private const int MaximumNesting = 100;

    /// <summary>Gives a node the span of all its characters.</summary>
    public static Parser<T> Spanned<T>(this Parser<Func<SourceSpan, T>> parser) => input =>
    {
        var result = parser(input);
        return result.WasSuccessful
            ? Result.Success(result.Value(Terminals.At(input).SpanTo(result.Remainder)), result.Remainder)
            : Result.Failure<T>(result.Remainder, result.Message, result.Expectations);
    };

    /// <summary>As many as there are; a failure after the first token of an element is a failure of the whole.</summary>
    public static Parser<T[]> Repeated<T>(this Parser<T> parser) => input =>
    {
        var items = new List<T>();
        var at = input;
        while (true)
        {
            var result = parser(at);
            if (!result.WasSuccessful)
            {
                return result.Remainder.Equals(at)
                    ? Result.Success(items.ToArray(), at)
                    : Result.Failure<T[]>(result.Remainder, result.Message, result.Expectations);
            }

            items.Add(result.Value);
            at = result.Remainder;
        }
    };

    /// <summary>One or more with a separator between, outside brackets.</summary>
    public static Parser<T[]> SeparatedBy<T>(this Parser<T> item, string separator)
    {
        var tail = Terminals.Symbol(separator).Then(_ => item).Repeated();
        return from first in item from rest in tail select (T[])[first, .. rest];
    }

    /// <summary>The value, or null where the parser does not even begin to match.</summary>
    public static Parser<T?> OrNull<T>(this Parser<T> parser)
        where T : class => parser.XOptional().Select(o => o.GetOrDefault());

    /// <summary>The list of a node that may have none.</summary>
    public static ImmutableArray<T>? ToNullable<T>(this T[]? items) => items is null ? null : [.. items];

    /// <summary>Refuses to nest deeper than a fixed number of levels, long before the stack ends.</summary>
    public static Parser<T> Nested<T>(Parser<T> parser) => input =>
    {
        var state = Terminals.At(input).State;
        if (state.Depth >= MaximumNesting)
        {
            return Result.Failure<T>(input, "too deep", [SyntaxErrors.LessNesting]);
        }

        state.Depth++;
        try
        {
            return parser(input);
        }
        finally
        {
            state.Depth--;
        }
    };

    /// <summary>
    /// The entries of a bracket group up to its closer or to a semicolon, without either. Brackets are balanced, so a bad
    /// entry is reported and passed over, and the entries behind it are still parsed: this parser never fails.
    /// </summary>
    /// <param name="item">One entry.</param>
    /// <param name="broken">What stands for a bad entry; null leaves it out.</param>
    /// <param name="takesSemicolons">Whether a semicolon is a mistake for a comma here rather than the end of a section.</param>
    public static Parser<T[]> Entries<T>(
        this Parser<T> item, Func<SourceSpan, T>? broken = null, bool takesSemicolons = false) => input =>
    {
        var items = new List<T>();
        var at = Terminals.At(input);
        if (EndsSection(at, takesSemicolons))
        {
            return Result.Success(items.ToArray(), at);
        }

        at = Entry(item, broken, items, at, takesSemicolons);
        while (IsSeparator(at, takesSemicolons))
        {
            if (at.Token.IsSymbol(";"))
            {
                at.State.Report(SyntaxDiagnostics.SemicolonInArguments, at.Token.Span);
            }

            at = Entry(item, broken, items, at.Next, takesSemicolons);
        }

        return Result.Success(items.ToArray(), at);
    };

    private static TokenInput Entry<T>(
        Parser<T> item, Func<SourceSpan, T>? broken, List<T> items, TokenInput start, bool takesSemicolons)
    {
        var result = item(start);
        var after = Terminals.At(result.Remainder);
        if (result.WasSuccessful)
        {
            items.Add(result.Value);
        }

        if (result.WasSuccessful && (IsSeparator(after, takesSemicolons) || EndsSection(after, takesSemicolons)))
        {
            return after;
        }

        IEnumerable<string> expectations = result.WasSuccessful ? ["','", Closing(start)] : result.Expectations;
        SyntaxErrors.Report(after, expectations);
        var end = SkipEntry(start, after.Position, takesSemicolons);
        if (!result.WasSuccessful && broken is not null)
        {
            items.Add(broken(start.SpanTo(end)));
        }

        return end;
    }

    private static TokenInput SkipEntry(TokenInput at, int failure, bool takesSemicolons)
    {
        while (at.Position < failure || !(IsSeparator(at, takesSemicolons) || EndsSection(at, takesSemicolons)))
        {
            if (at.Token.IsCloser || at.AtEnd)
            {
                break;
            }

            at = at.Over;
        }

        return at;
    }

    private static bool IsSeparator(TokenInput at, bool takesSemicolons) =>
        at.Token.IsSymbol(",") || (takesSemicolons && at.Token.IsSymbol(";"));

    private static bool EndsSection(TokenInput at, bool takesSemicolons) =>
        at.Token.IsCloser || at.AtEnd || (!takesSemicolons && at.Token.IsSymbol(";"));

    /// <summary>The closer of the group that an entry stands in, quoted.</summary>
    private static string Closing(TokenInput at)
    {
        while (!at.Token.IsCloser && !at.AtEnd)
        {
            at = at.Over;
        }

        return $"'{at.Token.Text}'";
    }
}
