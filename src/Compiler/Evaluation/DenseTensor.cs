using SparseDsl.Compiler.Data;
using SparseDsl.Dsl;

namespace SparseDsl.Compiler.Evaluation;

/// <summary>A dense tensor of float64 values, row-major: what the oracle computes with. Integers and booleans are held exactly.</summary>
/// <param name="Shape">Extents, outermost first; empty for a scalar.</param>
/// <param name="Values">Elements in row-major order.</param>
public sealed record DenseTensor(int[] Shape, double[] Values)
{
    /// <summary>The elements of an i64 tensor, which a double has no room for beyond 2^53; null in all other types.</summary>
    public long[]? Integers { get; init; }

    /// <summary>Zeros.</summary>
    public static DenseTensor Zeros(int[] shape) => new(shape, new double[shape.Aggregate(1, (a, b) => a * b)]);

    /// <summary>Zeros of an element type.</summary>
    public static DenseTensor Zeros(int[] shape, ElementType type)
    {
        var zeros = Zeros(shape);
        return type == ElementType.I64 ? zeros with { Integers = new long[zeros.Values.Length] } : zeros;
    }

    /// <summary>The values of a tensor of any element type.</summary>
    public static DenseTensor From(TensorData data) =>
        new([.. data.Shape], data.ToDoubles()) { Integers = data.Type == ElementType.I64 ? data.ToInt64s() : null };

    /// <summary>This tensor in an element type: floats rounded to nearest, integers truncated and saturated.</summary>
    public TensorData To(ElementType type) =>
        (Integers is null ? TensorData.FromDoubles(Values, Shape) : TensorData.FromInt64s(Integers, Shape)).ConvertTo(type);

    /// <summary>Copies a run of elements from another tensor of the same type.</summary>
    public void Copy(DenseTensor from, int at, int to, int count)
    {
        Array.Copy(from.Values, at, Values, to, count);
        if (Integers is not null && from.Integers is not null)
        {
            Array.Copy(from.Integers, at, Integers, to, count);
        }
    }
}
