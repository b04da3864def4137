using SparseDsl.Compiler.Data;

namespace SparseDsl.Compiler.Weights;

/// <summary>How much of a tensor is in blocks that hold a non-zero.</summary>
public static class BlockDensity
{
    /// <summary>
    /// The fraction of elements in such blocks, 0 to 1 (0 for an empty tensor). Blocks tile the matrix of the first index and all others from its first
    /// element on; those at the edges are smaller.
    /// </summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="rows">Extent of a block along the first index.</param>
    /// <param name="columns">Extent along the others, as one index.</param>
    public static double Of(TensorData tensor, int rows, int columns)
    {
        if (tensor.Count == 0)
        {
            return 0;
        }

        var height = tensor.Rank == 0 ? 1 : tensor.Shape[0];
        var width = tensor.Count / height;
        long kept = 0;
        for (var top = 0; top < height; top += rows)
        {
            var used = UsedColumns(tensor, top, Math.Min(top + rows, height), width, columns);
            for (var block = 0; block < used.Length; block++)
            {
                kept += used[block] ? (long)Math.Min(rows, height - top) * Math.Min(columns, width - (block * columns)) : 0;
            }
        }

        return (double)kept / tensor.Count;
    }

    private static bool[] UsedColumns(TensorData tensor, int top, int bottom, int width, int columns)
    {
        var used = new bool[(width + columns - 1) / columns];
        for (var row = top; row < bottom; row++)
        {
            for (var column = 0; column < width; column++)
            {
                used[column / columns] |= tensor.GetDouble((row * width) + column) != 0;
            }
        }

        return used;
    }
}
