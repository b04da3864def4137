using System.Collections.Immutable;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Scalars;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Dsl.Binding;

/// <summary>The annotation <c>@quant</c>: what tensors mean that are stored in narrow numbers. Their values are f32, wherever they are used.</summary>
internal sealed class Quantizing(Elaborator code)
{
    /// <summary>The annotation's name.</summary>
    public const string Name = "quant";

    private const string OfParameters = "how a parameter is stored: @quant(per: row) of i8, @quant(i8, per: row, input: 0.02, zero: 128) or @quant(bf16) of f32";
    private const string OfValues = "the type and, for u8, its numbers: @quant(u8, scale: 0.02, zero: 128), @quant(u8, per: row), @quant(bf16)";

    /// <summary>What a parameter says of its quantisation.</summary>
    /// <param name="Stored">Element type in the weights file: i8 or bf16.</param>
    /// <param name="Axis">The index that has a scale for each of its values; null for one scale, or none.</param>
    /// <param name="Input">What is done to tensors it is multiplied with; null for nothing.</param>
    private sealed record Said(ElementType Stored, int? Axis, InputQuantization? Input);

    /// <summary>The value of a quantised parameter: the stored tensor, declared here with its scales, times these.</summary>
    /// <param name="path">Path of the parameter.</param>
    /// <param name="type">Its type as declared.</param>
    /// <param name="annotation">The annotation.</param>
    /// <param name="rest">The other annotations.</param>
    /// <param name="place">Where annotations are looked up.</param>
    /// <param name="declare">Declares a parameter of the model.</param>
    /// <param name="location">Where the parameter is declared.</param>
    public Value Parameter(
        string path, TensorType type, AnnotationSyntax annotation, ImmutableArray<AnnotationSyntax> rest, Elaborator place, Func<BoundParam, Value> declare, SourceLocation location)
    {
        if (OnParameter(annotation, path, type) is not { } said || new Annotations(place).OnParameter(path, type with { Element = said.Stored }, rest) is not var (sparsity, format, at))
        {
            return new Value.Error();
        }

        if (format is not null)
        {
            return code.Fail(SparsityDiagnostics.QuantizedFormat, annotation.Span, path);
        }

        var stored = new BoundParam(path, type with { Element = said.Stored }, sparsity, null, location, at ?? code.Locate(annotation.Span)) { Input = said.Input };
        if (declare(stored) is Value.Error error)
        {
            return error;
        }

        if (said.Stored == ElementType.BF16)
        {
            return Elementwise("dequantize", ElementType.F32, [stored], type.Shape, (read, _) => new ScalarExpr.Cast(ElementType.F32, read), annotation.Span);
        }

        var scale = new BoundParam(path + ".scale", new TensorType(ElementType.F32, said.Axis is { } a ? [type.Shape[a]] : []), null, null, location, null);
        return declare(scale) is Value.Error mistake ? mistake : Elementwise("dequantize", ElementType.F32, [stored, scale], type.Shape,
            (read, indices) => QuantizedValues.Real(read, new ScalarExpr.Read(1, said.Axis is { } axis ? [indices[axis].Symbol] : [], ElementType.F32), 0), annotation.Span);
    }

    /// <summary><c>x @quant(u8, scale: 0.02, zero: 128)</c>: the nearest of the numbers that narrow ones stand for.</summary>
    public Value OnValue(AnnotationSyntax annotation, BoundValue x)
    {
        if (x.Type.Element != ElementType.F32)
        {
            return code.Fail(SparsityDiagnostics.QuantizedType, annotation.Span, "this value is " + x.Type.Element.Name(), "values of f32 are quantised: cast it first");
        }

        var names = annotation.Arguments.Where(a => a.Name is not null).Select(a => a.Name!.Text).ToArray();
        switch (Stored(annotation))
        {
            case ElementType.BF16 when names.Length == 0:
                var narrow = Apply("quantize", ElementType.BF16, [x], x.Type.Shape, (read, _) => new ScalarExpr.Cast(ElementType.BF16, read), annotation.Span);
                return Elementwise("dequantize", ElementType.F32, [narrow], x.Type.Shape, (read, _) => new ScalarExpr.Cast(ElementType.F32, read), annotation.Span);
            case ElementType.U8 when names.Contains("scale") && names.All(n => n is "scale" or "zero"):
                return Numbers(annotation, "scale") is { } numbers ? Static(annotation, x, numbers) : new Value.Error();
            case ElementType.U8 when names.All(n => n == "per") && PerRow(annotation) is { } perRow:
                return x.Type.Rank > 0 || !perRow ? Dynamic(annotation, x, perRow) : Arguments(annotation, "'per: row' for tensors of an index or more");
            default:
                return Arguments(annotation, OfValues);
        }
    }

    private Value Static(AnnotationSyntax annotation, BoundValue x, InputQuantization.Static numbers)
    {
        var reciprocal = QuantizedValues.Number(1 / numbers.Scale);
        var q = Apply("quantize", ElementType.U8, [x], x.Type.Shape, (read, _) => QuantizedValues.Narrow(read, reciprocal, numbers.Zero), annotation.Span);
        return Elementwise("dequantize", ElementType.F32, [q], x.Type.Shape, (read, _) => QuantizedValues.Real(read, QuantizedValues.Number(numbers.Scale), numbers.Zero), annotation.Span);
    }

    private Value.Tensor Dynamic(AnnotationSyntax annotation, BoundValue x, bool perRow)
    {
        var leading = perRow ? x.Type.Shape.RemoveAt(x.Type.Rank - 1) : [];
        var indices = Indices(x.Type.Shape);
        var outer = indices.Take(leading.Length).ToImmutableArray();
        var largest = new ScalarExpr.Reduce(ReduceKind.Max, indices.RemoveRange(0, leading.Length), ScalarExpr.Of(CoreOps.Abs, new ScalarExpr.Read(0, Symbols(indices), ElementType.F32)));
        var body = ScalarExpr.Of(CoreOps.Mul, x.Type.Rank == 0 ? largest.Body : largest, QuantizedValues.Number(1.0 / QuantizedValues.DynamicSteps));
        var scale = new BoundApply("quantize_scale", code.Path, [], [x], [new BoundStage("s", outer, body)], new TensorType(ElementType.F32, leading), code.Locate(annotation.Span));
        ScalarExpr Scale(ImmutableArray<IndexRange> all) => new ScalarExpr.Read(1, Symbols([.. all.Take(leading.Length)]), ElementType.F32);
        var q = Apply("quantize", ElementType.U8, [x, scale], x.Type.Shape,
            (read, all) => QuantizedValues.Narrow(read, ScalarExpr.Of(CoreOps.Recip, Scale(all)), QuantizedValues.DynamicZero), annotation.Span);
        return Elementwise("dequantize", ElementType.F32, [q, scale], x.Type.Shape, (read, all) => QuantizedValues.Real(read, Scale(all), QuantizedValues.DynamicZero), annotation.Span);
    }

    // ------------------------------------------------------------------------------------------------------------ arguments

    private Said? OnParameter(AnnotationSyntax annotation, string path, TensorType type)
    {
        var said = Stored(annotation);
        var stored = said ?? type.Element;
        if (annotation.Arguments.Any(a => a.Name is null) && said is null)
        {
            Arguments(annotation, OfParameters);
            return null;
        }

        if (stored is not (ElementType.I8 or ElementType.BF16) || (type.Element != stored && type.Element != ElementType.F32))
        {
            var hint = "declare it i8 or bf16, or f32 with the type it is stored in: @quant(i8, per: row)";
            code.Fail(SparsityDiagnostics.QuantizedType, annotation.Span, $"'{path}' is {type.Element.Name()}{(said is { } s ? ", stored as " + s.Name() : "")}", hint);
            return null;
        }

        if (stored == ElementType.BF16)
        {
            if (annotation.Arguments.Any(a => a.Name is not null))
            {
                Arguments(annotation, "no numbers for bf16: @quant(bf16)");
                return null;
            }

            return new Said(stored, null, new InputQuantization.Rounded());
        }

        return Bytes(annotation, type);
    }

    private Said? Bytes(AnnotationSyntax annotation, TensorType type)
    {
        var named = annotation.Arguments.Where(a => a.Name is not null).GroupBy(a => a.Name!.Text).ToDictionary(g => g.Key, g => g.First().Value);
        if (named.Keys.Any(n => n is not ("per" or "scale" or "input" or "zero")) || (named.ContainsKey("zero") && !named.ContainsKey("input")))
        {
            Arguments(annotation, OfParameters);
            return null;
        }

        if (named.TryGetValue("scale", out var scale) && scale is not NameExpr { Name.Text: "f32" })
        {
            Arguments(annotation, "scales of f32: scale: f32");
            return null;
        }

        int? axis = null;
        if (named.TryGetValue("per", out var per))
        {
            var word = (per as NameExpr)?.Name.Text;
            axis = word switch { "row" => 0, "column" => 1, _ => null };
            if (word is not ("row" or "column" or "tensor") || axis >= type.Rank)
            {
                Arguments(annotation, "'per: row' (the first index), 'per: column' (the second) or 'per: tensor'");
                return null;
            }
        }

        if (!named.TryGetValue("input", out var input))
        {
            return new Said(ElementType.I8, axis, null);
        }

        InputQuantization? inputs = input is NameExpr { Name.Text: "dynamic" } && !named.ContainsKey("zero") ? new InputQuantization.Dynamic() : Numbers(annotation, "input");
        return inputs is null ? null : new Said(ElementType.I8, axis, inputs);
    }

    /// <summary>The element type that is the only argument without a name; null when there is none.</summary>
    private static ElementType? Stored(AnnotationSyntax annotation) =>
        annotation.Arguments.Where(a => a.Name is null).ToArray() is [{ Value: NameExpr { Name.Text: var name } }] ? ElementTypes.Parse(name) : null;

    private static bool? PerRow(AnnotationSyntax annotation) => annotation.Arguments.FirstOrDefault(a => a.Name?.Text == "per") is not { } per ? false
        : per.Value is NameExpr { Name.Text: var word } ? word switch { "row" => true, "tensor" => false, _ => null } : null;

    /// <summary>A scale and a zero point; null when they are wrong and reported.</summary>
    private InputQuantization.Static? Numbers(AnnotationSyntax annotation, string scaleName)
    {
        var scale = Number(annotation, scaleName);
        var zero = annotation.Arguments.Any(a => a.Name?.Text == "zero") ? Number(annotation, "zero") : 0;
        if (scale is not { } s || zero is not { } z)
        {
            return null;
        }

        // Both the scale and its reciprocal have to be f32.
        if (!((float)s > 0) || float.IsInfinity((float)s) || float.IsInfinity((float)(1 / s)) || z != Math.Floor(z) || z is < 0 or > 255)
        {
            code.Fail(SparsityDiagnostics.QuantizedNumbers, annotation.Span);
            return null;
        }

        return new InputQuantization.Static((float)s, (int)z);
    }

    private double? Number(AnnotationSyntax annotation, string name)
    {
        var argument = annotation.Arguments.First(a => a.Name?.Text == name);
        double? number = code.Static(argument.Value) switch
        {
            Value.Number n => n.Real,
            Value.Integer { Real: { } real } => real,
            Value.Error => double.NaN,
            _ => null,
        };
        if (number is null)
        {
            Arguments(annotation, $"a number for '{name}'");
        }

        return number is { } known && double.IsNaN(known) ? null : number;
    }

    private Value.Error Arguments(AnnotationSyntax annotation, string expected)
    {
        code.Fail(SparsityDiagnostics.AnnotationArguments, annotation.Span, Name, expected);
        return new Value.Error();
    }

    // --------------------------------------------------------------------------------------------------------- applications

    private Value.Tensor Elementwise(
        string name, ElementType result, ImmutableArray<BoundValue> operands, ImmutableArray<Dim> shape, Func<ScalarExpr, ImmutableArray<IndexRange>, ScalarExpr> body, SourceSpan span) =>
        new(Apply(name, result, operands, shape, body, span));

    private BoundApply Apply(
        string name, ElementType result, ImmutableArray<BoundValue> operands, ImmutableArray<Dim> shape, Func<ScalarExpr, ImmutableArray<IndexRange>, ScalarExpr> body, SourceSpan span)
    {
        var indices = Indices(shape);
        var value = body(new ScalarExpr.Read(0, Symbols(indices), operands[0].Type.Element), indices);
        return new BoundApply(name, code.Path, [], operands, [new BoundStage("y", indices, value)], new TensorType(result, shape), code.Locate(span));
    }

    private ImmutableArray<IndexRange> Indices(ImmutableArray<Dim> shape) => [.. shape.Select((d, i) => new IndexRange(new Arithmetic(code).Free($"e{i}"), d))];

    private static ImmutableArray<Dim> Symbols(ImmutableArray<IndexRange> indices) => [.. indices.Select(i => i.Symbol)];
}
