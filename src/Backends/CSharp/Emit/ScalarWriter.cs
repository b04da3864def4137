using SparseDsl.Compiler;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using Buffer = SparseDsl.Compiler.Loops.Buffer;

namespace SparseDsl.Backends.CSharp.Emit;

/// <summary>Spells expressions of one lane, and addresses.</summary>
internal sealed class ScalarWriter(Scope scope)
{
    private VectorWriter? vectors;

    /// <summary>The writer of vectors, for horizontal operations.</summary>
    public VectorWriter Vectors { get => vectors!; set => vectors = value; }

    public Code Write(LoopExpr value) => value switch
    {
        LoopExpr.Const constant => CSharpTypes.Literal(constant.Value, constant.Type.Element),
        LoopExpr.Var variable => new(scope.Name(variable.Variable)),
        LoopExpr.Op op => Operation(op),
        LoopExpr.Cast cast => Cast(Write(cast.Children[0]), cast.Children[0].Type.Element, cast.Type.Element),
        LoopExpr.BitCast cast => BitCast(cast),
        LoopExpr.Load { Mask: { } mask } load => Code.Choice(Write(mask), Element(load.Buffer, load.Offset), Zero(load.Type.Element)),
        LoopExpr.Load load => Element(load.Buffer, load.Offset),
        LoopExpr.Gather { Mask: { } mask } gather => Code.Choice(Write(mask), Element(gather.Buffer, gather.Offsets), Zero(gather.Type.Element)),
        LoopExpr.Gather gather => Element(gather.Buffer, gather.Offsets),
        LoopExpr.Splat or LoopExpr.Ramp => Write(value.Children[0]),
        LoopExpr.FirstLanes first => Code.Binary(">", Write(first.Children[0]), new("0")),
        LoopExpr.CountBits count => CountBits(count),
        LoopExpr.Horizontal { } horizontal => horizontal.Children[0].Type.Lanes == 1 ? Write(horizontal.Children[0]) : Vectors.Horizontal(horizontal),
        _ => throw new CompilerBugException($"the C# backend got a {value.GetType().Name}; the loop passes should have removed it"),
    };

    /// <summary>The place of an element, to read or to write: <c>x[i]</c>.</summary>
    public Code Place(Buffer buffer, LoopExpr offset)
    {
        var (terms, constant) = Offset.Split(offset, scope);
        var sameDepth = terms.Count <= 1 || terms.Select(t => scope.DepthOf(t.Value)).Distinct().Count() == 1;
        if ((terms.Count == 0 && constant >= 0) || (constant == 0 && sameDepth))
        {
            return new($"{scope.Name(buffer)}[{Sum(terms, constant)}]");
        }

        // Adding to the pointer term by term lets the JIT hoist the outer terms and fold the constant into the address.
        return Code.Unary("*", new(Pointer(buffer, terms, constant).Text, Binding.Additive));
    }

    /// <summary>The address of an element: <c>x + i</c>.</summary>
    public Code Pointer(Buffer buffer, LoopExpr offset)
    {
        var (terms, constant) = Offset.Split(offset, scope);
        return Pointer(buffer, terms, constant);
    }

    private Code Pointer(Buffer buffer, IReadOnlyList<Offset.Term> terms, long constant)
    {
        var sum = new Code(scope.Name(buffer));
        foreach (var term in terms)
        {
            sum = Code.Binary(term.Negative ? "-" : "+", sum, Write(term.Value));
        }

        return constant == 0 ? sum : Code.Binary(constant < 0 ? "-" : "+", sum, new(CSharpTypes.Digits(Math.Abs(constant))));
    }

    private Code Sum(IReadOnlyList<Offset.Term> terms, long constant)
    {
        Code? sum = null;
        foreach (var term in terms)
        {
            var text = Write(term.Value);
            sum = sum is { } left ? Code.Binary(term.Negative ? "-" : "+", left, text) : term.Negative ? Code.Unary("-", text) : text;
        }

        return sum ?? new(CSharpTypes.Digits(constant));
    }

    private Code Element(Buffer buffer, LoopExpr offset)
    {
        var place = Place(buffer, offset);
        return buffer.Element == ElementType.Bool ? Code.Binary("!=", place, new("0")) : place;
    }

    private static Code Zero(ElementType element) =>
        element.Size() < 4 && element != ElementType.Bool ? Code.Cast(CSharpTypes.Scalar(element), new("0")) : CSharpTypes.Literal(0, element);

    // ------------------------------------------------------------------------------------------------------ operations

    private Code Operation(LoopExpr.Op op)
    {
        var element = op.Children[op.Children.Length - 1].Type.Element;
        Code[] a = [.. op.Children.Select(Write)];
        return op.Operation.Name switch
        {
            "add" => Code.Binary("+", a[0], a[1]),
            "sub" => Code.Binary("-", a[0], a[1]),
            "mul" => Code.Binary("*", a[0], a[1]),
            "div" => Divide(op, a),
            "mod" => Modulo(op, a),
            "neg" => element == ElementType.U32 ? Code.Binary("-", new("0u"), a[0]) : Code.Unary("-", a[0]),
            "recip" => Code.Binary("/", CSharpTypes.Literal(1, element), a[0]),
            "min" => Extreme("Min", element, a),
            "max" => Extreme("Max", element, a),
            "abs" => element == ElementType.U32 ? a[0] : element.IsFloat() ? Code.Call(MathClass(element) + ".Abs", a) : Code.Lanes("Abs", a),
            "exp" or "log" or "tanh" or "sin" or "cos" or "pow" => Function(element, External.Math + "." + Names.Pascal(op.Operation.Name), a),
            "erf" => Function(element, External.Lanes + ".Erf", a),
            "sqrt" => Code.Call(MathClass(element) + ".Sqrt", a),
            "rsqrt" => element == ElementType.F32 ? Code.Cast("float", Code.Binary("/", new("1d"), Code.Call(External.Math + ".Sqrt", a)))
                : Code.Binary("/", new("1d"), Code.Call(External.Math + ".Sqrt", a)),
            "floor" => element.IsFloat() ? Code.Call(MathClass(element) + ".Floor", a) : a[0],
            "round" => element.IsFloat() ? Code.Call(MathClass(element) + ".Round", a) : a[0],
            "eq" => Code.Binary("==", a[0], a[1]),
            "ne" => Code.Binary("!=", a[0], a[1]),
            "lt" => Code.Binary("<", a[0], a[1]),
            "le" => Code.Binary("<=", a[0], a[1]),
            "gt" => Code.Binary(">", a[0], a[1]),
            "ge" => Code.Binary(">=", a[0], a[1]),
            "and" => Code.Binary("&&", a[0], a[1]),
            "or" => Code.Binary("||", a[0], a[1]),
            "not" => Code.Unary("!", a[0]),
            "select" => Code.Choice(a[0], a[1], a[2]),
            "fma" => element.IsFloat() ? Code.Call(MathClass(element) + ".FusedMultiplyAdd", a) : Code.Binary("+", Code.Binary("*", a[0], a[1]), a[2]),
            "shl" => Code.Binary("<<", a[0], ShiftCount(op, a[1])),
            "shr" => Code.Binary(">>", a[0], ShiftCount(op, a[1])),
            "bitand" => Code.Binary("&", a[0], a[1]),
            "bitor" => Code.Binary("|", a[0], a[1]),
            "dot4" => Code.Lanes("Dot4", a),
            "dot2" => Code.Lanes("Dot2", a),
            "ctz" => element == ElementType.I32 ? Code.Call(External.BitOperations + ".TrailingZeroCount", a)
                : Code.Cast(CSharpTypes.Scalar(element), Code.Call(External.BitOperations + ".TrailingZeroCount", a)),
            _ => throw new CompilerBugException($"the C# backend cannot spell the operation '{op.Operation.Name}'"),
        };
    }

    private Code CountBits(LoopExpr.CountBits count)
    {
        var bits = Write(count.Children[0]);
        var looked = count.Count == 32 ? bits : Code.Binary("&", bits, new(CSharpTypes.Digits((1L << count.Count) - 1)));
        return Code.Call(External.BitOperations + ".PopCount", Code.Cast("uint", looked));
    }

    private Code Divide(LoopExpr.Op op, Code[] a)
    {
        var plain = op.Type.Element.IsFloat() || (IsPositive(op.Children[1]) && scope.NonNegative.Holds(op.Children[0]));
        return plain ? Code.Binary("/", a[0], a[1])
            : PowerOfTwo(op.Children[1]) is { } bits ? Code.Binary(">>", a[0], new(CSharpTypes.Digits(bits)))
            : Code.Lanes("FloorDiv", a);
    }

    private Code Modulo(LoopExpr.Op op, Code[] a)
    {
        var plain = IsPositive(op.Children[1]) && scope.NonNegative.Holds(op.Children[0]);
        return plain ? Code.Binary("%", a[0], a[1])
            : op.Type.Element.IsInteger() && PowerOfTwo(op.Children[1]) is { } bits
                ? Code.Binary("&", a[0], CSharpTypes.Literal((1L << bits) - 1, op.Type.Element))
            : Code.Lanes("FloorMod", a);
    }

    // Extents and their products are not 0 where a loop over them runs; elements of tensors may be.
    private bool IsPositive(LoopExpr divisor) => divisor.Type.Element.IsInteger()
        && (divisor is LoopExpr.Const constant ? constant.Value > 0 : scope.NonNegative.Holds(divisor) && !scope.NonNegative.IsData(divisor));

    /// <summary>k when the value is the constant 2^k.</summary>
    public static int? PowerOfTwo(LoopExpr value)
    {
        while (value is LoopExpr.Splat splat)
        {
            value = splat.Children[0];
        }

        if (value is not LoopExpr.Const { Value: > 0 and < 4294967296.0 } constant || !constant.Type.Element.IsInteger())
        {
            return null;
        }

        var number = (long)constant.Value;
        for (var bits = 0; bits < 32; bits++)
        {
            if (number == 1L << bits)
            {
                return bits;
            }
        }

        return null;
    }

    private static Code ShiftCount(LoopExpr.Op op, Code count) => op.Children[1] is LoopExpr.Const constant
        ? new(CSharpTypes.Digits((long)constant.Value))
        : op.Children[1].Type.Element == ElementType.I32 ? count : Code.Cast("int", count);

    private static Code Function(ElementType element, string function, Code[] a) =>
        element == ElementType.F64 ? Code.Call(function, a) : Code.Cast("float", Code.Call(function, a));

    private static string MathClass(ElementType element) => element == ElementType.F64 ? External.Math : External.MathF;

    // The library's give NaN where either operand is one; those of the runtime mean what the loop IR means.
    private static Code Extreme(string function, ElementType element, Code[] a) => element.IsFloat() ? Code.Lanes(function, a) : Code.Call(External.Math + "." + function, a);

    // ----------------------------------------------------------------------------------------------------- conversions

    private static Code BitCast(ElementType to, ElementType from, Code value) => (from, to) switch
    {
        (ElementType.F32, ElementType.I32) => Code.Call(External.BitConverter + ".SingleToInt32Bits", value),
        (ElementType.F32, ElementType.U32) => Code.Call(External.BitConverter + ".SingleToUInt32Bits", value),
        (ElementType.I32, ElementType.F32) => Code.Call(External.BitConverter + ".Int32BitsToSingle", value),
        (ElementType.U32, ElementType.F32) => Code.Call(External.BitConverter + ".UInt32BitsToSingle", value),
        (ElementType.F64, ElementType.I64) => Code.Call(External.BitConverter + ".DoubleToInt64Bits", value),
        (ElementType.I64, ElementType.F64) => Code.Call(External.BitConverter + ".Int64BitsToDouble", value),
        _ when from == to => value,
        _ => new($"unchecked({Code.Cast(CSharpTypes.Scalar(to), value)})"),
    };

    private Code BitCast(LoopExpr.BitCast cast) => BitCast(cast.Type.Element, cast.Children[0].Type.Element, Write(cast.Children[0]));

    private static Code Cast(Code value, ElementType from, ElementType to)
    {
        if (from == to)
        {
            return value;
        }

        if (from == ElementType.Bool)
        {
            return Narrow(to) || to is ElementType.F16 or ElementType.BF16
                ? Cast(Code.Choice(value, CSharpTypes.Literal(1, Wide(to)), CSharpTypes.Literal(0, Wide(to))), Wide(to), to)
                : Code.Choice(value, CSharpTypes.Literal(1, to), CSharpTypes.Literal(0, to));
        }

        return from switch
        {
            ElementType.F16 => Cast(Code.Lanes("HalfToSingle", value), ElementType.F32, to),
            ElementType.BF16 => Cast(Code.Lanes("BFloat16ToSingle", value), ElementType.F32, to),
            _ when Narrow(from) && to == ElementType.I32 => Code.Cast("int", value),
            _ when Narrow(from) => Cast(Code.Cast("int", value), ElementType.I32, to),
            _ => ToOther(value, from, to),
        };
    }

    // From i32, u32, i64, f32 or f64.
    private static Code ToOther(Code value, ElementType from, ElementType to) => to switch
    {
        ElementType.Bool => Code.Binary("!=", value, CSharpTypes.Literal(0, from)),
        ElementType.F16 or ElementType.BF16 => Code.Lanes((from == ElementType.F32 ? "SingleTo" : "DoubleTo") + (to == ElementType.F16 ? "Half" : "BFloat16"), value),
        ElementType.U8 or ElementType.I8 or ElementType.I16 or ElementType.U16 =>
            Code.Lanes("To" + CSharpTypes.Library(to), from == ElementType.I32 ? value : ToOther(value, from, ElementType.I32)),
        ElementType.I32 when from == ElementType.U32 => Code.Cast("int", Code.Call(External.Math + ".Min", value, new("int.MaxValue"))),
        ElementType.I32 when from == ElementType.I64 => Code.Lanes("ToInt32", value),
        ElementType.U32 when from == ElementType.I32 => Code.Cast("uint", Code.Call(External.Math + ".Max", value, new("0"))),
        ElementType.U32 when from == ElementType.I64 => Code.Lanes("ToUInt32", value),
        _ => Code.Cast(CSharpTypes.Scalar(to), value),
    };

    private static bool Narrow(ElementType element) => element is ElementType.U8 or ElementType.I8 or ElementType.I16 or ElementType.U16;

    private static ElementType Wide(ElementType element) => element.IsFloat() ? ElementType.F32 : ElementType.I32;
}
