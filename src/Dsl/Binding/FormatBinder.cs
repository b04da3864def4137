using System.Collections.Immutable;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Scalars;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Dsl.Binding;

/// <summary>Storage formats: <c>@format(bsr(4, 4))</c> and the declarations behind it.</summary>
internal sealed class FormatBinder(Elaborator code)
{
    private static readonly string[] Kinds = ["dense", "compressed", "singleton", "bitmask", "pick"];

    /// <summary>The format an annotation names, for a tensor; null when wrong and reported.</summary>
    public BoundFormat? Format(AnnotationSyntax annotation, string name, TensorType type)
    {
        if (annotation.Arguments is not [{ Name: null, Value: var value }])
        {
            code.Fail(SparsityDiagnostics.AnnotationArguments, annotation.Span, "format", "the name of a format: @format(csr)");
            return null;
        }

        var (called, arguments) = value is CallExpr { Target: NameExpr target } call
            ? (target, call.Arguments.Select(a => code.Static(a.Value)).ToArray())
            : (value as NameExpr, []);
        if (called is { Name.Text: "dense" })
        {
            ImmutableArray<string> plain = [.. Enumerable.Range(0, type.Rank).Select(i => FormattableString.Invariant($"i{i}"))];
            return new BoundFormat("dense", plain, [.. plain.Select(i => new BoundLevel("dense", null, Dim.Symbol(i)))]);
        }

        if (called is null || code.Context.Find(code.Home, called.Name.Text) is not { Syntax: FormatItem item } found)
        {
            code.Fail(SparsityDiagnostics.UnknownFormat, value.Span, called?.Name.Text ?? "this");
            return null;
        }

        int[] numbers = [.. arguments.OfType<Value.Integer>().Select(i => (int)(i.Dim.Constant ?? 0))];
        if (numbers.Length != item.Parameters.Length || numbers.Any(n => n < 1))
        {
            code.Fail(SparsityDiagnostics.BadFormat, value.Span, item.Name.Text, FormattableString.Invariant($"it takes {item.Parameters.Length} positive integers"));
            return null;
        }

        if (item.Indices.Length != type.Rank)
        {
            code.Fail(SparsityDiagnostics.FormatRank, annotation.Span, item.Name.Text, FormattableString.Invariant($"{item.Indices.Length}"), name, FormattableString.Invariant($"{type.Rank}"));
            return null;
        }

        return Instance(item, found.Home, numbers, annotation.Span);
    }

    private BoundFormat? Instance(FormatItem item, ModuleScope home, int[] numbers, SourceSpan place)
    {
        var frame = new OpFrame(new OpItem(item.Name, [], [], null, new ErrorExpr(item.Span), item.Span), home, new HashSet<string>(StringComparer.Ordinal));
        for (var i = 0; i < numbers.Length; i++)
        {
            frame.Attributes[item.Parameters[i].Text] = new Value.Integer(Dim.Const(numbers[i]));
        }

        foreach (var index in item.Indices)
        {
            frame.Variables[index.Text] = new IndexRange(index.Text, Dim.Symbol(index.Text + "_extent"));
        }

        var scalars = new ScalarBinder(code.Context, new OpBinder(code.Context), frame);
        var levels = ImmutableArray.CreateBuilder<BoundLevel>();
        foreach (var level in item.Levels)
        {
            if (Level(level, scalars) is not { } bound)
            {
                code.Fail(SparsityDiagnostics.BadFormat, place, item.Name.Text, $"a level is one of {string.Join(", ", Kinds)}, called with an index");
                return null;
            }

            levels.Add(bound);
        }

        var text = numbers.Length == 0 ? item.Name.Text : $"{item.Name.Text}({string.Join(", ", numbers)})";
        var format = new BoundFormat(text, [.. item.Indices.Select(i => i.Text)], levels.ToImmutable());
        if (Problem(format) is { } problem)
        {
            code.Fail(SparsityDiagnostics.BadFormat, place, item.Name.Text, problem);
            return null;
        }

        return format;
    }

    private static BoundLevel? Level(Expr expr, ScalarBinder scalars)
    {
        if (expr is not CallExpr { Arguments: [{ Value: var index }] } call)
        {
            return null;
        }

        int? argument = null;
        var kind = call.Target as NameExpr;
        if (call.Target is CallExpr { Target: NameExpr inner, Arguments: [{ Value: var count }] })
        {
            kind = inner;
            argument = (int?)scalars.Integer(count)?.Constant;
        }

        return kind is not null && Kinds.Contains(kind.Name.Text) && scalars.Integer(index) is { } dim
            ? new BoundLevel(kind.Name.Text, argument, dim)
            : null;
    }

    /// <summary>Why a format cannot store a tensor, or null: every index must be stored as i, or as i / r before i % r.</summary>
    private static string? Problem(BoundFormat format)
    {
        foreach (var name in format.Indices)
        {
            var stored = format.Levels.Where(l => l.Index.Mentions(name)).Select(l => l.Index).ToArray();
            var index = Dim.Symbol(name);
            var whole = stored is [var only] && only.Equals(index);
            var split = stored is [var high, var low] && Enumerable.Range(2, 4095).Any(r =>
                high.Equals(Dim.FloorDiv(index, Dim.Const(r))) && low.Equals(Dim.Mod(index, Dim.Const(r))));
            if (!whole && !split)
            {
                return stored.Length == 0 ? $"'{name}' is not stored" : $"'{name}' is not stored exactly once";
            }
        }

        return format.Levels.Any(l => l.Kind == "pick" && l.Argument is null) ? "pick needs a count: 'pick(2)(j % 4)'" : null;
    }
}
