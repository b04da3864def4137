using SparseDsl.Compiler;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Backends.Llvm.Emit;

/// <content>Conversions: integers saturate, NaN gives 0, halves round to nearest even. The 16-bit floating types are bits, converted by integer arithmetic.</content>
internal partial class ValueWriter
{
    private string BitCast(string value, LoopType source, LoopType to)
    {
        var (bits, target) = (LlvmTypes.Of(source), LlvmTypes.Of(to));
        return bits == target ? value : f.Set($"bitcast {bits} {value} to {target}");
    }

    private string Cast(LoopExpr.Cast cast)
    {
        var (operand, value) = (cast.Children[0].Type, Write(cast.Children[0]));

        // A vector of i64 goes through double precision, a scalar directly: so has C#, and the results differ in the last place.
        return operand is { Element: ElementType.I64, Lanes: > 1 } && cast.Type.Element == ElementType.F32
            ? Convert(Convert(value, Held(operand), ElementType.F64), Held(operand) with { Element = ElementType.F64 }, ElementType.F32)
            : Convert(value, Held(operand), cast.Type.Element);
    }

    /// <summary>The value as another type.</summary>
    private string Convert(string value, LoopType source, ElementType element)
    {
        var to = source with { Element = element };
        return source.Element == element ? value : source.Element switch
        {
            ElementType.Bool => FromBool(value, to),
            ElementType.U8 or ElementType.U16 => Convert(Cast("zext", value, source, ElementType.I32), source with { Element = ElementType.I32 }, element),
            ElementType.I8 or ElementType.I16 => Convert(Cast("sext", value, source, ElementType.I32), source with { Element = ElementType.I32 }, element),
            ElementType.F16 => Convert(HalfToSingle(value, source.Lanes), source with { Element = ElementType.F32 }, element),
            ElementType.BF16 => Convert(BFloat16ToSingle(value, source.Lanes), source with { Element = ElementType.F32 }, element),
            _ => ToOther(value, source, element),
        };
    }

    private string FromBool(string value, LoopType to) => to.Element switch
    {
        ElementType.F32 or ElementType.F64 => Cast("uitofp", value, to with { Element = ElementType.Bool }, to.Element),
        ElementType.F16 or ElementType.BF16 => f.Set(
            $"select {LlvmTypes.Vector("i1", to.Lanes)} {value}, {LlvmTypes.Of(to)} {LlvmTypes.Constant(1, to)}, {LlvmTypes.Of(to)} {LlvmTypes.Constant(0, to)}"),
        _ => Cast("zext", value, to with { Element = ElementType.Bool }, to.Element),
    };

    // From i32, u32, i64, f32 or f64.
    private string ToOther(string value, LoopType source, ElementType to)
    {
        var isFloat = LlvmTypes.IsFloat(source.Element);
        string Via(ElementType middle) => Convert(Convert(value, source, middle), source with { Element = middle }, to);
        return to switch
        {
            ElementType.Bool => Compare("ne", source, value, LlvmTypes.Constant(0, source)),
            ElementType.F16 => source.Element == ElementType.F32 ? SingleToHalf(value, source.Lanes) : DoubleToHalf(Convert(value, source, ElementType.F64), source.Lanes),
            ElementType.BF16 => source.Element == ElementType.F32 ? SingleToBFloat16(value, source.Lanes) : SingleToBFloat16(RoundToOdd(Convert(value, source, ElementType.F64), source.Lanes), source.Lanes),
            ElementType.U8 or ElementType.I8 or ElementType.I16 or ElementType.U16 => source.Element == ElementType.I32 ? Narrow(value, source, to) : Via(ElementType.I32),
            ElementType.F32 when source.Element == ElementType.F64 => Cast("fptrunc", value, source, to),
            ElementType.F64 when source.Element == ElementType.F32 => Cast("fpext", value, source, to),

            ElementType.F32 or ElementType.F64 => Cast(source.Element == ElementType.U32 ? "uitofp" : "sitofp", value, source, to),
            _ when isFloat => Truncate(value, source, to),
            ElementType.I64 => Cast(source.Element == ElementType.U32 ? "zext" : "sext", value, source, to),
            _ when source.Element == ElementType.I64 => Narrow(value, source, to),
            ElementType.U32 => Arithmetic("max", source, value, LlvmTypes.Constant(0, source)),
            ElementType.I32 => Arithmetic("min", source, value, LlvmTypes.Constant(int.MaxValue, source)),
            _ => throw new CompilerBugException($"the LLVM backend cannot convert {source} to {to.Name()}"),
        };
    }

    private string Cast(string instruction, string value, LoopType source, ElementType to) =>
        f.Set($"{instruction} {LlvmTypes.Of(source)} {value} to {LlvmTypes.Of(source with { Element = to })}");

    // To the nearest value of a shorter integer type.
    private string Narrow(string value, LoopType source, ElementType to)
    {
        var (low, high) = IntegerArithmetic.Range(to);
        var element = LlvmTypes.Register(source.Element);
        var t = LlvmTypes.Of(source);
        var suffix = LlvmTypes.Suffix(source);
        var above = f.Call(t, "llvm.smax." + suffix, $"{t} {value}", $"{t} {LlvmTypes.Integer(low, element, source.Lanes)}");
        var inside = f.Call(t, "llvm.smin." + suffix, $"{t} {above}", $"{t} {LlvmTypes.Integer(high, element, source.Lanes)}");
        return Cast("trunc", inside, source, to);
    }

    // A float to an integer. The saturating intrinsic is one instruction on ARM, and a hundred on x64: there, values outside are replaced on both sides.
    private string Truncate(string value, LoopType source, ElementType element)
    {
        var to = source with { Element = element };
        var (t, target, bools) = (LlvmTypes.Of(source), LlvmTypes.Of(to), LlvmTypes.Vector("i1", source.Lanes));
        var unsigned = element == ElementType.U32;
        if (Cpu.Architecture == LlvmArchitecture.Arm64)
        {
            return f.Call(target, $"llvm.fpto{(unsigned ? 'u' : 's')}i.sat.{LlvmTypes.Suffix(to)}.{LlvmTypes.Suffix(source)}", $"{t} {value}");
        }

        var (low, high) = IntegerArithmetic.Range(element);
        var limit = unsigned ? 4294967296.0 : element == ElementType.I32 ? 2147483648.0 : 9223372036854775808.0;
        var lowest = LlvmTypes.Constant(low, source);
        var isAbove = f.Set($"fcmp ogt {t} {value}, {lowest}");
        var above = f.Set($"select {bools} {isAbove}, {t} {value}, {t} {lowest}");
        var isBelow = f.Set($"fcmp olt {t} {above}, {LlvmTypes.Constant(limit, source)}");
        var inside = f.Set($"select {bools} {isBelow}, {t} {above}, {t} {lowest}");
        var number = f.Set($"fpto{(unsigned ? 'u' : 's')}i {t} {inside} to {target}");
        var saturated = f.Set($"select {bools} {isBelow}, {target} {number}, {target} {LlvmTypes.Integer(high, LlvmTypes.Register(element), source.Lanes)}");
        var isNumber = f.Set($"fcmp ord {t} {value}, {value}");
        return f.Set($"select {bools} {isNumber}, {target} {saturated}, {target} {LlvmTypes.Constant(0, to)}");
    }

    // ------------------------------------------------------------------------------------------------ 16-bit floating types

    private string BFloat16ToSingle(string value, int lanes)
    {
        var i = LlvmTypes.Vector("i32", lanes);
        var wide = f.Set($"zext {LlvmTypes.Vector("i16", lanes)} {value} to {i}");
        return f.Set($"bitcast {i} {f.Set($"shl {i} {wide}, {Int(16, lanes)}")} to {LlvmTypes.Vector("float", lanes)}");
    }

    private string HalfToSingle(string value, int lanes)
    {
        var (i, s, bools) = (LlvmTypes.Vector("i32", lanes), LlvmTypes.Vector("float", lanes), LlvmTypes.Vector("i1", lanes));
        var bits = f.Set($"zext {LlvmTypes.Vector("i16", lanes)} {value} to {i}");
        var sign = f.Set($"shl {i} {f.Set($"and {i} {bits}, {Int(0x8000, lanes)}")}, {Int(16, lanes)}");
        var magnitude = f.Set($"shl {i} {f.Set($"and {i} {bits}, {Int(0x7fff, lanes)}")}, {Int(13, lanes)}");

        // Read as a single the exponent is 112 too small; the product is exact and normalises subnormals.
        var scaled = f.Set($"fmul {s} {f.Set($"bitcast {i} {magnitude} to {s}")}, {LlvmTypes.Single(5.192296858534828e33f, lanes)}");
        var isSpecial = f.Set($"icmp uge {i} {magnitude}, {Int(0x0f800000, lanes)}");
        var special = f.Set($"or {i} {magnitude}, {Int(0x7f800000, lanes)}");
        var result = f.Set($"select {bools} {isSpecial}, {i} {special}, {i} {f.Set($"bitcast {s} {scaled} to {i}")}");
        return f.Set($"bitcast {i} {f.Set($"or {i} {result}, {sign}")} to {s}");
    }

    // NaN becomes the quiet NaN without payload.
    private string SingleToHalf(string value, int lanes)
    {
        var (i, s, bools) = (LlvmTypes.Vector("i32", lanes), LlvmTypes.Vector("float", lanes), LlvmTypes.Vector("i1", lanes));
        var raw = f.Set($"bitcast {s} {value} to {i}");
        var sign = f.Set($"and {i} {f.Set($"lshr {i} {raw}, {Int(16, lanes)}")}, {Int(0x8000, lanes)}");
        var bits = f.Set($"and {i} {raw}, {Int(0x7fffffff, lanes)}");
        var magnitude = f.Set($"bitcast {i} {bits} to {s}");

        // Normal: rebias, round to even by carry. Subnormal: adding 0.5 lines the last bit up with 2^-24 and rounds.
        var last = f.Set($"and {i} {f.Set($"lshr {i} {bits}, {Int(13, lanes)}")}, {Int(1, lanes)}");
        var rebiased = f.Set($"add {i} {f.Set($"add {i} {bits}, {Int(0xfff - 0x38000000L, lanes)}")}, {last}");
        var normal = f.Set($"lshr {i} {rebiased}, {Int(13, lanes)}");
        var lined = f.Set($"bitcast {s} {f.Set($"fadd {s} {magnitude}, {LlvmTypes.Single(0.5f, lanes)}")} to {i}");
        var subnormal = f.Set($"sub {i} {lined}, {Int(0x3f000000, lanes)}");
        var isSmall = f.Set($"fcmp olt {s} {magnitude}, {LlvmTypes.Single(6.103515625e-05f, lanes)}");
        var isLarge = f.Set($"fcmp oge {s} {magnitude}, {LlvmTypes.Single(65520f, lanes)}");
        var finite = f.Set($"select {bools} {isSmall}, {i} {subnormal}, {i} {normal}");
        var half = f.Set($"select {bools} {isLarge}, {i} {Int(0x7c00, lanes)}, {i} {finite}");
        var number = f.Set($"select {bools} {f.Set($"fcmp ord {s} {value}, {value}")}, {i} {half}, {i} {Int(0x7e00, lanes)}");
        return f.Set($"trunc {i} {f.Set($"or {i} {number}, {sign}")} to {LlvmTypes.Vector("i16", lanes)}");
    }

    private string SingleToBFloat16(string value, int lanes)
    {
        var (i, s) = (LlvmTypes.Vector("i32", lanes), LlvmTypes.Vector("float", lanes));
        var raw = f.Set($"bitcast {s} {value} to {i}");
        var high = f.Set($"lshr {i} {raw}, {Int(16, lanes)}");
        var carry = f.Set($"add {i} {f.Set($"and {i} {high}, {Int(1, lanes)}")}, {Int(0x7fff, lanes)}");
        var rounded = f.Set($"lshr {i} {f.Set($"add {i} {raw}, {carry}")}, {Int(16, lanes)}");
        var quiet = f.Set($"or {i} {f.Set($"and {i} {high}, {Int(0x8000, lanes)}")}, {Int(0x7fc0, lanes)}");
        var isNumber = f.Set($"fcmp ord {s} {value}, {value}");
        return f.Set($"trunc {i} {f.Set($"select {LlvmTypes.Vector("i1", lanes)} {isNumber}, {i} {rounded}, {i} {quiet}")} to {LlvmTypes.Vector("i16", lanes)}");
    }

    private string DoubleToHalf(string value, int lanes) => SingleToHalf(RoundToOdd(value, lanes), lanes);

    // A double as a single whose last bit says whether anything was cut off, so that the second rounding sees what the first did.
    private string RoundToOdd(string value, int lanes)
    {
        var (d, s, i, bools) = (LlvmTypes.Vector("double", lanes), LlvmTypes.Vector("float", lanes), LlvmTypes.Vector("i32", lanes), LlvmTypes.Vector("i1", lanes));
        var single = f.Set($"fptrunc {d} {value} to {s}");
        var back = f.Set($"fpext {s} {single} to {d}");
        var bits = f.Set($"bitcast {s} {single} to {i}");
        var magnitude = f.Call(d, "llvm.fabs." + LlvmTypes.Suffix("double", lanes), $"{d} {value}");
        var rounded = f.Call(d, "llvm.fabs." + LlvmTypes.Suffix("double", lanes), $"{d} {back}");
        var isAbove = f.Set($"zext {bools} {f.Set($"fcmp ogt {d} {rounded}, {magnitude}")} to {i}");
        var odd = f.Set($"or {i} {f.Set($"sub {i} {bits}, {isAbove}")}, {Int(1, lanes)}");
        var isInexact = f.Set($"fcmp one {d} {back}, {value}");
        var isFinite = f.Set($"fcmp olt {d} {rounded}, {LlvmTypes.Constant(double.PositiveInfinity, new LoopType(ElementType.F64, lanes))}");
        var chosen = f.Set($"select {bools} {f.Set($"and {bools} {isInexact}, {isFinite}")}, {i} {odd}, {i} {bits}");
        return f.Set($"bitcast {i} {chosen} to {s}");
    }

    // Wrapped to 32 bits.
    private static string Int(long value, int lanes) => LlvmTypes.Integer(unchecked((int)value), "i32", lanes);
}
