using Sprache;
using static SparseDsl.Dsl.Syntax.Combinators;
using static SparseDsl.Dsl.Syntax.Terminals;

namespace SparseDsl.Dsl.Syntax;

/// <summary>Types and the parameters of declarations.</summary>
internal static class TypeGrammar
{
    /// <summary><c>f32[N, 784] @nm(2, 4)</c></summary>
    public static readonly Parser<TypeSyntax> Type = (
        from element in Token(t => t.Kind == TokenKind.Word && !Keywords.IsReserved(t.Text), "a type")
        from shape in ExpressionGrammar.Shape.OrNull()
        from annotations in ExpressionGrammar.Annotation.Repeated()
        select new Func<SourceSpan, TypeSyntax>(span =>
            new TypeSyntax(new Name(element.Text, element.Span), shape.ToNullable(), [.. annotations], span))).Spanned();

    /// <summary><c>x: f32[N, C]</c>, <c>x</c></summary>
    public static readonly Parser<ValueParameter> Value = (
        from name in Identifier
        from type in Symbol(":").Then(_ => Type).OrNull()
        select new Func<SourceSpan, ValueParameter>(span => new ValueParameter(name, type, span))).Spanned();

    /// <summary><c>stride: int = 1</c></summary>
    public static readonly Parser<AttributeParameter> Attribute = (
        from name in Identifier
        from colon in Symbol(":")
        from kind in AnyWord
        from preset in Symbol("=").Then(_ => ExpressionGrammar.Expression).OrNull()
        select new Func<SourceSpan, AttributeParameter>(span => new AttributeParameter(name, kind, preset, span))).Spanned();

    /// <summary><c>N: dim</c>, <c>N: dim 1..64</c>, <c>W: dim 32..3200 step 8</c></summary>
    public static readonly Parser<DimParameter> Dim = (
        from name in Identifier
        from colon in Symbol(":")
        from kind in Word("dim")
        from range in Range!.OrNull()
        select new Func<SourceSpan, DimParameter>(span =>
            new DimParameter(name, range?.Low, range?.High, range?.Step, span))).Spanned();

    /// <summary><c>x[n, c, ..]</c>, <c>x</c></summary>
    public static readonly Parser<OpOperand> Operand = (
        from name in Identifier
        from indices in Indices!.OrNull()
        select new Func<SourceSpan, OpOperand>(span => new OpOperand(name, indices.ToNullable(), span))).Spanned();

    /// <summary><c>[n, c, ..]</c>: index variables where they are introduced.</summary>
    public static readonly Parser<IndexBinder[]> Indices =
        from open in Attached("[")
        from binders in ExpressionGrammar.Binder.Entries()
        from close in Symbol("]")
        select binders;

    private static readonly Parser<DimRange> Range =
        from low in ExpressionGrammar.Additive
        from dots in Symbol("..")
        from high in ExpressionGrammar.Additive
        from step in Word("step").Then(_ => ExpressionGrammar.Additive).OrNull()
        select new DimRange(low, high, step);

    private sealed record DimRange(Expr Low, Expr High, Expr? Step);
}
