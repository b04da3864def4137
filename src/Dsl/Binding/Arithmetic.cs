using System.Collections.Immutable;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Scalars;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Dsl.Binding;

/// <summary>Operators of network code, over compile-time values and over tensors.</summary>
internal sealed class Arithmetic(Elaborator code)
{
    /// <summary>An infix operator.</summary>
    public Value Binary(BinaryExpr syntax, Value left, Value right)
    {
        if (left is Value.Error || right is Value.Error)
        {
            return new Value.Error();
        }

        if (syntax.Operator == BinaryOperator.Dot)
        {
            return Dot(syntax, left, right);
        }

        if (left is Value.Mask or Value.Item || right is Value.Mask or Value.Item)
        {
            return new Masks(code).Binary(syntax, left, right);
        }

        if (syntax.Operator == BinaryOperator.Range)
        {
            return left is Value.Integer low && right is Value.Integer high
                ? new Value.Range(low.Dim, high.Dim)
                : code.Fail(NameDiagnostics.WrongKind, syntax.Span, "integers", $"{left.Describe()} and {right.Describe()}", "a range is between integers");
        }

        if (ScalarBinder.Operation(syntax.Operator) is not { } op)
        {
            return code.Fail(NameDiagnostics.Misplaced, syntax.Span, "this operator", "masks");
        }

        if (left is Value.Tensor || right is Value.Tensor)
        {
            return Apply(syntax.Span, op, left, right);
        }

        if (syntax.Operator is BinaryOperator.Equal or BinaryOperator.NotEqual && Real(left) is null && Real(right) is null && left is not Value.Integer)
        {
            return new Value.Boolean(Equals(left, right) == (syntax.Operator == BinaryOperator.Equal));
        }

        return Constant(syntax.Span, op, left, right);
    }

    /// <summary>A prefix or postfix operator.</summary>
    public Value Unary(UnaryExpr syntax, Value operand) => (syntax.Operator, operand) switch
    {
        (_, Value.Error) => operand,
        (UnaryOperator.Not, Value.Mask or Value.Item) => new Masks(code).Not(syntax, operand),
        (UnaryOperator.Transpose, Value.Tensor { Bound.Type.Rank: >= 2 } tensor) => new Slicing(code).Permute(syntax.Span, tensor.Bound, LastTwoExchanged(tensor.Bound.Type.Rank)),
        (UnaryOperator.Negate, Value.Integer integer) => integer.Exact is { } exact ? new Value.Number(-exact) : new Value.Integer(-integer.Dim),
        (UnaryOperator.Negate, Value.Number number) => new Value.Number(-number.Real),
        (UnaryOperator.Not, Value.Boolean boolean) => new Value.Boolean(!boolean.Truth),
        (UnaryOperator.Negate, Value.Tensor) => Apply(syntax.Span, CoreOps.Neg, operand),
        (UnaryOperator.Not, Value.Tensor) => Apply(syntax.Span, CoreOps.Not, operand),
        _ => code.Fail(NameDiagnostics.WrongKind, syntax.Span, "a number or tensor", operand.Describe(), "check the operand"),
    };

    /// <summary>A core operation over tensors and scalars, elementwise with broadcasting.</summary>
    public Value Apply(SourceSpan span, CoreOp op, params Value[] values)
    {
        if (values.Any(v => v is Value.Error))
        {
            return new Value.Error();
        }

        var tensors = values.OfType<Value.Tensor>().Select(t => t.Bound).ToImmutableArray();
        var shape = ImmutableArray<Dim>.Empty;
        foreach (var tensor in tensors)
        {
            if (Shapes.Broadcast(shape, tensor.Type.Shape) is not { } together)
            {
                return code.Fail(NameDiagnostics.CannotBroadcast, span, Shapes.Text(shape), Shapes.Text(tensor.Type.Shape));
            }

            shape = together;
        }

        ImmutableArray<IndexRange> indices = [.. shape.Select((d, i) => new IndexRange(Free($"e{i}"), d))];
        var arguments = new ScalarExpr[values.Length];
        var number = 0;
        for (var i = 0; i < values.Length; i++)
        {
            if (values[i] is Value.Tensor tensor)
            {
                arguments[i] = Read(number++, tensor.Bound.Type, indices);
            }
            else if (Scalar(values[i]) is { } scalar)
            {
                arguments[i] = scalar;
            }
            else
            {
                return code.Fail(NameDiagnostics.WrongKind, span, "a number or tensor", values[i].Describe(), "check the operands");
            }
        }

        if (ScalarTyping.IsArithmeticOfBool(op, arguments))
        {
            return code.Fail(NameDiagnostics.IntegerNeedsCast, span, op.Name, "bool");
        }

        if (op.Rule == ResultRule.Select)
        {
            arguments[0] = ScalarTyping.Convert(arguments[0], ElementType.Bool);
        }

        var body = ScalarTyping.Apply(op, arguments);
        var type = new TensorType(body.Type, shape);
        return new Value.Tensor(new BoundApply(op.Name, code.Path, [], tensors, [new BoundStage(op.Name, indices, body)], type, code.Locate(span)));
    }

    /// <summary>An index name that is not the name of a dim.</summary>
    public string Free(FormattableString name)
    {
        var text = FormattableString.Invariant(name);
        while (code.Context.DimNames.Contains(text))
        {
            text += "_";
        }

        return text;
    }

    private static ScalarExpr.Read Read(int number, TensorType type, ImmutableArray<IndexRange> indices)
    {
        var skip = indices.Length - type.Rank;
        return new ScalarExpr.Read(
            number,
            [.. type.Shape.Select((d, i) => d.Constant == 1 && indices[skip + i].Extent.Constant != 1 ? Dim.Zero : indices[skip + i].Symbol)],
            type.Element);
    }

    private static ScalarExpr? Scalar(Value value) => value switch
    {
        Value.Integer { Exact: { } exact } => new ScalarExpr.Literal(exact, ElementType.F32),
        Value.Integer { Dim.Constant: { } constant } => new ScalarExpr.Literal(constant, ElementType.I32),
        Value.Integer integer => new ScalarExpr.Index(integer.Dim),
        Value.Number number => new ScalarExpr.Literal(number.Real, ElementType.F32),
        Value.Boolean boolean => new ScalarExpr.Literal(boolean.Truth ? 1 : 0, ElementType.Bool),
        _ => null,
    };

    /// <summary>A core operation over compile-time values.</summary>
    public Value Constant(SourceSpan span, CoreOp op, params Value[] values)
    {
        if (values.FirstOrDefault(v => v is Value.Error) is { } error)
        {
            return error;
        }

        if (values.All(v => v is Value.Integer) && Integers(span, op, [.. values.Cast<Value.Integer>()]) is { } integer)
        {
            return integer;
        }

        if (op.Rule == ResultRule.Select && values[0] is Value.Boolean choice)
        {
            return values[choice.Truth ? 1 : 2];
        }

        var numbers = values.Select(v => Real(v) ?? (v is Value.Boolean b ? (b.Truth ? 1 : 0) : null)).ToArray();
        var needsTruth = ReferenceEquals(op, CoreOps.And) || ReferenceEquals(op, CoreOps.Or) || ReferenceEquals(op, CoreOps.Not);
        if (numbers.Any(n => n is null) || values.Any(v => v is Value.Boolean != needsTruth))
        {
            return values.Any(v => v is Value.Integer { Dim.IsConstant: false })
                ? code.Fail(NameDiagnostics.NotStatic, span)
                : code.Fail(NameDiagnostics.WrongKind, span, needsTruth ? "conditions" : "numbers", string.Join(" and ", values.Select(v => v.Describe())), "check the operands");
        }

        var result = op.Fold([.. numbers.Select(n => n!.Value)]);
        return op.Rule == ResultRule.Bool ? new Value.Boolean(result != 0) : new Value.Number(result);
    }

    private static double? Real(Value value) => value switch
    {
        Value.Number number => number.Real,
        Value.Integer integer => integer.Real,
        _ => null,
    };

    /// <summary>Integer arithmetic; null for operations that leave the integers.</summary>
    private Value? Integers(SourceSpan span, CoreOp op, Value.Integer[] values)
    {
        var a = values[0].Dim;
        var b = values[values.Length - 1].Dim;
        var exact = values.Any(v => v.Exact is not null) && values.All(v => v.Real is not null) ? op.Fold([.. values.Select(v => v.Real!.Value)]) : (double?)null;
        switch (op.Name)
        {
            case "add":
                return new Value.Integer(a + b, exact);
            case "sub":
                return new Value.Integer(a - b, exact);
            case "mul":
                return new Value.Integer(a * b, exact);
            case "min" when exact is null:
                return new Value.Integer(Dim.Min(a, b));
            case "max" when exact is null:
                return new Value.Integer(Dim.Max(a, b));
            case "div" or "mod" when b.Constant == 0:
                return code.Fail(NameDiagnostics.DivisionByZero, span);
            case "div":
                var quotient = values[0].Real / values[1].Real;
                return new Value.Integer(Dim.FloorDiv(a, b), quotient is { } q && q != Math.Floor(q) ? q : null);
            case "mod":
                return new Value.Integer(Dim.Mod(a, b));
            case "pow" when a.Constant is { } x && b.Constant is >= 0 and { } y && Math.Abs(Math.Pow(x, y)) < 1L << 53:
                return new Value.Integer(Dim.Const((long)Math.Pow(x, y)));
            default:
                return op.Rule == ResultRule.Bool && exact is null && !(values.Any(v => v.Exact is not null)) ? Compare(span, op, a, b) : null;
        }
    }

    private Value? Compare(SourceSpan span, CoreOp op, Dim a, Dim b)
    {
        return ScalarTyping.Compare(op, a, b, code.Context.RangeOf) is { } known ? new Value.Boolean(known)
            : op.Name is "and" or "or" or "not" ? null
            : code.Fail(NameDiagnostics.NotDecided, span, $"{a} {ScalarText.Sign(op)} {b}");
    }

    /// <summary>a . b: the sum over the last index of a and the second to last (or only) of b.</summary>
    private Value Dot(BinaryExpr syntax, Value left, Value right)
    {
        if (left is not Value.Tensor { Bound: var a } || right is not Value.Tensor { Bound: var b } || a.Type.Rank == 0 || b.Type.Rank == 0)
        {
            return code.Fail(NameDiagnostics.WrongKind, syntax.Span, "two tensors with indices", $"{left.Describe()} and {right.Describe()}", "' . ' is the matrix product");
        }

        var k = b.Type.Rank == 1 ? b.Type.Shape[0] : b.Type.Shape[b.Type.Rank - 2];
        var inner = a.Type.Shape[a.Type.Rank - 1];
        var batchA = a.Type.Shape.Take(Math.Max(0, a.Type.Rank - 2)).ToImmutableArray();
        var batchB = b.Type.Shape.Take(Math.Max(0, b.Type.Rank - 2)).ToImmutableArray();
        if (!k.Equals(inner) || Shapes.Broadcast(batchA, batchB) is not { } batch)
        {
            return code.Fail(NameDiagnostics.ShapeMismatch, syntax.Span, ".", "the inner extents", "the product", $"they are {inner} of {a.Type} and {k} of {b.Type}");
        }

        var indices = batch.Select((d, i) => new IndexRange(Free($"e{i}"), d)).ToList();
        var batchRanges = indices.ToImmutableArray();
        var sum = new IndexRange(Free($"k"), k);
        var row = a.Type.Rank >= 2 ? new IndexRange(Free($"i"), a.Type.Shape[a.Type.Rank - 2]) : null;
        var column = b.Type.Rank >= 2 ? new IndexRange(Free($"j"), b.Type.Shape[b.Type.Rank - 1]) : null;
        indices.AddRange(new[] { row, column }.OfType<IndexRange>());
        Dim[] readA = [.. Batch(batchA, batchRanges), .. row is null ? [] : new[] { row.Symbol }, sum.Symbol];
        Dim[] readB = [.. Batch(batchB, batchRanges), sum.Symbol, .. column is null ? [] : new[] { column.Symbol }];
        var product = ScalarTyping.Apply(CoreOps.Mul, new ScalarExpr.Read(0, [.. readA], a.Type.Element), new ScalarExpr.Read(1, [.. readB], b.Type.Element));
        var body = new ScalarExpr.Reduce(ReduceKind.Sum, [sum], product);
        var type = new TensorType(body.Type, [.. indices.Select(i => i.Extent)]);
        return new Value.Tensor(new BoundApply("matmul", code.Path, [], [a, b], [new BoundStage("y", [.. indices], body)], type, code.Locate(syntax.Span)));
    }

    private static IEnumerable<Dim> Batch(ImmutableArray<Dim> shape, ImmutableArray<IndexRange> indices)
    {
        var skip = indices.Length - shape.Length;
        return shape.Select((d, i) => d.Constant == 1 ? Dim.Zero : indices[skip + i].Symbol);
    }

    private static int[] LastTwoExchanged(int rank) =>
        [.. Enumerable.Range(0, rank - 2), rank - 1, rank - 2];
}
