using System.Collections.Immutable;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Scalars;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Dsl.Binding;

/// <summary>Types as written, and their match with types of arguments.</summary>
internal sealed class TypeBinder(Elaborator code)
{
    /// <summary>A type whose names all have values; null when wrong and reported.</summary>
    public TensorType? Bind(TypeSyntax syntax)
    {
        if (Element(syntax.Element) is not { } element)
        {
            return null;
        }

        var shape = ImmutableArray.CreateBuilder<Dim>();
        foreach (var extent in syntax.Shape ?? [])
        {
            if (Extent(extent) is not { } dim)
            {
                return null;
            }

            shape.Add(dim);
        }

        return new TensorType(element, shape.ToImmutable());
    }

    /// <summary>Gives names in the parameter types of a function their values from the arguments, and checks the rest.</summary>
    public bool Unify(FunctionItem function, ImmutableArray<Value> arguments)
    {
        var later = new List<(TypeSyntax Type, Expr Written, Dim Found)>();
        for (var i = 0; i < function.Parameters.Length; i++)
        {
            if (function.Parameters[i] is not { Type: { } type } parameter)
            {
                continue;
            }

            if (arguments[i] is not Value.Tensor { Bound: var argument })
            {
                code.Context.ReportCall(NameDiagnostics.WrongKind, $"a tensor for '{parameter.Name.Text}'", arguments[i].Describe(), "pass a tensor");
                return false;
            }

            if (!UnifyElement(function, parameter, type, argument) || !UnifyShape(function, parameter, type, argument, later))
            {
                return false;
            }
        }

        foreach (var (_, written, found) in later)
        {
            if (Extent(written) is not { } extent)
            {
                return false;
            }

            if (!extent.Equals(found))
            {
                code.Context.ReportCall(NameDiagnostics.ShapeMismatch, function.Name.Text, "the declared extent", $"'{code.Home.Source.Slice(written.Span)}'", $"it is {extent}, and the argument has {found}");
                return false;
            }
        }

        return true;
    }

    private bool UnifyElement(FunctionItem function, ValueParameter parameter, TypeSyntax type, BoundValue argument)
    {
        var name = type.Element.Text;
        var known = code.Scope.Find(name) is Value.Element bound ? bound.Type : ElementTypes.Parse(name);
        if (known is null && function.Attributes.Any(a => a.Name.Text == name && a.Kind.Text == "type"))
        {
            code.Scope.Set(name, new Value.Element(argument.Type.Element));
            return true;
        }

        if (known is null)
        {
            code.Fail(NameDiagnostics.UnknownElementType, type.Element.Span, name);
            return false;
        }

        if (known != argument.Type.Element)
        {
            code.Context.ReportCall(NameDiagnostics.TypeMismatch, parameter.Name.Text, known.Value.Name(), argument.Type.ToString());
            return false;
        }

        return true;
    }

    private bool UnifyShape(FunctionItem function, ValueParameter parameter, TypeSyntax type, BoundValue argument, List<(TypeSyntax, Expr, Dim)> later)
    {
        var written = type.Shape ?? [];
        var shape = argument.Type.Shape;
        var at = written.ToList().FindIndex(e => e is EllipsisExpr);
        if (at < 0 ? written.Length != shape.Length : shape.Length < written.Length - 1)
        {
            code.Context.ReportCall(NameDiagnostics.RankMismatch, function.Name.Text, $"'{parameter.Name.Text}'", FormattableString.Invariant($"{written.Length}"), Shapes.Text(shape));
            return false;
        }

        for (var i = 0; i < written.Length; i++)
        {
            if (i == at)
            {
                continue;
            }

            var found = at >= 0 && i > at ? shape[shape.Length - written.Length + i] : shape[i];
            if (written[i] is NameExpr { Name.Text: var name } && code.Scope.Find(name) is null && code.Context.Constant(code.Home, (NameExpr)written[i]) is null)
            {
                code.Scope.Set(name, new Value.Integer(found));
            }
            else
            {
                later.Add((type, written[i], found));
            }
        }

        return true;
    }

    private ElementType? Element(Name name)
    {
        if (code.Scope.Find(name.Text) is Value.Element bound)
        {
            return bound.Type;
        }

        var type = ElementTypes.Parse(name.Text);
        if (type is null)
        {
            code.Fail(NameDiagnostics.UnknownElementType, name.Span, name.Text);
        }

        return type;
    }

    private Dim? Extent(Expr expr)
    {
        var value = code.Static(expr);
        if (value is Value.Integer integer)
        {
            if (integer.Dim.Range(code.Context.RangeOf).High is not < 0)
            {
                return integer.Dim;
            }

            code.Fail(NameDiagnostics.NegativeExtent, expr.Span, integer.Dim.Text);
            return null;
        }

        if (value is not Value.Error)
        {
            code.Fail(NameDiagnostics.WrongKind, expr.Span, "an integer", value.Describe(), "an extent is an integer or a dim");
        }

        return null;
    }
}
