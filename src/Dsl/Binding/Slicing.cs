using System.Collections.Immutable;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Scalars;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Dsl.Binding;

/// <summary>Subscripts in network code: entries of lists, parts of tensors, and other orders of indices.</summary>
internal sealed class Slicing(Elaborator code)
{
    /// <summary><c>x[.., :R]</c>, <c>list[2]</c></summary>
    public Value Index(IndexExpr syntax)
    {
        var target = code.Evaluate(syntax.Target);
        switch (target)
        {
            case Value.Error:
                return target;
            case Value.List list:
                return Item(syntax, list);
            case Value.Tensor tensor:
                return Slice(syntax, tensor.Bound);
            default:
                return code.Fail(NameDiagnostics.WrongKind, syntax.Target.Span, "a tensor or list", target.Describe(), "only those have entries");
        }
    }

    /// <summary>The tensor with its indices in another order: result index i is operand index order[i].</summary>
    public Value Permute(SourceSpan span, BoundValue operand, int[] order)
    {
        ImmutableArray<IndexRange> indices = [.. order.Select((o, i) => new IndexRange(new Arithmetic(code).Free($"e{i}"), operand.Type.Shape[o]))];
        var subscripts = new Dim[order.Length];
        for (var i = 0; i < order.Length; i++)
        {
            subscripts[order[i]] = indices[i].Symbol;
        }

        return Move("transpose", span, operand, indices, subscripts);
    }

    /// <summary>The part of a tensor along one index from <paramref name="start"/> on.</summary>
    public Value Part(string name, SourceSpan span, BoundValue operand, int axis, Dim start, Dim size)
    {
        ImmutableArray<IndexRange> indices = [.. operand.Type.Shape.Select((d, i) => new IndexRange(new Arithmetic(code).Free($"e{i}"), i == axis ? size : d))];
        return Move(name, span, operand, indices, indices.Select((r, i) => i == axis ? r.Symbol + start : r.Symbol));
    }

    private Value Move(string name, SourceSpan span, BoundValue operand, ImmutableArray<IndexRange> indices, IEnumerable<Dim> subscripts)
    {
        var body = new ScalarExpr.Read(0, [.. subscripts], operand.Type.Element);
        var type = new TensorType(operand.Type.Element, [.. indices.Select(i => i.Extent)]);
        return new Value.Tensor(new BoundApply(name, code.Path, [], [operand], [new BoundStage("y", indices, body)], type, code.Locate(span)));
    }

    private Value Item(IndexExpr syntax, Value.List list)
    {
        if (syntax.Subscripts is not [var subscript] || code.Static(subscript) is not Value.Integer { Dim.Constant: { } position })
        {
            return code.Fail(NameDiagnostics.WrongKind, syntax.Span, "one constant integer", "something else", "a list has one index");
        }

        if (position < 0)
        {
            position += list.Items.Length;
        }

        return position >= 0 && position < list.Items.Length
            ? list.Items[(int)position]
            : code.Fail(NameDiagnostics.IndexRange, syntax.Span, FormattableString.Invariant($"{position}"), FormattableString.Invariant($"{list.Items.Length}"));
    }

    private Value Slice(IndexExpr syntax, BoundValue operand)
    {
        var shape = operand.Type.Shape;
        var given = syntax.Subscripts.Count(s => s is not EllipsisExpr);
        var hasEllipsis = given < syntax.Subscripts.Length;
        if (given > shape.Length || (!hasEllipsis && given != shape.Length))
        {
            return code.Fail(NameDiagnostics.SubscriptCount, syntax.Span, syntax.Target is NameExpr { Name.Text: var name } ? name : "the tensor", FormattableString.Invariant($"{shape.Length}"), FormattableString.Invariant($"{given}"));
        }

        var indices = ImmutableArray.CreateBuilder<IndexRange>();
        var subscripts = new List<Dim>();
        foreach (var subscript in syntax.Subscripts)
        {
            if (subscript is EllipsisExpr)
            {
                for (var rest = shape.Length - given; rest > 0; rest--)
                {
                    Whole(shape[subscripts.Count], indices, subscripts);
                }
            }
            else if (!One(subscript, shape[subscripts.Count], indices, subscripts))
            {
                return new Value.Error();
            }
        }

        return Move("slice", syntax.Span, operand, indices.ToImmutable(), subscripts);
    }

    private void Whole(Dim extent, ImmutableArray<IndexRange>.Builder indices, List<Dim> subscripts)
    {
        var index = new IndexRange(new Arithmetic(code).Free($"e{indices.Count}"), extent);
        indices.Add(index);
        subscripts.Add(index.Symbol);
    }

    private bool One(Expr subscript, Dim extent, ImmutableArray<IndexRange>.Builder indices, List<Dim> subscripts)
    {
        if (subscript is not SliceExpr slice)
        {
            if (Integer(subscript, extent) is not { } position)
            {
                return false;
            }

            subscripts.Add(position);
            return InRange(subscript, position, Dim.Zero, extent - Dim.One, extent);
        }

        var low = slice.Low is null ? Dim.Zero : Integer(slice.Low, extent);
        var high = slice.High is null ? extent : Integer(slice.High, extent);
        if (low is null || high is null || !InRange(slice.Low ?? slice, low, Dim.Zero, extent, extent) || !InRange(slice.High ?? slice, high, Dim.Zero, extent, extent))
        {
            return false;
        }

        if ((high - low).Constant is < 0)
        {
            code.Fail(NameDiagnostics.WrongKind, slice.Span, "a range that does not end before it begins", $"'{Written(slice)}' of {extent} entries", "the first number is the first entry, the second the one behind the last");
            return false;
        }

        var index = new IndexRange(new Arithmetic(code).Free($"e{indices.Count}"), high - low);
        indices.Add(index);
        subscripts.Add(index.Symbol + low);
        return true;
    }

    private string Written(Expr expr) => code.Home.Source.Slice(expr.Span);

    private bool InRange(Expr written, Dim value, Dim low, Dim high, Dim extent)
    {
        if ((value - low).Constant is < 0 || (high - value).Constant is < 0)
        {
            code.Fail(NameDiagnostics.IndexRange, written.Span, code.Static(written) is Value.Integer integer ? integer.Dim.Text : value.Text, extent.Text);
            return false;
        }

        return true;
    }

    /// <summary>An integer; a negative constant counts from the end.</summary>
    private Dim? Integer(Expr expr, Dim extent)
    {
        var value = code.Static(expr);
        if (value is Value.Integer integer)
        {
            return integer.Dim.Constant is < 0 ? extent + integer.Dim : integer.Dim;
        }

        if (value is not Value.Error)
        {
            code.Fail(NameDiagnostics.WrongKind, expr.Span, "an integer", value.Describe(), "write a dim, an integer or a range");
        }

        return null;
    }
}
