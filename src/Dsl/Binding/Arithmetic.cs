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

        return left is Value.Tensor || right is Value.Tensor ? Apply(syntax.Span, op, left, right) : Constant(syntax, op, left, right);
    }

    /// <summary>A prefix or postfix operator.</summary>
    public Value Unary(UnaryExpr syntax, Value operand) => (syntax.Operator, operand) switch
    {
        (_, Value.Error) => operand,
        (UnaryOperator.Not, Value.Mask or Value.Item) => new Masks(code).Not(syntax, operand),
        (UnaryOperator.Transpose, Value.Tensor { Bound.Type.Rank: >= 2 } tensor) => new Slicing(code).Permute(syntax.Span, tensor.Bound, LastTwoExchanged(tensor.Bound.Type.Rank)),
        (UnaryOperator.Negate, Value.Integer integer) => new Value.Integer(-integer.Dim),
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
        Value.Integer { Dim.Constant: { } constant } => new ScalarExpr.Literal(constant, ElementType.I32),
        Value.Integer integer => new ScalarExpr.Index(integer.Dim),
        Value.Number number => new ScalarExpr.Literal(number.Real, ElementType.F32),
        Value.Boolean boolean => new ScalarExpr.Literal(boolean.Truth ? 1 : 0, ElementType.Bool),
        _ => null,
    };

    private Value Constant(BinaryExpr syntax, CoreOp op, Value left, Value right)
    {
        if (left is Value.Integer a && right is Value.Integer b)
        {
            return Integers(syntax, a.Dim, b.Dim);
        }

        if (left is Value.Boolean x && right is Value.Boolean y && syntax.Operator is BinaryOperator.And or BinaryOperator.Or)
        {
            return new Value.Boolean(syntax.Operator == BinaryOperator.And ? x.Truth && y.Truth : x.Truth || y.Truth);
        }

        if (Real(left) is { } p && Real(right) is { } q)
        {
            var result = op.Fold([p, q]);
            return op.Rule == ResultRule.Bool ? new Value.Boolean(result != 0) : new Value.Number(result);
        }

        if (syntax.Operator is BinaryOperator.Equal or BinaryOperator.NotEqual)
        {
            return new Value.Boolean(Equals(left, right) == (syntax.Operator == BinaryOperator.Equal));
        }

        return code.Fail(NameDiagnostics.WrongKind, syntax.Span, "numbers", $"{left.Describe()} and {right.Describe()}", "check the operands");
    }

    private static double? Real(Value value) => value switch
    {
        Value.Number number => number.Real,
        Value.Integer { Dim.Constant: { } constant } => constant,
        _ => null,
    };

    private Value Integers(BinaryExpr syntax, Dim a, Dim b)
    {
        switch (syntax.Operator)
        {
            case BinaryOperator.Add:
                return new Value.Integer(a + b);
            case BinaryOperator.Subtract:
                return new Value.Integer(a - b);
            case BinaryOperator.Multiply:
                return new Value.Integer(a * b);
            case BinaryOperator.Divide or BinaryOperator.Modulo when b.Constant == 0:
                return code.Fail(NameDiagnostics.DivisionByZero, syntax.Span);
            case BinaryOperator.Divide when a.Constant is { } n && b.Constant is { } d && n % d != 0:
                // 1 / 255 in network code is a number; shapes use floor division of dims, which are not constants, or divide evenly.
                return new Value.Number((double)n / d);
            case BinaryOperator.Divide:
                return new Value.Integer(Dim.FloorDiv(a, b));
            case BinaryOperator.Modulo:
                return new Value.Integer(Dim.Mod(a, b));
            case BinaryOperator.Power when a.Constant is { } x && b.Constant is { } y:
                return new Value.Number(Math.Pow(x, y));
            default:
                return Compare(syntax, a, b);
        }
    }

    private Value Compare(BinaryExpr syntax, Dim a, Dim b)
    {
        var (low, high) = (a - b).Range(code.Context.Model is null ? _ => (null, null) : n => (1, null));
        bool? truth = syntax.Operator switch
        {
            BinaryOperator.Equal => a.Equals(b) ? true : low > 0 || high < 0 ? false : null,
            BinaryOperator.NotEqual => a.Equals(b) ? false : low > 0 || high < 0 ? true : null,
            BinaryOperator.Less => high < 0 ? true : low >= 0 ? false : null,
            BinaryOperator.LessEqual => high <= 0 ? true : low > 0 ? false : null,
            BinaryOperator.Greater => low > 0 ? true : high <= 0 ? false : null,
            BinaryOperator.GreaterEqual => low >= 0 ? true : high < 0 ? false : null,
            _ => null,
        };
        return truth is { } known ? new Value.Boolean(known) : code.Fail(NameDiagnostics.NotStatic, syntax.Span);
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
