namespace SparseDsl.Dsl;

/// <summary>The type of one element of a tensor, in memory and in scalar expressions.</summary>
public enum ElementType
{
    /// <summary>One byte, 0 or 1.</summary>
    Bool,

    /// <summary>Unsigned 8-bit integer.</summary>
    U8,

    /// <summary>Signed 8-bit integer.</summary>
    I8,

    /// <summary>Signed 16-bit integer; storage of compact coordinates and of imported files only.</summary>
    I16,

    /// <summary>Unsigned 16-bit integer; storage of compact coordinates and of imported files only.</summary>
    U16,

    /// <summary>Signed 32-bit integer; the type of indices.</summary>
    I32,

    /// <summary>Unsigned 32-bit integer; bitmask words.</summary>
    U32,

    /// <summary>Signed 64-bit integer.</summary>
    I64,

    /// <summary>IEEE 754 binary16.</summary>
    F16,

    /// <summary>bfloat16: the upper half of a binary32.</summary>
    BF16,

    /// <summary>IEEE 754 binary32; what kernels compute in unless told otherwise.</summary>
    F32,

    /// <summary>IEEE 754 binary64; the oracle's type.</summary>
    F64,
}

/// <summary>Names and sizes of element types.</summary>
public static class ElementTypes
{
    private static readonly (ElementType Type, string Name, int Size)[] Rows =
    [
        (ElementType.Bool, "bool", 1), (ElementType.U8, "u8", 1), (ElementType.I8, "i8", 1),
        (ElementType.I16, "i16", 2), (ElementType.U16, "u16", 2), (ElementType.I32, "i32", 4),
        (ElementType.U32, "u32", 4), (ElementType.I64, "i64", 8), (ElementType.F16, "f16", 2),
        (ElementType.BF16, "bf16", 2), (ElementType.F32, "f32", 4), (ElementType.F64, "f64", 8),
    ];

    /// <summary>Every element type, in declaration order.</summary>
    public static IReadOnlyList<ElementType> All { get; } = [.. Rows.Select(r => r.Type)];

    /// <summary>All names, as messages list them.</summary>
    internal static string Hint { get; } = "element types are " + string.Join(", ", Rows.Select(r => r.Name));

    /// <summary>Whether a name was probably meant as an element type: <c>f99</c>, <c>float32</c>.</summary>
    internal static bool IsLike(string name)
    {
        var letters = name.TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9');
        return letters is "float" or "double" or "half" or "int" or "uint" or "bfloat"
            || (letters is "f" or "i" or "u" or "bf" && name.Length - letters.Length >= 2);
    }

    /// <summary>Bytes of one element.</summary>
    public static int Size(this ElementType type) => Rows[(int)type].Size;

    /// <summary>The name in the language and in both IRs: <c>f32</c>.</summary>
    public static string Name(this ElementType type) => Rows[(int)type].Name;

    /// <summary>Whether values are floating point.</summary>
    public static bool IsFloat(this ElementType type) => type >= ElementType.F16;

    /// <summary>Whether values are integers (not <c>bool</c>).</summary>
    public static bool IsInteger(this ElementType type) => type is > ElementType.Bool and < ElementType.F16;

    /// <summary>The element type a name spells, or null.</summary>
    public static ElementType? Parse(string name)
    {
        foreach (var row in Rows)
        {
            if (row.Name == name)
            {
                return row.Type;
            }
        }

        return null;
    }
}
