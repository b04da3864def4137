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

    // Of one element.
    private const double Conversion = 0.4;

    // Of one element of a window's result, the copy with a border included, and of each of its terms.
    private static readonly (double Element, double Term) WindowOfRows = (0.4, 0.05);
    private static readonly (double Element, double Term) WindowOfBlocks = (0.25, 0.025);

    // Row by row without a copy, of a row that fills a vector.
    private static readonly (double Element, double Term) WindowOfNarrowRows = (0.02, 0.035);

    /// <summary>Converting a tensor from one layout to the other.</summary>
    public double Convert(Node node) => Conversion * node.Type.Count.Evaluate(dims);

    /// <summary>Computing a node row-major.</summary>
    public double RowMajor(Node node)
    {
        var width = node.Type.Shape[node.Type.Rank - 1].Evaluate(dims);
        if (IsWindow(node, out var terms))
        {
            return NarrowRows.Fits((ComputeNode)node) && width >= (NarrowRows.Width / 2) - 1
                ? Window(node, terms, WindowOfNarrowRows) * Lanes / width
                : Window(node, terms, WindowOfRows);
        }

        var pixels = (double)width * (IsPointwise(node) ? node.Type.Shape[node.Type.Rank - 2].Evaluate(dims) : 1);
        var used = pixels / (Math.Ceiling(pixels / Lanes) * Lanes);
        return Work(node) / (Rate * PixelsInPlace * used);
    }

    /// <summary>Computing a node by blocks of channels.</summary>
    public double Blocked(Node node) => IsWindow(node, out var terms) ? Window(node, terms, WindowOfBlocks) : Work(node) / Rate;

    private double Window(Node node, double terms, (double Element, double Term) cost) => node.Type.Count.Evaluate(dims) * (cost.Element + (cost.Term * terms));

    // Loads and stores beside few multiplications: depthwise filters, pooling, sums that no product is in.
    private bool IsWindow(Node node, out double terms)
    {
        terms = node is ComputeNode { Reduction: { } sum } ? sum.Vars.Aggregate(1.0, (product, v) => product * v.Extent.Evaluate(dims)) : 0;
        return terms > 1 && (terms < StorageKernels.FewestTerms || !SumOfProducts.Is(((ComputeNode)node).Reduction!));
    }

    private double Work(Node node) => node.Type.Count.Evaluate(dims) * (IsWindow(node, out _) || node is not ComputeNode { Reduction: { } sum }
        ? 1.0
        : sum.Vars.Aggregate(1.0, (product, v) => product * v.Extent.Evaluate(dims)));

    private static bool IsPointwise(Node node) => node is not ComputeNode { Reduction: { } sum } || sum.Vars.Count(v => v.Extent.Constant != 1) <= 1;
}
