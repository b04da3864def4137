using System.Collections.Immutable;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Pruning.Graphs;

/// <summary>
/// Where the terms of one result are in the other factor: for <c>x[n, c, p * 2 + r - 1, q * 2 + s - 1]</c> a position (n, p, q) and an input (c, r, s)
/// give one element, or the fill value outside of the tensor.
/// </summary>
internal sealed class PatchMap
{
    private readonly ImmutableArray<IndexRange> _positions;
    private readonly ImmutableArray<IndexRange> _inputs;
    private readonly ImmutableArray<Axis> _axes;
    private readonly float _fill;

    private PatchMap(ImmutableArray<IndexRange> positions, ImmutableArray<IndexRange> inputs, ImmutableArray<Axis> axes, float fill) =>
        (_positions, _inputs, _axes, _fill) = (positions, inputs, axes, fill);

    /// <summary>The map of a read; null when a subscript is not linear in the variables.</summary>
    /// <param name="read">The read of the other factor.</param>
    /// <param name="positions">Variables of the result that are none of the weight's.</param>
    /// <param name="inputs">Variables summed over, in the order of the layer's inputs.</param>
    public static PatchMap? Of(ScalarExpr.Read read, ImmutableArray<IndexRange> positions, ImmutableArray<IndexRange> inputs)
    {
        var axes = ImmutableArray.CreateBuilder<Axis>();
        foreach (var subscript in read.Subscripts)
        {
            var rest = subscript;
            if (Coefficients(positions, ref rest) is not { } ofPositions || Coefficients(inputs, ref rest) is not { } ofInputs)
            {
                return null;
            }

            axes.Add(new Axis(ofPositions, ofInputs, rest));
        }

        return new PatchMap(positions, inputs, axes.ToImmutable(), (float)read.Fill);
    }

    /// <summary>Number of positions at some dims.</summary>
    public long Positions(Func<string, long> dims) => _positions.Aggregate(1L, (product, p) => checked(product * p.Extent.Evaluate(dims)));

    /// <summary>Fills one row for each of some positions.</summary>
    /// <param name="tensor">Elements of the other factor.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="dims">Values of the model's dims.</param>
    /// <param name="positions">Numbers of positions, row-major over the position variables.</param>
    /// <param name="row">Gives the memory of the row of the i-th position.</param>
    public void Gather(ReadOnlySpan<float> tensor, IReadOnlyList<int> shape, Func<string, long> dims, IReadOnlyList<long> positions, RowOf row)
    {
        int[] extents = [.. _positions.Select(p => (int)p.Extent.Evaluate(dims))];
        var (offsets, inputs) = (_axes.Select(a => (int)a.Offset.Evaluate(dims)).ToArray(), InputOffsets());
        var origin = new int[_axes.Length];
        for (var i = 0; i < positions.Count; i++)
        {
            Origin(positions[i], extents, offsets, origin);
            Fill(tensor, shape, origin, inputs, row(i));
        }
    }

    private void Origin(long position, int[] extents, int[] offsets, int[] origin)
    {
        offsets.CopyTo(origin, 0);
        for (var v = extents.Length - 1; v >= 0; v--)
        {
            var value = (int)(position % extents[v]);
            position /= extents[v];
            for (var a = 0; a < origin.Length; a++)
            {
                origin[a] += value * _axes[a].Positions[v];
            }
        }
    }

    private void Fill(ReadOnlySpan<float> tensor, IReadOnlyList<int> shape, int[] origin, int[] inputs, Span<float> row)
    {
        var rank = origin.Length;
        for (var k = 0; k < row.Length; k++)
        {
            var place = 0;
            var inside = true;
            for (var a = 0; a < rank; a++)
            {
                var at = origin[a] + inputs[(k * rank) + a];
                inside &= (uint)at < (uint)shape[a];
                place = (place * shape[a]) + at;
            }

            row[k] = inside ? tensor[place] : _fill;
        }
    }

    // What each input adds to the subscripts: for every input, one number for every axis.
    private int[] InputOffsets()
    {
        int[] extents = [.. _inputs.Select(v => (int)v.Extent.Constant!.Value)];
        var count = extents.Aggregate(1, (a, b) => a * b);
        var result = new int[count * _axes.Length];
        for (var k = 0; k < count; k++)
        {
            var rest = k;
            for (var v = extents.Length - 1; v >= 0; v--)
            {
                for (var a = 0; a < _axes.Length; a++)
                {
                    result[(k * _axes.Length) + a] += rest % extents[v] * _axes[a].Inputs[v];
                }

                rest /= extents[v];
            }
        }

        return result;
    }

    private static ImmutableArray<int>? Coefficients(ImmutableArray<IndexRange> variables, ref Dim rest)
    {
        var result = ImmutableArray.CreateBuilder<int>();
        foreach (var variable in variables)
        {
            if (rest.Linear(variable.Name) is not var (coefficient, offset))
            {
                return null;
            }

            result.Add((int)coefficient);
            rest = offset;
        }

        return result.ToImmutable();
    }

    private sealed record Axis(ImmutableArray<int> Positions, ImmutableArray<int> Inputs, Dim Offset);
}

/// <summary>The memory of a row.</summary>
internal delegate Span<float> RowOf(int index);
