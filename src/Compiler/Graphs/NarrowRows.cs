using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Graphs;

/// <summary>
/// Reads past the edges of pictures whose rows are shorter than a vector: there the two innermost indices are walked as one, and lanes that would read
/// past an edge are masked.
/// </summary>
/// <remarks>
/// A convolution over 14 x 4 pixels has no row to fill a vector with. In <c>x[c, p + r - 1, q + s - 1]</c> the address is <c>f + 4 r + s - 5</c> over the
/// flat index f = 4 p + q when rows of x and of the result are equally long, so vectors run across rows; what is masked depends on f % 4 and f / 4.
/// </remarks>
public static class NarrowRows
{
    /// <summary>Rows of fewer elements are narrow.</summary>
    public const int Width = 16;

    // Flat indices stay exact in f32, where they are divided.
    internal const long MostElements = 1 << 20;

    /// <summary>Whether two neighbouring output indices are a picture with narrow rows.</summary>
    public static bool Is(IndexRange row, IndexRange column) =>
        column.Extent.Constant is > 1 and < Width and var width && row.Extent.Constant is > 1 and var height && width * height <= MostElements;

    /// <summary>Whether a guard depends on the indices linearly with coefficients 0 and 1.</summary>
    public static bool IsShift(Dim subscript, IndexRange row, IndexRange column) =>
        subscript.Linear(row.Name) is (0 or 1, _) && subscript.Linear(column.Name) is (0 or 1, _);

    /// <summary>Whether a node's loops can mask instead of reading a padded copy.</summary>
    public static bool Fits(ComputeNode node)
    {
        if (node.Indices.Length < 2 || node.Reduction is null || node.Body.All().OfType<ScalarExpr.Index>().Any())
        {
            return false;
        }

        var (row, column) = (node.Indices[node.Indices.Length - 2], node.Indices[node.Indices.Length - 1]);
        return Is(row, column) && node.Body.All().OfType<ScalarExpr.Read>().All(read => IsFlat(read, node.Operands[read.Operand], row, column));
    }

    /// <summary>Whether a read walks memory evenly along the joined index, or does not move.</summary>
    private static bool IsFlat(ScalarExpr.Read read, Node operand, IndexRange row, IndexRange column)
    {
        long stride = 1;
        long alongRow = 0;
        long alongColumn = 0;
        for (var i = read.Subscripts.Length - 1; i >= 0; i--)
        {
            if (!IsShift(read.Subscripts[i], row, column))
            {
                return false;
            }

            var (onRow, onColumn) = (read.Subscripts[i].Linear(row.Name)!.Value.Coefficient, read.Subscripts[i].Linear(column.Name)!.Value.Coefficient);
            alongRow += onRow * stride;
            alongColumn += onColumn * stride;
            if (i > 0 && (read.Subscripts.Take(i).Any(s => s.Mentions(row.Name) || s.Mentions(column.Name))))
            {
                if (operand.Type.Shape[i].Constant is not { } extent)
                {
                    return false;
                }

                stride *= extent;
            }
        }

        return alongColumn is 0 or 1 && alongRow == alongColumn * column.Extent.Constant;
    }
}
