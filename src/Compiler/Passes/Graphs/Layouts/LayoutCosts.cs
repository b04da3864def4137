using SparseDsl.Compiler.Cost;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Passes.Graphs.Layouts;

/// <summary>
/// Rough times by which layouts are chosen, in nanoseconds, from shapes alone: the choice must be the same wherever a model is compiled, since packed weights
/// follow it. Only their proportions matter.
/// </summary>
internal sealed class LayoutCosts(Func<string, long> dims)
{
    // Multiply-accumulates a nanosecond of tuned loops over channels, and what part of it loops over pixels reach.
    private const double Rate = 60;
    private const double PixelsInPlace = 0.75;
    private const int Lanes = 16;

    // Of one element, measured on images larger than the caches.
    private const double Conversion = 0.6;

    // A window over narrow rows beside one by blocks of channels, the copy with a border that the latter needs included.
    private const double MaskedShare = 0.6;

    // Loads and stores of windows beside their few multiplications.
    private const double WindowStep = 4;

    /// <summary>Converting a tensor from one layout to the other.</summary>
    public double Convert(Node node) => Conversion * node.Type.Count.Evaluate(dims);

    /// <summary>Computing a node row-major.</summary>
    public double RowMajor(Node node)
    {
        if (IsMaskedWindow(node))
        {
            var width = node.Type.Shape[node.Type.Rank - 1].Evaluate(dims);
            return Work(node) * MaskedShare / (Rate * width / Lanes);
        }

        var pixels = (double)node.Type.Shape[node.Type.Rank - 1].Evaluate(dims) * (IsPointwise(node) ? node.Type.Shape[node.Type.Rank - 2].Evaluate(dims) : 1);
        var used = pixels / (Math.Ceiling(pixels / Lanes) * Lanes);
        return Work(node) / (Rate * PixelsInPlace * used);
    }

    /// <summary>Computing a node by blocks of channels.</summary>
    public double Blocked(Node node) => Work(node) / Rate;

    private double Work(Node node)
    {
        var count = (double)node.Type.Count.Evaluate(dims);
        if (node is not ComputeNode { Reduction: { } sum })
        {
            return count;
        }

        var terms = sum.Vars.Aggregate(1.0, (product, v) => product * v.Extent.Evaluate(dims));
        return count * (SumOfProducts.Is(sum) && terms >= StorageKernels.FewestTerms ? terms : terms * WindowStep);
    }

    // Lowering takes these row by row, without a copy that has a border.
    private bool IsMaskedWindow(Node node) =>
        node is ComputeNode { Reduction: { } sum } compute && NarrowRows.Fits(compute)
        && sum.Vars.Aggregate(1.0, (product, v) => product * v.Extent.Evaluate(dims)) < StorageKernels.FewestTerms
        && node.Type.Shape[node.Type.Rank - 1].Constant >= NarrowRows.Width / 2 - 1;

    private static bool IsPointwise(Node node) => node is not ComputeNode { Reduction: { } sum } || sum.Vars.Count(v => v.Extent.Constant != 1) <= 1;
}
