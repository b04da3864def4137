using System.Globalization;
using SparseDsl.Compiler;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Backends.CSharp.Emit;

/// <summary>C# types and literals of loop IR values.</summary>
internal static class CSharpTypes
{
    /// <summary>The type of a scalar in a register. The 16-bit floating types are held as their bits.</summary>
    public static string Scalar(ElementType element) => element == ElementType.Bool ? "bool" : Memory(element);

    /// <summary>The type of an element in memory.</summary>
    public static string Memory(ElementType element) => element switch
    {
        ElementType.Bool or ElementType.U8 => "byte",
        ElementType.I8 => "sbyte",
        ElementType.I16 => "short",
        ElementType.U16 or ElementType.F16 or ElementType.BF16 => "ushort",
        ElementType.I32 => "int",
        ElementType.U32 => "uint",
        ElementType.I64 => "long",
        ElementType.F32 => "float",
        _ => "double",
    };

    /// <summary>The type of an element in spans of the public interface.</summary>
    public static string Public(ElementType element) => element switch
    {
        ElementType.Bool => "bool",
        ElementType.F16 => External.Half,
        _ => Memory(element),
    };

    /// <summary>The library's name of a type, as in <c>AsInt32</c>.</summary>
    public static string Library(ElementType element) => element switch
    {
        ElementType.Bool or ElementType.U8 => "Byte",
        ElementType.I8 => "SByte",
        ElementType.I16 => "Int16",
        ElementType.U16 or ElementType.F16 or ElementType.BF16 => "UInt16",
        ElementType.I32 => "Int32",
        ElementType.U32 => "UInt32",
        ElementType.I64 => "Int64",
        ElementType.F32 => "Single",
        _ => "Double",
    };

    /// <summary>The signed integer with this many bytes: what masks are made of.</summary>
    public static ElementType MaskElement(int size) => size switch
    {
        1 => ElementType.I8,
        2 => ElementType.I16,
        4 => ElementType.I32,
        _ => ElementType.I64,
    };

    /// <summary>Bits of the register that holds a vector: 128, 256 or 512. Shorter vectors fill the first lanes of 128.</summary>
    public static int Width(LoopType type)
    {
        var bits = 8 * type.Element.Size() * type.Lanes;
        return bits <= 128 ? 128 : bits <= 512 ? bits
            : throw new CompilerBugException($"the C# backend has no register for {type}: the vectoriser must choose at most 512 bits for every type in a loop");
    }

    /// <summary>The number of lanes when they do not fill a register, else null.</summary>
    public static int? Part(LoopType type) => 8 * type.Element.Size() * type.Lanes < 128 ? type.Lanes : null;

    /// <summary>The class of the functions over a type.</summary>
    public static string VectorClass(LoopType type) => External.VectorClass(Width(type));

    /// <summary>The type, under its alias.</summary>
    public static string Vector(LoopType type) => VectorClass(type) + Library(type.Element);

    /// <summary>A number of a scalar type; 16-bit floating types have no literals.</summary>
    public static Code Literal(double value, ElementType element) => element switch
    {
        ElementType.Bool => new(value != 0 ? "true" : "false"),
        ElementType.F32 => Single((float)value),
        ElementType.F64 => Double(value),
        ElementType.F16 => Code.Lanes("DoubleToHalf", Double(value)),
        ElementType.BF16 => Code.Lanes("DoubleToBFloat16", Double(value)),
        ElementType.I64 => Integer(IntegerArithmetic.Saturate(value, element), "L"),
        ElementType.U32 => Integer(IntegerArithmetic.Saturate(value, element), "u"),
        _ => Integer(IntegerArithmetic.Saturate(value, element), ""),
    };

    /// <summary>An integer in invariant digits.</summary>
    public static string Text(string value) => "\"" + value.Replace("\\", "\\\\").Replace("\"", "\\\"") + "\"";

    public static string Digits(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static Code Integer(long value, string suffix) => value switch
    {
        int.MinValue when suffix.Length == 0 => new("int.MinValue"),
        long.MinValue => new("long.MinValue"),
        _ => new(Digits(value) + suffix, value < 0 ? Binding.Unary : Binding.Primary),
    };

    private static Code Single(float value)
    {
        if (float.IsNaN(value) || float.IsInfinity(value))
        {
            return new("float." + Special(value));
        }

        // The shortest digits that read back the same; "R" is not reliable on every framework this runs on.
        for (var digits = 6; ; digits++)
        {
            var text = value.ToString("G" + Digits(digits), CultureInfo.InvariantCulture);
            if (digits == 9 || (float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var back) && back.Equals(value)))
            {
                return Signed(text, IsNegative(value), "f");
            }
        }
    }

    private static Code Double(double value)
    {
        if (double.IsNaN(value) || double.IsInfinity(value))
        {
            return new("double." + Special(value));
        }

        for (var digits = 15; ; digits++)
        {
            var text = value.ToString("G" + Digits(digits), CultureInfo.InvariantCulture);
            if (digits == 17 || (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var back) && back.Equals(value)))
            {
                return Signed(text, IsNegative(value), "d");
            }
        }
    }

    // .NET Framework prints negative zero without its sign.
    private static Code Signed(string text, bool negative, string suffix) =>
        new((negative && text[0] != '-' ? "-" : "") + text + suffix, negative ? Binding.Unary : Binding.Primary);

    private static bool IsNegative(double value) => BitConverter.DoubleToInt64Bits(value) < 0;

    private static string Special(double value) => double.IsNaN(value) ? "NaN" : value > 0 ? "PositiveInfinity" : "NegativeInfinity";
}
