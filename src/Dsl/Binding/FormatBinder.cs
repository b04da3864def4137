using System.Collections.Immutable;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Scalars;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Dsl.Binding;

/// <summary>Storage formats: <c>@format(bsr(4, 4))</c> and the declarations behind it.</summary>
internal sealed class FormatBinder(Elaborator code)
{
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
            var takes = item.Parameters.Length switch
            {
                0 => "no numbers",
                1 => "one integer of 1 or more",
                _ => FormattableString.Invariant($"{item.Parameters.Length} integers of 1 or more"),
            };
            var example = item.Parameters.Length == 0 ? item.Name.Text : $"{item.Name.Text}({string.Join(", ", Enumerable.Repeat("4", item.Parameters.Length))})";
            code.Fail(SparsityDiagnostics.FormatNumbers, value.Span, item.Name.Text, takes, example);
            return null;
        }

        if (item.Indices.Length != type.Rank)
        {
            code.Fail(SparsityDiagnostics.FormatRank, annotation.Span, item.Name.Text, FormattableString.Invariant($"{item.Indices.Length}"), name, FormattableString.Invariant($"{type.Rank}"));
            return null;
        }

        return Instance(item, found.Home, numbers, annotation.Span, type.Shape);
    }

    /// <summary>A format with its parameters filled in, for a tensor of a shape; null when wrong and reported at a place.</summary>
    public BoundFormat? Instance(FormatItem item, ModuleScope home, int[] numbers, SourceSpan place, ImmutableArray<Dim> shape)
    {
        var frame = new OpFrame(new OpItem(item.Name, [], [], null, new ErrorExpr(item.Span), item.Span), home, new HashSet<string>(StringComparer.Ordinal));
        for (var i = 0; i < numbers.Length; i++)
        {
            frame.Attributes[item.Parameters[i].Text] = new Value.Integer(Dim.Const(numbers[i]));
        }

        for (var i = 0; i < item.Indices.Length; i++)
        {
            frame.Variables[item.Indices[i].Text] = new IndexRange(item.Indices[i].Text, shape[i]);
        }

        var scalars = new ScalarBinder(code.Context, new OpBinder(code.Context), frame);
        var levels = ImmutableArray.CreateBuilder<BoundLevel>();
        foreach (var level in item.Levels)
        {
            if (Level(level, scalars) is not { } bound)
            {
                code.Fail(SparsityDiagnostics.BadFormat, place, item.Name.Text, $"a level is one of {string.Join(", ", LevelKinds.All.Select(k => k.Name))}, called with an index");
                return null;
            }

            // A block of one row or column has a level of one coordinate: none.
            if (bound.Index.Constant != 0)
            {
                levels.Add(bound);
            }
        }

        var text = numbers.Length == 0 ? item.Name.Text : $"{item.Name.Text}({string.Join(", ", numbers)})";
        var format = new BoundFormat(text, [.. item.Indices.Select(i => i.Text)], levels.ToImmutable());
        if (Problem(format, shape) is { } problem)
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

        return kind is not null && LevelKinds.Find(kind.Name.Text) is not null && scalars.Integer(index) is { } dim
            ? new BoundLevel(kind.Name.Text, argument, dim)
            : null;
    }

    /// <summary>Why a format cannot store a tensor, or null.</summary>
    private static string? Problem(BoundFormat format, ImmutableArray<Dim> shape)
    {
        foreach (var level in format.Levels)
        {
            var hasCount = LevelKinds.Find(level.Kind)!.HasCount;
            if (hasCount != level.Argument is not null)
            {
                return hasCount ? $"{level.Kind} needs a count: '{level.Kind}(2)(j % 4)'" : $"{level.Kind} takes no count";
            }
        }

        if (format.Levels is [var outermost, ..] && LevelKinds.Find(outermost.Kind)!.NeedsOuter)
        {
            return $"a {outermost.Kind} level stores one coordinate for each of the level around it, and cannot be outermost";
        }

        return Places(format, shape);
    }

    /// <summary>
    /// Every index must be stored once: as <c>i</c>, as <c>i / r</c> and then <c>i % r</c>, or as a digit of one combined coordinate like <c>c * 9 + r * 3 + s</c>.
    /// </summary>
    private static string? Places(BoundFormat format, ImmutableArray<Dim> shape)
    {
        for (var i = 0; i < format.Indices.Length; i++)
        {
            var name = format.Indices[i];
            var stored = format.Levels.Where(l => l.Index.Mentions(name)).Select(l => l.Index).ToArray();
            if (stored.Length == 0)
            {
                return $"'{name}' is not stored";
            }

            var whole = stored is [var only] && only.Linear(name) is not null && IsMixedRadix(only, format.Indices, shape);
            var split = stored is [var high, var low] && Divisor(low, name) is { } r && IsMixedRadix(low, format.Indices, shape) && high.Equals(Dim.FloorDiv(Dim.Symbol(name), Dim.Const(r)));
            if (!whole && !split)
            {
                return $"'{name}' is not stored exactly once";
            }
        }

        return null;
    }

    /// <summary>r, when a coordinate has the digit <c>i % r</c>.</summary>
    private static long? Divisor(Dim coordinate, string index) => coordinate.Terms()
        .Select(t => t.Factors is [{ Kind: Dim.AtomKind.Mod } atom] && atom.Left!.SymbolName == index ? atom.Right!.Constant : null)
        .FirstOrDefault(r => r is not null);

    /// <summary>
    /// Whether a coordinate is a number whose digits are indices or remainders of them: the last counts 1, each one before it as much as all after it can hold.
    /// </summary>
    private static bool IsMixedRadix(Dim coordinate, ImmutableArray<string> indices, ImmutableArray<Dim> shape)
    {
        var digits = new List<(long Weight, Dim Extent)>();
        foreach (var (weight, factors) in coordinate.Terms())
        {
            if (weight <= 0 || factors is not [var atom] || Digit(atom) is not { } extent)
            {
                return false;
            }

            digits.Add((weight, extent));
        }

        long expected = 1;
        foreach (var (weight, extent) in digits.OrderBy(w => w.Weight).ThenBy(w => w.Extent.Constant ?? long.MaxValue))
        {
            if (weight != expected)
            {
                return false;
            }

            expected *= extent.Constant ?? 0;
        }

        return true;

        Dim? Digit(Dim.Atom atom) => atom.Kind switch
        {
            Dim.AtomKind.Symbol when indices.IndexOf(atom.Name) is >= 0 and var i => shape[i],
            Dim.AtomKind.Mod when atom.Left!.SymbolName is { } name && indices.Contains(name) && atom.Right!.Constant is { } r => Dim.Const(r),
            _ => null,
        };
    }
}
