using System.Collections.Immutable;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Scalars;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Dsl.Binding;

/// <summary>Sparsity annotations, on parameters and on values.</summary>
internal sealed class Annotations(Elaborator code)
{
    public static readonly string[] Promises = ["unstructured", "block", "nm", "mask", "channels", "dense"];
    public static readonly string[] Selections = ["topk", "threshold"];

    /// <summary><c>g @topk(8)</c></summary>
    public Value OnValue(AnnotatedExpr syntax, Value value)
    {
        foreach (var annotation in syntax.Annotations)
        {
            if (value is Value.Error)
            {
                return value;
            }

            if (value is not Value.Tensor { Bound: var tensor })
            {
                return code.Fail(NameDiagnostics.WrongKind, syntax.Value.Span, "a tensor", value.Describe(), "annotations stand on tensors");
            }

            if (annotation.Name.Text == Quantizing.Name)
            {
                value = new Quantizing(code).OnValue(annotation, tensor);
                continue;
            }

            if (Promises.Contains(annotation.Name.Text))
            {
                return code.Fail(SparsityDiagnostics.PromiseOnValue, annotation.Span, annotation.Name.Text);
            }

            if (Selection(annotation, tensor.Type) is not { } selection)
            {
                return new Value.Error();
            }

            value = new Value.Tensor(new BoundSelect(tensor, selection, code.Locate(annotation.Span)));
        }

        return value;
    }

    /// <summary>Reports the annotations of a type that is no parameter's: nothing is ignored.</summary>
    public void NotHere(TypeSyntax? type)
    {
        foreach (var annotation in type?.Annotations ?? [])
        {
            var kind = annotation.Name.Text;
            var descriptor = Selections.Contains(kind) || kind == Quantizing.Name ? SparsityDiagnostics.SelectionOnType : SparsityDiagnostics.PromiseOnValue;
            code.Fail(descriptor, annotation.Span, kind);
        }
    }

    /// <summary>The promise and the storage said about a parameter; null when something was wrong and reported.</summary>
    public (Sparsity? Sparsity, BoundFormat? Format, SourceLocation? Location)? OnParameter(string name, TensorType type, ImmutableArray<AnnotationSyntax> annotations)
    {
        Sparsity? sparsity = null;
        BoundFormat? format = null;
        SourceLocation? location = null;
        foreach (var annotation in annotations)
        {
            var kind = annotation.Name.Text;
            if (Selections.Contains(kind))
            {
                code.Fail(SparsityDiagnostics.SelectionOnParameter, annotation.Span, kind);
                return null;
            }

            if (kind == "format")
            {
                if (new FormatBinder(code).Format(annotation, name, type) is not { } found)
                {
                    return null;
                }

                format = found;
                continue;
            }

            if (sparsity is not null)
            {
                code.Fail(SparsityDiagnostics.ConflictingAnnotations, annotation.Span, name);
                return null;
            }

            if (Promise(annotation, name, type) is not { } promise)
            {
                return null;
            }

            (sparsity, location) = (promise, code.Locate(annotation.Span));
        }

        return (sparsity, format, location);
    }

    private Sparsity? Promise(AnnotationSyntax annotation, string name, TensorType type)
    {
        switch (annotation.Name.Text)
        {
            case "dense":
                return new Sparsity.Dense();
            case "unstructured":
                return Zeros(annotation, 0) is { } zeros ? new Sparsity.Unstructured(zeros) : null;
            case "channels":
                return Zeros(annotation, 0) is { } channels ? new Sparsity.Channels(channels) : null;
            case "nm":
                return NOfM(annotation, name, type);
            case "block":
                return Block(annotation, type);
            case "mask":
                return annotation.Arguments is [{ Name: null, Value: StringExpr file }] ? new Sparsity.MaskFile(file.Value) : Arguments(annotation, "the path of a file: @mask(\"w.npy\")");
            default:
                var hint = Suggestions.For(annotation.Name.Text, Promises.Concat(Selections).Append("format").Append(Quantizing.Name), "annotations are " + string.Join(", ", Promises.Append("format").Append(Quantizing.Name)));
                code.Fail(SparsityDiagnostics.UnknownAnnotation, annotation.Span, annotation.Name.Text, hint);
                return null;
        }
    }

    private bool Count(AnnotationSyntax annotation, TensorType type, Dim count)
    {
        var last = type.Rank == 0 ? Dim.One : type.Shape[type.Rank - 1];
        if (count.Constant is not < 1 && (last - count).Constant is not < 0)
        {
            return true;
        }

        code.Fail(SparsityDiagnostics.BadCount, annotation.Span, count.Text, last.Text);
        return false;
    }

    /// <summary>Whether <c>per: channel</c> is said; null for anything else behind <c>per</c>.</summary>
    private static bool? PerChannel(AnnotationSyntax annotation) =>
        annotation.Arguments.FirstOrDefault(a => a.Name?.Text == "per") is not { } per ? false
        : per.Value is NameExpr { Name.Text: "channel" } ? true : null;

    private Sparsity? Selection(AnnotationSyntax annotation, TensorType type)
    {
        if (annotation.Arguments.FirstOrDefault(a => a.Name is not null && a.Name.Text != "expect" && !(a.Name.Text == "per" && annotation.Name.Text == "threshold")) is { } unknown)
        {
            code.Fail(NameDiagnostics.UnknownArgument, unknown.Name!.Span, "@" + annotation.Name.Text, unknown.Name.Text, "it is @topk(k, statistical, expect: 8%) or @threshold(t, per: channel, expect: 50%)");
            return null;
        }

        var positional = annotation.Arguments.Where(a => a.Name is null).ToArray();
        var failed = code.Context.Diagnostics.Items.Count;
        var expect = annotation.Arguments.FirstOrDefault(a => a.Name?.Text == "expect")?.Value is { } e ? Fraction(e, "the expected density") : null;
        switch (annotation.Name.Text)
        {
            case "topk" when positional is [_] or [_, { Value: NameExpr { Name.Text: "statistical" } }]:
                var count = code.Static(positional[0].Value);
                if (count is Value.Integer k)
                {
                    return Count(annotation, type, k.Dim) ? new Sparsity.TopK(k.Dim, positional.Length == 2, expect) : null;
                }

                return count is Value.Error ? null : Arguments(annotation, "how many survive: @topk(8), @topk(k, statistical, expect: 8%)");
            case "topk":
                return Arguments(annotation, "how many survive: @topk(8), @topk(k, statistical, expect: 8%)");
            case "threshold" when positional.Length == 1 && PerChannel(annotation) is { } perChannel:
                if (Threshold(positional[0].Value) is var (value, parameter))
                {
                    return new Sparsity.Threshold(value, parameter, perChannel, expect);
                }

                // What was reported about the expression is enough.
                return code.Context.Diagnostics.Items.Count > failed ? null : Arguments(annotation, "a number or a parameter: @threshold(0.1, expect: 50%)");
            case "threshold":
                return Arguments(annotation, "a number or a parameter: @threshold(0.1, expect: 50%)");
            default:
                code.Fail(SparsityDiagnostics.UnknownAnnotation, annotation.Span, annotation.Name.Text, Suggestions.For(annotation.Name.Text, Selections.Append(Quantizing.Name), "values take @topk, @threshold and @quant"));
                return null;
        }
    }

    private (double Value, string? Parameter)? Threshold(Expr expr) => code.Evaluate(expr) switch
    {
        Value.Number number => (number.Real, null),
        Value.Integer { Real: { } real } => (real, null),
        Value.Tensor { Bound: BoundParam param } => (0, param.Path),
        _ => null,
    };

    private Sparsity.NOfM? NOfM(AnnotationSyntax annotation, string name, TensorType type)
    {
        if (Integers(annotation, 2) is not [var n, var m])
        {
            Arguments(annotation, "two integers: @nm(2, 4)");
            return null;
        }

        if (n < 1 || m <= n || m > 32)
        {
            code.Fail(SparsityDiagnostics.BadNm, annotation.Span, FormattableString.Invariant($"{n}"), FormattableString.Invariant($"{m}"));
            return null;
        }

        var last = type.Shape.LastOrDefault(d => d.Constant != 1) is { } extent ? extent.Constant : 1;
        if (last % m is not (null or 0))
        {
            code.Fail(SparsityDiagnostics.NmExtent, annotation.Span, name, FormattableString.Invariant($"{last}"), FormattableString.Invariant($"{m}"));
            return null;
        }

        return new Sparsity.NOfM(n, m);
    }

    private Sparsity.Block? Block(AnnotationSyntax annotation, TensorType type)
    {
        if (Integers(annotation, 2) is not [var rows, var columns])
        {
            Arguments(annotation, "two integers and a fraction: @block(4, 1, zeros >= 70%)");
            return null;
        }

        if (rows < 1 || columns < 1 || type.Rank < 2)
        {
            code.Fail(SparsityDiagnostics.BadBlock, annotation.Span);
            return null;
        }

        return Zeros(annotation, 2) is { } zeros ? new Sparsity.Block(rows, columns, zeros) : null;
    }

    private int[]? Integers(AnnotationSyntax annotation, int count)
    {
        var values = annotation.Arguments.Take(count).Where(a => a.Name is null).Select(a => code.Static(a.Value)).ToArray();
        return values.Length == count && values.All(v => v is Value.Integer { Dim.IsConstant: true })
            ? [.. values.Select(v => (int)((Value.Integer)v).Dim.Constant!.Value)]
            : null;
    }

    /// <summary>The argument <c>zeros &gt;= 90%</c> at a position; 0 when it is left out.</summary>
    private double? Zeros(AnnotationSyntax annotation, int position)
    {
        if (annotation.Arguments.Length == position)
        {
            return 0;
        }

        if (annotation.Arguments.Length == position + 1
            && annotation.Arguments[position] is { Name: null, Value: BinaryExpr { Operator: BinaryOperator.GreaterEqual, Left: NameExpr { Name.Text: "zeros" }, Right: var fraction } })
        {
            return Fraction(fraction, "the promised fraction of zeros");
        }

        var example = annotation.Name.Text == "block" ? "two integers and a fraction: @block(4, 1, zeros >= 70%)" : "a promise: 'zeros >= 90%'";
        Arguments(annotation, annotation.Arguments.Length > position + 1 ? FormattableString.Invariant($"{example}, not {annotation.Arguments.Length} arguments") : example);
        return null;
    }

    private double? Fraction(Expr expr, string what)
    {
        var value = code.Static(expr);
        double? number = value switch
        {
            Value.Number n => n.Real,
            Value.Integer n => n.Real,
            _ => null,
        };
        if (number is >= 0 and <= 1)
        {
            return number;
        }

        if (value is not Value.Error)
        {
            code.Fail(SparsityDiagnostics.BadFraction, expr.Span, what);
        }

        return null;
    }

    private Sparsity? Arguments(AnnotationSyntax annotation, string expected)
    {
        code.Fail(SparsityDiagnostics.AnnotationArguments, annotation.Span, annotation.Name.Text, expected);
        return null;
    }
}
