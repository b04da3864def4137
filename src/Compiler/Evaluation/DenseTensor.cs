using SparseDsl.Compiler.Data;
using SparseDsl.Dsl;

namespace SparseDsl.Compiler.Evaluation;

/// <summary>A dense tensor of float64 values, row-major: what the oracle computes with. Integers and booleans are held exactly.</summary>
/// <param name="Shape">Extents, outermost first; empty for a scalar.</param>
/// <param name="Values">Elements in row-major order.</param>
public sealed record DenseTensor(int[] Shape, double[] Values)
{
    /// <summary>Zeros.</summary>
    public static DenseTensor Zeros(int[] shape) => new(shape, new double[shape.Aggregate(1, (a, b) => a * b)]);

    /// <summary>The values of a tensor of any element type.</summary>
    public static DenseTensor From(TensorData data) => new([.. data.Shape], data.ToDoubles());

    /// <summary>This tensor in an element type: floats rounded to nearest, integers truncated and saturated.</summary>
    public TensorData To(ElementType type) => TensorData.FromDoubles(Values, Shape).ConvertTo(type);
}
