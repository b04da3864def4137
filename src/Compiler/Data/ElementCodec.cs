using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Data;

/// <summary>Reads and writes single elements of little-endian storage. The caller checks the bounds.</summary>
internal static class ElementCodec
{
    public static double ReadDouble(ElementType type, byte[] bytes, int index) => type switch
    {
        ElementType.F16 => SmallFloat.HalfToSingle(BitConverter.ToUInt16(bytes, 2 * index)),
        ElementType.BF16 => SmallFloat.BFloat16ToSingle(BitConverter.ToUInt16(bytes, 2 * index)),
        ElementType.F32 => BitConverter.ToSingle(bytes, 4 * index),
        ElementType.F64 => BitConverter.ToDouble(bytes, 8 * index),
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };

    public static long ReadInt64(ElementType type, byte[] bytes, int index) => type switch
    {
        ElementType.Bool => bytes[index] != 0 ? 1 : 0,
        ElementType.U8 => bytes[index],
        ElementType.I8 => (sbyte)bytes[index],
        ElementType.I16 => BitConverter.ToInt16(bytes, 2 * index),
        ElementType.U16 => BitConverter.ToUInt16(bytes, 2 * index),
        ElementType.I32 => BitConverter.ToInt32(bytes, 4 * index),
        ElementType.U32 => BitConverter.ToUInt32(bytes, 4 * index),
        ElementType.I64 => BitConverter.ToInt64(bytes, 8 * index),
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };

    public static void WriteDouble(ElementType type, byte[] bytes, int index, double value)
    {
        switch (type)
        {
            case ElementType.Bool:
                bytes[index] = value != 0 ? (byte)1 : (byte)0;
                break;
            case ElementType.F16:
                WriteBits(bytes, 2 * index, 2, SmallFloat.DoubleToHalf(value));
                break;
            case ElementType.BF16:
                WriteBits(bytes, 2 * index, 2, SmallFloat.DoubleToBFloat16(value));
                break;
            case ElementType.F32:
                WriteBits(bytes, 4 * index, 4, SmallFloat.SingleToBits((float)value));
                break;
            case ElementType.F64:
                WriteBits(bytes, 8 * index, 8, BitConverter.DoubleToInt64Bits(value));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type));
        }
    }

    /// <summary>Writes an integer element, saturating at the ends of its type.</summary>
    public static void WriteInt64(ElementType type, byte[] bytes, int index, long value)
    {
        var size = type.Size();
        WriteBits(bytes, size * index, size, IntegerArithmetic.Saturate(value, type));
    }

    public static long Truncate(double value) => IntegerArithmetic.Saturate(value, ElementType.I64);

    private static void WriteBits(byte[] bytes, int offset, int size, long bits)
    {
        for (var i = 0; i < size; i++)
        {
            bytes[offset + i] = (byte)(bits >> (8 * i));
        }
    }
}
