using System.Collections.Immutable;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Passes.Graphs.Slices;

/// <summary>Axes of a tensor and of its reshaped copy that hold the same elements: <c>[c, h, w]</c> and <c>[c*h*w]</c>. Axes of extent 1 are left out.</summary>
/// <param name="From">Axes of the operand, outermost first.</param>
/// <param name="To">Axes of the result.</param>
internal sealed record ReshapeGroup(ImmutableArray<int> From, ImmutableArray<int> To)
{
    /// <summary>The groups of a reshape, from left to right; where symbolic extents cannot be matched, the rest is one group.</summary>
    public static ImmutableArray<ReshapeGroup> Of(ImmutableArray<Dim> from, ImmutableArray<Dim> to)
    {
        var (left, right) = (Axes(from), Axes(to));
        var groups = ImmutableArray.CreateBuilder<ReshapeGroup>();
        var (i, j) = (0, 0);
        while (i < left.Length && j < right.Length)
        {
            var (firstLeft, firstRight) = (i, j);
            var (a, b) = (from[left[i++]], to[right[j++]]);
            while (!a.Equals(b))
            {
                if (a.Constant is not { } m || b.Constant is not { } n || (m < n ? i : j) == (m < n ? left : right).Length)
                {
                    (i, j) = (left.Length, right.Length);
                    break;
                }

                (a, b) = m < n ? (a * from[left[i++]], b) : (a, b * to[right[j++]]);
            }

            groups.Add(new ReshapeGroup(left.Slice(firstLeft, i - firstLeft), right.Slice(firstRight, j - firstRight)));
        }

        return groups.ToImmutable();
    }

    private static ImmutableArray<int> Axes(ImmutableArray<Dim> shape) => [.. Enumerable.Range(0, shape.Length).Where(a => shape[a].Constant != 1)];
}
