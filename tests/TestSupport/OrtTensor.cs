using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace SparseDsl.TestSupport;

/// <summary>A tensor on its way into or out of ONNX Runtime: row-major values of one element type.</summary>
/// <param name="Shape">The length of every dimension, outermost first; empty for a scalar.</param>
/// <param name="Values">
/// An array of <c>float</c>, <c>double</c>, <c>int</c>, <c>long</c>, <c>bool</c>, <c>byte</c>, <c>sbyte</c>, or <c>Half</c>.
/// </param>
public sealed record OrtTensor(IReadOnlyList<int> Shape, Array Values)
{
    /// <summary>The values of a float tensor.</summary>
    public float[] Floats => Of<float>();

    /// <summary>The values of an int64 tensor.</summary>
    public long[] Longs => Of<long>();

    /// <summary>The values as <typeparamref name="T"/>, which must be the element type.</summary>
    public T[] Of<T>() => Values as T[]
        ?? throw new InvalidOperationException($"the elements are {Values.GetType().GetElementType()}, not {typeof(T)}");

    internal OrtValue ToValue()
    {
        var shape = Shape.Select(length => (long)length).ToArray();
        return Values switch
        {
            float[] values => OrtValue.CreateTensorValueFromMemory(values, shape),
            double[] values => OrtValue.CreateTensorValueFromMemory(values, shape),
            int[] values => OrtValue.CreateTensorValueFromMemory(values, shape),
            long[] values => OrtValue.CreateTensorValueFromMemory(values, shape),
            bool[] values => OrtValue.CreateTensorValueFromMemory(values, shape),
            // An sbyte[] matches byte[] and the other way round, so the exact type decides.
            _ when Values.GetType() == typeof(byte[]) => OrtValue.CreateTensorValueFromMemory((byte[])Values, shape),
            _ when Values.GetType() == typeof(sbyte[]) => OrtValue.CreateTensorValueFromMemory((sbyte[])Values, shape),
            Half[] values => OrtValue.CreateTensorValueFromMemory(
                Array.ConvertAll(values, value => new Float16(BitConverter.HalfToUInt16Bits(value))), shape),
            _ => throw new NotSupportedException($"{Values.GetType().GetElementType()} is not an element type here"),
        };
    }

    internal static OrtTensor FromValue(OrtValue value)
    {
        var info = value.GetTensorTypeAndShape();
        return new OrtTensor([.. info.Shape.Select(length => (int)length)], info.ElementDataType switch
        {
            TensorElementType.Float => value.GetTensorDataAsSpan<float>().ToArray(),
            TensorElementType.Double => value.GetTensorDataAsSpan<double>().ToArray(),
            TensorElementType.Int32 => value.GetTensorDataAsSpan<int>().ToArray(),
            TensorElementType.Int64 => value.GetTensorDataAsSpan<long>().ToArray(),
            TensorElementType.Bool => value.GetTensorDataAsSpan<bool>().ToArray(),
            TensorElementType.UInt8 => value.GetTensorDataAsSpan<byte>().ToArray(),
            TensorElementType.Int8 => value.GetTensorDataAsSpan<sbyte>().ToArray(),
            TensorElementType.Float16 => Array.ConvertAll(
                value.GetTensorDataAsSpan<Float16>().ToArray(), half => BitConverter.UInt16BitsToHalf(half.value)),
            var other => throw new NotSupportedException($"{other} is not an element type here"),
        });
    }
}
