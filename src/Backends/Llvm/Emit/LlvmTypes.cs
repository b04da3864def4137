using System.Globalization;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;
using SparseDsl.Runtime;

namespace SparseDsl.Backends.Llvm.Emit;

/// <summary>LLVM's types and constants of loop IR values.</summary>
internal static class LlvmTypes
{
    /// <summary>A scalar in a register. The 16-bit floating types are held as their bits.</summary>
    public static string Register(ElementType element) => element == ElementType.Bool ? "i1" : Memory(element);

    /// <summary>An element in memory.</summary>
    public static string Memory(ElementType element) => element switch
    {
        ElementType.Bool or ElementType.U8 or ElementType.I8 => "i8",
        ElementType.I16 or ElementType.U16 or ElementType.F16 or ElementType.BF16 => "i16",
        ElementType.I32 or ElementType.U32 => "i32",
        ElementType.I64 => "i64",
        ElementType.F32 => "float",
        _ => "double",
    };

    /// <summary>A value in a register: <c>&lt;16 x float&gt;</c>.</summary>
    public static string Of(LoopType type) => Vector(Register(type.Element), type.Lanes);

    /// <summary>Lanes of a type; the type itself for one.</summary>
    public static string Vector(string element, int lanes) => lanes == 1 ? element : $"<{Digits(lanes)} x {element}>";

    /// <summary>How intrinsics are called for a type: <c>v16f32</c>.</summary>
    public static string Suffix(LoopType type) => Suffix(Register(type.Element), type.Lanes);

    /// <summary>How intrinsics are called for lanes of a type: <c>v16f32</c>.</summary>
    public static string Suffix(string element, int lanes)
    {
        var scalar = element switch { "float" => "f32", "double" => "f64", "ptr" => "p0", _ => element };
        return lanes == 1 ? scalar : $"v{Digits(lanes)}{scalar}";
    }

    /// <summary>Whether arithmetic is on floating-point registers: not for types held as bits.</summary>
    public static bool IsFloat(ElementType element) => element is ElementType.F32 or ElementType.F64;

    /// <summary>A constant in every lane.</summary>
    public static string Constant(double value, LoopType type) => Repeat(Register(type.Element), Scalar(value, type.Element), type.Lanes);

    /// <summary>An integer constant in every lane of an LLVM type.</summary>
    public static string Integer(long value, string element, int lanes) => Repeat(element, Digits(value), lanes);

    /// <summary>A single in every lane.</summary>
    public static string Single(float value, int lanes) => Constant(value, new LoopType(ElementType.F32, lanes));

    /// <summary>start, start + step, … as a constant vector.</summary>
    public static string Sequence(string element, long start, long step, int lanes) =>
        "<" + string.Join(", ", Enumerable.Range(0, lanes).Select(i => $"{element} {Digits(start + (i * step))}")) + ">";

    /// <summary>The lanes of a shuffle.</summary>
    public static string Lanes(IEnumerable<int> lanes)
    {
        int[] list = [.. lanes];
        return $"<{Digits(list.Length)} x i32> <{string.Join(", ", list.Select(l => "i32 " + Digits(l)))}>";
    }

    public static string Digits(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Repeat(string element, string value, int lanes) => lanes == 1 ? value
        : value is "0" or "false" ? "zeroinitializer"
        : "<" + string.Join(", ", Enumerable.Repeat($"{element} {value}", lanes)) + ">";

    private static string Scalar(double value, ElementType element) => element switch
    {
        ElementType.Bool => value != 0 ? "true" : "false",
        ElementType.F32 => Hexadecimal((float)value),
        ElementType.F64 => Hexadecimal(value),
        ElementType.F16 => Digits(Runtime.Lanes.DoubleToHalf(value)),
        ElementType.BF16 => Digits(Runtime.Lanes.DoubleToBFloat16(value)),
        _ => Digits(IntegerArithmetic.Saturate(value, element)),
    };

    // LLVM writes singles as the double of the same value.
    private static string Hexadecimal(double value) => "0x" + BitConverter.DoubleToUInt64Bits(double.IsNaN(value) ? double.NaN : value).ToString("X16", CultureInfo.InvariantCulture);
}
