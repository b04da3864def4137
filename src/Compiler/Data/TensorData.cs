using System.Collections.Immutable;
using System.Globalization;
using SparseDsl.Dsl;

namespace SparseDsl.Compiler.Data;

/// <summary>
/// An immutable dense tensor: element type, shape and little-endian row-major bytes. It carries weights and
/// constants into the compiler and inputs and outputs through files; it has no arithmetic.
/// </summary>
/// <remarks>
/// A tensor holds at most <see cref="int.MaxValue"/> bytes. A scalar has rank 0 and one element.
/// A <see cref="ElementType.Bool"/> element is one byte, 0 or 1.
/// </remarks>
public sealed class TensorData
{
    private readonly byte[] _bytes;

    /// <summary>Wraps bytes that are already little-endian and row-major, without copying them.</summary>
    /// <param name="type">Element type.</param>
    /// <param name="shape">Extent of each dimension; empty for a scalar.</param>
    /// <param name="bytes">The elements. The tensor owns this array from now on: the caller must not write to it.</param>
    /// <exception cref="ArgumentException">The bytes do not have the length the type and shape ask for.</exception>
    public TensorData(ElementType type, IEnumerable<int> shape, byte[] bytes)
    {
        _bytes = bytes;
        Type = type;
        Shape = [.. shape];
        Count = ElementCount(Shape);
        if ((long)Count * type.Size() != bytes.Length)
        {
            throw new ArgumentException($"{this} needs {(long)Count * type.Size()} bytes, not {bytes.Length}", nameof(bytes));
        }
    }

    /// <summary>Element type.</summary>
    public ElementType Type { get; }

    /// <summary>Extent of each dimension, outermost first; empty for a scalar.</summary>
    public ImmutableArray<int> Shape { get; }

    /// <summary>Number of dimensions.</summary>
    public int Rank => Shape.Length;

    /// <summary>Number of elements.</summary>
    public int Count { get; }

    /// <summary>Number of bytes.</summary>
    public int ByteLength => _bytes.Length;

    /// <summary>The elements, little-endian and row-major.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>The same as <see cref="Bytes"/>, to be kept.</summary>
    public ReadOnlyMemory<byte> Memory => _bytes;

    /// <summary>An f32 tensor; the values are copied.</summary>
    public static TensorData FromFloats(float[] values, params int[] shape) =>
        new(ElementType.F32, shape, Copy(values, sizeof(float)));

    /// <summary>An f64 tensor; the values are copied.</summary>
    public static TensorData FromDoubles(double[] values, params int[] shape) =>
        new(ElementType.F64, shape, Copy(values, sizeof(double)));

    /// <summary>An i32 tensor; the values are copied.</summary>
    public static TensorData FromInt32s(int[] values, params int[] shape) =>
        new(ElementType.I32, shape, Copy(values, sizeof(int)));

    /// <summary>An i64 tensor; the values are copied.</summary>
    public static TensorData FromInt64s(long[] values, params int[] shape) =>
        new(ElementType.I64, shape, Copy(values, sizeof(long)));

    /// <summary>The element at a row-major position, as a double.</summary>
    public double GetDouble(int index)
    {
        CheckIndex(index);
        return Type.IsFloat() ? ElementCodec.ReadDouble(Type, _bytes, index) : ElementCodec.ReadInt64(Type, _bytes, index);
    }

    /// <summary>
    /// The element at a row-major position, as a long. A floating value is truncated towards zero and
    /// saturated; NaN gives 0.
    /// </summary>
    public long GetInt64(int index)
    {
        CheckIndex(index);
        return Type.IsFloat()
            ? ElementCodec.Truncate(ElementCodec.ReadDouble(Type, _bytes, index))
            : ElementCodec.ReadInt64(Type, _bytes, index);
    }

    /// <summary>All elements as floats, row-major, in a new array.</summary>
    public float[] ToFloats()
    {
        var result = new float[Count];
        if (Type == ElementType.F32)
        {
            Buffer.BlockCopy(_bytes, 0, result, 0, _bytes.Length);
            return result;
        }

        for (var i = 0; i < result.Length; i++)
        {
            result[i] = (float)GetDouble(i);
        }

        return result;
    }

    /// <summary>All elements as doubles, row-major, in a new array.</summary>
    public double[] ToDoubles()
    {
        var result = new double[Count];
        for (var i = 0; i < result.Length; i++)
        {
            result[i] = GetDouble(i);
        }

        return result;
    }

    /// <summary>All elements as longs, row-major, in a new array; see <see cref="GetInt64"/> for floating types.</summary>
    public long[] ToInt64s()
    {
        var result = new long[Count];
        for (var i = 0; i < result.Length; i++)
        {
            result[i] = GetInt64(i);
        }

        return result;
    }

    /// <summary>A copy of the elements, little-endian and row-major.</summary>
    public byte[] ToBytes() => (byte[])_bytes.Clone();

    /// <summary>
    /// The same tensor with another element type. To a floating type values round to nearest, ties to even; to an
    /// integer type they truncate towards zero and saturate, and NaN gives 0; to bool anything but 0 is 1.
    /// </summary>
    public TensorData ConvertTo(ElementType type)
    {
        if (type == Type)
        {
            return this;
        }

        var result = new byte[checked(Count * type.Size())];
        for (var i = 0; i < Count; i++)
        {
            ConvertElement(i, type, result);
        }

        return new TensorData(type, Shape, result);
    }

    /// <summary>The same elements under another shape; the bytes are shared.</summary>
    /// <exception cref="ArgumentException">The new shape has another number of elements.</exception>
    public TensorData Reshape(params int[] newShape) => new(Type, newShape, _bytes);

    /// <summary>Number of elements that are not zero; negative zero counts as zero, NaN does not.</summary>
    public int CountNonZeros()
    {
        var count = 0;
        for (var i = 0; i < Count; i++)
        {
            count += GetDouble(i) != 0 ? 1 : 0;
        }

        return count;
    }

    /// <summary>Type and shape, as in <c>f32[64, 784]</c>.</summary>
    public override string ToString() =>
        Type.Name() + "[" + string.Join(", ", Shape.Select(d => d.ToString(CultureInfo.InvariantCulture))) + "]";

    private static int ElementCount(ImmutableArray<int> shape)
    {
        long count = 1;
        foreach (var extent in shape)
        {
            if (extent < 0)
            {
                throw new ArgumentException("a dimension is negative", nameof(shape));
            }

            count = checked(count * extent);
        }

        return checked((int)count);
    }

    private static byte[] Copy<T>(T[] values, int elementSize)
    {
        var result = new byte[checked(values.Length * elementSize)];
        Buffer.BlockCopy(values, 0, result, 0, result.Length);
        return result;
    }

    private void ConvertElement(int index, ElementType type, byte[] target)
    {
        if (type.IsFloat() || type == ElementType.Bool)
        {
            ElementCodec.WriteDouble(type, target, index, GetDouble(index));
        }
        else
        {
            ElementCodec.WriteInt64(type, target, index, GetInt64(index));
        }
    }

    private void CheckIndex(int index)
    {
        if ((uint)index >= (uint)Count)
        {
            throw new ArgumentOutOfRangeException(nameof(index));
        }
    }
}
