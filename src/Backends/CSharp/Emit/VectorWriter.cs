using SparseDsl.Compiler;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Backends.CSharp.Emit;

/// <summary>Spells expressions of several lanes (not bool: <see cref="MaskWriter"/>).</summary>
internal sealed class VectorWriter(Scope scope, ScalarWriter scalars)
{
    private MaskWriter? masks;

    /// <summary>The writer of vectors of bool.</summary>
    public MaskWriter Masks { get => masks!; set => masks = value; }

    public Code Write(LoopExpr value) => value switch
    {
        LoopExpr.Const constant => Constant(constant.Value, constant.Type),
        LoopExpr.Var variable => new(scope.Name(variable.Variable)),
        LoopExpr.Splat { Children: [LoopExpr.Const constant] } => Constant(constant.Value, value.Type),
        LoopExpr.Splat splat => Call(splat.Type, "Create", scalars.Write(splat.Children[0])),
        LoopExpr.Ramp ramp => Call(ramp.Type, "CreateSequence", scalars.Write(ramp.Children[0]), CSharpTypes.Literal(ramp.Step, ramp.Type.Element)),
        LoopExpr.Op op => Operation(op),
        LoopExpr.Cast cast => Cast(cast),
        LoopExpr.BitCast cast => As(Write(cast.Children[0]), cast.Children[0].Type.Element, cast.Type.Element),
        LoopExpr.Load load => Load(load),
        LoopExpr.Gather gather => Gather(gather),
        LoopExpr.Expand expand => Expand(expand),
        _ => throw new CompilerBugException($"the C# backend got a {value.GetType().Name}; the loop passes should have removed it"),
    };

    /// <summary>The same bits as lanes of another type.</summary>
    public static Code As(Code value, ElementType from, ElementType to) =>
        CSharpTypes.Memory(from) == CSharpTypes.Memory(to) ? value : value.Member("As" + CSharpTypes.Library(to) + "()");

    public static Code Call(LoopType type, string function, params Code[] arguments) =>
        Code.Call(CSharpTypes.VectorClass(type) + "." + function, arguments);

    public Code Horizontal(LoopExpr.Horizontal horizontal)
    {
        var operand = horizontal.Children[0];
        if (operand.Type.Element == ElementType.Bool)
        {
            return Masks.Horizontal(horizontal.Kind, operand);
        }

        var function = horizontal.Kind switch
        {
            ReduceKind.Sum => "HorizontalSum",
            ReduceKind.Prod => "HorizontalProduct",
            ReduceKind.Max => "HorizontalMax",
            _ => "HorizontalMin",
        };
        return Code.Lanes(function, [Write(operand), .. Part(operand.Type)]);
    }

    /// <summary>The lane count as an argument, for vectors that do not fill a register.</summary>
    public static Code[] Part(LoopType type) => CSharpTypes.Part(type) is { } lanes ? [new(CSharpTypes.Digits(lanes))] : [];

    /// <summary>Whether vectors of this type have masked loads and stores of one instruction, and of which class.</summary>
    public string? MaskedMemory(LoopType type)
    {
        var size = type.Element.Size();
        if (CSharpTypes.Part(type) is not null)
        {
            return null;
        }

        return scope.Target.Name switch
        {
            "avx512" => (size >= 4 ? External.Avx512F : External.Avx512BW) + (CSharpTypes.Width(type) == 512 ? "" : ".VL"),
            "avx2" when size >= 4 && CSharpTypes.Width(type) <= 256 => type.Element.IsFloat() ? External.Avx : External.Avx2,
            _ => null,
        };
    }

    private static Code Constant(double value, LoopType type)
    {
        var zero = value == 0 && BitConverter.DoubleToInt64Bits(value) == 0;
        if (zero || (value == 1 && Direct(type.Element))) // the 16-bit floats are held as their bits, where 1 is not one
        {
            return new(CSharpTypes.Vector(type) + (zero ? ".Zero" : ".One"));
        }

        var literal = CSharpTypes.Literal(value, type.Element);
        return Call(type, "Create", type.Element.Size() < 4 && type.Element.IsInteger() ? Code.Cast(CSharpTypes.Memory(type.Element), literal) : literal);
    }

    // ---------------------------------------------------------------------------------------------------------- memory

    private Code Load(LoopExpr.Load load)
    {
        var pointer = scalars.Pointer(load.Buffer, load.Offset);
        var part = Part(load.Type);
        if (load.Mask is { } condition)
        {
            if (IsIntegerMask(condition) && load is { Stride: 1, Type.Element: ElementType.F32 } && MaskedMemory(load.Type) is External.Avx512F or External.Avx512FVL)
            {
                return OfIntegers(load.Type, MaskedMemory(load.Type) + ".MaskLoad", pointer, condition);
            }

            var mask = Masks.Write(condition, load.Type.Element);
            return load.Stride != 1 ? Code.Lanes("LoadStrided", [pointer, Stride(load.Stride), mask, .. part])
                : MaskedMemory(load.Type) is not { } isa ? Code.Lanes("LoadMasked", [pointer, mask, .. part])
                : isa.StartsWith(External.Avx512F, StringComparison.Ordinal) || isa.StartsWith(External.Avx512BW, StringComparison.Ordinal) ? Code.Call(isa + ".MaskLoad", pointer, mask, new(CSharpTypes.Vector(load.Type) + ".Zero"))
                : Code.Call(isa + ".MaskLoad", pointer, mask);
        }

        return load.Stride switch
        {
            1 when part.Length > 0 => Code.Lanes("LoadPart", [pointer, .. part]),
            1 => Call(load.Type, "Load", pointer),
            0 => Call(load.Type, "Create", scalars.Place(load.Buffer, load.Offset)),
            _ => Code.Lanes(FormattableString.Invariant($"LoadStrided{CSharpTypes.Width(load.Type)}"), [pointer, Stride(load.Stride), .. part]),
        };
    }

    private Code Gather(LoopExpr.Gather gather)
    {
        Code[] mask = gather.Mask is { } condition ? [Masks.Write(condition, gather.Type.Element)] : [];
        var function = FormattableString.Invariant($"Gather{CSharpTypes.Width(gather.Type)}");
        return Code.Lanes(function, [new(scope.Name(gather.Buffer)), Write(gather.Offsets), .. mask, .. Part(gather.Type)]);
    }

    private Code Expand(LoopExpr.Expand expand)
    {
        var pointer = scalars.Pointer(expand.Buffer, expand.Offset);
        return expand.Type.Element is ElementType.F32 && MaskedMemory(expand.Type) is External.Avx512F or External.Avx512FVL
            ? OfIntegers(expand.Type, MaskedMemory(expand.Type) + ".ExpandLoad", pointer, expand.Mask)
            : Code.Lanes("ExpandLoad", [pointer, Masks.Write(expand.Mask, expand.Type.Element), .. Part(expand.Type)]);
    }

    // As integers: seen as one of floats, a mask of integers leaves its mask register and comes back.
    private Code OfIntegers(LoopType type, string function, Code pointer, LoopExpr mask)
    {
        var integers = type with { Element = ElementType.I32 };
        return As(
            Code.Call(function, Code.Cast("int*", pointer), Masks.Write(mask, ElementType.I32), new(CSharpTypes.Vector(integers) + ".Zero")), ElementType.I32, type.Element);
    }

    private bool IsIntegerMask(LoopExpr mask) =>
        mask is LoopExpr.BitLanes || (mask is LoopExpr.Var variable && scope.MaskElement(variable.Variable) == ElementType.I32);

    public static Code Stride(int stride) => CSharpTypes.Literal(stride, ElementType.I32);

    // ------------------------------------------------------------------------------------------------------ operations

    private Code Operation(LoopExpr.Op op)
    {
        var type = op.Type;
        if (op.Operation.Name == "select")
        {
            return Call(type, "ConditionalSelect", Masks.Write(op.Children[0], type.Element), Write(op.Children[1]), Write(op.Children[2]));
        }

        var isFloat = type.Element.IsFloat();
        Code[] a = [.. op.Children.Select(Write)];
        return op.Operation.Name switch
        {
            "add" => Code.Binary("+", a[0], a[1]),
            "sub" => Code.Binary("-", a[0], a[1]),
            "mul" when op.Type.Element == ElementType.I32 && ScalarWriter.PowerOfTwo(op.Children[1]) is { } bits => Code.Binary("<<", a[0], new(CSharpTypes.Digits(bits))),
            "mul" => Code.Binary("*", a[0], a[1]),
            "div" => Divide(op, a),
            "mod" => Modulo(op, a),
            "neg" => Code.Unary("-", a[0]),
            "recip" => Code.Binary("/", Constant(1, type), a[0]),
            "min" or "max" => Extreme(op, a),
            "abs" => type.Element == ElementType.U32 ? a[0] : Call(type, "Abs", a),
            "exp" or "log" or "tanh" or "erf" or "sin" or "cos" or "rsqrt" => Code.Lanes($"Map<{External.LaneFunctions}.{Names.Pascal(op.Operation.Name)}>", a),
            "pow" => Code.Lanes("Pow", a),
            "sqrt" => Call(type, "Sqrt", a),
            "floor" => isFloat ? Call(type, "Floor", a) : a[0],
            "round" => isFloat ? Call(type, "Round", a) : a[0],
            "fma" => isFloat ? Call(type, "FusedMultiplyAdd", a) : Code.Binary("+", Code.Binary("*", a[0], a[1]), a[2]),
            "shl" => Shift(op, a, "<<", "ShiftLeft"),
            "shr" => Shift(op, a, ">>", "ShiftRight"),
            "bitand" => Code.Binary("&", a[0], a[1]),
            "bitor" => Code.Binary("|", a[0], a[1]),
            "dot4" => Code.Lanes("Dot4", a),
            "dot2" => Code.Lanes("Dot2", a),
            "ctz" => Code.Lanes("TrailingZeros", a),
            _ => throw new CompilerBugException($"the C# backend cannot spell the operation '{op.Operation.Name}' of {type}"),
        };
    }

    private static Code Divide(LoopExpr.Op op, Code[] a) => op.Type.Element.IsFloat() ? Code.Binary("/", a[0], a[1])
        : ScalarWriter.PowerOfTwo(op.Children[1]) is { } bits ? Code.Binary(">>", a[0], new(CSharpTypes.Digits(bits)))
        : Code.Lanes("FloorDiv", a);

    private static Code Modulo(LoopExpr.Op op, Code[] a) => op.Type.Element switch
    {
        { } element when element.IsInteger() && ScalarWriter.PowerOfTwo(op.Children[1]) is { } bits => Code.Binary("&", a[0], Constant((1L << bits) - 1, op.Type)),
        _ => Code.Lanes("FloorMod", a),
    };

    // minps and maxps give the second operand when one is NaN, which is what min and max of the loop IR mean; the library's do not.
    private Code Extreme(LoopExpr.Op op, Code[] a)
    {
        var name = op.Operation.Name == "min" ? "Min" : "Max";
        if (!op.Type.Element.IsFloat())
        {
            return Call(op.Type, name, a);
        }

        return scope.Target.Name switch
        {
            "avx512" or "avx2" when CSharpTypes.Width(op.Type) == 256 => Code.Call(External.Avx + "." + name, a),
            "avx512" when CSharpTypes.Width(op.Type) == 512 => Code.Call(External.Avx512F + "." + name, a),
            _ => Code.Lanes(name, a),
        };
    }

    private Code Shift(LoopExpr.Op op, Code[] a, string symbol, string function) => op.Children[1] switch
    {
        LoopExpr.Const constant => Code.Binary(symbol, a[0], new(CSharpTypes.Digits((long)constant.Value))),
        LoopExpr.Splat { Children: [LoopExpr.Const constant] } => Code.Binary(symbol, a[0], new(CSharpTypes.Digits((long)constant.Value))),
        LoopExpr.Splat { Children: [{ Type.Element: ElementType.I32 } count] } => Code.Binary(symbol, a[0], scalars.Write(count)),
        _ => Code.Lanes(function, a),
    };

    // ----------------------------------------------------------------------------------------------------- conversions

    private Code Cast(LoopExpr.Cast cast)
    {
        var operand = cast.Children[0];
        var type = cast.Type;
        if (operand.Type.Element == ElementType.Bool)
        {
            return Direct(type.Element)
                ? Call(type, "ConditionalSelect", Masks.Write(operand, type.Element), Constant(1, type), Constant(0, type))
                : Convert(Cast(new LoopExpr.Cast(ElementType.I32, operand)), ElementType.I32, type);
        }

        return Convert(Write(operand), operand.Type.Element, type);
    }

    private static bool Direct(ElementType element) => element is not (ElementType.F16 or ElementType.BF16);

    private static Code Convert(Code value, ElementType from, LoopType to)
    {
        if (from == to.Element)
        {
            return value;
        }

        var hub = from switch
        {
            ElementType.U8 or ElementType.I8 or ElementType.I16 or ElementType.U16 => ElementType.I32,
            ElementType.F16 or ElementType.BF16 => ElementType.F32,
            _ => from,
        };
        if (hub == from)
        {
            return Wide(value, from, to);
        }

        var wide = "x" + CSharpTypes.Digits(Math.Max(4, to.Lanes));
        var step = from switch
        {
            ElementType.F16 => Code.Lanes("HalfToSingle" + wide, value),
            ElementType.BF16 => Code.Lanes("BFloat16ToSingle" + wide, value),
            _ => Code.Lanes("ToInt32" + wide, value),
        };
        return Convert(step, hub, to);
    }

    // From i32, u32, i64, f32 or f64, perhaps in several steps.
    private static Code Wide(Code value, ElementType from, LoopType to)
    {
        Code Via(ElementType middle) => Convert(Wide(value, from, to with { Element = middle }), middle, to);
        return (from, to.Element) switch
        {
            (ElementType.F32, ElementType.F16) => Code.Lanes("SingleToHalf", value),
            (ElementType.F32, ElementType.BF16) => Code.Lanes("SingleToBFloat16", value),
            (ElementType.F64, ElementType.F16) => Code.Lanes("DoubleToHalf", value),
            (ElementType.F64, ElementType.BF16) => Code.Lanes("DoubleToBFloat16", value),
            (_, ElementType.F16 or ElementType.BF16) => Via(from == ElementType.I32 && to.Element == ElementType.F16 ? ElementType.F32 : ElementType.F64),
            (ElementType.I32, ElementType.U8 or ElementType.I8 or ElementType.I16 or ElementType.U16) => Code.Lanes("To" + CSharpTypes.Library(to.Element), value),
            (_, ElementType.U8 or ElementType.I8 or ElementType.I16 or ElementType.U16) => Via(ElementType.I32),
            (ElementType.I32 or ElementType.U32, ElementType.F32) => Call(to, "ConvertToSingle", value),
            (ElementType.F32, ElementType.I32) => Call(to, "ConvertToInt32", value),
            (ElementType.F32, ElementType.U32) => Call(to, "ConvertToUInt32", value),
            (ElementType.I32, ElementType.U32) => Call(to, "Max", value, new Code(CSharpTypes.Vector(to with { Element = ElementType.I32 }) + ".Zero")).Member("AsUInt32()"),
            (ElementType.U32, ElementType.I32) => Call(to, "Min", value, Call(to, "Create", new Code("(uint)int.MaxValue"))).Member("AsInt32()"),
            (ElementType.I32 or ElementType.U32, ElementType.I64) => Widen("ToInt64", value, from, to),
            (ElementType.F32, ElementType.F64) => Widen("ToDouble", value, from, to),
            (ElementType.F64, ElementType.F32) => Code.Lanes("ToSingle", value),
            (ElementType.I64, ElementType.I32) => Code.Lanes("ToInt32", value),
            (ElementType.I64, ElementType.U32) => Code.Lanes("ToUInt32", value),
            (ElementType.I64, ElementType.F64) => Call(to, "ConvertToDouble", value),
            (ElementType.F64, ElementType.I64) => Call(to, "ConvertToInt64", value),
            (ElementType.I32 or ElementType.U32, ElementType.F64) => Via(ElementType.I64),
            (ElementType.F64, ElementType.I32 or ElementType.U32) => Via(ElementType.I64),
            (ElementType.F32, ElementType.I64) => Via(ElementType.F64),
            (ElementType.I64, ElementType.F32) => Via(ElementType.F64),
            _ => throw new CompilerBugException($"the C# backend cannot convert {from.Name()} to {to}"),
        };
    }

    // Two lanes of 32 bits lie in the lower half of a register, so that their doubles fill one.
    private static Code Widen(string function, Code value, ElementType from, LoopType to) => CSharpTypes.Part(to with { Element = from }) is null
        ? Code.Lanes(function, value)
        : from == ElementType.U32 ? Code.Call(External.VectorClass(128) + ".WidenLower", value).Member("AsInt64()") : Code.Call(External.VectorClass(128) + ".WidenLower", value);
}
