using SparseDsl.Compiler.Data;
using SparseDsl.Dsl;

namespace SparseDsl.Compiler.Passes.Graphs.Slices;

/// <summary>Slices of tensors that are known: all elements with one coordinate along an axis.</summary>
internal static class TensorSlices
{
    /// <summary>The value all elements of a slice have, for every slice along an axis; null where they differ. Reads as far as the second value only.</summary>
    public static double?[] Constants(TensorData tensor, int axis)
    {
        var (outer, extent, inner) = Split(tensor, axis);
        var result = new double?[extent];
        for (var slice = 0; slice < extent; slice++)
        {
            result[slice] = Constant(tensor, outer, extent, inner, slice);
        }

        return result;
    }

    /// <summary>The slices at some positions along an axis, in that order.</summary>
    public static TensorData Take(TensorData tensor, int axis, int[] positions)
    {
        var (outer, extent, inner) = Split(tensor, axis);
        var run = inner * tensor.Type.Size();
        var bytes = new byte[outer * positions.Length * run];
        for (var o = 0; o < outer; o++)
        {
            for (var p = 0; p < positions.Length; p++)
            {
                tensor.Bytes.Slice(((o * extent) + positions[p]) * run, run).CopyTo(bytes.AsSpan(((o * positions.Length) + p) * run, run));
            }
        }

        return new TensorData(tensor.Type, tensor.Shape.SetItem(axis, positions.Length), bytes);
    }

    private static (int Outer, int Extent, int Inner) Split(TensorData tensor, int axis) => (
        tensor.Shape.Take(axis).Aggregate(1, (a, b) => a * b),
        tensor.Shape[axis],
        tensor.Shape.Skip(axis + 1).Aggregate(1, (a, b) => a * b));

    private static double? Constant(TensorData tensor, int outer, int extent, int inner, int slice)
    {
        if (outer * inner == 0)
        {
            return null;
        }

        var first = tensor.GetDouble(slice * inner);
        for (var o = 0; o < outer; o++)
        {
            var start = ((o * extent) + slice) * inner;
            for (var i = 0; i < inner; i++)
            {
                if (tensor.GetDouble(start + i) != first)
                {
                    return null;
                }
            }
        }

        // An infinite weight times 0 is no 0: nothing is concluded from it.
        return double.IsNaN(first) || double.IsInfinity(first) ? null : first;
    }
}
